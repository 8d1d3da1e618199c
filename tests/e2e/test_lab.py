"""The lab in a real browser: train a machine from the form, watch it, stop, resume, reload; the list; phone and dark."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from boltzmann.config import RBM_PRESETS, changed

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

KL = """() => {
    const plot = document.querySelector("[aria-label='KL divergence curve'] .js-plotly-plot");
    return plot && plot.data ? {x: [...plot.data[0].x], y: [...plot.data[0].y]} : {x: [], y: []};
}"""


def wait_for(what, seconds: float = 60.0):
    """The first true value of ``what()``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def drawn(site: Site, page: Page, run_id: str) -> bool:
    history = site.store.history(run_id)
    return page.evaluate(KL) == {"x": history["step"], "y": history["kl"]}


def test_a_machine_is_trained_stopped_resumed_and_watched(site: Site, page: Page, browser: Browser) -> None:
    page.goto(f"{site.url}/lab")
    settings = page.locator("#settings")
    expect(settings.get_by_label("Sampler", exact=True)).to_be_hidden(timeout=20_000)
    settings.get_by_label("Negative phase").click()
    page.get_by_role("option", name="Sampler", exact=True).click()
    expect(settings.get_by_label("Sampler", exact=True)).to_be_visible()
    expect(settings.get_by_label("Gibbs steps k")).to_be_hidden()
    settings.get_by_label("Negative phase").click()
    page.get_by_role("option", name="Contrastive divergence (CD)").click()
    settings.get_by_label("Length", exact=True).fill("6")
    settings.get_by_label("Hidden units", exact=True).fill("6")
    settings.get_by_label("Epochs", exact=True).fill("1000000")
    expect(page.locator("#lab-estimate")).to_contain_text("1,000,000 steps, 6,000,000 rows seen")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"/lab\?run="))
    run_id = page.url.split("run=")[1]

    wait_for(lambda: len(page.evaluate(KL)["y"]) > 2, 120)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#lab-run-badges .state")).to_have_text("stopped", timeout=30_000)
    assert 0 < site.store.status(run_id).step < 1_000_000
    page.get_by_role("button", name="Resume").click()
    wait_for(lambda: site.store.status(run_id).state == "running")
    second = browser.new_page()
    second.goto(page.url)
    for viewer in (page, second):
        viewer.get_by_role("button", name="Stop", exact=True).wait_for(timeout=30_000)
    before = site.store.history(run_id)["step"][-1]
    wait_for(lambda: site.store.history(run_id)["step"][-1] > before)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#lab-run-badges .state")).to_have_text("stopped", timeout=30_000)
    for viewer in (page, second):
        wait_for(lambda viewer=viewer: drawn(site, viewer, run_id), 20)
    second.emulate_media(color_scheme="dark")
    second.set_viewport_size({"width": 390, "height": 844})
    for path in ("/lab", f"/lab?run={run_id}"):
        second.goto(site.url + path)
        expect(second.locator("main h1").first).to_be_visible(timeout=20_000)
        assert second.evaluate("() => document.documentElement.scrollWidth") <= 390
    second.close()

    page.reload()
    wait_for(lambda: drawn(site, page, run_id), 20)
    kl = page.get_by_role("group", name="KL divergence curve")
    expect(kl).to_contain_text("exact, 2⁶ states")
    expect(page.get_by_role("group", name="Error rate curve")).to_be_hidden()
    assert page.locator("#lab-filters").evaluate("image => image.naturalWidth") > 100
    page.get_by_role("switch", name="Log y").check()
    wait_for(lambda: page.evaluate(KL.replace("plot && plot.data", "plot.layout.yaxis.type === 'log'"))["x"], 10)
    page.get_by_text("Time", exact=True).click()
    wait_for(lambda: page.evaluate(KL)["x"] == site.store.history(run_id)["seconds"], 10)

    page.goto(f"{site.url}/runs")
    page.locator(f"[data-run='{run_id}']").get_by_text("Open", exact=True).click()
    expect(page).to_have_url(re.compile(rf"/lab\?run={run_id}"))


def test_a_machine_on_a_chip_shows_the_chain_that_is_pointed_at(site: Site, page: Page) -> None:
    changes = {"data.side": 2, "model.hidden": 3, "sampler.embedding": "chimera"}
    run_id = site.store.create(changed(RBM_PRESETS["stripes"], changes), "On a chip")
    site.store.write_status(run_id, state="finished")
    page.goto(f"{site.url}/lab?run={run_id}")
    words, chosen = page.locator("#lab-chip-words"), page.get_by_label("Unit whose chain is shown").first
    chosen.click(timeout=60_000)
    page.get_by_role("option", name="Hidden 3", exact=True).click()
    expect(words).to_contain_text("Hidden 3: ")
    page.locator("#lab-chip .points .point").first.hover(force=True)
    expect(words).to_contain_text("Visible ")
    drawn = "() => document.querySelector('#lab-chip .js-plotly-plot').data[6].x.length"
    assert page.evaluate(drawn) >= 1


def test_a_table_is_dropped_and_one_too_large_is_told_so(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/lab")
    page.locator("#settings").get_by_label("Data", exact=True).click()
    page.get_by_role("option", name="Your table").click()
    place, told = page.locator("#lab-upload input[type=file]"), page.locator("#lab-upload-error")
    row = b"0,1" + b",1" * 98 + b"\n"
    place.set_input_files({"name": "large.csv", "mimeType": "text/csv", "buffer": row * 26_500})
    expect(told).to_contain_text("It has 5.3 MB, more than 5")
    place.set_input_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": row * 25})
    expect(page.locator("#lab-table-shown")).to_contain_text("25 rows × 100 columns", timeout=20_000)
    expect(told).to_be_empty()
