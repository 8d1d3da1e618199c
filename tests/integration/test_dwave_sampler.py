"""The D-Wave adapter through D-Wave's own client, against the simulated service: laws, placements, ranges, costs."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from boltzmann.graphs import subgraph
from boltzmann.loopback import chip
from boltzmann.loopback.faults import Fault
from boltzmann.samplers import dwave, programmed
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.cloud.answers import AnswerBook
from boltzmann.samplers.cloud.client import Client, Failure
from boltzmann.samplers.cloud.failures import CloudError
from boltzmann.samplers.dwave import DWaveSampler
from boltzmann.samplers.errors import SamplerError
from boltzmann.samplers.exact import probabilities

WHOLE = {"broken_qubits": 0, "broken_couplers": 0}


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(DWaveSampler.module)
    yield made
    made.close()


@pytest.mark.parametrize("hidden", [2.0, 8.0])
def test_the_prefactor_is_found(dwave_service, dwave_sampler, hidden, gaussian) -> None:
    """From 1/5, in 12 batches, to within 5%: a batch of 256 reads on 128 spins errs by 2%."""
    dwave_service(size=6, inverse_temperature=hidden)
    sampler = dwave_sampler()
    graph = sampler.subgraph(128, 0)
    assert graph is not None
    for _ in range(12):
        info = sampler.sample(gaussian(graph, 0.2), 256).info
    assert info["prefactor"] * hidden == pytest.approx(1, abs=0.05)
    assert info["effective_inverse_temperature"] == pytest.approx(1, abs=0.08)


def test_what_is_reported(dwave_service, dwave_sampler, gaussian) -> None:
    service = dwave_service(size=4)
    sampler = dwave_sampler(price=60.0)
    graph = sampler.subgraph(40, 1)
    assert graph is not None
    infos = [sampler.sample(gaussian(graph), 100).info for _ in range(2)]
    info = json.loads(json.dumps(infos[-1]))
    assert (info["endpoint"], info["solver"], info["simulated_service"]) == (service.endpoint, "loopback_zephyr", True)
    assert info["placement"] == {"kind": "native", "summary": "On its own qubits."}
    assert info["chain_break_fraction"] == 0
    # 15 ms of programming, then 20 us of annealing, 25 of readout, 20 of delay for each read.
    assert info["qpu_seconds"] == pytest.approx(0.015 + 100 * 65e-6)
    assert info["total_qpu_seconds"] == info["total_cost"] == pytest.approx(2 * info["qpu_seconds"])
    assert info["timing"]["qpu_access_time"] == pytest.approx(1e6 * info["qpu_seconds"])
    assert (info["calls"], info["total_calls"], info["total_reads"], info["submissions"]) == (1, 2, 200, 1)
    assert info["replay"] is False


def test_a_new_run_s_graph_is_the_chip_s(dwave_service, dwave_sampler) -> None:
    chip = dwave_service(size=3).chip
    sampler = dwave_sampler()
    graph, other = sampler.subgraph(100, 0), sampler.subgraph(100, 1)
    assert graph is not None
    assert other is not None
    assert (graph.n, graph.topology, graph.size) == (100, "zephyr", 3)
    assert set(graph.nodes.tolist()) <= set(chip.qubits.tolist())
    assert set(map(tuple, graph.nodes[graph.edges].tolist())) <= set(map(tuple, chip.couplers.tolist()))
    assert not np.array_equal(graph.nodes, other.nodes)
    assert dwave_sampler(own_graph=False).subgraph(100, 0) is None
    with pytest.raises(SamplerError, match=r"working qubits, the model needs 400") as failure:
        sampler.subgraph(400, 0)
    assert "fit on the chip" in failure.value.title


def test_a_model_made_for_a_perfect_chip_is_moved_on_a_broken_one(
    dwave_service, dwave_sampler, excess, gaussian
) -> None:
    model = gaussian(subgraph("zephyr", 12, 4))
    dwave_service(size=4, broken_qubits=[int(model.graph.nodes[0])], broken_couplers=0, inverse_temperature=4)
    answer = dwave_sampler(prefactor=0.25).sample(model, 8192)
    assert answer.info["placement"]["kind"] == "moved"
    assert "Moved on the chip" in answer.info["placement"]["summary"]
    # A temperature 10% off would give 0.05.
    assert abs(excess(answer.spins.numpy(), probabilities(model))) < 0.02


@pytest.mark.parametrize("reversals", [0, 3])
def test_a_model_that_needs_chains(dwave_service, dwave_sampler, excess, reversals, gaussian) -> None:
    """A Zephyr's model on a Pegasus: coefficients shared by chains and couplers, and a majority for each spin."""
    model = gaussian(subgraph("zephyr", 12))
    dwave_service(topology="pegasus", size=3, inverse_temperature=4)
    answer = dwave_sampler(prefactor=0.25, spin_reversals=reversals).sample(model, 8192)
    assert answer.info["placement"]["kind"] == "minor"
    assert "made for zephyr, the chip is pegasus" in answer.info["placement"]["summary"]
    # At a chain strength of 4 temperatures, a chain breaks in less than one read in a thousand.
    assert 0 <= answer.info["chain_break_fraction"] < 0.01
    assert abs(excess(answer.spins.numpy(), probabilities(model))) < 0.02


