"""Training on a service from the page: what a person sees when all goes well, and when it does not."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from boltzmann.loopback.dwave import DWaveService
from boltzmann.loopback.dynex import DynexService
from boltzmann.loopback.faults import Fault
from boltzmann.loopback.service import Service

from .conftest import Site, sampler_card, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, Service]]:
    """Both services, by what the page calls them."""
    with DWaveService(size=3, inverse_temperature=4.0) as dwave, DynexService(inverse_temperature=4.0) as dynex:
        yield {"D-Wave QPU": dwave, "Dynex": dynex}


@pytest.fixture(scope="module")
def site(services: dict[str, Service], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app, started with access to the simulated services."""
    folder = tmp_path_factory.mktemp("services")
    access = {name: value for service in services.values() for name, value in service.environment.items()}
    with serving(folder, folder, **access) as site:
        yield site
    shutil.rmtree(folder, ignore_errors=True)


def begin(page: Page, site: Site, sampler: str, epochs: int) -> str:
    page.goto(site.url)
    settings = page.locator("#settings")
    settings.get_by_label("Images", exact=True).click()
    page.get_by_role("option", name="Embedded digits").click()
    settings.get_by_label("Sampler", exact=True).click()
    page.get_by_role("option", name=sampler).click()
    settings.evaluate("column => column.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    for label, value in (("Training images", 1024), ("Latent spins", 64), ("Epochs", epochs), ("Batch size", 32),
                         ("Reads", 64), ("Channels", 8), ("Deadline", 12), ("Sample reuse", 4)):  # fmt: skip
        settings.get_by_label(label, exact=True).locator("visible=true").fill(str(value))
    settings.get_by_role("switch", name=re.compile("^Class fields")).uncheck()
    expect(page.locator("#estimate")).to_contain_text("calls of the service")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"\?run="))
    return page.url.split("run=")[1]


def wait_for(what, seconds: float = 60.0):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


@pytest.mark.parametrize("sampler", ["D-Wave QPU", "Dynex"])
def test_train_on_a_service_and_replay_without_it(
    sampler: str, services: dict[str, Service], site: Site, page: Page
) -> None:
    before = services[sampler].problems
    run_id = begin(page, site, sampler, 1)
    expect(page.locator(".state")).to_have_text("finished", timeout=120_000)
    expect(page.locator("#run-badges")).to_contain_text("simulated service")
    assert services[sampler].problems - before == 8
    expect(page.locator("#sampler-facts")).to_contain_text("8, 512 reads")
    page.get_by_role("button", name="Replay", exact=True).click()
    page.wait_for_url(re.compile(rf"\?run=(?!{run_id})"))
    again = page.url.split("run=")[1]
    wait_for(lambda: site.store.status(again).state == "finished")
    expect(page.locator("#run-badges")).to_contain_text("replay, no service asked", timeout=20_000)
    expect(page.locator(".state")).to_have_text("finished", timeout=20_000)
    assert site.store.history(again)["total"] == site.store.history(run_id)["total"]


def test_a_service_that_hangs_ends_in_a_card_with_a_way_on(
    services: dict[str, Service], site: Site, page: Page
) -> None:
    services["D-Wave QPU"].fault = Fault("hung", after=4)
    run_id = begin(page, site, "D-Wave QPU", 2)
    wait_for(lambda: site.store.status(run_id).step >= 16)
    # The page answers while the call hangs.
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.locator("h1")).to_have_text("Runs")
    assert site.store.status(run_id).state == "running"
    page.goto(f"{site.url}/?run={run_id}")
    expect(page.locator(".state")).to_have_text("failed", timeout=60_000)
    expect(page.locator("#run-alerts")).to_contain_text("D-Wave did not answer in time")
    page.get_by_role("button", name="Go on with the simulated QPU").click()
    expect(page.locator(".state")).to_have_text("finished", timeout=120_000)
    expect(page.locator("#run-alerts")).to_contain_text("From step 17 on: Simulated QPU")
    expect(page.locator("#run-badges")).to_contain_text("Simulated QPU")
    assert site.store.history(run_id)["step"] == list(range(1, 65))
    services["D-Wave QPU"].fault = None


def test_a_service_shows_its_chip_and_holds_up_nothing_when_it_hangs(
    services: dict[str, Service], site: Site, page: Page
) -> None:
    service = services["D-Wave QPU"]
    page.goto(f"{site.url}/samplers")
    dwave, again = sampler_card(page, "D-Wave QPU"), page.get_by_role("button", name="Look again")
    expect(dwave.locator(".state")).to_have_text("simulated service on this machine", timeout=60_000)
    expect(dwave).to_contain_text("no real hardware answers there")
    expect(dwave.get_by_role("cell", name=service.chip.name)).to_be_visible()
    expect(dwave.locator("figcaption")).to_contain_text(f"{len(service.chip.qubits)} qubits")
    link = dwave.locator("a.only-light")
    picture = page.request.get(site.url + str(link.get_attribute("href")))
    assert picture.body().startswith(b"\x89PNG")
    expect(link).to_be_visible()
    expect(dwave.locator("a.only-dark")).to_be_hidden()
    assert service.token not in page.content()

    expect(again).to_be_enabled(timeout=60_000)
    service.fault = Fault("hung")
    again.click()
    expect(again).to_have_attribute("data-loading", "true")
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.locator("h1")).to_have_text("Runs")
    page.get_by_role("link", name="Samplers", exact=True).click()
    expect(sampler_card(page, "Simulated QPU").locator("figure")).to_be_visible()
    expect(dwave.locator(".state")).not_to_have_text("cannot be reached", timeout=1)
    expect(dwave.locator(".state")).to_have_text("cannot be reached", timeout=60_000)
    expect(dwave).to_contain_text("D-Wave did not answer in time")
    expect(dwave.get_by_role("link", name="Train with it")).to_have_count(0)

    service.fault = None
    expect(again).to_be_enabled(timeout=60_000)
    again.click()
    expect(dwave.locator(".state")).to_have_text("simulated service on this machine", timeout=60_000)
    assert service.token not in page.content()
