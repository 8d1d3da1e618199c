"""The mode step: its schedule, its rate and what it does to the weights."""

import pytest
import torch

from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import mode
from boltzmann.training.events import Measured
from boltzmann.training.rbm.mode_assistance import mode_rate
from boltzmann.training.rbm.schedules import RATE_SCHEDULES, mode_probability


def test_the_schedules_are_those_of_the_paper():
    assert mode_probability(0, 1000, 0.1) == pytest.approx(0.1 * 0.0024726, rel=1e-4)
    assert mode_probability(300, 1000, 0.1) == pytest.approx(0.05)
    assert mode_probability(1000, 1000, 0.1) == pytest.approx(0.1, rel=1e-5)
    assert [RATE_SCHEDULES[name](0.5) for name in ("constant", "linear", "cosine")] == pytest.approx([1, 0.5, 0.5])
    assert [RATE_SCHEDULES[name](1.0) for name in ("constant", "linear", "cosine")] == pytest.approx([1, 0, 0])


def test_gamma_is_the_lowest_energy_in_the_basis_of_spins(states):
    generator = torch.Generator().manual_seed(8)
    rbm = RBM(4, 3, scale=4.0, generator=generator)
    rbm.visible_bias.normal_(0, 4, generator=generator)
    rbm.hidden_bias.normal_(0, 4, generator=generator)
    # x = (s + 1) / 2: fields and couplings of the spins, written out.
    fields = torch.cat([rbm.visible_bias / 2 + rbm.weights.sum(1) / 4, rbm.hidden_bias / 2 + rbm.weights.sum(0) / 4])
    spins = 2 * states(7) - 1
    couplings = torch.einsum("si,ij,sj->s", spins[:, :4], rbm.weights / 4, spins[:, 4:])
    lowest = float((-(spins @ fields) - couplings).min())
    assert mode_rate(rbm, mode(rbm).energy) == pytest.approx(-lowest / (4 * 5 * 4), rel=1e-5)
    assert 0.1 < mode_rate(rbm, mode(rbm).energy) < 1
    rbm.weights *= 100
    assert mode_rate(rbm, mode(rbm).energy) == 1.0


def test_a_mode_step_moves_probability_from_the_mode_to_the_data(make):
    # At the last of ten steps P(i) = sigmoid(12): no seed of these misses it.
    trainer = make(
        **{
            "training.mode_assisted": True,
            "training.mode_probability": 1.0,
            "training.epochs": 10,
            "training.measurements": 10,
            "model.initial_scale": 1.0,
        }
    )
    measured = []
    for event in trainer.events():
        if isinstance(event, Measured):
            measured.append(event)
            if event.step == 9:
                rbm, data = trainer.rbm, trainer.data.train
                old = [part.clone() for part in (rbm.weights, rbm.visible_bias, rbm.hidden_bias)]
                h0 = rbm.hidden_probability(data)
                v, h, energy = mode(rbm)
                rate = 0.2 * mode_rate(rbm, energy)
    wanted = data.T @ h0 / len(data) - torch.outer(v, h), data.mean(0) - v, h0.mean(0) - h
    assert rate > 0
    for before, after, step in zip(old, (rbm.weights, rbm.visible_bias, rbm.hidden_bias), wanted, strict=True):
        assert torch.allclose(after - before, rate * step, atol=1e-6)
    assert measured[-1].mode_steps == measured[-2].mode_steps + 1
    assert measured[-1].mode_rate == pytest.approx(rate / 0.2)
    assert measured[-1].updates == measured[-2].updates  # an enumeration has none


def test_the_anneals_for_the_mode_are_counted_as_work(make):
    annealed = {"training.mode_assisted": True, "training.mode_probability": 1.0, "training.mode_search": "annealing"}
    plain, assisted = (
        [event for event in make(**changes).events() if isinstance(event, Measured)][-1]
        for changes in ({}, annealed | {"training.mode_reads": 3, "training.mode_sweeps": 5})
    )
    assert (plain.mode_rate, assisted.mode_steps > 0) == (None, True)
    taken = assisted.mode_steps
    assert assisted.updates == plain.updates * (12 - taken) // 12 + taken * 3 * 5 * (6 + 4)


def test_mode_assistance_ends_nearer_to_the_data(make):
    ends = {}
    for assisted in (False, True):
        trainer = make(**{"training.mode_assisted": assisted, "training.epochs": 4000, "model.hidden": 6})
        ends[assisted] = next(
            event.kl for event in trainer.events() if isinstance(event, Measured) and event.step == 4000
        )
    assert ends[True] < 0.06
    assert ends[True] < 0.6 * ends[False]
