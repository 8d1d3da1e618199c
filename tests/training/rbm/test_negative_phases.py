"""Rows of the negative phases against the machine's law over all states."""

import pytest
import torch

from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import exact_samples
from boltzmann.training.rbm.negative_phases import ContrastiveDivergence, ExactDraws, HiddenStatistics, PersistentChains
from boltzmann.training.rbm.tempering import TemperedChains

STEPS = 60


def two_valleys(labels=0):
    """Two far valleys of unlike weight: plain chains, once in one, hardly leave it."""
    rbm = RBM(6, 4, labels=labels)
    rbm.weights.fill_(3.0)
    rbm.visible_bias.fill_(-5.9)
    rbm.hidden_bias.fill_(-8.9)
    return rbm


def law_of(rbm, states):
    v = states(rbm.visible)
    if rbm.labels:
        v = v[v[:, rbm.pixels :].sum(1) == 1]
    return v, torch.softmax(-rbm.free_energy(v).double(), 0)


def worst_error(phase, rbm, states):
    """Greatest error of a unit's mean and of p(number of units at 1), rows of the last half of the steps taken together."""
    v, law = law_of(rbm, states)
    data = torch.zeros(1, rbm.visible)
    drawn = [phase.negative(rbm, data, rbm.hidden_probability(data))[0] for _ in range(STEPS)][STEPS // 2 :]
    rows = torch.cat(drawn)
    means = (rows.double().mean(0) - law @ v.double()).abs().max()
    counts = [(rows.sum(1) == k).double().mean() - law[v.sum(1) == k].sum() for k in range(rbm.visible + 1)]
    return max(float(means), float(torch.stack(counts).abs().max()))


@pytest.mark.parametrize("labels", [0, 2])
def test_tempered_chains_follow_the_law_where_plain_ones_are_caught(states, labels):
    rbm = two_valleys(labels)
    tempered = TemperedChains(rbm, 400, 10, 1, torch.Generator().manual_seed(0))
    # 30 x 400 rows, correlated over some ten steps: the standard deviation of a share is about 0.015.
    assert worst_error(tempered, rbm, states) < 0.05
    if not labels:
        plain = PersistentChains(rbm, 400, 1, torch.Generator().manual_seed(0))
        assert worst_error(plain, rbm, states) > 0.1


def test_persistent_chains_and_exact_draws_follow_the_law(states):
    rbm = RBM(6, 4, labels=2, scale=1.0, generator=torch.Generator().manual_seed(4))
    generator = torch.Generator().manual_seed(1)
    for phase in (PersistentChains(rbm, 400, 2, generator), ExactDraws(400, generator)):
        assert worst_error(phase, rbm, states) < 0.03


def test_contrastive_divergence_stays_in_the_law_and_counts_its_work():
    rbm = RBM(6, 4, scale=1.0, generator=torch.Generator().manual_seed(4))
    generator = torch.Generator().manual_seed(1)
    v0, _ = exact_samples(rbm, 20_000, generator)
    phase = ContrastiveDivergence(3, generator)
    v, h = phase.negative(rbm, v0, rbm.hidden_probability(v0))
    # Gibbs steps leave the law as it is; two means of 20,000 numbers in [0, 1] differ by 0.005.
    assert torch.allclose(v.mean(0), v0.mean(0), atol=0.02)
    assert torch.equal(h, rbm.hidden_probability(v))
    assert (phase.updates, phase.samples, phase.calls) == (20_000 * 10 * 3, 20_000, 0)
    # Without coupling every unit is a fair coin, whatever it was.
    moved, _ = phase.negative(RBM(6, 4), torch.ones(20_000, 6), torch.full((20_000, 4), 0.5))
    assert torch.allclose(moved.mean(0), torch.tensor(0.5), atol=0.02)


def test_of_the_label_units_exactly_one_is_drawn():
    rbm = RBM(7, 4, labels=3, scale=1.0, generator=torch.Generator().manual_seed(4))
    generator = torch.Generator().manual_seed(1)
    data = torch.ones(50, 7)
    for phase in (
        ContrastiveDivergence(1, generator),
        PersistentChains(rbm, 50, 1, generator),
        TemperedChains(rbm, 50, 3, 1, generator),
        ExactDraws(50, generator),
    ):
        v, _ = phase.negative(rbm, data, rbm.hidden_probability(data))
        assert torch.equal(v[:, 4:].sum(1), torch.ones(50))


def test_hidden_units_count_as_probabilities_or_as_draws_of_them():
    probability = torch.tensor([[0.0, 0.2, 0.7, 1.0]]).expand(20_000, 4)
    assert torch.equal(HiddenStatistics(False, torch.Generator()).of(probability), probability)
    drawn = HiddenStatistics(True, torch.Generator().manual_seed(0)).of(probability)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    # The standard deviation of these means is at most 0.0032.
    assert torch.allclose(drawn.mean(0), probability[0], atol=0.014)
    # Draws given as probabilities stay what they are: the chains of contrastive divergence start at them.
    assert torch.equal(HiddenStatistics(True, torch.Generator()).of(drawn), drawn)
