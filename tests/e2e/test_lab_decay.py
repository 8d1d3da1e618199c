"""Decays in a real browser: fitted by a worker as soon as a study is seen whose runs have ended, drawn, and chosen from."""

from __future__ import annotations

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from boltzmann.config import changed
from boltzmann.config.studies import READY_MADE
from boltzmann.runs.studies import StudyStore

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LONG = 200_000
EPOCHS = 120
NAMES = """() => (document.querySelector('[id*="decay-plot"][id*=\\'"decay"\\'] .js-plotly-plot').data || [])
    .map((trace) => trace.name).filter((name) => name && !name.includes('mean'))"""


def finished_study(runs) -> str:
    """Two arms of two runs each, whose errors are synthetic decays that have ended."""
    whole, studies = READY_MADE["adaptive-beta"], StudyStore(runs.root / "studies", runs)
    base = changed(whole.base, {"training.epochs": EPOCHS, "training.measurements": EPOCHS})
    study_id = studies.create(
        whole.model_copy(update={"base": base, "arms": whole.arms[-2:], "panels": whole.panels[:2], "seeds": 2})
    )
    rng = np.random.default_rng(0)
    for member in studies.members(study_id):
        events = [
            {"kind": "metrics", "step": 2 * epoch, "epoch": float(epoch), "seconds": epoch / 100, "beta": 2.0,
             "sum_squares": 900 * np.exp(-0.06 * epoch) + 40 + rng.normal(0, 3)}
            for epoch in range(1, EPOCHS + 1)
        ]  # fmt: skip
        runs.append(member.run, events)
        runs.write_status(member.run, state="finished", step=2 * EPOCHS, total_steps=2 * EPOCHS, seconds=1.2)
    return study_id


def test_decays_are_fitted_by_themselves_and_drawn(page: Page, site: Site) -> None:
    study_id = finished_study(site.store)
    page.goto(f"{site.url}/lab/compare?study={study_id}")
    expect(page.locator("#decay-table")).to_contain_text("Estimated", timeout=LONG)
    expect(page.locator("#decay-state")).to_be_empty()
    page.wait_for_function(f"() => ({NAMES})().length === 2")
    page.locator(".decay-bar").get_by_text("Known").click()
    page.wait_for_function(f"() => ({NAMES})().length === 1")
    expect(page.locator("#decay-table")).not_to_contain_text("Known")
    # Two panels that differ in the pause alone: one control chooses.
    page.get_by_role("radiogroup", name="Pause at").get_by_text("0.2").click()
    expect(page.locator("#decay-table tbody tr")).to_have_count(1)
    # A new fit makes the sections anew: what was chosen stays chosen.
    path = StudyStore(site.store.root / "studies", site.store).folder(study_id) / "decay.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "made": "2001-01-01T00:00:00Z"}))
    page.get_by_role("button", name="Fit again").click()
    expect(page.locator("#decay-body")).to_contain_text("Made on 2001-01-01", timeout=LONG)
    expect(page.get_by_role("radio", name="0.2")).to_be_checked()
    page.wait_for_function(f"() => ({NAMES})().length === 1")
    expect(page.locator("#decay-table")).not_to_contain_text("Known")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.documentElement.scrollWidth <= 390")
