"""Learn in a real browser: typeset formulas, a figure that follows the keyboard, the shipped model's digit."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_a_formula_is_typeset_and_a_slider_moves_the_figure(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/learn")
    expect(page).to_have_title(re.compile("^Learn"))
    expect(page.locator(".learn-card mjx-container svg")).to_have_count(9)
    page.get_by_role("link", name=re.compile("The discrete variational autoencoder")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The discrete variational autoencoder")
    expect(page.locator("#learn-seen")).to_contain_text("24 of 256 spins are flipped", timeout=60_000)
    page.get_by_role("link", name=re.compile("Next")).click()
    expect(page).to_have_title(re.compile("^Maximum mean discrepancy"))
    width = page.get_by_role("slider", name="Width of the kernel σ")
    expect(page.locator("#learn-seen")).to_contain_text("MMD² = 0.0124")
    width.press("End")
    expect(page.locator("#learn-seen")).to_contain_text("no more than chance")
    expect(page.locator(".learn-play .js-plotly-plot .main-svg").first).to_be_visible()
    page.locator("#nav").get_by_role("link", name="Runs").click()
    expect(page).not_to_have_title(re.compile("discrepancy"))
