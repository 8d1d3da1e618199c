import numpy as np
import pytest
import torch

from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.engines.kernels import LANES
from boltzmann.samplers.exact import probabilities
from boltzmann.samplers.randomness import RandomSource
from boltzmann.samplers.tempering import REJECTION, Tempering, levels_for, respaced


@pytest.fixture
def tempering() -> Tempering:
    return Tempering(RandomSource(3))


def scaled(model: IsingModel, factor: float) -> IsingModel:
    return IsingModel(model.graph, factor * model.linear, factor * model.quadratic)


@pytest.mark.parametrize("barrier", [0, 0.5, 2, 6.3, 20, 400])
def test_levels_reject_no_more_than_wanted_and_fill_a_vector(barrier) -> None:
    levels = levels_for(barrier)
    assert 2 <= levels <= LANES
    assert barrier / (levels - 1) <= REJECTION or levels == LANES
    assert LANES // (levels + 1) < LANES // levels


def test_a_new_ladder_shares_the_barrier_evenly() -> None:
    ladder, rejection = np.array([0, 0.2, 0.6, 1.0]), np.array([0.6, 0.2, 0.4])
    new = respaced(ladder, rejection, 7)
    assert new[0] == 0
    assert new[-1] == 1
    barrier = np.interp(new, ladder, [0, 0.6, 0.8, 1.2])
    np.testing.assert_allclose(np.diff(barrier), 0.2, atol=1e-9)


def test_levels_without_a_barrier_stay_apart() -> None:
    assert (np.diff(respaced(np.linspace(0, 1, 5), np.zeros(4), 5)) > 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_distribution_of_a_model_with_two_valleys(judge, make_model, seed) -> None:
    """Couplings all ferromagnetic: plain chains keep to one sign, tempered ones weigh the two as the small field asks."""
    graph = make_model(12).graph
    model = IsingModel(graph, torch.full((12,), 0.02), torch.full((len(graph.edges),), -0.8))
    spins = Tempering(RandomSource(seed)).sample(Layout(graph), model, 16_384, 30)
    exact = probabilities(model)
    # Independent samples scatter about their mean with a standard deviation below 0.003: this is four of them.
    assert judge.distance(spins, exact) < judge.floor(exact, 16_384) + 0.012


def test_clamped_calls_sample_the_conditional_and_leave_the_replicas_alone(tempering, small_model, judge) -> None:
    layout = Layout(small_model.graph)
    tempering.sample(layout, small_model, 64, 10)
    before = {key: value.clone() for key, value in tempering.state().items()}
    pattern = torch.zeros(12, dtype=torch.int8)
    pattern[[1, 4]] = torch.tensor([1, -1], dtype=torch.int8)
    spins = tempering.sample(layout, small_model, 16_384, 10, clamp=pattern.expand(16_384, 12))
    exact = judge.conditional(small_model, pattern)
    assert judge.distance(spins, exact) < judge.floor(exact, 16_384) + 0.012
    for key, value in tempering.state().items():
        assert torch.equal(value, before[key])


def test_replicas_go_on_and_the_ladder_follows_the_model(tempering, make_model) -> None:
    """The couplings grow sevenfold in 120 calls: more levels come, and rejections stay as wanted."""
    model = make_model(128, scale=1.0, seed=2)
    layout = Layout(model.graph)
    tempering.sample(layout, scaled(model, 0.1), 128, 20)
    first = tempering.report()["levels"]
    for factor in np.linspace(0.1, 0.7, 120):
        tempering.sample(layout, scaled(model, factor), 128, 20)
    late = tempering.state()
    assert tempering.report()["levels"] > first + 4
    assert 0.15 < float(late["rejection"].mean()) < 0.65
    assert float(late["rejection"].max() - late["rejection"].min()) < 0.25
    assert (late["ladder"].diff() > 0).all()
    assert (late["ladder"][0], late["ladder"][-1]) == (0, 1)


def test_what_it_reports(tempering, small_model) -> None:
    assert tempering.report() == {}
    tempering.sample(Layout(small_model.graph), small_model, 64, 10)
    report = tempering.report()
    assert 0.4 < report["swap_rate"] <= 1
    assert report["round_trips"] >= 64
    assert report["round_trips_per_1000_sweeps"] > 0
    assert tempering.mixing is not None
    assert tempering.mixing.verdict == "mixing"


def test_another_number_of_reads_starts_afresh(tempering, small_model) -> None:
    layout = Layout(small_model.graph)
    assert tempering.sample(layout, small_model, 64, 10).shape == (64, 12)
    assert tempering.sample(layout, small_model, 65, 10).shape == (65, 12)
    assert len(tempering.state()["replicas"]) == 65
