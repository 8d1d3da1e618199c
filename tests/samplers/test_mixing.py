"""Traces made by hand, whose memory is known: the verdict must follow it, whatever the energy says."""

import json
import math

import pytest
import torch

from boltzmann.samplers import mixing
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.mixing import diagnose

VERDICTS = {"mixing", "slow", "stuck"}


def signs(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(2, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.int8) * 2 - 1


def remembering(rho: float, length: int, chains: int, n: int, seed: int = 0) -> torch.Tensor:
    """Each spin keeps its value with probability rho, else it is drawn anew: C(t) = rho^t."""
    trace = signs(length, chains, n, seed=seed)
    kept = torch.rand(trace.shape, generator=torch.Generator().manual_seed(seed + 1000)) < rho
    for t in range(1, length):
        trace[t] = torch.where(kept[t], trace[t - 1], trace[t])
    return trace


@pytest.fixture(scope="module")
def model(make_model) -> IsingModel:
    return make_model(64)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("length", "chains"), [(64, 64), (64, 2), (19, 32)])
def test_independent_samples_mix(model, seed, length, chains) -> None:
    found = diagnose(model, signs(length, chains, 64, seed=seed), interval=10, sweeps=10, seconds=2.0)
    assert found.verdict == "mixing", found.sentence
    # R^2 has a standard error of at most 0.02 here, pooled over 64 spins.
    assert found.spin_r_hat == pytest.approx(1, abs=0.02)
    assert found.edge_r_hat == pytest.approx(1, abs=0.02)
    assert abs(found.start_overlap) < 0.1
    assert found.autocorrelation_sweeps == pytest.approx(10, rel=0.15)
    assert found.effective_samples <= length * chains
    assert found.effective_samples == pytest.approx(length * chains, rel=0.15)
    assert found.effective_samples_per_second == found.effective_samples / 2
    assert (found.chains, found.sweeps) == (chains, (length - 1) * 10)


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.8])
def test_measures_a_known_autocorrelation_time(model, rho) -> None:
    found = diagnose(model, remembering(rho, 64, 64, 64), interval=5, sweeps=100)
    tau = (1 + rho) / (1 - rho)
    # Standard error about 2%; the window cuts off less than 1%.
    assert found.autocorrelation_sweeps == pytest.approx(5 * tau, rel=0.08)
    assert found.effective_samples == pytest.approx(64 * 64 / tau, rel=0.08)


@pytest.mark.parametrize(("rho", "sweeps"), [(0.5, 8), (0.8, 20), (0.9, 40), (0.94, 64)])
def test_the_sweeps_of_a_fresh_sample_decide_between_mixing_and_slow(model, rho, sweeps) -> None:
    trace = remembering(rho, 64, 64, 64)
    assert diagnose(model, trace, 1, sweeps).verdict == "mixing"
    # Now the autocorrelation that is left is at least 0.4.
    assert diagnose(model, trace, 1, sweeps // 8).verdict == "slow"


def test_too_short_a_trace_claims_no_time(model) -> None:
    found = diagnose(model, remembering(0.97, 64, 64, 64), interval=1, sweeps=1)
    assert found.autocorrelation_sweeps == math.inf
    assert found.effective_samples == 64


@pytest.mark.parametrize(("length", "chains"), [(64, 64), (4, 2), (7, 3), (44, 5), (196, 3)])
def test_frozen_chains_are_stuck(model, length, chains) -> None:
    found = diagnose(model, signs(1, chains, 64).expand(length, chains, 64), 10, 10)
    assert found.verdict == "stuck"
    assert found.spin_r_hat == found.edge_r_hat == found.energy_r_hat == math.inf
    assert found.start_overlap == pytest.approx(1, abs=1e-4)
    assert found.effective_samples == chains
    assert "infinite" in found.sentence


def test_chains_in_two_halves_are_stuck_though_the_energy_agrees(model) -> None:
    ferromagnet = IsingModel(model.graph, torch.zeros(64), -torch.ones(len(model.graph.edges)))
    half = signs(1, 64, 1)
    contrary = torch.rand((64, 64, 64), generator=torch.Generator().manual_seed(1)) < 0.1
    found = diagnose(ferromagnet, torch.where(contrary, -half, half), interval=10, sweeps=100)
    assert found.energy_r_hat == pytest.approx(1, abs=0.02)
    assert found.edge_r_hat == pytest.approx(1, abs=0.02)
    assert found.verdict == "stuck"
    assert found.spin_r_hat > 1.5
    # The variance of a spin about its half is 1 - 0.8^2.
    assert found.start_overlap == pytest.approx(0.64, abs=0.03)
    assert found.effective_samples == 64


def test_a_small_stuck_cluster_is_seen(make_model) -> None:
    model, trace = make_model(256), signs(64, 64, 256)
    trace[:, :, 40:48] = signs(1, 64, 1, seed=1)
    found = diagnose(model, trace, interval=10, sweeps=10)
    assert found.verdict == "stuck"
    assert "8 of 256 spins" in found.sentence
    assert found.effective_samples == 64
    # What the pooled figures alone would have let pass.
    assert found.spin_r_hat < mixing.SLOW_R_HAT
    assert found.start_overlap < mixing.SLOW_RESIDUAL


def test_a_small_slow_cluster_is_seen(make_model) -> None:
    model, trace = make_model(256), signs(64, 64, 256)
    trace[:, :, 40:48] = remembering(0.95, 64, 64, 1, seed=1)
    found = diagnose(model, trace, interval=10, sweeps=10)
    assert found.verdict == "slow"
    assert "in places: 8 of 256 spins" in found.sentence


def test_edges_stuck_under_freely_flipping_spins_are_seen(model) -> None:
    found = diagnose(model, signs(64, 64, 1) * signs(1, 64, 64, seed=1), interval=10, sweeps=10)
    assert found.spin_r_hat == pytest.approx(1, abs=0.02)
    assert found.verdict == "stuck"
    assert "the edges still overlap 1.00" in found.sentence


def test_chains_that_drift_together_do_not_mix(model) -> None:
    bias = torch.linspace(0.1, 0.9, 64)[:, None, None]
    drawn = torch.rand((64, 64, 64), generator=torch.Generator().manual_seed(0))
    found = diagnose(model, torch.where(drawn < bias, 1, -1).to(torch.int8), interval=10, sweeps=10)
    assert found.verdict == "slow"
    assert found.spin_r_hat > mixing.SLOW_R_HAT


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("length", "chains"), [(4, 2), (5, 2), (7, 3), (4, 64)])
def test_any_small_trace_gets_an_answer(small_model, seed, length, chains) -> None:
    found = diagnose(small_model, signs(length, chains, 12, seed=seed), interval=1, sweeps=1000)
    assert found.verdict in VERDICTS
    assert 2 <= found.effective_samples <= length * chains
    # Enough chains make up for a short trace.
    assert chains < 64 or found.verdict == "mixing"


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("length", "chains"), [(4, 8), (8, 8), (8, 4)])
def test_chance_in_a_small_trace_is_no_cluster(model, seed, length, chains) -> None:
    # Of 432 edges some overlap with their start, or seem slow, by chance.
    found = diagnose(model, signs(length, chains, 64, seed=seed), interval=1, sweeps=1)
    assert "in places" not in found.sentence


