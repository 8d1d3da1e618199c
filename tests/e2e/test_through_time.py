"""A run is moved through in the browser: the digits, the losses and the prior of each checkpoint together."""

from __future__ import annotations

import io
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from boltzmann.config import validate
from boltzmann.runs.checkpoint_folder import save_checkpoint
from boltzmann.runs.recorder import Recorder

from .conftest import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

STEPS = (1, 4, 8, 12)
LINE = """const line = () => {
    const plot = document.querySelector("#time-losses .js-plotly-plot");
    const path = document.querySelector("#time-losses .time-at");
    if (!path) return null;
    const {xaxis, _size} = plot._fullLayout;
    return Math.round(xaxis.p2d(parseFloat(path.getAttribute("d").slice(1)) - _size.l));
};"""
"""The step that the line through the losses lies at."""

SEEN = (
    """() => {
    """
    + LINE
    + """
    const plot = (name) => document.querySelector(`#time-${name} .js-plotly-plot`);
    const plots = [...document.querySelectorAll(".time-panel .js-plotly-plot")].filter((one) => one.data && one.data.length);
    if (plots.length < 4) return {};
    return {
        place: document.getElementById("time-generated").style.backgroundPosition,
        line: line(),
        energies: [...plot("energies").data[0].y],
        fields: [...plot("fields").data[0].y],
    };
}"""
)
WATCH = """() => {
    window.captions = [];
    const caption = document.getElementById("time-caption");
    new MutationObserver(() => window.captions.push(caption.textContent)).observe(caption, {childList: true});
}"""
MOVES = (
    """async (steps) => {
    const range = document.getElementById("time-step");
    """
    + LINE
    + """
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    for (let round = 0; round < 8; round++) {
        for (const at of [steps.length - 2, steps.length - 1]) {
            const began = performance.now();
            range.value = at;
            range.dispatchEvent(new Event("input", {bubbles: true}));
            while (line() !== steps[at] && performance.now() - began < 5000) await frame();
            times.push(performance.now() - began);
            await frame();
        }
    }
    return times;
}"""
)


@pytest.fixture(scope="module")
def run_id(site: Site) -> str:
    """A run of four checkpoints, trained here and now as its job does."""
    from boltzmann import data
    from boltzmann.samplers import create
    from boltzmann.training.dvae import DvaeTraining
    from boltzmann.training.events import CheckpointDue, Metrics

    config = validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2},
            "sampler": {"name": "gibbs", "sweeps": 2},
            "training": {"epochs": 3, "batch_size": 64, "num_reads": 16},
        }
    )
    run_id = site.store.create(config, "Through time")
    images = data.load(config.data, Path(site.store.root))
    training = DvaeTraining(config, images, None, create(config.sampler, seed=0))
    events: Any = training.events()
    with Recorder(site.store, run_id) as recorder, closing(events):
        for event in events:
            if isinstance(event, Metrics):
                recorder.record(event)
            if isinstance(event, Metrics | CheckpointDue) and training.step in STEPS:
                save_checkpoint(site.store, run_id, training.step, training.save)
        recorder.end("finished", step=training.step, total_steps=training.total_steps)
    return run_id


def seen_at(page: Page, step: int) -> dict[str, Any]:
    """What the panel shows once its line is at ``step``."""
    until = time.monotonic() + 60
    while (seen := page.evaluate(SEEN)).get("line") != step:
        assert time.monotonic() < until, f"the line never came to step {step}: {seen}"
        time.sleep(0.1)
    return seen


def test_a_run_is_moved_through_and_downloaded_as_a_gif(site: Site, page: Page, run_id: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site.url}/?run={run_id}")
    page.get_by_role("button", name="Show the run through time").click()
    caption = page.locator("#time-caption")
    expect(caption).to_have_text("Step 12, epoch 3 (4 of 4)", timeout=120_000)
    # Those who ask for little motion see the end at once, and it stands still.
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    last = seen_at(page, 12)
    thumb = page.get_by_role("slider", name="Checkpoint, first to newest")
    thumb.focus()
    page.keyboard.press("Home")
    expect(caption).to_have_text("Step 1, epoch 0.25 (1 of 4)")
    expect(thumb).to_have_attribute("aria-valuetext", "Step 1, epoch 0.25")
    first = seen_at(page, 1)
    assert [name for name in first if first[name] == last[name]] == [], "everything moves together"

    page.get_by_role("button", name="Play", exact=True).click()
    expect(caption).to_have_text("Step 12, epoch 3 (4 of 4)")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert seen_at(page, 12) == last

    times = np.array(page.evaluate(MOVES, list(STEPS)))
    print(f"a step of the slider: median {np.median(times):.0f} ms, 95% below {np.percentile(times, 95):.0f} ms")
    assert np.median(times) < 1000

    with page.expect_download() as download:
        page.get_by_role("link", name="Digits (GIF)").click()
    assert download.value.suggested_filename == "Through-time.gif"
    gif: Any = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert gif.n_frames == 4


def test_it_plays_by_itself_once_and_on_a_phone(site: Site, page: Page, run_id: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="no-preference")
    page.goto(f"{site.url}/?run={run_id}")
    opened = page.get_by_role("button", name="Show the run through time")
    expect(opened).to_be_visible()
    page.evaluate(WATCH)
    opened.click()
    expect(page.locator("#time-caption")).to_have_text("Step 12, epoch 3 (4 of 4)", timeout=120_000)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    shown = list(dict.fromkeys(page.evaluate("window.captions")))
    assert [words.split(", ")[0] for words in shown] == [f"Step {step}" for step in STEPS]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
