"""What a touch of the picture waits for, measured in a real browser on the machine at hand: ``make bench``.

The first visit's weight and first content; on "Look inside" a flip, a drawing; a step of a run's slider; and how long the
page of a run that trains keeps an interaction waiting. Times in milliseconds. Nothing else should be running.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from chromium import open_chromium
from figures import show
from playwright.sync_api import Browser, Page

from boltzmann.settings import ROOT, Settings

FLIPS, STROKES, LONG = 40, 15, 600_000
SIZE: Any = {"width": 1440, "height": 900}

FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
SPIN = """i => {
  const canvas = document.getElementById("upper-chip"), box = canvas.getBoundingClientRect();
  const at = insideChip.scale("upper", canvas.clientWidth), graph = insideChip.rows.upper.graph;
  return [box.x + at.x(graph.x[i]), box.y + at.y(graph.y[i])];
}"""
# From the release of a mouse button to the next change of an element, and to the frame that shows it.
RELEASE = """selector => {
  const place = document.querySelector(selector), watch = {};
  let begun = Infinity;
  document.addEventListener("pointerup", () => { begun = performance.now(); }, {once: true, capture: true});
  watch.milliseconds = new Promise((tell) => {
    const seen = new MutationObserver(() => {
      if (begun === Infinity) return;
      seen.disconnect();
      requestAnimationFrame(() => tell(performance.now() - begun));
    });
    seen.observe(place, {attributes: true, childList: true, subtree: true});
  });
  return watch;
}"""
# From a move of the slider to the frame in which all figures have followed.
SLIDE = """async () => {
  const range = document.getElementById("time-step"), most = Number(range.max), times = [];
  const drawn = (place) => document.querySelector(place).getAttribute("d");
  const line = () => drawn("#time-losses .time-at"), energies = () => drawn("#time-energies .js-line");
  const frame = () => new Promise(requestAnimationFrame);
  for (let step = 0; step < 40; step++) {
    const before = [line(), energies()], begun = performance.now();
    range.value = (Number(range.value) + 1) % (most + 1);
    range.dispatchEvent(new Event("input", {bubbles: true}));
    while (line() === before[0] || energies() === before[1]) await frame();
    await frame();
    times.push(performance.now() - begun);
  }
  return times;
}"""
# Every interaction from its event to the next frame (Event Timing), and tasks that kept the page from answering.
BLOCKED = """() => {
  window.waits = [];
  window.tasks = [];
  new PerformanceObserver((list) => list.getEntries().forEach((one) => one.interactionId && waits.push(one.duration)))
    .observe({type: "event", durationThreshold: 16, buffered: false});
  new PerformanceObserver((list) => list.getEntries().forEach((one) => tasks.push(one.duration)))
    .observe({type: "longtask", buffered: false});
}"""


def measure(folder: Path) -> dict[str, float]:
    """All figures."""
    command = [sys.executable, "app.py", "--port", "0", "--data", str(Settings.find().data), "--runs", str(folder)]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None
    url = app.stdout.readline().split()[-1]
    try:
        with open_chromium() as browser:
            found = first_load(browser, url)
            page = browser.new_page(viewport=SIZE)
            found |= touched(page, url, "quiet")
            trains = browser.new_page(viewport=SIZE)
            found |= while_it_trains(trains, url)
            page.bring_to_front()
            found |= touched(page, url, "while_a_run_trains")
            trains.bring_to_front()
            found |= scrubbed(trains)
    finally:
        app.terminate()
        app.wait(timeout=60)
    return found


def first_load(browser: Browser, url: str) -> dict[str, float]:
    """Of the home page by a browser that has nothing of it yet: megabytes as transferred, first content."""
    page = browser.new_context(viewport=SIZE).new_page()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    weights: list[float] = []
    network.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.goto(url)
    page.locator("#welcome-caption", has_text="just now").wait_for(timeout=LONG)
    first = float(page.evaluate(FIRST_PAINT))
    page.context.close()
    return {"first_load_megabytes": round(sum(weights) / 1e6, 2), "first_content": round(first)}


def touched(page: Page, url: str, name: str) -> dict[str, float]:
    """Flip after flip of a spin of the shipped model "standard", and stroke after stroke on the pad."""
    page.goto(f"{url}/inside?model=shipped:standard&digit=3&seed=7&show=flip")
    page.locator("#lower-output[src^=data]").wait_for(timeout=LONG)
    page.locator("#upper-words", has_text="Pixel error").wait_for(timeout=LONG)
    flips = [released(page, "#upper-output", page.evaluate(SPIN, (7 * k + 3) % 250)) for k in range(FLIPS)]
    page.locator("#inside-draw").click()
    encodings = []
    box = page.locator("#inside-pad").bounding_box()
    assert box is not None
    for k in range(STROKES):
        ends = [(box["x"] + box["width"] * x, box["y"] + box["height"] * (0.2 + 0.04 * k)) for x in (0.3, 0.65)]
        page.mouse.move(*ends[0])
        page.mouse.down()
        page.mouse.move(*ends[1], steps=4)
        page.wait_for_timeout(600)  # what was sent while it was drawn has been answered
        encodings.append(released(page, "#inside-encoder", None))
        page.wait_for_timeout(300)
    return summary(f"flip_to_picture_{name}", flips) | summary(f"draw_to_encoded_{name}", encodings)


def released(page: Page, selector: str, at: tuple[float, float] | None) -> float:
    """From the release of the mouse (pressed ``at`` a place, or before) to the change of an element on the screen."""
    watch = page.evaluate_handle(RELEASE, selector)
    if at is None:
        page.mouse.up()
    else:
        page.mouse.click(*at)
    milliseconds = float(watch.evaluate("watch => watch.milliseconds"))
    page.wait_for_timeout(100)
    return milliseconds


def while_it_trains(page: Page, url: str) -> dict[str, float]:
    """Clicks and keys on the page of a run, preset "demo", that trains on the same machine."""
    page.goto(url)
    page.wait_for_timeout(5000)
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**run=*")
    page.locator(".losses .scatterlayer .trace").first.wait_for(timeout=LONG)
    page.evaluate(BLOCKED)
    for _ in range(10):
        page.keyboard.press("?")
        page.wait_for_timeout(400)
        page.keyboard.press("Escape")
        page.locator(".losses .js-plotly-plot").first.hover()
        page.wait_for_timeout(300)
        page.locator("#log-axis").click()
        page.wait_for_timeout(500)
    waits, tasks = page.evaluate("[window.waits, window.tasks]")
    return {
        **summary("interaction_while_it_trains", waits),
        "interaction_while_it_trains_longest": max(waits, default=0),
        "longest_task_while_it_trains": max(tasks, default=0),
    }


def scrubbed(page: Page) -> dict[str, float]:
    """Steps of the slider through the checkpoints of that run."""
    page.locator(".state", has_text="finished").wait_for(timeout=LONG)
    page.locator("#time-open").click()
    page.locator("#time-fields .main-svg").first.wait_for(timeout=LONG)
    page.wait_for_timeout(8000)  # it plays once by itself
    return summary("slider_step", page.evaluate(SLIDE))


def summary(name: str, times: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {
        f"{name}_median": round(statistics.median(times)),
        f"{name}_p95": round(statistics.quantiles(times, n=20)[-1]),
    }


if __name__ == "__main__":
    show("Measure what a touch of the picture waits for.", measure)
