"""The pictures of the documentation, taken from the running app: ``python docs/screenshots.py``, with the runs to show.

Start the app first (``make run``), and train a run for the pictures of it. Needs a Chromium, as the browser tests do.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

FOLDER = Path(__file__).parent / "pictures"
DESK, PHONE = (1440, 900), (390, 844)
LARGEST = 300_000


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description="Take the documentation's pictures.")
    parser.add_argument("--url", default="http://127.0.0.1:8050")
    parser.add_argument("--run", help="a run to show; without it, the newest")
    parser.add_argument("--lab", help="a run of the lab to show")
    parser.add_argument("--study", help="a comparison of the lab to show")
    flags = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = open_page(browser, flags.url, DESK, "light")
        page.locator("#welcome-caption", has_text="just now").wait_for()
        save(page, "welcome")
        page = open_page(browser, flags.url, PHONE, "dark")
        page.locator("#welcome-caption", has_text="just now").wait_for()
        save(page, "phone")
        page = open_page(browser, f"{flags.url}/generate", DESK, "light")
        page.locator("#draw").click()
        page.locator("#chip .legend").wait_for()
        page.locator("#picker").focus()
        page.keyboard.press("ArrowRight")
        save(page, "generate")
        page = open_page(browser, f"{flags.url}/samplers", DESK, "light")
        page.locator("figure").first.wait_for(timeout=60_000)
        save(page, "samplers")
        page = open_page(browser, f"{flags.url}/compare", DESK, "light")
        page.get_by_role("button", name="Compare", exact=True).click()
        page.locator("#compare-progress", has_text="Done").wait_for(timeout=300_000)
        save(page, "compare")
        page = open_page(browser, f"{flags.url}/runs", DESK, "light")
        save(page, "runs")
        run = flags.run or page.locator("[data-run]").first.get_attribute("data-run", timeout=5000)
        page = open_page(browser, f"{flags.url}/?run={run}", DESK, "dark")
        page.locator("#points", has_text="point").wait_for()
        save(page, "training")
        for name, address in (("lab", flags.lab), ("lab-compare", flags.study)):
            if address:
                path = "/lab?run=" if name == "lab" else "/lab/compare?study="
                page = open_page(browser, f"{flags.url}{path}{address}", DESK, "light")
                page.locator(".js-plotly-plot .scatterlayer .trace").first.wait_for(state="attached")
                save(page, name)
        page = open_page(browser, f"{flags.url}/lab/play?machine=shipped:rbm-labels&show=draw", DESK, "light")
        draw(page)
        save(page, "lab-play")
        browser.close()


def draw(page: Page) -> None:
    """A two on the pad of the Play page, and wait until it has been read."""
    pad = page.locator("canvas:visible").first
    pad.wait_for(timeout=60_000)
    page.wait_for_timeout(5_000)  # the worker loads the machine
    box = pad.bounding_box()
    assert box is not None
    points = [
        (0.34, 0.34),
        (0.42, 0.26),
        (0.55, 0.25),
        (0.63, 0.34),
        (0.6, 0.46),
        (0.48, 0.58),
        (0.36, 0.72),
        (0.66, 0.72),
    ]
    page.mouse.move(*at(box, points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(box, point), steps=8)
    page.mouse.up()
    page.wait_for_timeout(20_000)


def at(box: FloatRect, point: tuple[float, float]) -> tuple[float, float]:
    """A point of the page, from shares of a box's sides."""
    return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]


def open_page(browser: Browser, url: str, size: tuple[int, int], scheme: str) -> Page:
    """A new tab of that size and colour scheme."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page.goto(url)
    page.locator("main h1").first.wait_for()
    return page


def save(page: Page, name: str) -> None:
    """A picture of what the tab shows, with as many colours as keep it small."""
    page.wait_for_timeout(1200)  # fonts, charts and transitions come to rest
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path)
    if path.stat().st_size > LARGEST:
        Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
