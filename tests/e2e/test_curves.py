"""The curves of runs in a real browser: one bar of controls, one pointer for all, marks, and runs laid over each other."""

from __future__ import annotations

import csv
import json

import pytest
from playwright.sync_api import Page, expect

from boltzmann.config import RBM_PRESETS, validate

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

DRAWN = """(name) => {
    const plot = document.querySelector(name + ' .js-plotly-plot');
    return plot && plot.data && plot.data.at(-1)?.x.length > 5;
}"""
PLOT = """(name) => {
    const {data, layout} = document.querySelector(name + ' .js-plotly-plot');
    const {x, y} = data.at(-1);
    return {x, y, raw: data[0].y, title: layout.xaxis.title.text, type: layout.yaxis.type, lines: data.length};
}"""
SAID = """(name) => [...document.querySelectorAll(name + ' .js-plotly-plot')].map(
    (plot) => plot.querySelector('.hovertext')?.textContent || '')"""
RUN_MARKS = """() => [...document.querySelectorAll('.overlay .curve')[0].querySelectorAll('[class*=of-run-]')].filter(
    (mark) => mark.getAttribute('d')).length"""
MARKS = "(kind) => document.querySelector('.losses .curve-layer .mark-' + kind)?.getAttribute('d') || ''"


def written(site: Site, name: str, rate: float) -> str:
    """A finished run of forty steps as its job would have written it."""
    config = {
        "data": {"dataset": "digits", "train_size": 256},
        "training": {"epochs": 4, "learning_rate": rate, "batch_size": 64},
    }
    run_id = site.store.create(validate(config), name)
    losses = [
        {
            "kind": "metrics", "step": step, "epoch": step / 10, "seconds": step / 5,
            "mse": 1 / step + 0.2 * (step % 2), "mmd": 1 / step, "kl": 1.0, "nll": 2 / step, "total": 3 / step,
        }
        for step in range(1, 41)
    ]  # fmt: skip
    report = {"kind": "sampler", "step": 20, "info": {"effective_inverse_temperature": 1.0}}
    quality = {"kind": "quality", "step": 20, "report": {"frechet_distance": 50.0, "frechet_floor": 4.7}}
    notice = {"kind": "notice", "step": 30, "message": "A notice of step thirty"}
    site.store.append(run_id, [*losses, report, quality, notice, {"kind": "checkpoint", "step": 40}])
    site.store.write_status(run_id, state="finished", step=40, total_steps=40, steps_per_epoch=10, seconds=8.0)
    return run_id


def point_at(page: Page, plot: str, share: float) -> None:
    """Move the pointer over the first curve, to ``share`` of its width."""
    curve = page.locator(f"{plot} .nsewdrag").first
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    assert box
    for shift in (-6, 0):
        page.mouse.move(box["x"] + share * box["width"] + shift, box["y"] + box["height"] / 2)
        page.wait_for_timeout(120)


@pytest.fixture(scope="module")
def runs(site: Site) -> list[str]:
    """Two runs that differ in their learning rate."""
    return [written(site, "Slow", 0.0005), written(site, "Quick", 0.002)]


def machine(site: Site) -> str:
    """A finished machine of the lab, resumed once."""
    run_id = site.store.create(RBM_PRESETS["bars"], "A machine")
    measured = [
        {"kind": "metrics", "step": s, "epoch": s / 2, "seconds": s / 5, "kl": 1 / s + 0.1 * (s % 2), "mode_steps": 0}
        for s in range(1, 21)
    ]
    events = [{"kind": "checkpoint", "step": 10}, {"kind": "stopped", "step": 10}, {"kind": "rewound", "step": 10}]
    site.store.append(run_id, measured[:10] + events + measured[10:])
    site.store.write_status(run_id, state="finished", step=20, total_steps=20, steps_per_epoch=2, seconds=4.0)
    return run_id


