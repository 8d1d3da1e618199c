"""The panel that moves through a run: its figures, what it says while there is no film, and its files."""

from __future__ import annotations

import io
import json
import shutil
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boltzmann.runs.checkpoint_film import FOLDER, GENERATED, film_version
from boltzmann.ui.time_figures import HISTOGRAMS, histogram_figure, loss_curves, losses_figure

BINS = {"edges": [0.0, 1.0, 2.0, 4.0]}
FILM = {
    "steps": [4, 8],
    "sheets": {name: {"width": 30, "height": 20} for name in (GENERATED, "reconstructed.png")},
    "energies": {**BINS, "encoded": [[50, 25, 25], [0, 0, 100]], "sampled": [[10, 80, 10], [0, 90, 10]]},
    "couplings": {**BINS, "values": [[100, 0, 0], [20, 40, 40]]},
    "fields": {**BINS, "values": [[100, 0, 0], [30, 40, 30]]},
}
HISTORY: dict[str, list[Any]] = {
    "step": [1, 2, 5, 8],
    "epoch": [0.25, 0.5, 1.25, 2.0],
    "mse": [0.4, 0.3, None, 0.1],
    "nll": [None, None, None, None],
}


@pytest.fixture
def filmed(page, run_id) -> str:
    """The run with a second checkpoint and a film, as the worker writes it."""
    last = page.store.latest_checkpoint(run_id)
    shutil.copytree(last, last.with_name("step-00000004"))
    folder = page.store.folder(run_id) / FOLDER
    folder.mkdir()
    version = film_version(page.store, run_id)
    (folder / "film.json").write_text(json.dumps({**FILM, "version": version}))
    Image.new("L", (30, 40)).save(folder / "generated.gif")
    return run_id


def load(page, run_id: Any, shown: Any = None) -> dict[str, Any]:
    return page.call("time-film.data", {"time-tick-asked.data": 5}, {"run-id.data": run_id, "time-film.data": shown})


def words(answer: dict[str, Any]) -> str:
    return json.dumps(answer["time-say"])


def test_losses_are_told_at_each_checkpoint():
    found = loss_curves(HISTORY, ["mse", "nll"], [0, 2, 7, 9])
    assert found["at"]["epoch"] == [None, 0.5, 1.25, 2.0]
    mse = found["at"]["mse"]
    assert mse[0] is None
    assert 0.3 < mse[1] < 0.4, "smoothed"
    assert mse[2] == mse[1] > mse[3], "kept where there is none"
    assert found["at"]["nll"] == [None] * 4
    figure: Any = losses_figure(found, {"mse": "MSE", "nll": "NLL"}, "dark")
    assert len(figure.data) == 2
    assert list(figure.data[0].x) == HISTORY["step"]


@pytest.mark.parametrize("part", HISTOGRAMS)
def test_the_axes_of_a_histogram_stay_as_they_are(part):
    first, last = (histogram_figure(FILM, part, index, "light") for index in (0, 1))
    assert first.layout == last.layout
    for figure, index in ((first, 0), (last, 1)):
        rows = HISTOGRAMS[part][1]
        assert [list(trace.y) for trace in figure.data] == [FILM[part][row][index] for row in rows]
        assert list(figure.data[0].x) == [0.5, 1.5, 3.0]


def test_a_film_comes_with_losses_and_addresses_and_only_once(page, filmed):
    answer = load(page, filmed)
    shown = answer["time-film"]["data"]
    assert shown["steps"] == [4, 8]
    assert shown["values"]["epoch"] == ["1", "2"]
    assert len(shown["values"]["mse"]) == 2
    assert answer["time-tick"]["disabled"] is True
    response = page.get(shown["sources"][2])
    assert response.status_code == 200
    assert Image.open(io.BytesIO(response.data)).format == "GIF"
    assert "Eight-steps.gif" in response.headers["Content-Disposition"]
    assert "time-film" not in load(page, filmed, shown)
    inputs = {"time-film.data": shown, "colour-scheme.data": "dark"}
    figures = page.call("time-losses.figure", inputs, {"run-id.data": filmed})
    assert set(figures) == {"time-losses", *(f"time-{part}" for part in HISTOGRAMS)}


def test_without_a_film_it_is_said_why(page, run_id, filmed):
    (page.store.folder(filmed) / FOLDER / "film.json").unlink()
    answer = load(page, filmed)
    assert "The worker is starting" in words(answer)
    assert answer["time-tick"]["disabled"] is False
    shutil.rmtree(page.store.latest_checkpoint(run_id))
    answer = load(page, run_id)
    assert "train it for more epochs" in words(answer)
    assert answer["time-tick"]["disabled"] is True
    page.store.write_status(run_id, state="running")
    assert "so far" in words(load(page, run_id))


def test_what_no_browser_of_ours_sends_is_refused_in_words(page, filmed, lab_run):
    for bad in (None, 7, "../etc", ["x"], "20200101-000000-000000"):
        assert "there is no run" in words(load(page, bad)).lower(), bad
    assert "QRBM lab" in words(load(page, lab_run))
    assert load(page, filmed, "not a film")["time-film"]["data"]["steps"] == [4, 8]
    answer = page.call("time-losses.figure", {"time-film.data": {"version": 1}, "colour-scheme.data": 3},
                       {"run-id.data": filmed})  # fmt: skip
    assert answer == {}


def test_only_files_of_a_film_are_sent(page, run_id, filmed):
    address = f"/files/runs/{filmed}/frames/"
    for file in ("film.json", "..%2Fconfig.json", "step-00000004.safetensors", GENERATED):
        assert page.get(address + file).status_code == 404, file
    assert page.get("/files/runs/nothing/frames/generated.gif").status_code == 404
    assert np.asarray(Image.open(io.BytesIO(page.get(address + "generated.gif").data))).shape == (40, 30)
