"""The inside of a shipped model is touched in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

PLACE = """i => {
  const canvas = document.getElementById("upper-chip"), box = canvas.getBoundingClientRect();
  const at = insideChip.scale("upper", canvas.clientWidth), graph = insideChip.rows.upper.graph;
  return [box.x + at.x(graph.x[i]), box.y + at.y(graph.y[i])];
}"""
"""Where a spin is on the screen."""

WATCH = """() => {
  const image = document.getElementById("upper-output"), before = image.src;
  let begun;
  document.addEventListener("pointerup", () => { begun = performance.now(); }, {once: true, capture: true});
  const watch = {};
  watch.milliseconds = new Promise((tell) => {
    const seen = new MutationObserver(() => image.src !== before && tell(performance.now() - begun));
    seen.observe(image, {attributes: true});
  });
  return watch;
}"""
"""From a click to another decoded digit."""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A busy machine answers late."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def test_spins_are_flipped_held_and_walked(page: Page, site):
    page.goto(f"{site.url}/inside?model=shipped:demo&digit=3&seed=7&show=flip")
    legend, words = page.locator("#upper-legend"), page.locator("#upper-words")
    expect(words).to_contain_text("Pixel error", timeout=60_000)
    expect(page.locator("#lower-legend")).to_contain_text("up")
    start = legend.inner_text()

    times = []
    for spin in (10, 60, 100):
        watch = page.evaluate_handle(WATCH)
        page.mouse.click(*page.evaluate(PLACE, spin))
        times.append(watch.evaluate("watch => watch.milliseconds"))
    print("from a click to the picture:", [f"{time:.0f} ms" for time in times])
    expect(legend).to_contain_text("3 flipped")
    expect(words).to_contain_text("by the flips")
    page.get_by_role("button", name="Undo").locator("visible=true").click()
    expect(legend).to_contain_text("2 flipped")
    page.get_by_role("button", name="Back to the encoded string").click()
    expect(legend).to_have_text(start)
    page.locator("#upper-frame").focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(legend).to_contain_text("1 flipped")

    page.locator("#inside-show").get_by_text("Hold and resample").click()
    page.get_by_role("button", name="Hold the surest half").click()
    expect(legend).to_contain_text("128 held")
    page.get_by_role("button", name="Resample the rest").click()
    expect(page.locator("#lower-legend")).to_contain_text("128 held")
    expect(page.locator("#inside-energy-words")).to_contain_text("around the held spins")

    page.locator("#inside-show").get_by_text("Which spins matter").click()
    expect(page.locator("#inside-scale-high")).to_contain_text("a pixel")

    page.locator("#inside-show").get_by_text("Walk").click()
    expect(page.locator("#inside-walk-words")).to_contain_text("0 of ")
    image = page.locator("#upper-output").get_attribute("src") or ""
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#inside-walk-words")).to_have_text(re.compile(r"^(\d+) of \1 spins"))
    expect(page.locator("#upper-output")).not_to_have_attribute("src", image)
    expect(page).to_have_url(re.compile("model=shipped%3Ademo&digit=3&seed=7&show=walk"))
