"""Searches for the mode of a machine whose mode is known by enumeration."""

import pytest
import torch

from boltzmann.config import (
    BinaryDataConfig,
    GibbsConfig,
    RBMConfig,
    RBMModelConfig,
    RBMTrainingConfig,
    SimulatedQPUConfig,
)
from boltzmann.data.binary import load
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_ising import to_bits, to_ising_model
from boltzmann.samplers import create
from boltzmann.training.rbm.mode import anneal, descend, find_mode
from boltzmann.training.rbm.sampled import Drawings
from boltzmann.training.rbm.trainer import RBMTraining

SMALL = 1e-4
TRIALS = 60


@pytest.fixture(scope="module")
def rbm(tmp_path_factory):
    """14 + 10 units that have learned the 14 shifting bars: one valley each, so that no descent leads to the mode."""
    config = RBMConfig(
        data=BinaryDataConfig(length=14),
        model=RBMModelConfig(hidden=10),
        training=RBMTrainingConfig(epochs=1500, measurements=2),
    )
    training = RBMTraining(config, load(config.data, tmp_path_factory.mktemp("data")))
    for _ in training.events():
        pass
    return training.rbm


@pytest.fixture(scope="module")
def exact(rbm):
    return find_mode(rbm, "enumeration")


def test_the_better_the_search_the_oftener_the_mode(rbm, exact):
    """Measured over many trials: 0.33 and 0.71. Four standard errors of 60 trials are 0.24."""
    shares = []
    for reads, sweeps in ((4, 25), (10, 100)):
        generator = torch.Generator().manual_seed(0)
        found = [find_mode(rbm, "annealing", reads, sweeps, generator=generator) for _ in range(TRIALS)]
        assert min(mode.energy for mode in found) >= exact.energy - SMALL
        shares.append(sum(mode.energy < exact.energy + SMALL for mode in found) / TRIALS)
    assert 0.09 < shares[0] < shares[1] - 0.1
    assert shares[1] > 0.47


def test_a_found_mode_is_one_state_with_its_energy(rbm):
    generator = torch.Generator().manual_seed(0)
    v, h, energy = find_mode(rbm, "annealing", 3, 20, generator=generator)
    assert (v.shape, h.shape) == ((14,), (10,))
    assert set(torch.cat([v, h]).tolist()) <= {0.0, 1.0}
    assert float(rbm.energy(v[None], h[None])) == pytest.approx(energy)
    generator.manual_seed(0)
    assert torch.equal(find_mode(rbm, "annealing", 3, 20, generator=generator).v, v)


def test_reads_of_a_sampler_are_led_downhill(rbm, exact):
    """At unit temperature the reads lie above the bottoms of their valleys."""
    sampler = create(SimulatedQPUConfig(), seed=0)
    sampler.calibrate(to_ising_model(rbm)[0])
    v, h = to_bits(rbm, sampler.sample(to_ising_model(rbm)[0], 200).spins)
    low_v, low_h = descend(rbm, v)
    assert (rbm.energy(low_v, low_h) <= rbm.energy(v, h) + SMALL).all()
    for units, bottom in ((low_v, low_v), (low_h, low_h)):  # no single unit can do better
        for i in range(units.shape[1]):
            before = bottom[:, i].clone()
            bottom[:, i] = 1 - before
            flipped = rbm.energy(low_v, low_h)
            bottom[:, i] = before
            assert (flipped >= rbm.energy(low_v, low_h) - SMALL).all()
    raw = rbm.energy(v, h).min()
    assert exact.energy - SMALL <= rbm.energy(low_v, low_h).min() <= raw
    # 200 reads over 14 valleys: all but surely one in the deepest.
    assert find_mode(rbm, "sampler", 200, drawings=Drawings(sampler)).energy == pytest.approx(exact.energy, abs=SMALL)


def test_without_couplings_each_unit_follows_its_bias():
    rbm = RBM(3, 2)
    rbm.visible_bias[:] = torch.tensor([1.0, -2.0, 0.5])
    rbm.hidden_bias[:] = torch.tensor([-1.0, 3.0])
    found = find_mode(rbm, "annealing", 2, 5)
    assert found.v.tolist() == [1, 0, 1]
    assert found.h.tolist() == [0, 1]
    assert found.energy == -4.5


def test_anneals_of_a_machine_of_any_scale(rbm, exact):
    """The schedule's ends follow the machine's fields."""
    small = RBM(14, 10)
    small.weights, small.visible_bias, small.hidden_bias = (
        part / 1000 for part in (rbm.weights, rbm.visible_bias, rbm.hidden_bias)
    )
    large, little = (anneal(machine, 50, 100, torch.Generator().manual_seed(0)) for machine in (rbm, small))
    energies = [float(machine.energy(*descend(machine, v)).mean()) for machine, v in ((rbm, large), (small, little))]
    assert energies[1] * 1000 == pytest.approx(energies[0], rel=0.02)


@pytest.mark.parametrize("search", ["annealing", "sampler"])
def test_a_found_mode_has_one_label(search):
    """With free label units the reads and anneals would end below the exact lowest energy."""
    for seed in range(5):
        generator = torch.Generator().manual_seed(seed)
        rbm = RBM(10, 5, labels=4, scale=1.0, generator=generator)
        rbm.visible_bias[6:] = 2.0
        drawings = Drawings(create(GibbsConfig(), seed=seed))
        found = find_mode(rbm, search, 50, 50, drawings, generator)
        assert found.v[6:].sum() == 1
        assert found.energy == pytest.approx(find_mode(rbm, "enumeration").energy, abs=SMALL)


def test_a_search_by_a_sampler_needs_one():
    with pytest.raises(ValueError, match="none was given"):
        find_mode(RBM(2, 2), "sampler")
