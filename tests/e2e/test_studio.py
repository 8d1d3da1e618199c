"""The main job in a real browser, on real data: train, reload, watch, generate, download."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from boltzmann.config import validate
from boltzmann.runs.pictures import PAPER
from boltzmann.runs.sampler_words import inverse_temperature

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

CURVES = """() => [...document.querySelectorAll('.losses .js-plotly-plot')].filter((plot) => plot.data).map(
    (plot) => ({x: [...plot.data[0].x], raw: [...plot.data[0].y], smoothed: [...plot.data[1].y]}))"""
REPORTS = """() => [...document.querySelectorAll('.sampler-panel .js-plotly-plot')].filter(
    (plot) => plot.data && plot.data[0].x.length).map((plot) => ({x: [...plot.data[0].x], y: [...plot.data[0].y]}))"""
LONG = 240_000


def fill(page: Page, label: str, value: object) -> None:
    page.locator("#settings").get_by_label(label, exact=True).fill(str(value))


def curves(page: Page) -> dict[str, dict[str, list[float]]]:
    found = wait_for(lambda: drawn if len(drawn := page.evaluate(CURVES)) == 4 else None, 20)
    return dict(zip(("mse", "mmd", "nll", "total"), found, strict=True))


def wait_for(what, seconds: float = 120.0):
    """The first true value of ``what()``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError("waited in vain")


