"""A fair comparison in a real browser: begun with a click, followed to its end, found again, deleted and brought back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LONG = 200_000
CURVES = """() => [...document.querySelectorAll('#study-plots .js-plotly-plot')].map(
    (plot) => (plot.data || []).filter((trace) => trace.name).map((trace) => [trace.name, trace.y.length]))"""


def test_a_comparison_from_its_start_to_its_undo(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/lab/compare")
    start = page.locator("#own-start")
    expect(start).to_be_enabled(timeout=LONG)
    # A wrong number is explained at its field, and nothing can be started.
    page.locator("#own-seeds").fill("0")
    expect(page.get_by_text("A whole number from 1 to 20")).to_be_visible()
    expect(start).to_be_disabled()
    page.locator("#own-seeds").fill("2")
    page.locator("#own-epochs").fill("300")
    expect(page.locator("#own-preview")).to_contain_text("3 arms × 2 seeds = 6 runs of 300 steps")
    # Backspace takes the last value away: two arms are left.
    page.locator("#own-values").press("Backspace")
    expect(page.locator("#own-preview")).to_contain_text("2 arms × 2 seeds = 4 runs of 300 steps")
    expect(start).to_be_enabled()
    start.click()

    expect(page.locator("#study-progress")).to_contain_text("4 of 4 runs finished", timeout=LONG)
    expect(page).to_have_url(re.compile(r"/lab/compare\?study=[0-9-]+"))
    expect(page.locator("#study-table")).to_contain_text("2 of 2")
    expect(page.locator(".finding")).to_contain_text("CD-1")
    page.wait_for_function("() => document.querySelectorAll('#study-plots .scatterlayer .trace').length >= 6")
    drawn = page.evaluate(CURVES)
    assert [name for name, _ in drawn[0]] == ["CD-1", "CD-10"]
    assert min(count for _, count in drawn[0]) > 10

    page.reload()
    expect(page.locator("#study-table")).to_contain_text("2 of 2", timeout=LONG)
    page.wait_for_function("() => document.querySelectorAll('#study-plots .scatterlayer .trace').length >= 6")
    assert page.evaluate(CURVES) == drawn
    page.get_by_text("All runs").click()
    expect(page.locator("#study-members a")).to_have_count(4)

    # The undo is pressed while the list of what is left is on its way, and the list comes first.
    undo = page.get_by_role("button", name="Undo")

    def cross(route: Route) -> None:
        asked = route.request.post_data_json
        if asked["output"] == "study-list.children" and undo.count():
            answer = route.fetch()
            undo.click()
            route.fulfill(response=answer)
            return
        if asked["output"].startswith("..study-changes.data"):
            page.locator(".study-items").wait_for()
        route.continue_()

    page.route("**/_dash-update-component*", cross)
    page.get_by_role("button", name="Delete").click()
    # Others may compare the same two under a name of their own.
    mine = page.locator(".study-items li", has=page.get_by_role("link", name="CD-1 against CD-10"))
    expect(mine).to_have_count(1, timeout=LONG)
    mine.locator("a").click()
    expect(page.locator("#study-table")).to_contain_text("2 of 2", timeout=LONG)
