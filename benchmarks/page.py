"""What a visitor waits for, measured in a real browser on the machine at hand: ``make bench``.

Prints a table, or one line of JSON with ``--json``. Nothing else should be running.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from chromium import open_chromium
from figures import show
from playwright.sync_api import Page

from boltzmann.config import PRESETS
from boltzmann.runs.engine import Engine
from boltzmann.runs.store import RunStore
from boltzmann.settings import PATIENT_THREADS, ROOT, Settings

# Notes when each step of the first loss panel is first seen, to 20 ms.
WATCH = """() => {
  window.seen = [];
  let last = 0;
  const look = () => {
    const plot = document.querySelector('.losses .js-plotly-plot');
    const x = plot && plot.data && plot.data[0].x;
    const newest = x && x.length ? x[x.length - 1] : 0;
    if (newest > last) { window.seen.push([newest, Date.now() / 1000]); last = newest; }
    setTimeout(look, 20);
  };
  look();
}"""


def measure(folder: Path) -> dict[str, float | int | str]:
    """All figures; times in seconds."""
    data = Settings.find().data
    found: dict[str, float | int | str] = {"cores": os.cpu_count() or 1}
    begun = time.time()
    command = [sys.executable, "app.py", "--port", "0", "--data", str(data), "--runs", str(folder)]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None
    url = app.stdout.readline().split()[-1]
    found["start_to_printed_address"] = since(begun)
    with open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        found |= first_visit(page, url)
        found |= drawing(page, url)
        found |= training(page, url, RunStore(folder))
    app.terminate()
    app.wait(timeout=30)
    found |= streaming_cost(folder / "alone", data)
    return found


def first_visit(page: Page, url: str) -> dict[str, float]:
    """From the moment that the address is opened, as soon as it is printed."""
    begun = time.time()
    page.goto(url)
    page.get_by_role("button", name="Train", exact=True).wait_for()
    usable = since(begun)
    page.wait_for_function(
        "[...document.images].some((image) => image.alt.includes('digit') && image.naturalWidth > 0)"
    )
    shown = since(begun)
    page.locator("#welcome-caption", has_text="just now").wait_for(timeout=60_000)
    return {"page_usable": usable, "first_digits_shown": shown, "fresh_digits_drawn": since(begun)}


def drawing(page: Page, url: str) -> dict[str, float]:
    """From a click on Generate to the picture, median of five, warm."""
    page.goto(f"{url}/generate")
    page.get_by_label("Number of digits", exact=True).fill("256")
    times = []
    for _ in range(6):
        before = page.evaluate("(document.querySelector('#grid') || {}).src || ''")
        begun = time.time()
        page.locator("#draw").click()
        page.wait_for_function(
            "(before) => { const g = document.querySelector('#grid'); return g && g.src !== before && g.complete; }",
            arg=before,
        )
        times.append(since(begun))
    return {"generate_256_digits": statistics.median(times[1:])}


def training(page: Page, url: str, store: RunStore) -> dict[str, float]:
    """Preset "demo" from the click on Train to its end, with the delay of every point."""
    page.goto(url)
    page.wait_for_timeout(5000)  # the training worker warms up behind the page
    begun = time.time()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**run=*")
    page.evaluate(WATCH)
    run_id = page.url.split("run=")[1]
    written = follow(store, run_id)
    page.locator(".state", has_text="finished").wait_for(timeout=600_000)
    page.wait_for_timeout(1000)
    seen = page.evaluate("window.seen")
    events, _ = store.read_events(run_id)
    trained = {event["step"]: event["seconds"] for event in events if event["kind"] == "metrics"}
    # A step is drawn at its training time after a start that is the earliest one consistent with all writes.
    start = min(moment - trained[step] for step, moment in written if step in trained)
    delays, shown = [], 0
    for newest, moment in seen:
        delays += [moment - (start + trained[step]) for step in range(shown + 1, newest + 1) if step in trained]
        shown = newest
    status = store.status(run_id)
    return {
        "train_to_first_point": round(seen[0][1] - begun, 2),
        "train_to_finished": round(seen[-1][1] - begun, 1),
        "training_seconds_with_browser_on_this_machine": round(status.seconds, 1),
        "steps": status.step,
        "points_shown": shown,
        "point_delay_median": round(statistics.median(delays), 3),
        "point_delay_p95": round(statistics.quantiles(delays, n=20)[-1], 3),
    }


def follow(store: RunStore, run_id: str) -> list[tuple[int, float]]:
    """A list that a thread fills with (step, time) as soon as steps reach the store."""
    written: list[tuple[int, float]] = []

    def watch() -> None:
        cursor = 0
        while store.status(run_id).active:
            events, cursor = store.read_events(run_id, cursor)
            written.extend((event["step"], time.time()) for event in events if event["kind"] == "metrics")
            time.sleep(0.02)

    threading.Thread(target=watch, daemon=True).start()
    return written


def streaming_cost(folder: Path, data: Path) -> dict[str, float]:
    """The same training by the engine without a page, and as a bare generator with neither store nor engine."""
    settings = Settings(data, folder, ROOT / "models")
    engine, store = Engine(settings), RunStore(folder)
    engine.start()
    time.sleep(10)  # both workers warm up
    run_id = store.create(PRESETS["demo"])
    engine.train(run_id)
    while store.status(run_id).active:
        time.sleep(0.5)
    engine.close()
    stored = store.status(run_id).seconds
    code = (
        "import os, sys, torch; from pathlib import Path; from boltzmann import data;"
        "from boltzmann.config import PRESETS; from boltzmann.training.dvae import DvaeTraining;"
        "torch.set_num_threads(os.cpu_count()); demo = PRESETS['demo'];"
        "training = DvaeTraining(demo, data.load(demo.data, Path(sys.argv[1]), demo.seed));"
        "[None for _ in training.events()]; print(training.seconds)"
    )
    environment = os.environ | PATIENT_THREADS
    done = subprocess.run(
        [sys.executable, "-c", code, str(data)], capture_output=True, text=True, env=environment, check=True
    )
    alone = float(done.stdout)
    return {
        "training_seconds_without_page": round(stored, 1),
        "training_seconds_bare_generator": round(alone, 1),
        "ratio_streamed_to_bare": round(stored / alone, 3),
    }


def since(begun: float) -> float:
    """Seconds since ``begun``, to a hundredth."""
    return round(time.time() - begun, 2)


if __name__ == "__main__":
    show("Measure what a visitor waits for.", measure)