def test_one_bar_governs_all_curves_and_is_kept_for_the_lab_too(page: Page, site: Site, runs: list[str]) -> None:
    page.goto(f"{site.url}/?run={runs[0]}")
    page.wait_for_function(DRAWN, arg=".losses")
    smoothed = page.evaluate(PLOT, ".losses")
    assert smoothed["y"] != smoothed["raw"]
    page.get_by_role("slider", name="Smoothing (EMA)").focus()
    page.keyboard.press("Home")
    page.get_by_text("Epoch", exact=True).click()
    page.get_by_role("switch", name="Log y").check()
    for _ in range(2):  # before a reload and after it
        page.wait_for_function(f"() => ({PLOT})('.losses').title === 'epoch' && ({PLOT})('.losses').type === 'log'")
        now = page.evaluate(PLOT, ".losses")
        assert now["y"] == now["raw"]
        assert now["x"] == pytest.approx([step / 10 for step in range(1, 41)])
        for panel in (".sampler-panel", "#quality-curves"):
            report = page.evaluate(PLOT, panel)
            assert report["x"] == pytest.approx([2.0])
            assert (report["title"], report["type"]) == ("epoch", "log")
        page.reload()
        page.wait_for_function(DRAWN, arg=".losses")
    page.goto(f"{site.url}/lab?run={machine(site)}")
    page.wait_for_function(DRAWN, arg=".lab-curves")
    kl = page.evaluate(PLOT, ".lab-curves")
    assert (kl["title"], kl["type"], kl["lines"]) == ("epoch", "log", 1)
    page.wait_for_function(f"() => ({MARKS})('checkpoint') !== '' && ({MARKS})('resumed') !== ''")
    # The lab's own smoothing: nothing is smoothed there until it is asked for.
    page.get_by_role("slider", name="Smoothing (EMA)").focus()
    page.keyboard.press("End")
    page.wait_for_function(f"() => ({PLOT})('.lab-curves').lines === 2")
    both = page.evaluate(PLOT, ".lab-curves")
    assert both["raw"] != both["y"] == kl["y"]
    page.get_by_role("switch", name="Marks").uncheck()
    page.wait_for_function(f"() => ({MARKS})('checkpoint') === ''")


def test_one_pointer_and_marks_on_all_curves(page: Page, site: Site, runs: list[str]) -> None:
    page.set_viewport_size({"width": 1440, "height": 2000})  # the pointer is shown on curves in sight
    page.goto(f"{site.url}/?run={runs[0]}")
    page.wait_for_function(DRAWN, arg=".losses")
    page.wait_for_function(f"() => ({MARKS})('notice') !== ''")
    assert page.evaluate(MARKS, "checkpoint").count("M") == 1
    assert page.evaluate(MARKS, "sampler") == ""
    point_at(page, ".losses", 0.755)
    page.wait_for_function(f"() => ({SAID})('.losses').slice(0, 2).every((words) => / at (29|30|31)$/.test(words))")
    for panel in (".sampler-panel", "#quality-curves"):
        assert page.evaluate(SAID, panel)[0]
    expect(page.locator("#curve-bubble")).to_contain_text("A notice of step thirty · step 30")
    # A report is pointed at from wherever the pointer is: there are few.
    point_at(page, "#quality-curves", 0.9)
    page.wait_for_function(f"() => ({SAID})('.losses').every((words) => / at (19|20|21)$/.test(words))")
    page.mouse.move(5, 5)
    expect(page.locator("#curve-bubble")).to_be_hidden()
    page.wait_for_function(f"() => ({SAID})('.losses').every((words) => words === '')")
    page.get_by_role("switch", name="Marks").uncheck()
    page.wait_for_function(f"() => ({MARKS})('notice') === ''")


def test_runs_are_chosen_and_laid_over_each_other(page: Page, site: Site, runs: list[str]) -> None:
    page.goto(f"{site.url}/runs")
    expect(page.locator("#compare-runs")).to_be_disabled()
    for name in ("Slow", "Quick"):
        page.get_by_role("checkbox", name=f"Compare {name}").check()
    page.get_by_role("button", name="Compare 2 runs").click()
    page.wait_for_function(DRAWN, arg=".overlay")
    assert all(run in page.url for run in runs)
    assert page.evaluate(PLOT, ".overlay")["lines"] == 4  # raw and smoothed of each
    expect(page.locator("#overlay-table")).to_contain_text("Learning rate")
    expect(page.locator("#overlay-table")).not_to_contain_text("Latent spins")
    point_at(page, ".overlay", 0.5)
    page.wait_for_function(f"() => ({SAID})('.overlay').slice(0, 2).every((words) => words.includes(' at '))")
    assert page.evaluate(RUN_MARKS) == 0
    page.get_by_role("switch", name="Marks").check()
    page.wait_for_function(f"{RUN_MARKS.replace('() =>', '() => 4 ===')}")  # a checkpoint and a notice of each run
    page.locator(".overlay-legend").get_by_text("Quick").click()
    for _ in range(2):  # before a reload and after it
        page.wait_for_function(f"() => ({PLOT})('.overlay').lines === 2 && ({RUN_MARKS})() === 2")
        expect(page.get_by_role("checkbox", name="Quick")).not_to_be_checked()
        assert page.url.replace("%2C", ",").endswith(f"?runs={runs[1]},{runs[0]}&hidden={runs[1]}")
        page.goto(page.url)
        page.wait_for_function(DRAWN, arg=".overlay")
    with page.expect_download() as table:
        page.get_by_role("link", name="All curves (CSV)").click()
    with open(table.value.path(), encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 2 * (40 * 5 + 2) + 1
    with page.expect_download() as picture:
        page.get_by_role("button", name="Save all curves").click()
    with open(picture.value.path(), "rb") as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    page.goto(f"{site.url}/runs/compare?runs={json.dumps('../x')}")
    expect(page.get_by_text("These runs cannot be compared")).to_be_visible()
