"""Pictures of every page, at two widths and in two schemes, and a short animation: ``make screenshots``.

Trains what there is to show (some minutes), starts an app of its own on it, and takes the pictures with Chromium. With
``--url``, ``--run``, ``--lab`` and the like an app that runs already is taken instead. A page that is not filled or shows
a fault is opened anew; what stays wrong is named at the end, and the command fails.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from animation import NAME, animate
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as BrowserError
from shown_pages import Shown, shown_pages
from shown_runs import Trained, own_app, train

from boltzmann.runs.store import RunStore
from boltzmann.settings import ROOT, Settings
from boltzmann.ui.figures import COLOURS

FOLDER = Path(__file__).parent / "screenshots"
DESK, PHONE = (1440, 900), (390, 844)
TALLEST = 2400
"""Pixels of a desk's window, which is as high as its page."""
QUALITY = 45
"""Of WebP: letters stay sharp, and all pictures together below 5 MB."""
PATIENCE = 240_000
TRIES = 3
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FAULTS = """([private, ink]) => {
  const seen = (one) => one.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && one.getClientRects().length;
  const all = (places) => [...document.querySelectorAll(places)].filter(seen);
  const words = document.body.innerText, figures = all(".js-plotly-plot");
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const come = new Set(performance.getEntriesByType("resource").filter((one) => one.responseEnd).map((one) => one.name));
  const ground = (one) => getComputedStyle(one).backgroundImage.match(/url\\("(http[^"]+)"\\)/);
  return [
    wide > 0 && `${wide} pixels beyond the right edge`,
    all("img").some((one) => !one.complete || !one.naturalWidth) && "an image has not come",
    all("[role=img]").some((one) => ground(one) && !come.has(ground(one)[1])) && "a background has not come",
    figures.some((one) => !one.querySelector(".main-svg")) && "a figure is not drawn",
    figures.some((one) => one.data && one.data.length && one._fullLayout.font.color !== ink) && "a figure has other colours",
    all("[data-loading=true], .mantine-Loader-root").length && "something loads",
    /worker is starting|at work …|are on their way/.test(words) && "the worker is at work",
    all(".mantine-Alert-root").map((one) => one.innerText.replace(/\\n/g, " "))[0],
    ...private.filter((path) => words.includes(path)).map((path) => `the words ${path}`),
  ].filter(Boolean);
}"""
"""What must not be seen on a picture."""


class Faulty(Exception):
    """A page that is not worth a picture; the message says why."""


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description="Take pictures of every page, and the animation.")
    parser.add_argument("--url", help="an app that runs already, in place of one of its own")
    parser.add_argument("--runs", type=Path, help="the folder of that app's runs")
    parser.add_argument("--run", help="a run of the Studio in that app's store")
    parser.add_argument("--others", nargs="*", default=[], help="runs of the Studio to compare it with")
    parser.add_argument("--lab", help="a run of the lab")
    parser.add_argument("--study", help="a comparison of the lab")
    parser.add_argument("--only", nargs="*", help=f"names of the pages to take, or {NAME}")
    flags = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        found = next((path for name in NAMES if (path := shutil.which(name))), None)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        if flags.url:
            trained = Trained(flags.run, flags.others, flags.lab, flags.study)
            wrong = take_all(browser, flags.url, flags.runs, trained, flags.only)
        else:
            settings = Settings.find(runs=folder)
            trained = train(settings)
            with own_app(settings) as url:
                wrong = take_all(browser, url, settings.runs, trained, flags.only)
        browser.close()
    print(f"{sum(path.stat().st_size for path in FOLDER.iterdir()) / 1e6:.1f} MB in {FOLDER}")
    if wrong:
        sys.exit("\n".join(["Not taken:", *wrong]))


def take_all(browser: Browser, url: str, runs: Path | None, trained: Trained, only: list[str] | None) -> list[str]:
    """Every page that can be shown and is wanted; returns what went wrong."""
    wrong = []
    pages = {name: page for name, page in shown_pages(trained).items() if not only or name in only}
    for number, (name, shown) in enumerate(pages.items(), 1):
        for size, wide in ((DESK, "desk"), (PHONE, "phone")):
            print(f"{number} of {len(pages)}: {name}, {wide}", flush=True)
            for left in range(TRIES - 1, -1, -1):
                try:
                    address = take(browser, url, shown, size, f"{name}-{wide}")
                    if shown.again:
                        shown = replace(shown, address=address, filled=shown.again, deed=None)
                    break
                except (BrowserError, AssertionError, Faulty) as error:
                    why = str(error).splitlines()[0]
                    print(f"  {why}{'; once more' if left else ''}", flush=True)
                    time.sleep(5 if left else 0)
                    if not left:
                        wrong.append(f"{name}, {wide}: {why}")
    if runs and trained.run and (not only or NAME in only):
        print("The animation", flush=True)
        try:
            animate(browser, url, RunStore(runs), trained.run, FOLDER / f"{NAME}.webp")
        except (BrowserError, AssertionError) as error:
            wrong.append(f"{NAME}: {str(error).splitlines()[0]}")
    return wrong


def take(browser: Browser, url: str, shown: Shown, size: tuple[int, int], name: str) -> str:
    """Both schemes of a page at a width; returns the address that the page has in the end."""
    phone = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", color_scheme="light", has_touch=phone
    )
    try:
        context.add_init_script("performance.setResourceTimingBufferSize(5000)")
        page = context.new_page()
        page.goto(url + shown.address)
        page.locator(shown.filled).first.wait_for(state="attached", timeout=PATIENCE)
        if shown.deed:
            shown.deed(page)
        place(page, shown, phone)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            image = rested(page, scheme)
            path = FOLDER / f"{name}-{scheme}.webp"
            image.save(path, quality=QUALITY, method=6)
            print(f"  {path.name}: {image.width} x {image.height}, {path.stat().st_size / 1000:.0f} kB", flush=True)
        return page.url.removeprefix(url)
    finally:
        context.close()


def place(page: Page, shown: Shown, phone: bool) -> None:
    """The part of the page that is shown: at a desk all of it, or as far as it goes; on a phone one screen."""
    page.wait_for_timeout(500)
    if not phone:
        high = page.evaluate("() => document.documentElement.scrollHeight")
        if shown.last:
            page.evaluate("() => window.scrollTo(0, 0)")
            box = page.locator(shown.last).last.bounding_box()
            high = box["y"] + box["height"] + 24 if box else high
        page.set_viewport_size({"width": DESK[0], "height": min(max(round(high), DESK[1]), TALLEST)})
        page.wait_for_timeout(500)
    page.evaluate(
        "(top) => window.scrollTo(0, top ? document.querySelector(top).getBoundingClientRect().top + scrollY - 76 : 0)",
        shown.top if phone else "",
    )
    page.evaluate("() => document.activeElement.blur()")
    page.mouse.move(0, 0)


def rested(page: Page, scheme: str) -> Image.Image:
    """A picture of what the tab shows, once nothing moves any more.

    Raises:
        Faulty: something on it is not worth showing.
    """
    private = [str(ROOT), str(Path.home()), tempfile.gettempdir()]
    until, before = time.monotonic() + 30, b""
    while True:
        page.wait_for_timeout(700)
        faults, now = page.evaluate(FAULTS, [private, COLOURS[scheme]["ink"]]), page.screenshot()
        if now == before and not faults:
            return Image.open(io.BytesIO(now)).convert("RGB")
        if time.monotonic() > until:
            raise Faulty("; ".join(faults) or "it does not come to rest")
        before = now


if __name__ == "__main__":
    main()
