"""The short animation of the README: a run is trained, then its spins are flipped and walked through.

Taken from a real browser, a screenshot at a time. The training is followed from the record of a run that has finished, so
that it goes as evenly on a slow machine as on a quick one.
"""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page
from shown_pages import LONG, SPIN, strongest

from boltzmann.runs.store import RunStore

NAME = "animation"
WINDOW, SIZE = (1200, 750), (960, 600)
"""Pixels of the browser's window, and of a picture."""
TRAINING = 36
"""Pictures of the training."""
STEP, HOLD, LAST = 100, 700, 1300
"""Milliseconds: a picture of a movement, one to look at, the end."""
QUALITY = 55
FROM, TO, SEED = 3, 8, 7
FLIPS = 5
POINTER = """() => {
  const pointer = document.createElement("div");
  pointer.id = "film-pointer";
  Object.assign(pointer.style, {
    position: "fixed", zIndex: 9999, pointerEvents: "none", left: "-40px", top: "-40px", width: "22px", height: "22px",
    margin: "-11px 0 0 -11px", borderRadius: "50%", border: "3px solid #d6336c", background: "rgba(214, 51, 108, .18)",
  });
  document.body.append(pointer);
}"""
MOVE = """([x, y]) => Object.assign(document.getElementById("film-pointer").style, {left: `${x}px`, top: `${y}px`})"""
Frame = tuple[Image.Image, int]


def animate(browser: Browser, url: str, store: RunStore, run_id: str, path: Path) -> None:
    """Take the animation from the app at ``url``, of a finished run in its store, and save it as animated WebP."""
    context = browser.new_context(
        viewport={"width": WINDOW[0], "height": WINDOW[1]}, reduced_motion="reduce", color_scheme="light"
    )
    with closing(context):
        page = context.new_page()
        frames = [*begun(page, url), *trained(page, url, store, run_id)]
        frames += [*flipped(page, f"{url}/inside?model=run:{run_id}&digit={FROM}&seed={SEED}&show=matter&present=0")]
        frames += [*walked(page)]
    frames[-1] = (frames[-1][0], LAST)
    pictures, durations = [frame[0] for frame in frames], [frame[1] for frame in frames]
    file = io.BytesIO()
    pictures[0].save(
        file, "WEBP", save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=QUALITY, method=4
    )
    path.write_bytes(file.getvalue())
    size = path.stat().st_size / 1e6
    print(f"  {path.name}: {len(frames)} pictures, {sum(durations) / 1000:.1f} s, {size:.2f} MB", flush=True)


def begun(page: Page, url: str) -> Iterator[Frame]:
    """The first page and its button."""
    page.goto(f"{url}/?present=1")
    page.locator("#welcome-caption >> text=just now").wait_for(timeout=LONG)
    page.wait_for_timeout(1500)
    page.evaluate(POINTER)
    yield seen(page), HOLD
    box = page.locator("#train-demo").bounding_box()
    assert box is not None
    yield from moved(page, (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), 6)


def trained(page: Page, url: str, store: RunStore, run_id: str) -> Iterator[Frame]:
    """The run's page while its record is written again, the beginning, where most is learned, in smaller steps."""
    events, status = store.read_events(run_id)[0], store.status(run_id)
    totals = {"total_steps": status.total_steps, "steps_per_epoch": status.steps_per_epoch}
    copy = store.create(store.config(run_id), store.name(run_id))
    shutil.copytree(store.folder(run_id) / "images", store.folder(copy) / "images")
    with alive(store, copy) as tell:
        tell({"state": "running", **totals})
        page.goto(f"{url}/?run={copy}&present=1")
        for number in range(1, TRAINING + 1):
            last = max(1, round(status.total_steps * (number / TRAINING) ** 2))
            new = [event for event in events if event.get("step", 0) <= last]
            events = events[len(new) :]
            store.append(copy, new)
            point = next(event for event in reversed(new) if event["kind"] == "metrics")
            values = {name: point[name] for name in ("step", "epoch", "seconds")}
            metrics = {name: point[name] for name in status.metrics}
            tell({"state": "running" if events else "finished", "metrics": metrics, **values, **totals})
            page.locator("#run-progress", has_text=f"step {last:,} of").wait_for(timeout=LONG)
            page.wait_for_timeout(900)
            yield seen(page), STEP if events else HOLD


@contextmanager
def alive(store: RunStore, run_id: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Signs of life, with the status told last, of a run that would else count as interrupted; it is deleted in the end."""
    told: list[dict[str, Any]] = [{}]
    over = threading.Event()

    def beat() -> None:
        while not over.wait(0.5):
            store.write_status(run_id, durable=False, **told[-1])

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield told.append
    finally:
        over.set()
        thread.join()
        shutil.rmtree(store.folder(run_id))


def flipped(page: Page, address: str) -> Iterator[Frame]:
    """Which spins of an encoded digit matter, and the flips of those that matter most."""
    page.goto(address)
    page.locator("#lower-output[src^=data]").wait_for(timeout=LONG)
    spins = strongest(page, FLIPS)
    page.wait_for_timeout(1500)
    page.evaluate(POINTER)
    yield seen(page), HOLD
    page.locator("#inside-show").get_by_text("Flip", exact=True).click()
    page.wait_for_timeout(1000)
    yield seen(page), HOLD // 2
    for count, spin in enumerate(spins, 1):
        place = page.evaluate(SPIN, spin)
        yield from moved(page, place, 4)
        page.mouse.click(*place)
        page.locator("#upper-legend", has_text=f"{count} flipped").wait_for(timeout=LONG)
        page.wait_for_timeout(700)
        yield seen(page), 3 * STEP


def walked(page: Page) -> Iterator[Frame]:
    """From the digit to another, spin by spin."""
    page.evaluate(MOVE, [-40, -40])
    page.locator("#inside-show").get_by_text("Walk").click()
    page.locator("#inside-target").click()
    page.get_by_role("option", name=f"A {TO}").click()
    page.locator("#inside-walk-words", has_text="0 of ").wait_for(timeout=LONG)
    page.wait_for_timeout(1500)
    yield seen(page), HOLD
    thumb = page.locator("#inside-frame [role=slider]")
    for _ in range(40):
        thumb.press("ArrowRight")
        page.wait_for_timeout(350)
        yield seen(page), STEP


def moved(page: Page, place: tuple[float, float], pictures: int) -> Iterator[Frame]:
    """The pointer on its way."""
    at = page.evaluate(
        "() => ['left', 'top'].map((side) => parseFloat(document.getElementById('film-pointer').style[side]))"
    )
    start = at if at[0] > 0 else [WINDOW[0] / 2, WINDOW[1] * 0.8]
    for number in range(1, pictures + 1):
        share = number / pictures
        ease = share * share * (3 - 2 * share)
        page.evaluate(MOVE, [start[i] + ease * (place[i] - start[i]) for i in (0, 1)])
        yield seen(page), STEP // 2
    page.mouse.move(*place)


def seen(page: Page) -> Image.Image:
    """What the tab shows, as large as the animation."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
