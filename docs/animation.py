"""The short animation of the README: a run is trained, then its spins are flipped and walked through.

Taken from a real browser, a screenshot at a time; the training is shown faster than it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page
from shown_pages import LONG, SPIN, strongest

NAME = "animation"
WINDOW, SIZE = (1200, 750), (960, 600)
"""Pixels of the browser's window, and of a picture."""
TRAINING, MOST = 40, 600_000
"""Pictures of the training, and milliseconds that it may take."""
STEP, HOLD, LAST = 110, 900, 1600
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
TO_PANELS = """() => {
  window.scrollTo(0, document.querySelector(".run-main").getBoundingClientRect().top + scrollY - 72);
}"""

Frame = tuple[Image.Image, int]


def animate(browser: Browser, url: str, path: Path) -> None:
    """Take the animation from the app at ``url``, in which a run is trained for it, and save it as animated WebP."""
    context = browser.new_context(
        viewport={"width": WINDOW[0], "height": WINDOW[1]}, reduced_motion="reduce", color_scheme="light"
    )
    with closing(context):
        page = context.new_page()
        frames = [*trained(page, url)]
        run = re.search(r"run=([\w-]+)", page.url)
        assert run is not None, f"the address names no run: {page.url}"
        frames += [*flipped(page, f"{url}/inside?model=run:{run[1]}&digit={FROM}&seed={SEED}&show=matter")]
        frames += [*walked(page)]
    frames[-1] = (frames[-1][0], LAST)
    pictures, durations = [frame[0] for frame in frames], [frame[1] for frame in frames]
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=QUALITY, method=6
    )
    size = path.stat().st_size / 1e6
    print(f"  {path.name}: {len(frames)} pictures, {sum(durations) / 1000:.1f} s, {size:.2f} MB", flush=True)


def trained(page: Page, url: str) -> Iterator[Frame]:
    """The first page, its button, and the run that it begins."""
    page.goto(f"{url}/?present=1")
    page.locator("#welcome-caption >> text=just now").wait_for(timeout=LONG)
    page.wait_for_timeout(1000)
    page.evaluate(POINTER)
    yield seen(page), HOLD
    box = page.locator("#train-demo").bounding_box()
    assert box is not None
    yield from moved(page, (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), 6)
    page.locator("#train-demo").click()
    page.locator(".losses .scatterlayer .trace").first.wait_for(timeout=LONG)
    page.evaluate(MOVE, [-40, -40])
    page.evaluate(TO_PANELS)
    taken: list[Image.Image] = []
    for _ in range(MOST // 1000):
        page.wait_for_timeout(1000)
        taken.append(seen(page))
        if page.locator("#run-badges", has_text="finished").count():
            break
    # The beginning, where most is learned, in more pictures than the end.
    places = sorted({round((len(taken) - 1) * (number / (TRAINING - 1)) ** 1.6) for number in range(TRAINING)})
    yield from ((taken[place], STEP) for place in places[:-1])
    yield taken[-1], HOLD


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
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return picture.resize(SIZE, Image.Resampling.LANCZOS)