def test_a_graph_without_edges(edgeless) -> None:
    model = IsingModel(edgeless, torch.zeros(5), torch.zeros(0))
    assert diagnose(model, signs(64, 64, 5), 1, 1).verdict == "mixing"
    frozen = diagnose(model, signs(1, 64, 5).expand(64, 64, 5), 1, 1)
    assert (frozen.verdict, frozen.edge_r_hat) == ("stuck", 1)


@pytest.mark.parametrize("length", [44, 64])
def test_one_state_in_all_chains_is_agreement_but_no_sample(model, length) -> None:
    found = diagnose(model, torch.ones((length, 16, 64), dtype=torch.int8), 1, 1)
    assert (found.verdict, found.start_overlap) == ("mixing", 0)
    assert found.spin_r_hat == found.edge_r_hat == found.energy_r_hat == 1
    assert (found.autocorrelation_sweeps, found.effective_samples) == (math.inf, 16)
    assert "one and the same state" in found.sentence


@pytest.mark.parametrize("length", [20, 64, 71])
def test_r_hat_is_the_textbooks(model, monkeypatch, length) -> None:
    monkeypatch.setattr(mixing, "_CHUNK", 7 * 16)
    trace = remembering(0.9, length, 16, 64)
    found = diagnose(model, trace, 1, 1)
    trace = trace[length % 4 :].double()
    first, second = torch.from_numpy(model.graph.edges.T)
    energy = model.energy(trace.reshape(-1, 64)).reshape(len(trace), 16, 1)
    for values, r_hat in (
        (trace, found.spin_r_hat),
        (trace[..., first] * trace[..., second], found.edge_r_hat),
        (energy, found.energy_r_hat),
    ):
        half = len(trace) // 2
        halves = torch.cat([values[:half], values[half:]], dim=1)
        within = halves.var(0).mean(0).sum()
        between = half * halves.mean(0).var(0).sum()
        total = (half - 1) / half * within + between / half
        assert r_hat == pytest.approx(float((total / within).sqrt()), rel=1e-4)


@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_the_report_is_json(model, rho) -> None:
    parameters = IsingModel(
        model.graph, model.linear.clone().requires_grad_(), model.quadratic.clone().requires_grad_()
    )
    found = diagnose(parameters, remembering(rho, 16, 8, 64), 10, 10)
    report = json.loads(json.dumps(found.report(), allow_nan=False))
    assert report["verdict"] == ("stuck" if rho else "mixing")
    assert report["sentence"] == found.sentence
    assert report["spin_r_hat"] == (None if rho else found.spin_r_hat)
    assert report["effective_samples_per_second"] is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trace": signs(8, 8, 63)}, "must be int8 of shape"),
        ({"trace": signs(8, 64)}, "must be int8 of shape"),
        ({"trace": signs(8, 8, 64).float()}, "must be int8 of shape"),
        ({"trace": signs(3, 8, 64)}, "at least 4 of 2"),
        ({"trace": signs(8, 1, 64)}, "at least 4 of 2"),
        ({"trace": signs(8, 8, 64) * 0}, "other than -1 and"),
        ({"interval": 0}, "at least 1"),
        ({"sweeps": 0}, "at least 1"),
        ({"seconds": 0.0}, "or None"),
    ],
)
def test_refuses_what_it_cannot_judge(model, changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        diagnose(model, **{"trace": signs(8, 8, 64), "interval": 1, "sweeps": 1, **changes})
