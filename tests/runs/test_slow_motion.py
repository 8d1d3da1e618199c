"""One step at a time does what training does."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
import torch

from boltzmann.config import RBMConfig
from boltzmann.data import binary
from boltzmann.models.rbm import RBM
from boltzmann.runs import slow_motion
from boltzmann.runs.files import StoreError
from boltzmann.settings import Settings
from boltzmann.training.rbm.negative_phases import ContrastiveDivergence
from boltzmann.training.rbm.trainer import RBMTraining


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("slow")
    return Settings(folder / "data", folder / "runs", folder / "models")


@pytest.fixture
def snapshot(here):
    return slow_motion.begin(here, "bars-6", seed=3)["snapshot"]


def energy(snapshot, v, h):
    a, b, w = (np.array(snapshot[name]) for name in ("visible_bias", "hidden_bias", "weights"))
    return -(np.dot(a, v) + np.dot(b, h) + np.array(v) @ w @ np.array(h))


def test_cd_steps_are_those_of_the_trainer(here, snapshot):
    config = RBMConfig.model_validate(
        {"data": snapshot["data"], "model": {"hidden": 6}, "training": {"epochs": 20, "measurements": 2}}
    )
    training = RBMTraining(config, binary.load(config.data, here.data))
    start = RBM.from_state({k: torch.tensor(snapshot.get(k, 0)) for k in training.rbm.state_dict()})
    training.rbm.weights.copy_(start.weights)
    training.phase = ContrastiveDivergence(1, torch.Generator().manual_seed(5))
    for _ in training.events():
        pass
    moved = slow_motion.move(here, snapshot, "cd", 20, seed=5)
    assert moved["snapshot"]["step"] == 20
    assert moved["kl"] == pytest.approx(training.figures["kl"], abs=1e-4)
    torch.testing.assert_close(torch.tensor(moved["snapshot"]["weights"]), training.rbm.weights)
    torch.testing.assert_close(torch.tensor(moved["snapshot"]["hidden_bias"]), training.rbm.hidden_bias)


def test_a_cd_step_shows_what_it_does(here, snapshot):
    moved = slow_motion.move(here, snapshot, "cd", 1, seed=0)
    positive, negative, change = (np.array(moved[name]) for name in ("positive", "negative", "change"))
    np.testing.assert_allclose(change, 0.2 * (positive - negative), atol=2e-6)
    after, before = np.array(moved["snapshot"]["weights"]), np.array(snapshot["weights"])
    np.testing.assert_allclose(after - before, change, atol=2e-6)


def test_a_mode_step_moves_from_the_state_of_lowest_energy(here, snapshot):
    trained = slow_motion.move(here, snapshot, "cd", 300, seed=1)["snapshot"]
    moved = slow_motion.move(here, trained, "mode", 1, seed=0)
    states = list(itertools.product((0, 1), repeat=6))
    lowest = min(energy(trained, v, h) for v in states for h in states)
    v, h = moved["snapshot"]["v"], moved["snapshot"]["h"]
    assert energy(trained, v, h) == pytest.approx(lowest, abs=1e-4)
    shift = sum(np.sum(trained[name]) / 2 for name in ("visible_bias", "hidden_bias")) + np.sum(trained["weights"]) / 4
    assert moved["gamma"] == pytest.approx(-(lowest + shift) / (4 * 49), rel=1e-3)
    np.testing.assert_array_equal(moved["negative"], np.outer(v, h))
    gap = np.array(moved["positive"]) - np.array(moved["negative"])
    np.testing.assert_allclose(moved["change"], 0.2 * moved["gamma"] * gap, atol=2e-6)


def test_gibbs_steps_draw_the_layers_in_turn_with_their_chances(here, snapshot):
    state = slow_motion.move(here, snapshot, "cd", 300, seed=1)["snapshot"]
    w, b = np.array(state["weights"]), np.array(state["hidden_bias"])
    first = slow_motion.move(here, state, "gibbs", 1, seed=0)
    np.testing.assert_allclose(first["p_h"], 1 / (1 + np.exp(-(b + np.array(state["v"]) @ w))), atol=1e-5)
    assert first["snapshot"]["v"] == state["v"]
    assert first["energy"] == pytest.approx(energy(state, state["v"], first["snapshot"]["h"]), abs=1e-4)
    second = slow_motion.move(here, first["snapshot"], "gibbs", 1, seed=0)
    assert "p_v" in second
    assert second["snapshot"]["h"] == first["snapshot"]["h"]
    assert second["snapshot"]["weights"] == state["weights"]
    drawn = [slow_motion.move(here, state, "gibbs", 1, seed=seed)["snapshot"]["h"] for seed in range(200)]
    # Five standard errors of a mean of 200 draws.
    np.testing.assert_allclose(np.mean(drawn, 0), first["p_h"], atol=0.18)


def test_a_trained_machine_can_be_seen_if_it_is_small(here, train_machine):
    bars = train_machine(here.runs, "bars", "Bars", data__length=6, model__hidden=5, training__epochs=50)
    found = slow_motion.begin(here, bars, 0)
    assert np.shape(found["snapshot"]["weights"]) == (6, 5)
    assert found["snapshot"]["v"] == [1, 1, 1, 0, 0, 0]
    large = train_machine(here.runs, "bars", "Large", model__hidden=17, training__epochs=1)
    with pytest.raises(StoreError, match=r"9 \+ 17 units"):
        slow_motion.begin(here, large, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [[0.0] * 6] * 5},
        {"weights": [[0.0] * 5] * 6},
        {"weights": [[float("nan")] * 6] * 6},
        {"weights": [[1e9] * 6] * 6},
        {"v": [2, 0, 0, 0, 0, 0]},
        {"h": [0] * 17},
        {"rate": 0},
        {"data": {"dataset": "mnist"}},
        {"data": {"dataset": "shifting_bars", "length": 64}},
        {"more": 1},
    ],
)
def test_a_snapshot_of_nonsense_is_refused(here, snapshot, change):
    with pytest.raises(StoreError, match="press Start again"):
        slow_motion.move(here, {**copy.deepcopy(snapshot), **change}, "cd", 1)


@pytest.mark.parametrize(("deed", "count"), [("cd", 0), ("cd", 1001), ("cd", "1"), ("rm", 1), (["cd"], 1), (None, 1)])
def test_a_step_of_nonsense_is_refused(here, snapshot, deed, count):
    with pytest.raises(StoreError, match=r"there is no step|number of steps"):
        slow_motion.move(here, snapshot, deed, count)
