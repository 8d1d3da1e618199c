"""The inside of a shipped model is touched in a real browser."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from boltzmann.config import validate
from boltzmann.runs.checkpoint_folder import save_checkpoint

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("patience")]

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


HELD_BACK = """() => {
  const ask = window.fetch;
  window.asked = [];
  window.held = new Promise((free) => { window.free = free; });
  window.fetch = async (address, options) => {
    const body = JSON.parse((options && typeof options.body === "string" && options.body) || "{}");
    const [input] = body.inputs || [];
    if (!input || input.id !== "effects-asked") return ask(address, options);
    asked.push(input.value.first);
    const answer = await ask(address, options);
    await held;
    return answer;
  };
}"""
"""Which flips are asked for; their answers wait until the test frees them."""


def test_spins_are_flipped_held_and_walked(page: Page, site):
    page.goto(f"{site.url}/inside?model=shipped:demo&digit=3&seed=7&show=flip")
    legend, words = page.locator("#upper-legend"), page.locator("#upper-words")
    expect(words).to_contain_text("Pixel error", timeout=120_000)
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


def test_a_digit_is_drawn_by_hand_and_the_sampler_made_softer(page: Page, site):
    page.goto(f"{site.url}/inside?model=shipped:demo&digit=3&seed=7&show=temperature")
    energies = page.locator("#inside-energy-words")
    expect(energies).to_contain_text("T = 1. Shown", timeout=60_000)
    warm = energies.inner_text()
    page.get_by_role("slider", name="Temperature of the lower row").press("End")
    expect(page.locator("#inside-temperature-words")).to_have_text("T = 3.00")
    expect(energies).to_contain_text("T = 3. Shown")
    likely, noise = (
        float(words.split("E = ")[1].split(";")[0].replace("−", "-")) for words in (warm, energies.inner_text())
    )
    assert noise > likely + 20, "a softer sampler draws strings of higher energy"

    page.locator("#inside-couplings").click()
    expect(page.locator("#inside-strength")).to_contain_text("in the law of a 3")

    page.get_by_role("button", name="Draw one").click()
    expect(page.locator("#inside-image-words")).to_have_text("Draw with the mouse, a pen or a finger.")
    before = page.locator("#upper-output").get_attribute("src") or ""
    box = page.locator("#inside-pad").bounding_box()
    assert box is not None
    for number, (x, y) in enumerate(((0.5, 0.15), (0.5, 0.5), (0.5, 0.85))):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if not number:
            page.mouse.down()
    page.mouse.up()
    expect(page.locator("#inside-image-words")).to_have_text("Your digit, read as a 1")
    expect(page.locator("#upper-output")).not_to_have_attribute("src", before)
    page.get_by_role("button", name="Test digit", exact=True).click()
    expect(page.locator("#inside-image-words")).to_contain_text("test digit")


def test_which_spins_matter_is_found_piece_by_piece_and_given_up_meanwhile(page: Page, site):
    from boltzmann import data
    from boltzmann.training.dvae import DvaeTraining

    config = validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 512, "channels": 8, "hidden": 32},
            "sampler": {"name": "gibbs", "sweeps": 2},
        }
    )
    run_id = site.store.create(config, "Two pieces")
    training = DvaeTraining(config, data.load(config.data, site.store.root))
    save_checkpoint(site.store, run_id, 1, training.save)

    page.goto(f"{site.url}/inside?model=run:{run_id}&digit=3&seed=7&show=flip")
    expect(page.locator("#upper-words")).to_contain_text("Pixel error", timeout=120_000)
    page.evaluate(HELD_BACK)
    groups = page.locator("#inside-show")
    groups.get_by_text("Which spins matter").click()
    expect(page.locator("#inside-tried-words")).to_have_text("0 of 512 flips tried")
    _until(page, "() => asked.length === 1")
    groups.get_by_text("Flip", exact=True).click()
    expect(page.locator("#inside-tried")).to_be_hidden()
    page.evaluate("free()")
    page.wait_for_timeout(700)
    assert page.evaluate("asked") == [0], "nobody looks at it any more"
    groups.get_by_text("Which spins matter").click()
    expect(page.locator("#inside-tried-bar")).to_be_hidden()
    expect(page.locator("#inside-scale-high")).to_contain_text("a pixel")
    assert page.evaluate("asked") == [0, 256], "what was known is not asked again"


def test_a_finger_flips_a_spin_and_scrolls_the_page_and_two_zoom_the_chip(browser: Browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{site.url}/inside?model=shipped:demo&digit=3&seed=7&show=flip")
    legend = page.locator("#upper-legend")
    expect(page.locator("#upper-words")).to_contain_text("Pixel error", timeout=120_000)
    page.evaluate("document.getElementById('upper-chip').scrollIntoView({block: 'center'})")
    hand = context.new_cdp_session(page)
    x, y = page.evaluate(PLACE, 100)
    page.touchscreen.tap(x, y)
    expect(legend).to_contain_text("1 flipped")

    before = page.evaluate("scrollY")
    _slide(hand, [[(x, y - 20 * step)] for step in range(8)])
    _until(page, "before => scrollY > before + 40", before)
    page.wait_for_timeout(1000)  # the page glides on
    page.evaluate("document.getElementById('upper-chip').scrollIntoView({block: 'center'})")
    x, y = page.evaluate(PLACE, 100)
    _slide(hand, [[(x - 20 - 5 * step, y), (x + 20 + 5 * step, y)] for step in range(9)])
    _until(page, "() => Math.abs(insideChip.rows.upper.zoom - 3) < 0.01")
    # What was between the fingers is there still.
    assert page.evaluate(PLACE, 100) == pytest.approx([x, y], abs=3)
    assert page.evaluate("visualViewport.scale") == 1, "the page itself is as large as before"
    expect(legend).to_contain_text("1 flipped")
    context.close()


def _until(page: Page, holds: str, argument: object = None) -> None:
    # Playwright's own waiting evaluates text in the page, which the page's security policy forbids.
    until = time.monotonic() + 30
    while not page.evaluate(holds, argument):
        assert time.monotonic() < until, f"never came true: {holds}"
        page.wait_for_timeout(50)


def _slide(hand: CDPSession, frames: list[list[tuple[float, float]]]) -> None:
    """Fingers put down, moved from frame to frame, and lifted."""
    for number, fingers in enumerate(frames):
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(fingers)]
        kind = "touchMove" if number else "touchStart"
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
