"""Comparing samplers in a real browser: ask, watch, reload, cancel."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from safetensors.torch import save_file

from boltzmann.config import validate
from boltzmann.graphs import subgraph
from boltzmann.models.dvae import build

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

LONG = 240_000
NAMES = "#compare-energies .annotation-text"
CURVES = """() => [...document.querySelectorAll('#compare-energies .js-plotly-plot')].filter((plot) => plot.data).map(
    (plot) => plot.data.map((trace) => trace.name))"""


INSIDE = """() => {
    const [plot, card] = ["#compare-energies .main-svg", "#compare-energies-card"].map(
        (name) => document.querySelector(name).getBoundingClientRect());
    return plot.bottom <= card.bottom && plot.right <= card.right && plot.height > 200;
}"""


def wait_inside(page: Page) -> None:
    """Until the histograms lie within their card: plotly draws a moment after the card has got its height."""
    until = time.monotonic() + 10
    while not page.evaluate(INSIDE):
        assert time.monotonic() < until, "the histograms reach out of their card"
        page.wait_for_timeout(100)


@pytest.fixture(scope="module")
def small(site: Site) -> str:
    """A run of sixteen spins, never trained, with a checkpoint. Returns its identifier."""
    config = validate(
        {"data": {"dataset": "digits", "train_size": 256}, "model": {"n_latents": 16, "channels": 8, "hidden": 32},
         "training": {"epochs": 1, "batch_size": 64}}
    )  # fmt: skip
    run_id = site.store.create(config, "Sixteen spins")
    folder = site.store.folder(run_id) / "checkpoints" / "step-00000004"
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    graph = subgraph("zephyr", 16)
    (folder / "config.json").write_text(config.model_dump_json())
    graph.save(folder / "graph.safetensors")
    save_file(build(config, graph).state_dict(), folder / "weights.safetensors")
    site.store.write_status(run_id, state="finished", step=4)
    return run_id


def choose(page: Page, model: str, names: list[str]) -> None:
    page.get_by_role("textbox", name="Model", exact=True).click()
    page.get_by_role("option", name=re.compile(model)).click()
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    for name in names:
        page.get_by_role("checkbox", name=name).check()


def test_samplers_are_compared_and_the_address_brings_it_back(
    small: str, site: Site, browser: Browser, page: Page
) -> None:
    page.goto(f"{site.url}/compare")
    expect(page.get_by_text("One model, many samplers")).to_be_visible(timeout=20_000)
    choose(page, small, ["Gibbs sampling", "Exact enumeration"])
    page.get_by_label("Reads of each").fill("300")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.wait_for_url(re.compile(r"\?comparison="))
    expect(page.locator("#compare-progress")).to_have_text("Done.", timeout=LONG)
    rows = page.locator(".figures-table tbody tr")
    expect(rows.locator("th")).to_have_text(["Best possible", "The reference", "Gibbs sampling", "Exact enumeration"])
    for digits in page.locator(".compared img").all():
        assert digits.evaluate("image => image.naturalWidth") == 302
    expect(page.locator(NAMES)).to_have_text(["Gibbs sampling", "Exact enumeration"], timeout=20_000)
    assert page.evaluate(CURVES) == [["reference", "Gibbs sampling", "reference", "Exact enumeration"]]
    with page.expect_download() as download:
        page.get_by_text("Figures (JSON)").click()
    report = json.loads(Path(download.value.path()).read_text())
    exact = report["samplers"][1]
    # None of 1,500 batches of perfect reads lay further off than 3.3 floors.
    assert exact["edge_error"] < 4 * report["floors"]["edge_error"]
    expect(rows.last).to_contain_text(f"{exact['edge_error']:.3g}")

    address = page.url
    page.reload()
    expect(page.locator(".compared img")).to_have_count(3, timeout=20_000)
    expect(page.get_by_label("Reads of each")).to_have_value("300")
    expect(page.locator(NAMES)).to_have_count(2, timeout=20_000)
    wait_inside(page)
    for scheme in ("light", "dark"):
        phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
        phone.goto(address)
        expect(phone.locator(".compared img").first).to_be_visible(timeout=20_000)
        expect(phone.locator(NAMES)).to_have_count(2, timeout=20_000)
        wait_inside(phone)
        assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390
        phone.close()


def test_a_bad_request_is_explained_and_a_long_one_cancelled(small: str, site: Site, page: Page) -> None:
    page.goto(f"{site.url}/compare")
    choose(page, "shipped demo", [])
    compare = page.get_by_role("button", name="Compare", exact=True)
    compare.click()
    expect(page.locator("#compare-error")).to_contain_text("No sampler is chosen")
    page.get_by_role("checkbox", name="Gibbs sampling").check()
    compare.click()
    expect(page.locator("#compare-progress")).to_contain_text("Parallel tempering", timeout=LONG)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#compare-progress")).to_have_text("Cancelled.", timeout=10_000)
    expect(page.locator("#compare-error")).to_be_empty()
    # The worker is free for the next one.
    choose(page, small, ["Gibbs sampling"])
    compare.click()
    expect(page.locator("#compare-progress")).to_have_text("Done.", timeout=LONG)