@pytest.fixture(scope="module")
def trained(site: Site, browser: Browser) -> str:
    """A small run that is trained in the browser, reloaded in the middle and watched from a second tab."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(site.url)
    if not site.mnist:
        page.locator("#settings").get_by_label("Images", exact=True).click()
        page.get_by_role("option", name="Embedded digits").click()
    for label, value in (
        ("Training images", 1024),
        ("Latent spins", 64),
        ("Epochs", 2),
        ("Batch size", 32),
        ("Reads", 64),
    ):
        fill(page, label, value)
    settings = page.locator("#settings")
    settings.get_by_role("switch", name=re.compile("^Class fields")).uncheck()
    for fold in settings.locator("summary:visible").all():
        fold.click()
    for objective, seen, hidden in (("Evidence lower bound", "KL", "MMD"), ("MMD", "MMD", "KL")):
        settings.get_by_label("Objective", exact=True).click()
        page.get_by_role("option", name=objective, exact=True).click()
        expect(settings.get_by_label(f"{seen} weight")).to_be_visible()
        expect(settings.get_by_label(f"{hidden} weight")).to_be_hidden()
    fill(page, "Channels", 8)
    fill(page, "Critic's share", 0)
    fill(page, "Picture interval", 10)
    fill(page, "Run name", "<img src=x onerror=alert(1)>")
    expect(page.locator("#estimate")).to_contain_text("64 steps, 2,048 images")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"\?run="))
    run_id = page.url.split("run=")[1]
    expect(page.locator("h1")).to_have_text("<img src=x onerror=alert(1)>")
    wait_for(lambda: site.store.status(run_id).step >= 5)

    expect(page.locator("#run-badges .verdict")).to_contain_text("Chains: ", timeout=20_000)
    page.reload()
    expect(page.locator("#points")).to_contain_text("point", timeout=20_000)
    wait_for(lambda: curves(page)["mse"]["x"][:5] == [1, 2, 3, 4, 5], 20)
    second = context.new_page()
    second.goto(f"{site.url}/?run={run_id}")
    for tab in (page, second):
        expect(tab.locator(".state")).to_have_text("finished", timeout=LONG)
    history = site.store.history(run_id)
    for tab in (page, second):
        wait_for(lambda tab=tab: curves(tab)["total"]["x"] == history["step"], 20)
        shown = curves(tab)
        for loss in ("mse", "mmd", "nll", "total"):
            assert shown[loss]["x"] == history["step"] == list(range(1, 65))
            assert shown[loss]["raw"] == pytest.approx(history[loss])
        assert shown["mse"]["smoothed"][-1] < shown["mse"]["smoothed"][0]
    assert site.store.status(run_id).state == "finished"
    context.close()
    return run_id


def test_training_shows_what_the_store_holds(trained: str, site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?run={trained}")
    expect(page.locator("#picture-caption")).to_contain_text("Step 64 (newest)", timeout=20_000)
    source = page.locator("#generated").get_attribute("src")
    assert source == f"/files/runs/{trained}/images/generated-00000064.png"
    slider = page.get_by_role("slider", name="Picture, first to newest")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#picture-caption")).to_have_text("Step 1")
    assert page.locator("#generated").evaluate("image => image.naturalWidth") > 100
    if not site.mnist:
        expect(page.locator("#run-alerts")).to_be_empty()


def test_the_verdict_on_the_chains_stands_beside_the_curves(trained: str, site: Site, page: Page) -> None:
    reports = [event for event in site.store.read_events(trained)[0] if event["kind"] == "sampler"]
    last = reports[-1]["info"]
    page.goto(f"{site.url}/?run={trained}")
    panel = page.locator(".sampler-panel")
    expect(panel.locator(".verdict")).to_have_text(last["mixing"]["verdict"], timeout=20_000)
    expect(panel.locator("#sampler-report")).to_contain_text(last["mixing"]["sentence"])
    drawn = wait_for(lambda: found if len(found := page.evaluate(REPORTS)) == 2 else None, 20)
    assert drawn[0]["x"] == drawn[1]["x"] == [report["step"] for report in reports]
    # Estimates that mean nothing, as of the first steps may be, are left out.
    assert drawn[0]["y"] == [inverse_temperature(report["info"])[0] for report in reports]
    panel.get_by_text("The numbers behind it").click()
    expect(panel.get_by_text("What the energy alone would say")).to_be_visible()


def test_the_digits_quality_stands_beside_the_curves(trained: str, site: Site, page: Page) -> None:
    reports = [event for event in site.store.read_events(trained)[0] if event["kind"] == "quality"]
    page.goto(f"{site.url}/?run={trained}")
    if not site.mnist:
        assert reports == []
        expect(page.locator("#quality-words")).to_contain_text("embedded digits", timeout=20_000)
        expect(page.locator("#quality-curves")).to_be_hidden()
        return
    expect(page.locator("#quality-words")).to_contain_text("2,000 samples", timeout=20_000)
    found = """() => [...document.querySelectorAll('#quality-curves .js-plotly-plot')].filter(
        (plot) => plot.data && plot.data[0].x.length).map(
        (plot) => plot.data.map((trace) => ({x: [...trace.x], y: [...trace.y]})))"""
    ((distance, floor),) = wait_for(lambda: page.evaluate(found), 20)
    assert distance["x"] == floor["x"] == [report["step"] for report in reports]
    assert distance["y"] == pytest.approx([report["report"]["frechet_distance"] for report in reports])
    box = page.locator("#quality-curves .main-svg").first.bounding_box()
    assert box is not None
    assert box["width"] > 250


def test_a_model_with_classes_draws_the_digit_that_is_asked_for(site: Site, browser: Browser, page: Page) -> None:
    config = validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "class_conditional": True},
            "training": {"objective": "elbo", "epochs": 1, "batch_size": 64, "num_reads": 32},
        }
    )
    run_id = site.store.create(config, "With classes")
    site.store.write_status(run_id, state="stopped")
    page.goto(f"{site.url}/?run={run_id}")
    page.get_by_role("button", name="Start again").click(timeout=30_000)
    wait_for(lambda: site.store.status(run_id).state == "finished")
    page.reload()
    expect(page.locator(".losses h3")).to_have_text(["MSE", "KL", "NLL", "Total"])

    page.goto(f"{site.url}/generate?model=run:{run_id}")
    expect(page.get_by_label("Number of digits")).to_have_value("100", timeout=20_000)
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#draw-result h2")).to_have_text("100 digits, 0 to 9 in turn", timeout=60_000)
    page.get_by_role("radio", name="All", exact=True).focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="7", exact=True)).to_be_checked()
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#draw-result h2")).to_have_text("100 digits, all asked to be 7", timeout=60_000)
    page.locator("#sharpness").get_by_text("Black and white").click()
    expect(page.locator("#grid")).to_have_attribute("src", re.compile("pixels=binary"))
    with page.expect_download() as download:
        page.get_by_text("Grid (PNG)").click()
    assert set(np.unique(np.asarray(Image.open(download.value.path())))) <= {0, PAPER, 255}

    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.goto(f"{site.url}/generate?model=run:{run_id}")
    expect(phone.locator("#draw-digit")).to_be_visible(timeout=20_000)
    phone.locator("#draw-digit").get_by_text("9", exact=True).click()
    expect(phone.get_by_role("radio", name="9", exact=True)).to_be_checked()
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= 390
    phone.close()


def test_controls_redraw(trained: str, site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?run={trained}")
    expect(page.locator("#points")).to_have_text("64 points", timeout=20_000)
    page.get_by_role("slider", name="Smoothing (EMA)").focus()
    page.keyboard.press("Home")
    wait_for(lambda: curves(page)["mse"]["smoothed"] == curves(page)["mse"]["raw"], 10)
    page.get_by_text("Time", exact=True).click()
    seconds = site.store.history(trained)["seconds"]
    wait_for(lambda: curves(page)["nll"]["x"] == pytest.approx(seconds), 10)
    page.get_by_role("switch", name="Log y").check()
    wait_for(
        lambda: page.evaluate("() => document.querySelector('.losses .js-plotly-plot').layout.yaxis.type") == "log", 10
    )


def test_continue_and_stop(trained: str, site: Site, page: Page) -> None:
    page.goto(f"{site.url}/?run={trained}")
    page.get_by_label("More epochs").fill("50")
    page.get_by_role("button", name="Continue for").click()
    expect(page.locator(".state")).to_have_text("running", timeout=60_000)
    wait_for(lambda: site.store.status(trained).step > 66)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".state")).to_have_text("stopped", timeout=60_000)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    steps = site.store.history(trained)["step"]
    assert steps == list(range(1, len(steps) + 1))
    wait_for(lambda: curves(page)["mse"]["x"] == steps, 20)


def test_answers_slower_than_the_tick(trained: str, site: Site, page: Page) -> None:
    def late(route: Route) -> None:
        page.wait_for_timeout(900)
        route.continue_()

    page.route("**/_dash-update-component*", late)
    page.goto(f"{site.url}/?run={trained}")
    page.get_by_role("button", name="Resume").click(timeout=20_000)
    expect(page.locator(".state")).to_have_text("running", timeout=60_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".state")).to_have_text("stopped", timeout=60_000)
    page.unroute_all(behavior="ignoreErrors")


def test_generate_and_download(trained: str, site: Site, page: Page, tmp_path: Path) -> None:
    page.goto(f"{site.url}/generate?model=run:{trained}")
    page.get_by_label("Number of digits").fill("10")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#draw-result h2")).to_have_text("10 digits", timeout=60_000)
    with page.expect_download() as download:
        page.get_by_text("Arrays (NPZ)").click()
    arrays = np.load(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert arrays["images"].shape == (10, 28, 28)
    assert arrays["spins"].shape == (10, 64)
    page.locator("#sharpness").get_by_text("Grey").click()
    expect(page.locator("#grid")).not_to_have_attribute("src", re.compile("pixels=binary"))
    with page.expect_download() as download:
        page.get_by_text("Grid (PNG)").click()
    grid = np.asarray(Image.open(download.value.path()))
    assert (grid[2:30, 2:30] == np.round(arrays["images"][0] * 255)).all()

    page.locator("#picker").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Digit", exact=True)).to_have_value("5")
    up = int((arrays["spins"][5] == 1).sum())
    expect(page.locator("#chip")).to_contain_text(f"spin up ({up})")
    box = page.locator("#picker").bounding_box()
    assert box is not None
    page.locator("#picker").click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.1})
    expect(page.get_by_label("Digit", exact=True)).to_have_value("3")
    page.get_by_label("Number of digits").fill("99999")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#draw-error")).to_contain_text("1 to 1,024")


def test_runs_rename_delete_undo(trained: str, site: Site, page: Page) -> None:
    page.goto(f"{site.url}/runs")
    card = page.locator(f"[data-run='{trained}']")
    expect(card.locator("h2")).to_contain_text("<img src=x onerror=alert(1)>")
    with page.expect_download() as download:
        card.get_by_text("CSV").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert len(rows) == len(site.store.history(trained)["step"]) + 1
    with page.expect_download() as download:
        card.locator("a.file", has_text="Configuration").click()
    assert json.loads(Path(download.value.path()).read_text())["model"]["n_latents"] == 64
    card.get_by_role("button", name="Rename").click()
    page.get_by_label("New name").fill("Renamed")
    page.get_by_role("button", name="Rename", exact=True).last.click()
    expect(card.locator("h2")).to_contain_text("Renamed")
    card.get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(card).to_have_count(1)


def test_bad_settings_are_explained_and_kept(site: Site, page: Page) -> None:
    page.goto(site.url)
    fill(page, "Epochs", 5000)
    expect(page.locator("#settings")).to_contain_text("1 to 1,000")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("5,000")


def test_train_takes_what_was_typed_a_moment_ago(site: Site, page: Page) -> None:
    page.goto(site.url)
    fill(page, "Training images", 2048)
    fill(page, "Batch size", 64)
    fill(page, "Epochs", 37)
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"\?run="))
    run_id = page.url.split("run=")[1]
    config = site.store.config(run_id)
    assert (config.data.train_size, config.training.batch_size, config.training.epochs) == (2048, 64, 37)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".state")).to_have_text("stopped", timeout=60_000)


def test_on_a_phone_the_digits_come_into_view(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site.url}/generate")
    page.locator("#draw").click(timeout=20_000)
    expect(page.locator("#grid")).to_be_in_viewport(ratio=0.9, timeout=20_000)
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("path", ["/generate", "/?run="])
def test_digits_are_large_in_both_schemes(trained: str, site: Site, browser: Browser, scheme, width, path) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(site.url + path + (trained if path.endswith("=") else ""))
    expect(page.locator("main h1").first).to_be_visible(timeout=20_000)
    page.wait_for_timeout(600)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) == (scheme == "dark")
    for digits in page.locator("img.digits:visible").all():
        box = digits.bounding_box()
        assert box is not None
        assert box["width"] > 250
    assert errors == []
    context.close()


def test_the_scheme_is_remembered(site: Site, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(site.url)
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_the_web_process_holds_no_torch(trained: str, site: Site) -> None:
    maps = Path(f"/proc/{site.process.pid}/maps")
    if not maps.exists():
        pytest.skip("this system has no /proc")
    assert "libtorch" not in maps.read_text()