def test_weak_chains_break_and_it_is_reported(dwave_service, dwave_sampler, gaussian) -> None:
    dwave_service(topology="chimera", size=6, inverse_temperature=4)
    answer = dwave_sampler(prefactor=0.25, chain_strength=0.1).sample(gaussian(subgraph("zephyr", 12)), 512)
    assert answer.info["chain_break_fraction"] > 0.05


def test_chains_of_held_spins_do_not_count_as_unbroken(dwave_service, dwave_sampler, gaussian) -> None:
    dwave_service(topology="chimera", size=6, inverse_temperature=4)
    model = gaussian(subgraph("zephyr", 12))
    held = torch.ones(12, dtype=torch.int8)
    held[:2] = 0
    info = dwave_sampler(prefactor=0.01, chain_strength=0.01).sample(model, 512, clamp=held).info
    # Two free qubits differ in half of the reads; diluted by ten chains that are not there it would be a twelfth.
    assert info["chain_break_fraction"] > 0.3


@pytest.mark.parametrize("asked", [1.0, 2.0])
def test_chains_that_a_qubit_does_not_bear_are_weakened(dwave_service, dwave_sampler, monkeypatch, asked) -> None:
    # Hardly more than the whole of j_range at all six couplers, which a chip always bears.
    limits = {**chip.COUPLING_RANGES, "chimera": ("per_qubit_coupling_range", (-6.5, 6.0))}
    monkeypatch.setattr(chip, "COUPLING_RANGES", limits)
    dwave_service(topology="chimera", size=6)
    graph = subgraph("zephyr", 12)
    model = IsingModel(graph, torch.zeros(12), torch.full((len(graph.edges),), -1.0))
    info = dwave_sampler(prefactor=1.0, chain_strength=asked).sample(model, 16).info
    assert 1.0 <= info["chain_strength"] <= asked
    assert (info["chain_strength"] < asked) == (asked == 2.0)


def test_a_graph_is_placed_once(dwave_service, dwave_sampler, monkeypatch, gaussian) -> None:
    dwave_service(size=4)
    placed = []
    place = dwave.place
    monkeypatch.setattr(dwave, "place", lambda graph, *rest: placed.append(graph) or place(graph, *rest))
    sampler, model, other = dwave_sampler(), gaussian(subgraph("zephyr", 12, 4)), gaussian(subgraph("zephyr", 13, 4))
    held = torch.zeros(12, dtype=torch.int8)
    held[3] = 1
    for part in (model, model, other):
        sampler.sample(part, 8)
    assert [graph.n for graph in placed] == [12, 13]
    sampler.sample(model, 8)
    sampler.sample(model, 8, clamp=held)
    sampler.close()
    sampler.sample(model, 8)
    assert len(placed) == 3


def test_a_model_too_large_for_the_chip(dwave_service, dwave_sampler, gaussian) -> None:
    dwave_service(size=1)
    with pytest.raises(SamplerError, match=r"loopback_zephyr: the model has 300 nodes") as failure:
        dwave_sampler().sample(gaussian(subgraph("zephyr", 300)), 4)
    assert "fit on the chip" in failure.value.title


@pytest.mark.parametrize(("reversals", "clipped"), [(0, 4), (2, 5)])
def test_coefficients_out_of_range_are_clipped_and_counted(dwave_service, dwave_sampler, reversals, clipped) -> None:
    dwave_service(size=4, **WHOLE)
    graph = subgraph("zephyr", 12, 4)
    linear, quadratic = torch.zeros(12), torch.zeros(len(graph.edges))
    linear[:3] = torch.tensor([4.5, -4.5, 4.0])
    # J may reach -2 but only 1, and neither sign more than 1 where signs are to be reversed.
    quadratic[:4] = torch.tensor([1.5, -1.5, -2.5, 1.0])
    sampler = dwave_sampler(prefactor=1.0, spin_reversals=reversals)
    assert sampler.sample(IsingModel(graph, linear, quadratic), 16).info["clipped"] == clipped


def test_couplings_of_a_qubit_that_add_up_to_too_much(dwave_service, dwave_sampler, monkeypatch) -> None:
    dwave_service(size=4, **WHOLE)
    graph = subgraph("zephyr", 100, 4)
    degrees = np.bincount(graph.edges.ravel())
    star = torch.from_numpy((graph.edges == degrees.argmax()).any(axis=1))
    model = IsingModel(graph, torch.zeros(100), torch.where(star, -1.5, 0.0))
    assert degrees.max() == 20
    assert dwave_sampler(prefactor=1.0).sample(model, 16).info["clipped"] == 20
    monkeypatch.setattr(DWaveSampler, "_fit", programmed.ProgrammedSampler._fit)
    with pytest.raises(CloudError, match="per_group_coupling_range") as failure:
        dwave_sampler(prefactor=1.0).sample(model, 16)
    assert failure.value.kind == "rejected"


