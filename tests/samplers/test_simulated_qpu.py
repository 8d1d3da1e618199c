import math

import pytest
import torch

from boltzmann.config import SimulatedQPUConfig
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.simulated_qpu import Prefactor, SimulatedQPUSampler
from boltzmann.samplers.temperature import TemperatureEstimate


@pytest.mark.parametrize("hidden", [2.0, 6.0, 15.0])
def test_effective_inverse_temperature_converges_to_one(make_model, hidden) -> None:
    """Within 10%, in at most 15 calls of 256 reads with coefficient errors of 0.03."""
    model = make_model(256, scale=0.2)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(inverse_temperature=hidden, coefficient_noise=0.03), seed=3)
    reports = [sampler.sample(model, 256).info for _ in range(15)]
    assert reports[0]["prefactor"] == pytest.approx(1 / 5)
    assert abs(reports[0]["effective_inverse_temperature"] - 1) > 3 * reports[0]["effective_inverse_temperature_error"]
    assert [r["effective_inverse_temperature"] for r in reports[-3:]] == pytest.approx([1, 1, 1], abs=0.1)


def test_a_fixed_prefactor_stays(make_model) -> None:
    model = make_model(64, scale=0.2)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(prefactor=0.3), seed=0)
    assert [sampler.sample(model, 64).info["prefactor"] for _ in range(3)] == [0.3] * 3


def test_out_of_range_coefficients_are_clipped_and_counted(small_model) -> None:
    edges = len(small_model.graph.edges)
    linear, quadratic = torch.zeros(12), torch.zeros(edges)
    linear[:3] = torch.tensor([4.5, -4.5, 4.0])
    # The extended range of J is lopsided: -2 to 1.
    quadratic[:4] = torch.tensor([1.5, -1.5, -2.5, 1.0])
    model = IsingModel(small_model.graph, linear, quadratic)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(prefactor=1.0, inverse_temperature=1.0), seed=0)
    assert sampler.sample(model, 16).info["clipped"] == 4


def test_reports_only_what_a_chip_s_user_can_know(make_model) -> None:
    info = SimulatedQPUSampler(SimulatedQPUConfig(inverse_temperature=7.5), seed=0).sample(make_model(16), 16).info
    assert 7.5 not in info.values()
    assert set(info) == {
        "prefactor",
        "effective_inverse_temperature",
        "effective_inverse_temperature_error",
        "clipped",
        "annealing_time",
    }


def test_frozen_samples_have_no_temperature_and_lower_the_prefactor(make_model) -> None:
    model = make_model(16, scale=1.0)
    frozen = IsingModel(model.graph, 100 * torch.ones(16), model.quadratic)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(inverse_temperature=20.0), seed=0)
    infos = [sampler.sample(frozen, 16).info for _ in range(2)]
    assert infos[0]["effective_inverse_temperature"] is None
    assert infos[1]["prefactor"] == infos[0]["prefactor"] / 2


@pytest.mark.parametrize("beta", [math.nan, -math.inf, -0.3])
def test_estimates_that_mean_nothing_move_nothing(beta) -> None:
    prefactor = Prefactor(None)
    prefactor.follow(TemperatureEstimate(beta, 0.1))
    assert prefactor.value == Prefactor.START


def test_an_uncertain_estimate_moves_the_prefactor_less() -> None:
    sure, unsure = Prefactor(None), Prefactor(None)
    sure.follow(TemperatureEstimate(2.0, 0.01))
    unsure.follow(TemperatureEstimate(2.0, 1.0))
    assert sure.value < unsure.value < Prefactor.START


def test_prefactor_survives_a_restore(make_model) -> None:
    model = make_model(64, scale=0.3)
    sampler, resumed = (SimulatedQPUSampler(SimulatedQPUConfig(), seed=seed) for seed in (0, 1))
    for _ in range(3):
        sampler.sample(model, 64)
    resumed.restore(sampler.state())
    assert resumed.sample(model, 64).info == sampler.sample(model, 64).info


def test_longer_anneals_come_closer_to_equilibrium(make_model) -> None:
    model = make_model(64, scale=0.4, seed=2)
    short, long = (
        SimulatedQPUSampler(
            SimulatedQPUConfig(annealing_time=time, prefactor=0.25, inverse_temperature=4.0, coefficient_noise=0.0),
            seed=0,
        ).sample(model, 512)
        for time in (1, 100)
    )
    assert long.energies.mean() < short.energies.mean() - 1


@pytest.mark.parametrize("hidden", [2.0, 15.0])
def test_calibration_makes_the_first_drawing_as_good_as_a_later_one(make_model, hidden) -> None:
    """Within 10%: the estimate's own error at 1024 reads and the noise of one programming are smaller."""
    model = make_model(256, scale=0.2)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(inverse_temperature=hidden, coefficient_noise=0.005), seed=3)
    sampler.calibrate(model)
    assert sampler.sample(model, 1024).info["effective_inverse_temperature"] == pytest.approx(1, abs=0.1)


def test_calibration_leaves_a_fixed_prefactor_and_the_random_numbers_alone(make_model) -> None:
    model = make_model(64, scale=0.2)
    first, second = (SimulatedQPUSampler(SimulatedQPUConfig(prefactor=0.3), seed=0) for _ in range(2))
    first.calibrate(model)
    assert torch.equal(first.sample(model, 32).spins, second.sample(model, 32).spins)
