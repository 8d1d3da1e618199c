"""Steps of beta, held against finite differences of what they climb or descend, on a machine that is enumerated."""

import math

import pytest
import torch

from boltzmann.config import InverseTemperatureConfig, SimulatedQPUConfig
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import layer_states
from boltzmann.training.errors import Diverged
from boltzmann.training.inverse_temperature import RANGE, InverseTemperature, hardware_figures

BETA = 1.7
STEP = 1e-4


def scheme(learning_rate=0.1, epochs=300, hidden=2.5, **config):
    return InverseTemperature(
        InverseTemperatureConfig(**config), learning_rate, epochs, SimulatedQPUConfig(inverse_temperature=hidden)
    )


@pytest.fixture
def law():
    """Of a machine of 4 + 3 units in double precision: the energies E(v, h) of all states (16, 8), rows of data by number,
    and the machine."""
    generator = torch.Generator().manual_seed(3)
    rbm = RBM(4, 3, scale=1.0, generator=generator)
    for name in ("weights", "visible_bias", "hidden_bias"):
        values = getattr(rbm, name)
        setattr(rbm, name, (values + 0.5 * torch.randn(values.shape, generator=generator)).double())
    v, h = (layer_states(units, torch.device("cpu")).double() for units in (4, 3))
    pairs = [rbm.energy(v, row.expand(len(v), -1)) for row in h]
    return torch.stack(pairs, 1), torch.tensor([0, 3, 3, 9, 14]), rbm, v


def negative_log_likelihood(scaled, data, beta):
    """Mean of -log p(v) under p ~ exp(-beta E_DW)."""
    free = torch.logsumexp(-beta * scaled, 1)
    return float(torch.logsumexp(-beta * scaled, (0, 1)) - free[data].mean())


def entropy(scaled, beta):
    logs = (-beta * scaled).flatten().log_softmax(0)
    return float(-(logs.exp() * logs).sum())


def slope(of):
    return (of(BETA + STEP) - of(BETA - STEP)) / (2 * STEP)


def exact_reads(energies):
    """Two energies of the mean and the variance that all states have under exp(-E)."""
    chances = (-energies).flatten().softmax(0)
    mean = (chances * energies.flatten()).sum()
    spread = (chances * (energies.flatten() - mean) ** 2).sum().sqrt()
    return torch.stack([mean - spread, mean + spread])


@pytest.mark.parametrize(("direction", "sign"), [("printed", 1), ("descent", -1)])
def test_a_step_of_likelihood_is_the_slope_of_the_negative_log_likelihood(law, direction, sign):
    energies, data, rbm, v = law
    rows = v[data]
    led = scheme(scheme="max_likelihood", start=BETA, direction=direction)
    change = led.after_epoch(1, rbm.energy(rows, rbm.hidden_probability(rows)), exact_reads(energies))
    expected = slope(lambda beta: negative_log_likelihood(energies / BETA, data, beta))
    assert abs(expected) > 0.01
    assert change == pytest.approx(sign * 0.1 * expected, rel=1e-6)
    assert led.beta == BETA + change


def test_a_step_of_entropy_is_its_slope_but_for_beta(law):
    energies, data, rbm, v = law
    led = scheme(scheme="min_entropy", start=BETA)
    change = led.after_epoch(1, rbm.energy(v[data], rbm.hidden_probability(v[data])), exact_reads(energies))
    expected = slope(lambda beta: entropy(energies / BETA, beta))
    assert expected < -0.01
    assert change == pytest.approx(-1e-3 * 0.1 / BETA * expected, rel=1e-6)


def test_a_rate_that_is_set_is_the_rate():
    data, reads = torch.tensor([3.0]), torch.tensor([0.0, 2.0])
    assert scheme(scheme="max_likelihood", start=2.0).after_epoch(1, data, reads) == pytest.approx(0.1 * 1.0)
    schemes = (scheme(scheme=name, start=2.0, rate=0.5) for name in ("max_likelihood", "min_entropy"))
    changes = [led.after_epoch(1, data, reads) for led in schemes]
    assert changes == pytest.approx([0.5 * (3 - 1) / 2, 0.5 * 1 / 4])
    assert scheme(scheme="min_entropy", start=2.0).after_epoch(1, None, None) == 0.0  # nothing was drawn yet


