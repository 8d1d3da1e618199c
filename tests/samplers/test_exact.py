import math

import pytest
import torch

from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import all_energies, log_partition, probabilities, spins_of, states_of


def test_energies_of_all_states_are_the_model_s(small_model) -> None:
    states = torch.arange(2**12)
    spins = spins_of(states, 12)
    assert torch.equal(states_of(spins), states)
    torch.testing.assert_close(all_energies(small_model), small_model.energy(spins), rtol=0, atol=1e-12)


def test_probabilities_and_partition_function_agree(small_model) -> None:
    exact = probabilities(small_model)
    assert float(exact.sum()) == pytest.approx(1)
    torch.testing.assert_close(exact.log(), -all_energies(small_model) - log_partition(small_model))


def test_partition_function_of_free_spins(edgeless) -> None:
    model = IsingModel(edgeless, torch.full((5,), 0.3), torch.zeros(0))
    assert log_partition(model) == pytest.approx(5 * math.log(2 * math.cosh(0.3)), rel=1e-6)


def test_twenty_spins_are_enumerated(make_model) -> None:
    assert probabilities(make_model(20)).shape == (2**20,)
