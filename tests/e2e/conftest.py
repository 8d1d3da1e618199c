"""The app as people start it, and a real Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from boltzmann.runs.store import RunStore
from boltzmann.settings import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


@dataclass
class Site:
    """The running app."""

    url: str
    store: RunStore
    process: subprocess.Popen[str]
    mnist: bool


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, else Playwright's own."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        if found is None and not Path(playwright.chromium.executable_path).exists():
            message = "no Chromium was found: install one (apt install chromium, or playwright install chromium)"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def serving(runs: Path, data: Path, **access: str) -> Iterator[Site]:
    """``python app.py`` on a free port, with access to no service but by the variables ``access``."""
    (runs / "dwave.conf").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DWAVE_", "DYNEX_"))}
    environment |= {"DWAVE_CONFIG_FILE": str(runs / "dwave.conf"), **access}
    command = [sys.executable, "app.py", "--port", "0", "--data", str(data), "--runs", str(runs)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "http://" in line, "the app did not start"
        yield Site(line.split()[-1], RunStore(runs), process, (data / "MNIST").is_dir())
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app as people start it, with runs of its own."""
    data = Path(os.environ.get("BOLTZMANN_DATA") or ROOT / "data")
    with serving(tmp_path_factory.mktemp("runs"), data) as site:
        yield site


@pytest.fixture
def patience() -> Iterator[None]:
    """A busy machine answers late."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab that must not report an error."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def sampler_card(page: Page, title: str) -> Locator:
    """What the page Samplers says of one sampler."""
    return page.get_by_role("region", name=title)