def test_a_pause_and_spin_reversals(dwave_service, dwave_sampler, excess, gaussian) -> None:
    service = dwave_service(size=4, inverse_temperature=4, **WHOLE)
    model = gaussian(subgraph("zephyr", 12, 4))
    sampler = dwave_sampler(prefactor=0.25, annealing_time=30, pause_at=0.4, pause_time=50, spin_reversals=4)
    answer = sampler.sample(model, 8190)
    assert service.problems == answer.info["submissions"] == 4
    assert answer.info["timing"]["qpu_anneal_time_per_sample"] == 80
    assert answer.info["qpu_seconds"] == pytest.approx(4 * 0.015 + 8190 * 125e-6)
    assert abs(excess(answer.spins.numpy(), probabilities(model))) < 0.02
    assert sampler.sample(model, 3).info["submissions"] == 3


def test_reads_beyond_the_chip_s_run_time_are_shared(dwave_service, dwave_sampler, gaussian) -> None:
    """A second at most, 10,000 reads at most: 9990 reads of 100 us fit beside the wait after programming."""
    service = dwave_service(size=2, **WHOLE)
    answer = dwave_sampler(annealing_time=100).sample(gaussian(subgraph("zephyr", 4, 2)), 20_000)
    assert answer.spins.shape == (20_000, 4)
    assert service.problems == answer.info["submissions"] == 3


def test_the_shortest_anneal_with_the_longest_pause(dwave_service, dwave_sampler, gaussian) -> None:
    dwave_service(size=2)
    sampler = dwave_sampler(annealing_time=0.5, pause_at=0.05, pause_time=1000)
    assert sampler.sample(gaussian(subgraph("zephyr", 4, 2)), 8).info["timing"]["qpu_anneal_time_per_sample"] == 1000.5


def test_what_the_chip_does_not_take_is_a_rejection(dwave_service, dwave_sampler, monkeypatch, gaussian) -> None:
    dwave_service(size=2)
    sampler = dwave_sampler()
    monkeypatch.setattr(sampler, "_anneal", lambda: [(0.0, 0.0), (0.1, 1.0)])
    with pytest.raises(CloudError, match="annealing_time") as failure:
        sampler.sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert failure.value.kind == "rejected"
    assert "Change the setting" in failure.value.mend


def test_solvers_are_listed_soon(dwave_service, client, soon) -> None:
    service = dwave_service()
    assert [solver["solver"] for solver in client.call("solvers", 20, lambda: False)] == ["loopback_zephyr"]
    with soon():
        (solver,) = client.call("solvers", 20, lambda: False)
    json.dumps(solver)
    assert (solver["endpoint"], solver["simulated"]) == (service.endpoint, True)
    assert solver["topology"] == {"type": "zephyr", "shape": [12, 4]}
    assert (len(solver["qubits"]), len(solver["couplers"])) == (len(service.chip.qubits), len(service.chip.couplers))
    assert (solver["h_range"], solver["extended_j_range"], solver["coupling_limit"]) == ([-4, 4], [-2, 1], -13)
    service.fault = Fault("offline")
    assert client.call("solvers", 20, lambda: False) == []
    service.fault = Fault("refused")
    with soon(), pytest.raises(Failure) as failure:
        client.call("solvers", 20, lambda: False)
    assert failure.value.kind == "refused"


def test_a_chip_that_has_changed_meanwhile(dwave_service, dwave_sampler, gaussian) -> None:
    """A calibration takes a qubit of the model away: once the client is gone, the model is placed anew."""
    model = gaussian(subgraph("zephyr", 12, 4))
    first = dwave_service(size=4, **WHOLE)
    sampler = dwave_sampler()
    assert sampler.sample(model, 8).info["placement"]["kind"] == "native"
    first.close()
    dwave_service(size=4, broken_qubits=[int(model.graph.nodes[5])], broken_couplers=0)
    with pytest.raises(CloudError):
        sampler.sample(model, 8)
    assert sampler.sample(model, 8).info["placement"]["kind"] == "moved"


def test_recorded_answers_are_replayed_without_the_service(dwave_service, dwave_sampler, tmp_path, gaussian) -> None:
    service = dwave_service(size=4)
    sampler = dwave_sampler()
    graph = sampler.subgraph(24, 0)
    assert graph is not None
    model, held = gaussian(graph), torch.zeros(24, dtype=torch.int8)
    held[[2, 5]] = 1
    sampler.record(AnswerBook(tmp_path))
    recorded = [sampler.sample(model, 64, clamp=clamp) for clamp in (None, held, None)]
    service.close()
    again = dwave_sampler()
    again.replay(AnswerBook(tmp_path))
    kept = again.subgraph(24, 0)
    assert kept is not None
    assert np.array_equal(kept.nodes, graph.nodes)
    for before, clamp in zip(recorded, (None, held, None), strict=True):
        answer = again.sample(model, 64, clamp=clamp)
        assert torch.equal(answer.spins, before.spins)
        told = {**before.info, "replay": True}
        assert answer.info.keys() == told.keys()
        for name, value in told.items():
            assert answer.info[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)
    assert not again._client.running
    with pytest.raises(SamplerError, match="no answer number 4"):
        again.sample(model, 64)
