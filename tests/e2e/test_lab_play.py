"""A machine is played with in a real browser: completed, drawn for, moved in slow motion."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("patience")]
PATIENCE = 60_000


@pytest.fixture(scope="module")
def machine(site, train_machine) -> str:
    """Digits with labels, trained in half a second."""
    return train_machine(site.store.root, "digits", "Little digits", model__label_units=True)


def test_an_image_is_completed_and_a_digit_is_read_while_it_is_drawn(page: Page, site, machine):
    page.goto(f"{site.url}/lab/play?machine={machine}")
    result = page.locator("#complete-result")
    expect(result.get_by_text("Filled in")).to_be_visible(timeout=PATIENCE)
    expect(result.locator(".tile.is-best")).to_have_count(1)
    source = result.locator("img").first.get_attribute("src")
    page.get_by_role("button", name="Another image").click()
    expect(result.locator("img").first).not_to_have_attribute("src", source or "")
    page.locator("#complete-mask").get_by_text("Paint", exact=True).click()
    expect(result).to_contain_text("Paint over the part")
    stroke(page, "#mask-pad", [(0.1, 0.1), (0.9, 0.1)])
    expect(result).to_contain_text(re.compile(r"\d+% hidden"))

    page.get_by_role("tab", name="Draw").click()
    expect(page).to_have_url(re.compile("show=draw"))
    stroke(page, "#draw-pad", [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)])
    answer = page.locator("#draw-answer")
    expect(answer.locator(".bar")).to_have_count(10)
    expect(answer).to_contain_text("A 7, with probability")
    page.get_by_role("button", name="Clear").locator("visible=true").click()
    expect(answer.locator(".bar")).to_have_count(0)
    page.get_by_role("button", name="Use a test image instead").focus()
    page.keyboard.press("Enter")
    expect(answer).to_contain_text("It is a ")


def test_slow_motion_goes_step_by_step_and_back(page: Page, site, machine):
    page.goto(f"{site.url}/lab/play?machine={machine}&show=motion")
    steps = page.locator("#motion-facts dd").first
    expect(steps).to_have_text("0", timeout=PATIENCE)
    page.get_by_role("button", name="Gibbs step", exact=True).click()
    expect(page.locator("#motion-words")).to_contain_text("Hidden units drawn")
    page.locator("#motion-count").get_by_text("100", exact=True).click()
    page.get_by_role("button", name="CD step", exact=True).click()
    expect(steps).to_have_text("100")
    expect(page.locator("#motion-positive .main-svg").first).to_be_visible()
    page.get_by_role("button", name="Mode step", exact=True).click()
    expect(steps).to_have_text("200")
    expect(page.locator("#motion-facts")).to_contain_text("γ")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(steps).to_have_text("100")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(steps).not_to_have_text("100")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def stroke(page: Page, pad: str, points: list[tuple[float, float]]) -> None:
    """Draw with the mouse, in sides of the pad."""
    canvas = page.locator(pad)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
