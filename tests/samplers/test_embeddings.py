"""Machines as chains of qubits on the simulated chip. Ten units are few enough for the exact law."""

import numpy as np
import pytest
import torch

from boltzmann.config import SimulatedQPUConfig
from boltzmann.graphs import bipartite, induced, subgraph, topology
from boltzmann.samplers.base import IsingModel, SamplerError
from boltzmann.samplers.embeddings import SIZES, embedding, of_model
from boltzmann.samplers.simulated_qpu import SimulatedQPUSampler


@pytest.fixture(scope="module")
def machine() -> IsingModel:
    """5 + 5 units, which a Chimera chip holds as ten chains of two."""
    generator = torch.Generator().manual_seed(0)
    linear, quadratic = (0.3 * torch.randn(size, generator=generator) for size in (10, 25))
    return IsingModel(bipartite(5, 5), linear, quadratic)


def chip(seed: int = 7, **settings) -> SimulatedQPUSampler:
    usual = {"prefactor": 1 / 3, "inverse_temperature": 3.0, "coefficient_noise": 0.0, "embedding": "chimera"}
    return SimulatedQPUSampler(SimulatedQPUConfig(**{**usual, **settings}), seed)


@pytest.mark.parametrize("kind", SIZES)
def test_a_machine_is_on_working_qubits_and_couplers(kind) -> None:
    found = embedding(12, 8, kind)
    whole = topology(kind, SIZES[kind])
    couplers = found.graph.nodes[found.graph.edges]
    assert set(found.graph.nodes.tolist()) == set(found.placement.qubits.tolist())
    assert all(whole.has_edge(*pair) for pair in couplers.tolist())
    assert found.units.tolist() == [
        next(unit for unit, chain in enumerate(found.placement.chains) if qubit in chain) for qubit in found.graph.nodes
    ]
    ends = found.units[found.graph.edges]
    assert (found.inside == (ends[:, 0] == ends[:, 1])).all()
    between = {tuple(sorted(pair)) for pair in ends[~found.inside].tolist()}
    assert between == {(v, 12 + h) for v in range(12) for h in range(8)}
    # Found once, whichever graph object asks.
    assert of_model(bipartite(12, 8), kind) is found
    assert (found.graph.colours[found.graph.edges[:, 0]] != found.graph.colours[found.graph.edges[:, 1]]).all()


@pytest.mark.parametrize("held", [[], [0, 3, 7]])
def test_unbroken_chains_have_the_model_s_energies(machine, held) -> None:
    """Less the strength of every coupler within a chain; of the whole machine and of a part."""
    random = np.random.default_rng(1)
    graph, rows = induced(machine.graph, np.setdiff1d(np.arange(10), held))
    linear, quadratic = machine.linear.numpy()[np.setdiff1d(np.arange(10), held)], machine.quadratic.numpy()[rows]
    part = of_model(machine.graph, "chimera").part(graph)
    biases, couplings = (torch.from_numpy(values).float() for values in part.program(linear, quadratic, 1.5))
    spins = random.choice((-1, 1), size=(50, graph.n)).astype(np.int8)
    qubits = np.empty((50, part.graph.n), dtype=np.int8)
    qubits[:, part.columns] = np.repeat(spins, part.placement.lengths, axis=1)
    expected = IsingModel(graph, torch.from_numpy(linear), torch.from_numpy(quadratic)).energy(torch.from_numpy(spins))
    found = IsingModel(part.graph, biases, couplings).energy(torch.from_numpy(qubits))
    # Every chain is two qubits and one coupler.
    torch.testing.assert_close(found, expected - 1.5 * graph.n, rtol=0, atol=1e-5)
    back, broken = part.vote(qubits, random)
    assert broken == 0
    assert (back == spins).all()


@pytest.mark.parametrize("pattern", [False, True])
def test_long_anneals_of_strong_chains_follow_the_machine(machine, judge, pattern) -> None:
    """At the reported temperature; above the mean distance of independent reads by the contract's tolerance."""
    clamp = torch.zeros(10, dtype=torch.int8)
    if pattern:
        clamp[[1, 6]] = torch.tensor([1, -1], dtype=torch.int8)
    sampler = chip(annealing_time=1000, chain_strength=0.8)
    # Another part of the machine before.
    sampler.sample(machine, 8, 1 - clamp.abs())
    answer = sampler.sample(machine, 32_768, clamp)
    assert (answer.spins[:, clamp != 0] == clamp[clamp != 0]).all()
    beta = answer.info["effective_inverse_temperature"]
    assert beta == pytest.approx(1, abs=0.06)
    law = IsingModel(machine.graph, beta * machine.linear, beta * machine.quadratic)
    exact = judge.conditional(law, clamp)
    assert judge.distance(answer.spins, exact) < judge.floor(exact, 32_768) + 0.01
    assert 0 < answer.info["chain_break_fraction"] < 0.02


def test_weak_chains_break_and_the_report_says_so(machine) -> None:
    weak, strong = (chip(chain_strength=strength).sample(machine, 2000).info for strength in (0.1, 2.0))
    # Two free spins with a coupling of 3 x 0.1 differ with probability 1 / (1 + exp(0.6)) = 0.35.
    assert weak["chain_break_fraction"] == pytest.approx(0.35, abs=0.05)
    assert strong["chain_break_fraction"] < 0.001
    assert weak["chain_strength"] == 0.1
    assert weak["placement"] == {"kind": "minor", "summary": of_model(machine.graph, "chimera").placement.summary}


def test_coefficient_errors_are_those_of_qubits_and_of_chains(machine) -> None:
    """So large that couplers within chains of strength 0.5 come out with the wrong sign: without errors 5% would break."""
    broken = [
        chip(coefficient_noise=noise, chain_strength=0.5).sample(machine, 2000).info["chain_break_fraction"]
        for noise in (0.0, 0.5)
    ]
    assert broken[0] < 0.1 < 0.2 < broken[1]


def test_a_chip_s_own_graph_has_no_chains() -> None:
    graph = subgraph("chimera", 20, size=16)
    info = chip().sample(IsingModel(graph, torch.zeros(20), 0.1 * torch.ones(len(graph.edges))), 16).info
    assert (info["placement"]["kind"], info["chain_strength"], info["chain_break_fraction"]) == ("native", None, 0.0)


def test_a_restored_state_repeats_bit_for_bit(machine) -> None:
    settings = {"spin_reversals": 3, "pause_time": 2.0, "coefficient_noise": 0.02, "prefactor": None}
    first, resumed = chip(1, **settings), chip(2, **settings)
    first.sample(machine, 64)
    state = {key: value.clone() for key, value in first.state().items()}
    expected = [first.sample(machine, 64) for _ in range(2)]
    resumed.restore(state)
    for answer in expected:
        again = resumed.sample(machine, 64)
        assert torch.equal(again.spins, answer.spins)
        assert again.info == answer.info


def test_a_machine_too_large_for_the_chip() -> None:
    model = IsingModel(bipartite(100, 100), torch.zeros(200), torch.zeros(10_000))
    with pytest.raises(
        SamplerError, match=r"10,000 couplings and the chip chimera\(16\) 6,016 working couplers"
    ) as error:
        chip().sample(model, 4)
    assert error.value.title == "The model does not fit on the chip"
    with pytest.raises(ValueError, match="unknown topology 'king': choose chimera, pegasus, zephyr"):
        embedding(2, 2, "king")
