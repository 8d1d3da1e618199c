"""Every form of a machine has its energies, in all of its states."""

import itertools

import pytest
import torch
from dwave.plugins.torch.samplers.bipartite_sampler import BipartiteGibbsSampler

from boltzmann.config import BinaryDataConfig, RBMConfig, RBMModelConfig
from boltzmann.graphs import Graph, bipartite, subgraph
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_features import RBMFeatures
from boltzmann.models.rbm_ising import (
    from_ising_model,
    to_bits,
    to_bqm,
    to_grbm,
    to_ising,
    to_ising_model,
    to_qubo,
)
from boltzmann.models.stored_rbm import save_machine
from boltzmann.samplers.base import IsingModel

N, M = 4, 3


@pytest.fixture
def rbm():
    generator = torch.Generator().manual_seed(0)
    machine = RBM(N, M, labels=2, scale=1.0, generator=generator)
    machine.visible_bias.normal_(generator=generator)
    machine.hidden_bias.normal_(generator=generator)
    return machine


@pytest.fixture
def bits():
    """All states, (2**7, 7)."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=N + M)))


@pytest.fixture
def energies(rbm, bits):
    return rbm.energy(bits[:, :N], bits[:, N:]).double()


def test_the_bipartite_graph(tmp_path):
    graph = bipartite(N, M)
    assert graph.edges.tolist() == [[i, N + j] for i in range(N) for j in range(M)]
    assert graph.colours.tolist() == [0] * N + [1] * M
    assert set(graph.positions[:, 0].tolist()) == {0.0, 1.0}
    assert len({tuple(place) for place in graph.positions.tolist()}) == N + M
    graph.save(tmp_path / "graph")
    again = Graph.load(tmp_path / "graph")
    assert (again.topology, again.size) == ("bipartite", N)
    for name in ("nodes", "edges", "colours", "positions"):
        ours, theirs = getattr(graph, name), getattr(again, name)
        assert ours.dtype == theirs.dtype
        assert (ours == theirs).all()
    with pytest.raises(ValueError, match="at least 1"):
        bipartite(3, 0)


def test_spins_have_the_energies_less_the_offset(rbm, bits, energies):
    model, offset = to_ising_model(rbm)
    spins = (2 * bits - 1).to(torch.int8)
    torch.testing.assert_close(model.energy(spins) + offset, energies, rtol=0, atol=1e-5)
    visible, hidden = to_bits(rbm, spins)
    assert torch.equal(torch.cat([visible, hidden], dim=1), bits)
    # What a sampler has prepared for a graph is kept for as long as the graph is the same.
    assert to_ising_model(rbm)[0].graph is model.graph


def test_there_and_back(rbm):
    model, offset = to_ising_model(rbm)
    again, same = from_ising_model(model, labels=2)
    for name, values in rbm.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], values)
    assert same == pytest.approx(offset, abs=1e-5)
    graph = subgraph("zephyr", 8)
    other = IsingModel(graph, torch.zeros(8), torch.zeros(len(graph.edges)))
    with pytest.raises(ValueError, match="a zephyr graph"):
        from_ising_model(other)


def test_dimod_models_have_the_energies(rbm, bits, energies):
    names = [f"v{i}" for i in range(N)] + [f"h{j}" for j in range(M)]
    bqm = to_bqm(rbm)
    assert (bqm.vartype.name, bqm.num_variables, bqm.num_interactions) == ("BINARY", N + M, N * M)
    assert bqm.energies((bits.numpy(), names)) == pytest.approx(energies.numpy(), abs=1e-5)

    q = to_qubo(rbm)
    states = [dict(zip(names, row, strict=True)) for row in bits.tolist()]
    by_hand = [sum(value * state[a] * state[b] for (a, b), value in q.items()) for state in states]
    assert by_hand == pytest.approx(energies.tolist(), abs=1e-5)

    h, j, offset = to_ising(rbm)
    spins = [{name: 2 * bit - 1 for name, bit in state.items()} for state in states]
    by_hand = [
        offset
        + sum(value * s[name] for name, value in h.items())
        + sum(value * s[a] * s[b] for (a, b), value in j.items())
        for s in spins
    ]
    assert by_hand == pytest.approx(energies.tolist(), abs=1e-5)


def test_the_plugin_has_the_energies_and_knows_its_hidden_nodes(rbm, bits, energies):
    grbm = to_grbm(rbm)
    assert grbm.hidden_nodes == [4, 5, 6]
    with torch.no_grad():
        theirs = grbm(2 * bits - 1).double() + to_ising_model(rbm)[1]
    torch.testing.assert_close(theirs, energies, rtol=0, atol=1e-5)
    # Its own sampler takes it: hidden and visible nodes are told apart.
    spins = BipartiteGibbsSampler(grbm, num_chains=5, schedule=[1.0] * 3, seed=0).sample()
    assert spins.shape == (5, N + M)


def test_features_are_frozen_hidden_probabilities(rbm, bits, tmp_path):
    v = bits[:, :N].clone().requires_grad_()
    layer = RBMFeatures(rbm)
    network = torch.nn.Sequential(layer, torch.nn.Linear(M, 1))
    torch.testing.assert_close(layer(v), rbm.hidden_probability(bits[:, :N]))
    before = layer(v).detach().clone()
    network(v).sum().backward()
    assert v.grad is not None
    torch.optim.SGD(network.parameters(), lr=1.0).step()
    rbm.weights.zero_()  # it has a copy
    assert torch.equal(layer(v), before)

    data = BinaryDataConfig(dataset="bars_and_stripes", side=2)
    save_machine(tmp_path, RBMConfig(data=data, model=RBMModelConfig(hidden=M)), RBM(N, M))
    other = RBMFeatures(tmp_path)
    assert torch.equal(other(v), torch.full((len(bits), M), 0.5))
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(v), before)
