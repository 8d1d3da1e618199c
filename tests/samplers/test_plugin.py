import math

import pytest
import torch
from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine
from dwave.plugins.torch.samplers import TorchSampler

from boltzmann.config import ExactConfig
from boltzmann.samplers import create
from boltzmann.samplers.exact import probabilities, spins_of
from boltzmann.samplers.plugin import PluginSampler


@pytest.fixture
def machine(small_model) -> GraphRestrictedBoltzmannMachine:
    graph = small_model.graph
    machine = GraphRestrictedBoltzmannMachine(graph.nodes.tolist(), graph.nodes[graph.edges].tolist())
    machine.linear.data = small_model.linear.clone()
    machine.quadratic.data = small_model.quadratic.clone()
    return machine


@pytest.fixture
def sampler(machine, small_model) -> PluginSampler:
    return PluginSampler(machine, small_model.graph, create(ExactConfig(), 0), num_reads=20_000)


def test_samples_the_machine(machine, small_model, sampler) -> None:
    assert isinstance(sampler, TorchSampler)
    spins = sampler.sample()
    assert (spins.shape, spins.dtype) == ((20_000, 12), torch.float32)
    means = probabilities(small_model).float() @ spins_of(torch.arange(2**12), 12).float()
    # Standard error of each mean: at most 1 / sqrt(20,000) = 0.007.
    torch.testing.assert_close(spins.mean(0), means, rtol=0, atol=0.035)
    assert sampler.samples is not None
    torch.testing.assert_close(machine(spins).double(), sampler.samples.energies, rtol=0, atol=1e-4)


def test_follows_the_machine_as_it_learns(machine, sampler) -> None:
    machine.linear.data.fill_(-50.0)
    assert (sampler.sample() == 1).all()


def test_partly_known_rows(machine, small_model) -> None:
    sampler = PluginSampler(machine, small_model.graph, create(ExactConfig(), 0), num_reads=6)
    rows = torch.full((2, 12), math.nan)
    rows[0, :4], rows[1, 4:] = 1, -1
    spins = sampler.sample(rows)
    assert spins.shape == (2, 6, 12)
    assert (spins[0, :, :4] == 1).all()
    assert (spins[1, :, 4:] == -1).all()


def test_bad_rows_and_another_graph(machine, make_model, sampler) -> None:
    with pytest.raises(ValueError, match=r"must have shape \(batch, 12\)"):
        sampler.sample(torch.ones(2, 11))
    with pytest.raises(ValueError, match=r"-1, \+1 or NaN"):
        sampler.sample(torch.zeros(2, 12))
    with pytest.raises(ValueError, match="was not built from this graph"):
        PluginSampler(machine, make_model(13).graph, create(ExactConfig(), 0), num_reads=6)