def test_what_is_set_beforehand():
    ramp = scheme(scheme="linear", start=1.5, end=3.0)
    seen = [ramp.beta]
    for epoch in range(1, 301):
        ramp.after_epoch(epoch, None, None)
        seen.append(ramp.beta)
    assert seen == pytest.approx(
        [1.5 + 1.5 * i / 300 for i in (*range(1, 301), 300)]
    )  # 3 in the last epoch, and no further
    assert scheme(scheme="linear", epochs=1, start=1.0, end=4.0).beta == 4.0
    energies = torch.tensor([1.0]), torch.tensor([5.0, 9.0])
    for name, beta in (("fixed", 1.5), ("known", 2.5)):
        led = scheme(scheme=name)
        assert (led.after_epoch(1, *energies), led.beta) == (0.0, beta)


@pytest.mark.parametrize(("direction", "limit"), [("printed", 0), ("descent", 1)])
def test_a_limit_is_kept_and_told_once(direction, limit):
    led = scheme(scheme="max_likelihood", rate=10.0, direction=direction)
    energies = torch.tensor([-1e4]), torch.tensor([1e4])
    told = []
    for epoch in range(1, 40):
        led.after_epoch(epoch, *energies)
        told.append(led.notice)
    assert led.beta == pytest.approx(RANGE[limit])
    assert len(list(filter(None, told))) == 1
    assert f"Beta has run to its limit of {RANGE[limit]:g} in epoch" in "".join(told)
    again = scheme(scheme="max_likelihood", direction=direction)
    again.restore(led.state())
    again.after_epoch(40, *energies)
    assert (again.beta, again.notice) == (led.beta, "")
    with pytest.raises(Diverged, match="no longer finite"):
        led.after_epoch(41, torch.tensor([math.inf]), torch.tensor([math.inf]))


def test_a_longer_run_draws_its_ramp_anew_and_says_so():
    short = scheme(scheme="linear", epochs=10, start=1.0, end=2.0)
    for epoch in range(1, 6):
        short.after_epoch(epoch, None, None)
    longer = scheme(scheme="linear", epochs=20, start=1.0, end=2.0)
    longer.restore(short.state())
    assert (short.beta, longer.beta) == pytest.approx((1.6, 1.3))
    assert longer.extended(10) == (
        "Beta is led in a line over all 20 epochs, 10 before: it goes on at 1.3, and was to be 1.6 here."
    )
    assert longer.extended(20) == ""
    same = scheme(scheme="linear", epochs=10, start=1.0, end=2.0)
    same.restore(short.state())
    assert same.beta == short.beta


def test_a_ramp_that_takes_over_is_where_it_stands():
    ramp, steps = (scheme(scheme=name, epochs=10, start=1.0, end=2.0) for name in ("linear", "min_entropy"))
    for led in (ramp, steps):
        led.begin(4)
    assert (ramp.beta, steps.beta) == pytest.approx((1.5, 1.0))
    assert ramp.after_epoch(5, None, None) == pytest.approx(0.1)


def test_energies_are_scaled_by_the_beta_that_was_programmed():
    """A sampler with a limit of its own draws at another beta than was asked for: E_DW is of that one, and it is told."""
    led = scheme(scheme="max_likelihood", start=2.0)
    data, reads = torch.tensor([3.0]), torch.tensor([0.0, 2.0])
    assert led.limited(1 / 2.0) == ""
    words = "it was programmed for a beta of 4, and 2 was asked for"
    assert words in led.limited(1 / 4.0)
    assert led.limited(1 / 4.0) == ""
    assert led.after_epoch(1, data, reads, 4.0) == pytest.approx(0.1 * (3 - 1) / 4)


def test_the_samplers_own_beta_is_its_estimate_in_units_of_the_beta_that_was_programmed():
    info = {
        "prefactor": 0.25,
        "effective_inverse_temperature": 1.5,
        "effective_inverse_temperature_error": 0.1,
    }
    assert hardware_figures(info) == {"beta": 4.0, "hardware_beta": 6.0, "hardware_beta_error": pytest.approx(0.4)}
    frozen = {"prefactor": 0.25, "effective_inverse_temperature": None}
    assert hardware_figures(frozen) == {"beta": 4.0, "hardware_beta": None, "hardware_beta_error": None}
    assert hardware_figures({"effective_inverse_temperature": 1.0}) == {}
