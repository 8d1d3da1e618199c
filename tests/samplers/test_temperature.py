import math

import pytest
import torch

from boltzmann.config import ExactConfig, GibbsConfig
from boltzmann.samplers import create
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.temperature import estimate_inverse_temperature


@pytest.mark.parametrize("beta", [-0.5, 0.5, 1.0, 2.0])
def test_reads_the_temperature_of_exact_samples(small_model, beta) -> None:
    hotter = IsingModel(small_model.graph, beta * small_model.linear, beta * small_model.quadratic)
    spins = create(ExactConfig(), 1).sample(hotter, 20_000).spins
    estimate = estimate_inverse_temperature(small_model, spins)
    assert abs(estimate.inverse_temperature - beta) < 4 * estimate.standard_error
    assert estimate.standard_error < 0.05


def test_standard_error_is_the_spread_of_repetitions(make_model) -> None:
    model = make_model(32, scale=0.2)
    sampler = create(GibbsConfig(sweeps=50), 1)
    estimates = [estimate_inverse_temperature(model, sampler.sample(model, 128).spins) for _ in range(100)]
    values = torch.tensor([estimate.inverse_temperature for estimate in estimates])
    reported = sum(estimate.standard_error for estimate in estimates) / 100
    # The spread of 100 values is itself known to 7%.
    assert float(values.std()) == pytest.approx(reported, rel=0.3)
    assert float(values.mean()) == pytest.approx(1, abs=4 * reported / 10)


def test_agrees_with_the_closed_form_of_a_single_spin(edgeless) -> None:
    model = IsingModel(edgeless, torch.full((5,), -0.5), torch.zeros(0))
    spins = torch.ones(100, 5, dtype=torch.int8)
    spins[:20] = -1
    estimate = estimate_inverse_temperature(model, spins)
    assert estimate.inverse_temperature == pytest.approx(math.atanh(0.6) / 0.5, rel=1e-6)


def test_held_spins_say_nothing(small_model) -> None:
    clamp = torch.zeros(12, dtype=torch.int8)
    # Held against their fields: as evidence they would read as a negative temperature.
    held = small_model.linear.abs().argsort(descending=True)[:5]
    clamp[held] = small_model.linear[held].sign().to(torch.int8)
    spins = create(ExactConfig(), 1).sample(small_model, 20_000, clamp=clamp).spins
    free_only = estimate_inverse_temperature(small_model, spins, (clamp != 0).expand(20_000, 12))
    assert abs(free_only.inverse_temperature - 1) < 4 * free_only.standard_error
    assert abs(estimate_inverse_temperature(small_model, spins).inverse_temperature - 1) > 0.1


def test_samples_without_a_temperature(edgeless) -> None:
    aligned = torch.ones(4, 5, dtype=torch.int8)
    model = IsingModel(edgeless, torch.full((5,), -0.5), torch.zeros(0))
    frozen = estimate_inverse_temperature(model, aligned)
    assert frozen.inverse_temperature == math.inf
    assert not frozen.finite
    assert math.isnan(frozen.standard_error)
    assert estimate_inverse_temperature(model, -aligned).inverse_temperature == -math.inf
    flat = IsingModel(edgeless, torch.zeros(5), torch.zeros(0))
    assert math.isnan(estimate_inverse_temperature(flat, aligned).inverse_temperature)


def test_one_contrary_spin_in_many_is_still_a_finite_temperature(edgeless) -> None:
    model = IsingModel(edgeless, torch.full((5,), -1e-3), torch.zeros(0))
    spins = torch.ones(10_000, 5, dtype=torch.int8)
    spins[0, 0] = -1
    estimate = estimate_inverse_temperature(model, spins)
    assert estimate.inverse_temperature == pytest.approx(math.atanh(1 - 2 / 50_000) / 1e-3, rel=1e-4)
