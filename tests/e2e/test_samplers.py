"""The Samplers page in a real browser, without access to any service."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Site, sampler_card

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LONG = 60_000


def test_without_access_the_way_to_it_is_shown(site: Site, browser: Browser, page: Page) -> None:
    page.goto(site.url)
    page.get_by_role("link", name="Samplers", exact=True).click()
    expect(page.locator("h1")).to_have_text("Samplers")
    expect(sampler_card(page, "Exact enumeration").locator(".state")).to_have_text("ready")
    for title, variable in (("D-Wave QPU", "DWAVE_API_TOKEN"), ("Dynex", "DYNEX_SDK_KEY")):
        expect(sampler_card(page, title).locator(".state")).to_have_text("needs access", timeout=LONG)
        expect(sampler_card(page, title)).to_contain_text(f"Set {variable}")
        expect(sampler_card(page, title).get_by_role("link", name="Train with it")).to_have_count(0)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sampler_card(page, "D-Wave QPU").get_by_role("button", name="Copy").first.click()
    assert page.evaluate("() => navigator.clipboard.readText()") == "DWAVE_API_TOKEN=your-token"

    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.goto(f"{site.url}/samplers")
    expect(sampler_card(phone, "Dynex").locator(".state")).to_have_text("needs access", timeout=LONG)
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390
    phone.close()

    sampler_card(page, "Simulated QPU").get_by_role("link", name="Train with it").click()
    expect(page.locator("#settings").get_by_label("Sampler", exact=True)).to_have_value("Simulated QPU")
