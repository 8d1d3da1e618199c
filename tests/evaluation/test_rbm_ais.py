import math
from itertools import pairwise

import pytest
import torch

from boltzmann.evaluation import rbm_ais
from boltzmann.evaluation.rbm_chains import free_chains
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import log_partition


@pytest.fixture(scope="module", params=[0, 2], ids=["pixels", "labels"])
def machine(request):
    """A machine of 256 visible and 20 hidden units, most pixels dark, with samples of it and its exact log Z."""
    generator = torch.Generator().manual_seed(1)
    rbm = RBM(256, 20, request.param, 0.5, generator)
    rbm.visible_bias = torch.randn(256, generator=generator) - 1.5
    starts = torch.zeros(200, 256)
    starts[:, -1] = 1
    return rbm, free_chains(rbm, starts, 500, generator), log_partition(rbm)


def test_both_directions_agree_with_the_exact_log_partition(machine):
    """Within 0.1 nats, and within four of their own standard errors, which are below 0.05."""
    rbm, samples, exact = machine
    found = (
        rbm_ais.annealed_log_partition(rbm, samples, chains=100, rungs=1000),
        rbm_ais.annealed_log_partition(rbm, samples, chains=200, rungs=1500, schedule="split"),
        rbm_ais.reverse_annealed_log_partition(rbm, samples, samples[:100], rungs=1000),
    )
    for one in found:
        assert one.error < 0.05
        assert one.effective_chains > 0.5 * one.chains
        assert one.log_z == pytest.approx(exact, abs=min(0.1, 4 * one.error))


def test_two_chains_of_few_rungs_are_too_low_forwards_and_too_high_back(machine):
    """On average over 60 pairs, by more than three standard errors each."""
    rbm, samples, exact = machine
    pairs = samples[:120].split(2)
    forward = [rbm_ais.annealed_log_partition(rbm, samples, 2, 4, seed=i).log_z for i in range(60)]
    back = [rbm_ais.reverse_annealed_log_partition(rbm, samples, pair, 4, seed=i).log_z for i, pair in enumerate(pairs)]
    for excess in (exact - torch.tensor(forward), torch.tensor(back) - exact):
        assert excess.mean() > 3 * excess.std() / math.sqrt(60)


def test_a_machine_of_base_rates_alone_needs_no_annealing(machine):
    """Every weight is the same: the base machine is the machine. Only its rates, right ones, make it so."""
    rbm, samples, _ = machine
    smoothed = (samples.mean(0) + rbm_ais.SMOOTHING) / (1 + 2 * rbm_ais.SMOOTHING)
    alone = RBM(256, 20, rbm.labels)
    alone.visible_bias = torch.log(smoothed / (1 - smoothed))
    alone.visible_bias[rbm.pixels :] = smoothed[rbm.pixels :].log()
    found = rbm_ais.annealed_log_partition(alone, samples, chains=20, rungs=5)
    log_z = 20 * math.log(2) - float((1 - smoothed[: rbm.pixels]).log().sum())
    if rbm.labels:
        log_z += math.log(float(smoothed[rbm.pixels :].sum()))
    assert found.spread < 1e-4
    assert found.log_z == pytest.approx(log_z, abs=1e-3)


@pytest.mark.parametrize("schedule", ["uniform", "split"])
def test_a_ladder_rises_from_0_to_1(schedule):
    rungs = rbm_ais.ladder(145, schedule)
    assert (len(rungs), rungs[0], rungs[-1]) == (146, 0.0, 1.0)
    assert all(low < high for low, high in pairwise(rungs))
    if schedule == "split":
        assert (rungs[5], rungs[45]) == (pytest.approx(0.5), pytest.approx(0.9))
