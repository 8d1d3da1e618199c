"""By keyboard alone: every control of every page is reached, is seen to have the focus, and does what it is for."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from boltzmann.config import RBM_PRESETS, changed

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LONG = 120_000
PAGES = {
    "/": "#train-demo",
    "/generate": "#draw",
    "/inside?model=shipped:demo&seed=1": "#lower-output[src^=data]",
    "/compare": "#compare",
    "/runs": ".run-card >> nth=0",
    "/samplers": ".sampler-card >> nth=0",
    "/lab": "#lab-train-demo",
    "/lab/compare": "#own-start",
    "/lab/play": "#play-body",
    "/learn/mmd": ".learn-play .main-svg >> nth=0",
}
# What Tab should reach: one of each group of radio buttons, nothing that is out of sight. And how each looks without focus.
PREPARE = """() => {
    const look = (element) => [element, element.nextElementSibling, element.parentElement, element.querySelector("*"),
        element.id && document.querySelector(`label[for="${CSS.escape(element.id)}"]`), element.parentElement.parentElement]
        .filter((one) => one && one.getBoundingClientRect().width > 4 && getComputedStyle(one).opacity !== "0")
        .map((one) => { const style = getComputedStyle(one);
            return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor].join(); }).join("; ");
    const groups = new Set();
    const all = [...document.querySelectorAll("a[href], button, input, textarea, summary, [tabindex]")];
    const wanted = all.filter((element) => {
        if (element.tabIndex < 0 || element.disabled || !element.checkVisibility({visibilityProperty: true})) return false;
        if (element.closest("[inert], [aria-hidden=true]")) return false;
        if (element.type !== "radio") return true;
        return !groups.has(element.name) && groups.add(element.name);
    });
    window.keyboard = {look, wanted: new Set(wanted), plain: new Map(wanted.map((element) => [element, look(element)])),
        met: new Set(), unseen: []};
    return wanted.length;
}"""
STEP = """() => {
    const {look, wanted, plain, met, unseen} = window.keyboard;
    const now = document.activeElement;
    if (!now || now === document.body || met.has(now)) return false;
    met.add(now);
    if (now.type === "radio") for (const one of wanted) if (one.name === now.name) met.add(one);
    const name = now.getAttribute("aria-label") || now.id || now.outerHTML.slice(0, 90);
    if (plain.has(now) && plain.get(now) === look(now)) unseen.push(name);
    return true;
}"""
LEFT = """() => [...window.keyboard.wanted].filter((element) => element.isConnected && !window.keyboard.met.has(element)
    && element.checkVisibility({visibilityProperty: true}) && !element.disabled)
    .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def desk(browser: Browser, site: Site):
    """One tab for all, with a run of the Studio in the list."""
    site.store.write_status(site.store.create(changed(RBM_PRESETS["bars"], {}), "A run"), state="stopped", step=1)
    expect.set_options(timeout=20_000)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield context.new_page()
    context.close()
    expect.set_options(timeout=5_000)


def test_tab_reaches_every_control_and_each_shows_that_it_has_the_focus(desk: Page, site: Site) -> None:
    wrong: list[str] = []
    for address, filled in PAGES.items():
        desk.goto(site.url + address)
        desk.locator(filled).wait_for(state="attached", timeout=LONG)
        desk.wait_for_timeout(300)
        count = desk.evaluate(PREPARE)
        for _ in range(count + 60):
            desk.keyboard.press("Tab")
            if not desk.evaluate(STEP):
                break
        wrong += [f"{address}: no ring on {name}" for name in desk.evaluate("window.keyboard.unseen")]
        wrong += [f"{address}: not reached: {element}" for element in desk.evaluate(LEFT)]
    assert not wrong, "\n".join(wrong)


def press(page: Page, target: str, key: str = "Enter") -> None:
    """A key on what ``target`` selects, which has been reached and can be seen: what is hidden takes no focus."""
    reached = page.locator(target)
    expect(reached).to_be_visible()
    reached.focus()
    page.keyboard.press(key)


def choose(page: Page, group: str, title: str) -> None:
    """The choice ``title`` of a segmented control, by arrow keys."""
    chosen = page.locator(f"{group} input:checked + label")
    page.locator(f"{group} input:checked").focus()
    for _ in range(8):
        if chosen.inner_text() == title:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"the arrow keys do not lead to {title}")


def test_the_picture_is_flipped_held_and_walked_by_keys(desk: Page, site: Site) -> None:
    desk.goto(f"{site.url}/inside?model=shipped:demo&digit=3&seed=7&show=flip")
    legend = desk.locator("#upper-legend")
    expect(desk.locator("#upper-words")).to_contain_text("Pixel error", timeout=LONG)
    expect(desk.locator("#lower-legend")).to_contain_text("up")
    desk.locator("#upper-frame").focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        desk.keyboard.press(key)
    expect(legend).to_contain_text("1 flipped")
    choose(desk, "#inside-show", "Hold and resample")
    press(desk, "#inside-certain")
    expect(legend).to_contain_text("128 held")
    press(desk, "#inside-resample")
    expect(desk.locator("#lower-legend")).to_contain_text("128 held")
    choose(desk, "#inside-show", "Walk")
    expect(desk.locator("#inside-walk-words")).to_contain_text("0 of ")
    press(desk, "#inside-walk")
    expect(desk.locator("#inside-walk-words")).to_have_text(re.compile(r"^(\d+) of \1 spins"))


def test_digits_are_drawn_and_samplers_compared_by_keys(desk: Page, site: Site) -> None:
    desk.goto(f"{site.url}/generate?model=shipped:demo")
    press(desk, "#draw")
    expect(desk.locator("#chip .scatterlayer")).to_be_visible(timeout=LONG)
    press(desk, "#picker", "ArrowRight")
    expect(desk.locator("#digit-index")).to_have_value("1")
    desk.goto(f"{site.url}/compare")
    box = desk.get_by_role("checkbox", name="Simulated annealing")
    box.focus()
    desk.keyboard.press("Space")
    expect(box).not_to_be_checked()
    press(desk, "#compare")
    desk.wait_for_url(lambda url: "comparison=" in url)
    expect(desk.locator("#cancel-compare")).to_be_enabled()
    press(desk, "#cancel-compare")
    expect(desk.locator("#compare-progress")).to_contain_text("Cancelled")
    comparisons = site.store.root / "comparisons"
    asked = max(comparisons.iterdir()) / "request.json"
    assert '"annealing"' not in asked.read_text()


def test_a_run_is_trained_deleted_and_brought_back_and_a_study_opened_by_keys(desk: Page, site: Site) -> None:
    desk.goto(f"{site.url}/lab")
    press(desk, "#lab-train-demo")
    desk.wait_for_url(lambda url: "run=" in url)
    run = desk.url.partition("run=")[2]
    # It may have come to its end before the key does.
    desk.get_by_role("button", name=re.compile("Stop|Continue for")).wait_for(timeout=LONG)
    press(desk, "#lab-run-actions button >> nth=0")
    desk.wait_for_timeout(500)
    desk.goto(f"{site.url}/runs")
    card = desk.locator(".run-card", has_text="A run")
    card.get_by_role("button", name="Delete").focus()
    desk.keyboard.press("Enter")
    expect(card).to_have_count(0)
    desk.get_by_role("button", name="Undo").focus()
    desk.keyboard.press("Enter")
    expect(card).to_have_count(1)
    assert site.store.exists(run)
    desk.goto(f"{site.url}/lab/compare")
    press(desk, "a[href='/lab/compare?study=shipped:adaptive-beta'] >> nth=0")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Adaptive inverse temperature")
