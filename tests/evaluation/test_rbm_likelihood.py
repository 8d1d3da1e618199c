import math

import pytest
import torch

from boltzmann.evaluation import rbm_likelihood as likelihood
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import log_partition


def machine(visible, hidden, labels=0, scale=0.8):
    generator = torch.Generator().manual_seed(visible)
    rbm = RBM(visible, hidden, labels, scale, generator)
    rbm.visible_bias = torch.randn(visible, generator=generator)
    rbm.hidden_bias = torch.randn(hidden, generator=generator)
    return rbm


def all_rows(rbm):
    """Every state of the pixels, with every label where there are any."""
    pixels = torch.tensor([[i >> bit & 1 for bit in range(rbm.pixels)] for i in range(2**rbm.pixels)]).float()
    if not rbm.labels:
        return pixels
    return torch.cat([rbm.with_labels(pixels, torch.full((len(pixels),), label)) for label in range(rbm.labels)])


@pytest.mark.parametrize("labels", [0, 3])
@pytest.mark.parametrize("hidden", [4, 12])
def test_all_states_together_have_probability_one_and_the_divergence_is_the_sum_over_them(labels, hidden):
    rbm = machine(9, hidden, labels)
    rows = all_rows(rbm)
    log_z = log_partition(rbm)
    log_p = -rbm.free_energy(rows).double() - log_z
    assert float(log_p.exp().sum()) == pytest.approx(1, abs=1e-5)
    some = rows[[0, 3, 3, 5]]
    by_hand = 0.5 * math.log(0.25) + 0.5 * math.log(0.5) - float(log_p[[0, 3, 3, 5]].mean())
    assert likelihood.kl_divergence(rbm, some) == pytest.approx(by_hand, abs=1e-5)
    assert likelihood.log_likelihood(rbm, some) == pytest.approx(float(log_p[[0, 3, 3, 5]].mean()), abs=1e-5)


def test_a_machine_that_is_the_data_has_no_divergence():
    assert likelihood.kl_divergence(RBM(4, 3), all_rows(RBM(4, 3))) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("labels", [0, 3])
def test_the_pseudo_likelihood_is_that_of_every_unit_given_the_rest(labels, monkeypatch):
    rbm = machine(9, 5, labels)
    rows = all_rows(rbm)[::7]
    total = torch.zeros(len(rows), dtype=torch.float64)
    for unit in range(rbm.pixels):
        turned = rows.clone()
        turned[:, unit] = 1 - turned[:, unit]
        own, other = -rbm.free_energy(rows).double(), -rbm.free_energy(turned).double()
        total += own - torch.logaddexp(own, other)
    if labels:
        pixels = rows[:, : rbm.pixels]
        states = [rbm.with_labels(pixels, torch.full((len(rows),), label)) for label in range(labels)]
        each = torch.stack([-rbm.free_energy(state).double() for state in states], 1)
        total += (each.log_softmax(1) * rows[:, rbm.pixels :]).sum(1)
    for rows_at_once in (1, 3):
        monkeypatch.setattr(likelihood, "CACHED", rows_at_once * rbm.weights.numel())
        assert likelihood.pseudo_likelihood(rbm, rows) == pytest.approx(float(total.mean()), abs=1e-5)
    monkeypatch.setattr(likelihood, "CHUNK", 10)  # several blocks of units
    assert likelihood.pseudo_likelihood(rbm, rows) == pytest.approx(float(total.mean()), abs=1e-5)


def test_some_rows_are_the_same_ones_each_time_and_none_twice():
    rows = torch.arange(100.0)[:, None]
    some = likelihood.some_rows(rows, 30)
    assert torch.equal(some, likelihood.some_rows(rows, 30))
    assert len(some.unique()) == 30
    assert likelihood.some_rows(rows, 100) is rows


def test_the_gap_is_of_means_and_reconstruction_sees_every_row(monkeypatch):
    monkeypatch.setattr(likelihood, "CHUNK", 40)  # several batches
    rbm = machine(9, 5)
    rows = all_rows(rbm)
    expected = float(rbm.free_energy(rows[:50]).mean() - rbm.free_energy(rows[50:]).mean())
    assert likelihood.free_energy_gap(rbm, rows[50:], rows[:50]) == pytest.approx(expected, abs=1e-4)
    passed = rbm.visible_probability(rbm.hidden_probability(rows))
    assert likelihood.reconstruction_error(rbm, rows) == pytest.approx(float((rows - passed).square().mean()), abs=1e-6)
