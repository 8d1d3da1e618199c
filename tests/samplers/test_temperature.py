import json
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
    assert (estimate.note is None) == (beta > 0)


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
    assert frozen.note == "Frozen, or too few reads: none of 20 spins stands against its field."
    inverted = estimate_inverse_temperature(model, -aligned)
    assert inverted.inverse_temperature == -math.inf
    assert inverted.note == "Inverted: every one of 20 spins stands against its field."
    flat = estimate_inverse_temperature(IsingModel(edgeless, torch.zeros(5), torch.zeros(0)), aligned)
    assert math.isnan(flat.inverse_temperature)
    assert flat.note == "No temperature: no free spin feels a field."


def test_held_spins_are_not_counted_as_frozen(edgeless) -> None:
    model = IsingModel(edgeless, torch.full((5,), -0.5), torch.zeros(0))
    held = torch.zeros(4, 5, dtype=torch.bool)
    held[:, :3] = True
    aligned = torch.ones(4, 5, dtype=torch.int8)
    assert "none of 8 spins" in str(estimate_inverse_temperature(model, aligned, held).note)
    assert "no free spin" in str(estimate_inverse_temperature(model, aligned, held | True).note)


def test_says_when_a_number_means_little(edgeless) -> None:
    model = IsingModel(edgeless, torch.full((5,), -0.5), torch.zeros(0))

    def note(contrary: int, reads: int) -> str:
        spins = torch.ones(5 * reads, dtype=torch.int8)
        spins[torch.randperm(5 * reads, generator=torch.Generator().manual_seed(0))[:contrary]] = -1
        return str(estimate_inverse_temperature(model, spins.view(reads, 5)).note)

    assert note(9, 100) == "Nearly frozen, or too few reads: only 9 of 500 spins stand against their fields."
    assert note(10, 100) == "None"
    assert note(245, 100).startswith("Too few reads, or too hot: 0.04 with a standard error of 0.0")
    # The limit is two standard errors: here 1.3 and 2.7 of them.
    assert note(236, 100).startswith("Too few reads, or too hot")
    assert note(220, 100) == "None"
    assert note(24, 10).startswith("Too few reads, or too hot")
    assert note(200, 100) == "None"
    assert note(300, 100) == "Inverted: the spins prefer to stand against their fields."


def test_a_single_read_has_no_error(make_model) -> None:
    model = make_model(256, scale=0.2)
    estimate = estimate_inverse_temperature(model, create(GibbsConfig(sweeps=50), 1).sample(model, 1).spins)
    assert estimate.finite
    assert math.isnan(estimate.standard_error)
    assert estimate.note is not None
    assert estimate.note.startswith("Too few reads")
    assert estimate.report()["effective_inverse_temperature_error"] is None


def test_the_report_is_json(small_model, edgeless) -> None:
    spins = create(ExactConfig(), 1).sample(small_model, 100).spins
    good = estimate_inverse_temperature(small_model, spins)
    assert json.loads(json.dumps(good.report(), allow_nan=False)) == {
        "effective_inverse_temperature": good.inverse_temperature,
        "effective_inverse_temperature_error": good.standard_error,
        "effective_inverse_temperature_note": None,
    }
    flat = IsingModel(edgeless, torch.zeros(5), torch.zeros(0))
    report = estimate_inverse_temperature(flat, torch.ones(4, 5, dtype=torch.int8)).report()
    assert json.loads(json.dumps(report, allow_nan=False))["effective_inverse_temperature"] is None


def test_a_right_value_is_no_evidence_of_equilibrium(make_model) -> None:
    """A glass quenched for 30 sweeps: its energy is still falling, and its temperature reads right within 5%."""
    model = make_model(256, scale=1.0)
    early, late = (create(GibbsConfig(sweeps=sweeps, tempering="never"), 1).sample(model, 256) for sweeps in (30, 1000))
    drop = early.energies.mean() - late.energies.mean()
    assert drop > 10 * early.energies.std() / 16
    assert estimate_inverse_temperature(model, early.spins).inverse_temperature == pytest.approx(1, abs=0.05)


def test_one_contrary_spin_in_many_is_still_a_finite_temperature(edgeless) -> None:
    model = IsingModel(edgeless, torch.full((5,), -1e-3), torch.zeros(0))
    spins = torch.ones(10_000, 5, dtype=torch.int8)
    spins[0, 0] = -1
    estimate = estimate_inverse_temperature(model, spins)
    assert estimate.inverse_temperature == pytest.approx(math.atanh(1 - 2 / 50_000) / 1e-3, rel=1e-4)


@pytest.mark.parametrize("beta", [0.2, 1.0, 4.0])
def test_the_estimate_is_where_the_pseudo_likelihood_is_flat(make_model, beta) -> None:
    """Whether or not a few of the reads gave the first guess: the slope there is nothing beside that a millionth off."""
    model = make_model(64, scale=0.3)
    hotter = IsingModel(model.graph, beta * model.linear, beta * model.quadratic)
    spins = create(GibbsConfig(sweeps=50), 1).sample(hotter, 512).spins
    for reads in (512, 100):
        found = estimate_inverse_temperature(model, spins[:reads]).inverse_temperature
        against = spins[:reads] * model.local_fields(spins[:reads])

        def slope(at: float, against: torch.Tensor = against) -> float:
            return float((against * torch.sigmoid(2 * at * against)).sum())

        assert abs(slope(found)) < abs(slope(found * (1 + 1e-6)))
