"""Every page for everyone: no finding of axe-core, no error, nothing from another host, no sideways scrolling."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from boltzmann.config import PRESETS, RBM_PRESETS, StudyConfig, changed
from boltzmann.config.study import Variant
from boltzmann.runs.studies import StudyStore
from boltzmann.settings import Settings
from boltzmann.ui.learn.topics import TOPICS

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("patience"), pytest.mark.timeout(300)]

DESK, PROJECTOR, PHONE = (1440, 900), (1024, 768), (390, 844)
LOOKS = (("light", DESK), ("light", PROJECTOR), ("light", PHONE), ("dark", PHONE), ("dark", DESK))
ALIKE = (LOOKS[0], LOOKS[3])
"""Each scheme and each width once: for axe-core, and of topics, which are all laid out alike, for everything."""
LONG = 60_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = """async (tags) => {
    const found = await axe.run({runOnly: tags, rules: {"target-size": {enabled: true}}, resultTypes: ["violations"]});
    return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`));
}"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def addresses(site: Site, train_machine) -> dict[str, str]:
    """Each page's address, and a place that is filled when the page has come to rest."""
    from boltzmann.runs.jobs import train_run

    settings = Settings.find(runs=str(site.store.root))
    small = {"data.dataset": "digits", "data.train_size": 256, "model.n_latents": 32, "model.channels": 8}
    run = site.store.create(changed(PRESETS["mmd"], {**small, "training.epochs": 1}), "A small run")
    # On one core: threads that wait for each other take a minute beside an app that starts its workers.
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everywhere)})
    assert train_run(run, settings) == "finished"
    os.sched_setaffinity(0, everywhere)
    machine = train_machine(site.store.root, "digits", "Little digits", model__label_units=True)
    study, lab_run, other = _study(settings)
    return {
        "/": "#welcome-digits",
        f"/?run={run}": ".losses .scatterlayer .trace >> nth=0",
        "/generate": "#draw",
        "/inside": "#upper-output[src^=data]",
        "/compare": ".sampler-choices",
        "/runs/compare": "main h1",
        f"/runs/compare?runs={lab_run},{other}": ".overlay .scatterlayer .trace >> nth=0",
        "/runs": f"[data-run='{run}']",
        "/samplers": ".sampler-card >> nth=0",
        "/lab": "#lab-train-demo",
        f"/lab?run={lab_run}": ".lab-curves .scatterlayer .trace >> nth=0",
        "/lab/compare": "#own-start",
        f"/lab/compare?study={study}": "#study-table td >> nth=0",
        f"/lab/play?machine={machine}": "#complete-result .tile >> nth=0",
        "/learn": ".learn-card mjx-container >> nth=0",
        **{f"/learn/{topic}": ".learn-play .main-svg >> nth=0" for topic in TOPICS},
        "/nowhere": "main h1",
    }


def _study(settings: Settings) -> tuple[str, str, str]:
    """A comparison of two arms, and the run of each."""
    from boltzmann.runs.rbm_jobs import train_rbm

    arms = (Variant(title="CD-1"), Variant(title="CD-10", changes={"training.gibbs_steps": 10}))
    base = changed(RBM_PRESETS["bars"], {"training.epochs": 200, "training.mode_assisted": False})
    studies = StudyStore.beside(settings.runs)
    study = studies.create(StudyConfig(title="How many steps?", base=base, arms=arms, seeds=1))
    first, second = (member.run for member in studies.members(study))
    assert {train_rbm(run, settings) for run in (first, second)} == {"finished"}
    return study, first, second


def test_every_page_in_both_schemes_on_a_desk_and_on_a_phone(page: Page, site: Site, addresses: dict[str, str]) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.emulate_media(reduced_motion="reduce")
    wrong: list[str] = []
    for address, filled in addresses.items():
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        page.emulate_media(color_scheme="light")
        page.goto(site.url + address)
        page.locator(filled).wait_for(state="attached", timeout=LONG)
        if address == "/generate":
            page.locator("#draw").click()
            page.locator("#chip .legend").wait_for(timeout=LONG)
        page.evaluate(AXE_SCRIPT)
        for scheme, size in ALIKE if address.startswith("/learn/") else LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": size[0], "height": size[1]})
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            where = f"{address} {scheme} {size[0]}"
            try:  # figures fit themselves into the new width a moment later
                page.wait_for_function(f"() => {SIDEWAYS} <= 0", timeout=4000)
            except PlaywrightTimeout:
                wrong.append(f"{where}: {page.evaluate(SIDEWAYS)} pixels beyond the right edge")
            if (scheme, size) in ALIKE:
                wrong += [f"{where}: {finding}" for finding in page.evaluate(AXE, RULES)]
    assert not wrong, "\n".join(wrong)
    assert hosts - {"", urlsplit(site.url).netloc} == set()


def test_what_opens_and_what_is_refused_is_for_everyone_too(page: Page, site: Site) -> None:
    """Each in light on a desk, and in dark on a phone."""
    page.emulate_media(reduced_motion="reduce")
    wrong: list[str] = []

    def look(state: str) -> None:
        page.evaluate(AXE_SCRIPT)
        for scheme, size in (("light", DESK), ("dark", PHONE)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": size[0], "height": size[1]})
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            page.wait_for_timeout(200)
            wrong.extend(f"{state} {scheme}: {finding}" for finding in page.evaluate(AXE, RULES))
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
        page.emulate_media(color_scheme="light")

    page.goto(f"{site.url}/?run=20200101-000000-000000")
    expect(page.get_by_role("alert")).to_contain_text("No such run")
    look("an unknown run")
    page.goto(f"{site.url}/generate")
    page.locator("#draw-count").fill("99999")
    page.locator("#draw").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was drawn")
    look("a refused drawing")
    page.goto(f"{site.url}/inside")
    page.locator("#inside-digit").click()  # more than it has room for
    expect(page.get_by_role("option").first).to_be_visible()
    look("an open menu")
    page.goto(f"{site.url}/?tour=1")
    expect(page.locator(".tour")).to_be_visible(timeout=LONG)
    look("the first visit")
    page.goto(f"{site.url}/lab/compare?study=shipped:adaptive-beta")
    page.locator("#study-table td").first.wait_for(state="attached", timeout=LONG)
    look("a study with fits")
    assert not wrong, "\n".join(wrong)


def test_figures_and_the_sheet_of_shortcuts_speak(page: Page, site: Site, addresses: dict[str, str]) -> None:
    run = next(address for address in addresses if address.startswith("/?run="))
    page.goto(site.url + run)
    mse = page.get_by_role("img", name="MSE curve. step. MSE: ")
    expect(mse).to_have_count(1, timeout=LONG)
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    opener = page.get_by_role("button", name="Keyboard shortcuts")
    opener.focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Shortcuts")
    expect(sheet).to_be_visible()
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate(AXE, RULES) == []
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#help-sheet')"
        )
    switch = sheet.get_by_role("switch", name="Shortcuts of single keys are on")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.type("gr")
    expect(page).to_have_url(site.url + run)
    page.keyboard.press("?")
    switch.click()
    page.keyboard.press("Escape")
    # What is typed into a field is no shortcut.
    page.locator("#run-name").focus()
    page.keyboard.type("gr?p")
    expect(page.locator("#run-name")).to_have_value("gr?p")
    page.locator("h1").click()
    page.keyboard.type("gr")
    expect(page).to_have_url(f"{site.url}/runs")
    expect(page.locator("#page")).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_the_first_visit_is_guided_once(browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    # A browser that a person drives.
    context.add_init_script("Object.defineProperty(navigator, 'webdriver', {get: () => false})")
    page = context.new_page()
    page.goto(site.url)
    hint = page.locator(".tour")
    titles = []
    for _ in range(5):
        expect(hint.get_by_text(f"{len(titles) + 1} of 5")).to_be_visible(timeout=LONG)
        titles.append(hint.locator("h2").inner_text())
        page.keyboard.press("Enter")
    assert titles == ["Choose a recipe", "Train", "Generate", "Look inside", "The lab"]
    expect(hint).to_have_count(0)
    page.reload()
    expect(page.locator("#train-demo")).to_be_visible()
    page.wait_for_timeout(600)
    expect(hint).to_have_count(0)
    page.keyboard.press("?")
    page.get_by_role("button", name="Take the short tour").click()
    expect(hint).to_be_visible()
    page.keyboard.press("Escape")
    expect(hint).to_have_count(0)
    context.close()
