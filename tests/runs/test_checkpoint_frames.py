"""Frames of a run's checkpoints and the film that is made of them, by the functions that the worker calls."""

from __future__ import annotations

import io
import shutil
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from PIL import Image

from boltzmann.config import RBM_PRESETS
from boltzmann.runs.animation import BAND, animation
from boltzmann.runs.checkpoint_film import ANIMATION, DRAWN, FOLDER, film, missing
from boltzmann.runs.checkpoint_folder import save_checkpoint
from boltzmann.runs.checkpoint_frames import frame, make_frames
from boltzmann.runs.files import StoreError, UnknownIdentifier
from boltzmann.runs.store import RunStore


@pytest.fixture(scope="module")
def trained(small, tmp_path_factory) -> RunStore:
    """A store with one run of three checkpoints, the last of which repeats the first one's weights."""
    from boltzmann import data
    from boltzmann.samplers import create
    from boltzmann.training.dvae import DvaeTraining

    folder = tmp_path_factory.mktemp("film")
    config, store = small(), RunStore(folder / "runs")
    run_id = store.create(config, "Three checkpoints")
    training = DvaeTraining(config, data.load(config.data, folder / "data"), None, create(config.sampler, seed=0))
    events: Any = training.events()
    with closing(events):
        for step in (1, 3):
            while training.step < step:
                next(events)
            save_checkpoint(store, run_id, step, training.save)
    first = store.checkpoints(run_id)[0]
    shutil.copytree(first, first.with_name("step-00000004"))
    return store


@pytest.fixture
def run(trained, settings) -> str:
    """That run in a store of our own. Returns its identifier."""
    shutil.copytree(trained.root, settings.runs)
    return RunStore(settings.runs).ids()[0]


def _files(store: RunStore, run: str) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (store.folder(run) / FOLDER).glob("step-*")}


def test_every_checkpoint_meets_the_same_seeds_and_the_same_digits(run, settings, store):
    first, second, again = (frame(settings, run, checkpoint) for checkpoint in store.checkpoints(run))
    for name, array in first.items():
        assert (array == again[name]).all(), f"{name} depends on more than the weights"
    assert (first["originals"] == second["originals"]).all()
    changed = [name for name in first if (first[name] != second[name]).any()]
    assert set(changed) == set(first) - {"originals"}
    assert first["generated"].shape == (DRAWN, 28, 28)
    assert first["reconstructed"].shape == first["originals"].shape == (10, 28, 28)
    assert np.isfinite(first["encoded"]).all()
    assert (np.diff(first["couplings"]) >= 0).all()


def test_a_film_has_all_checkpoints_on_common_bins(run, settings, store):
    assert film(store, run) is None
    assert make_frames(settings, run, seconds=0) == (1, 3), "one frame at least, however short the time"
    assert film(store, run) is None
    assert make_frames(settings, run, seconds=60) == (3, 3)
    shown = film(store, run)
    assert shown is not None
    assert shown["steps"] == [1, 3, 4]
    for part, rows in (("energies", ("encoded", "sampled")), ("couplings", ("values",)), ("fields", ("values",))):
        assert (np.diff(shown[part]["edges"]) > 0).all()
        for row in rows:
            assert np.sum(shown[part][row], axis=1) == pytest.approx([100, 100, 100], abs=0.1)
    for name, sheet in shown["sheets"].items():
        image = Image.open(io.BytesIO((store.folder(run) / FOLDER / name).read_bytes()))
        assert image.size == (sheet["width"], 3 * sheet["height"])
        pixels = np.asarray(image).reshape(3, -1)
        assert (pixels[0] == pixels[2]).all()
        assert (pixels[0] != pixels[1]).any()
    gif: Any = Image.open(io.BytesIO((store.folder(run) / FOLDER / ANIMATION).read_bytes()))
    assert gif.n_frames == 3


def test_only_new_checkpoints_are_made_and_old_ones_leave(run, settings, store):
    last = store.checkpoints(run)[-1]
    apart = last.rename(settings.runs.parent / last.name)
    make_frames(settings, run, seconds=60)
    made, before = _files(store, run), film(store, run)
    apart.rename(last)
    assert film(store, run) is None
    assert missing(store, run) == [last]
    make_frames(settings, run)
    now = _files(store, run)
    assert before
    assert made.items() <= now.items()
    assert len(now) == 3
    shutil.rmtree(store.checkpoints(run)[0])
    assert make_frames(settings, run) == (2, 2)
    shown = film(store, run)
    assert shown is not None
    assert shown["steps"] == [3, 4]
    assert len(_files(store, run)) == 2


def test_a_damaged_frame_and_a_damaged_film_are_made_anew(run, settings, store):
    make_frames(settings, run, seconds=60)
    whole, folder = film(store, run), store.folder(run) / FOLDER
    frames = sorted(folder.glob("step-*"))
    frames[1].write_bytes(frames[1].read_bytes()[:1000])
    (folder / "film.json").write_text("{")
    assert film(store, run) is None
    assert make_frames(settings, run) == (2, 3), "the damaged one is found and removed"
    assert make_frames(settings, run) == (3, 3)
    assert film(store, run) == whole


def test_what_has_no_checkpoints_of_digits_is_refused(settings, store):
    with pytest.raises(UnknownIdentifier):
        make_frames(settings, "../somewhere")
    with pytest.raises(StoreError, match="QRBM lab"):
        make_frames(settings, store.create(RBM_PRESETS["bars"], "Bars"))


def test_an_animation_shows_its_pictures_in_turn():
    pictures = [np.full((24, 80), grey, np.uint8) for grey in (0, 255, 119)]
    gif: Any = Image.open(io.BytesIO(animation(pictures, ["step 1", "step 20", "step 300"])))
    assert (gif.n_frames, gif.size) == (3, (160, 48 + BAND))
    for index, picture in enumerate(pictures):
        gif.seek(index)
        grey = np.asarray(gif.convert("L"))
        assert (grey[:48] == picture[0, 0]).all()
        assert (grey[48:] > 128).any(), "no caption"
    with pytest.raises(ValueError, match="got 3 and 1"):
        animation(pictures, ["one"])
