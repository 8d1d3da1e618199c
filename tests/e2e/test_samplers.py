"""The Samplers page in a real browser: without access, with a simulated service, and while that hangs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from boltzmann.loopback.dwave import DWaveService
from boltzmann.loopback.faults import Fault
from boltzmann.runs.store import RunStore
from boltzmann.settings import ROOT

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SECRET = "DEV-never-to-be-seen"
LONG = 60_000


@contextmanager
def serving(folder: Path, page: Page, **access: str) -> Iterator[Site]:
    """The app with no access but the given; ``page`` leaves it before it ends."""
    (folder / "dwave.conf").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DWAVE_", "DYNEX_"))}
    environment |= {"DWAVE_CONFIG_FILE": str(folder / "dwave.conf"), **access}
    command = [sys.executable, "app.py", "--port", "0", "--data", str(folder), "--runs", str(folder / "runs")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "http://" in line, "the app did not start"
        yield Site(line.split()[-1], RunStore(folder / "runs"), process, False)
        page.goto("about:blank")
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def test_without_access_the_way_to_it_is_shown(tmp_path: Path, browser: Browser, page: Page) -> None:
    with serving(tmp_path, page) as site:
        page.goto(site.url)
        page.get_by_role("link", name="Samplers", exact=True).click()
        expect(page.locator("h1")).to_have_text("Samplers")
        expect(card(page, "Exact enumeration").locator(".state")).to_have_text("ready")
        for title, variable in (("D-Wave QPU", "DWAVE_API_TOKEN"), ("Dynex", "DYNEX_SDK_KEY")):
            expect(card(page, title).locator(".state")).to_have_text("needs access", timeout=LONG)
            expect(card(page, title)).to_contain_text(f"Set {variable}")
            expect(card(page, title).get_by_role("link", name="Train with it")).to_have_count(0)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        card(page, "D-Wave QPU").get_by_role("button", name="Copy").first.click()
        assert page.evaluate("() => navigator.clipboard.readText()") == "DWAVE_API_TOKEN=your-token"

        phone = browser.new_page(viewport={"width": 390, "height": 844})
        phone.goto(f"{site.url}/samplers")
        expect(card(phone, "Dynex").locator(".state")).to_have_text("needs access", timeout=LONG)
        assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390
        phone.close()

        card(page, "Simulated QPU").get_by_role("link", name="Train with it").click()
        expect(page.locator("#settings").get_by_label("Sampler", exact=True)).to_have_value("Simulated QPU")


def test_a_service_shows_its_chip_and_holds_up_nothing_when_it_hangs(
    tmp_path: Path, page: Page, soon: Callable[[], AbstractContextManager[None]]
) -> None:
    with DWaveService(size=3, token=SECRET) as service, serving(tmp_path, page, **service.environment) as site:
        page.goto(f"{site.url}/samplers")
        dwave, again = card(page, "D-Wave QPU"), page.get_by_role("button", name="Look again")
        expect(dwave.locator(".state")).to_have_text("simulated service on this machine", timeout=LONG)
        expect(dwave).to_contain_text("no real hardware answers there")
        expect(dwave.get_by_role("cell", name=service.chip.name)).to_be_visible()
        expect(dwave.locator("figcaption")).to_contain_text(f"{len(service.chip.qubits)} qubits")
        link = dwave.locator("a.only-light")
        picture = page.request.get(site.url + str(link.get_attribute("href")))
        assert picture.body().startswith(b"\x89PNG")
        expect(link).to_be_visible()
        expect(dwave.locator("a.only-dark")).to_be_hidden()
        assert SECRET not in page.content()

        expect(again).to_be_enabled(timeout=LONG)
        service.fault = Fault("hung")
        again.click()
        expect(again).to_have_attribute("data-loading", "true")
        with soon():
            page.get_by_role("link", name="Runs", exact=True).click()
            expect(page.locator("h1")).to_have_text("Runs")
            page.get_by_role("link", name="Samplers", exact=True).click()
            expect(card(page, "Simulated QPU").locator("figure")).to_be_visible()
        expect(dwave.locator(".state")).to_have_text("cannot be reached", timeout=LONG)
        expect(dwave).to_contain_text("D-Wave did not answer in time")
        expect(dwave.get_by_role("link", name="Train with it")).to_have_count(0)

        service.fault = None
        expect(again).to_be_enabled(timeout=LONG)
        again.click()
        expect(dwave.locator(".state")).to_have_text("simulated service on this machine", timeout=LONG)
        assert SECRET not in page.content()
