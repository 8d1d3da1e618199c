"""The D-Wave adapter through D-Wave's own client, against the simulated service."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import torch

from boltzmann.config import DWaveConfig
from boltzmann.graphs import Graph, subgraph
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
KINDS = {
    "slow": "deadline",
    "hung": "deadline",
    "half": "half",
    "garbage": "garbage",
    "unauthorised": "bad_key",
    "forbidden": "forbidden",
    "server_error": "server",
    "offline": "offline",
    "cancelled": "cancelled",
    "broken": "refused",
    "refused": "refused",
}
AT_ONCE = ("hung", "unauthorised", "forbidden", "server_error", "offline", "refused")
"""Faults that meet a client before its first problem."""


@pytest.fixture
def connect() -> Iterator[Callable[..., DWaveSampler]]:
    """Makes a sampler with the given settings; all are closed at the end."""
    with ExitStack() as open_samplers:

        def make(seed: int = 0, **settings) -> DWaveSampler:
            sampler = DWaveSampler(DWaveConfig(**{"deadline": 60, **settings}), seed)
            open_samplers.callback(sampler.close)
            return sampler

        yield make


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(DWaveSampler.module)
    yield made
    made.close()


def never() -> bool:
    return False


def gaussian(graph: Graph, scale: float = 0.5) -> IsingModel:
    generator = torch.Generator().manual_seed(0)
    linear = scale * torch.randn(graph.n, generator=generator)
    return IsingModel(graph, linear, scale * torch.randn(len(graph.edges), generator=generator))


@pytest.mark.parametrize("hidden", [2.0, 8.0])
def test_the_prefactor_is_found(dwave_service, connect, hidden) -> None:
    """From 1/5, in 12 batches, to within 5%: a batch of 256 reads on 128 spins errs by 2%."""
    dwave_service(size=6, inverse_temperature=hidden)
    sampler = connect()
    graph = sampler.subgraph(128, 0)
    assert graph is not None
    for _ in range(12):
        info = sampler.sample(gaussian(graph, 0.2), 256).info
    assert info["prefactor"] * hidden == pytest.approx(1, abs=0.05)
    assert info["effective_inverse_temperature"] == pytest.approx(1, abs=0.08)


def test_what_is_reported(dwave_service, connect) -> None:
    service = dwave_service(size=4)
    sampler = connect(price=60.0)
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


def test_a_new_run_s_graph_is_the_chip_s(dwave_service, connect) -> None:
    chip = dwave_service(size=3).chip
    sampler = connect()
    graph, other = sampler.subgraph(100, 0), sampler.subgraph(100, 1)
    assert graph is not None
    assert other is not None
    assert (graph.n, graph.topology, graph.size) == (100, "zephyr", 3)
    assert set(graph.nodes.tolist()) <= set(chip.qubits.tolist())
    assert set(map(tuple, graph.nodes[graph.edges].tolist())) <= set(map(tuple, chip.couplers.tolist()))
    assert not np.array_equal(graph.nodes, other.nodes)
    assert connect(own_graph=False).subgraph(100, 0) is None
    with pytest.raises(SamplerError, match=r"working qubits, the model needs 400") as failure:
        sampler.subgraph(400, 0)
    assert "fit on the chip" in failure.value.title


def test_a_model_made_for_a_perfect_chip_is_moved_on_a_broken_one(dwave_service, connect, excess) -> None:
    model = gaussian(subgraph("zephyr", 12, 4))
    dwave_service(size=4, broken_qubits=[int(model.graph.nodes[0])], broken_couplers=0, inverse_temperature=4)
    answer = connect(prefactor=0.25).sample(model, 8192)
    assert answer.info["placement"]["kind"] == "moved"
    assert "Moved on the chip" in answer.info["placement"]["summary"]
    # A temperature 10% off would give 0.05.
    assert abs(excess(answer.spins.numpy(), probabilities(model))) < 0.02


@pytest.mark.parametrize("reversals", [0, 3])
def test_a_model_that_needs_chains(dwave_service, connect, excess, reversals) -> None:
    """A Zephyr's model on a Pegasus: coefficients shared by chains and couplers, and a majority for each spin."""
    model = gaussian(subgraph("zephyr", 12))
    dwave_service(topology="pegasus", size=3, inverse_temperature=4)
    answer = connect(prefactor=0.25, spin_reversals=reversals).sample(model, 8192)
    assert answer.info["placement"]["kind"] == "minor"
    assert "made for zephyr, the chip is pegasus" in answer.info["placement"]["summary"]
    # At a chain strength of 4 temperatures, a chain breaks in less than one read in a thousand.
    assert 0 <= answer.info["chain_break_fraction"] < 0.01
    assert abs(excess(answer.spins.numpy(), probabilities(model))) < 0.02


def test_weak_chains_break_and_it_is_reported(dwave_service, connect) -> None:
    dwave_service(topology="chimera", size=6, inverse_temperature=4)
    answer = connect(prefactor=0.25, chain_strength=0.1).sample(gaussian(subgraph("zephyr", 12)), 512)
    assert answer.info["chain_break_fraction"] > 0.05


def test_a_graph_is_placed_once(dwave_service, connect, monkeypatch) -> None:
    dwave_service(size=4)
    placed = []
    place = dwave.place
    monkeypatch.setattr(dwave, "place", lambda graph, *rest: placed.append(graph) or place(graph, *rest))
    sampler, model, other = connect(), gaussian(subgraph("zephyr", 12, 4)), gaussian(subgraph("zephyr", 13, 4))
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


def test_a_model_too_large_for_the_chip(dwave_service, connect) -> None:
    dwave_service(size=1)
    with pytest.raises(SamplerError, match=r"loopback_zephyr: the model has 300 nodes") as failure:
        connect().sample(gaussian(subgraph("zephyr", 300)), 4)
    assert "fit on the chip" in failure.value.title


@pytest.mark.parametrize(("reversals", "clipped"), [(0, 4), (2, 5)])
def test_coefficients_out_of_range_are_clipped_and_counted(dwave_service, connect, reversals, clipped) -> None:
    dwave_service(size=4, **WHOLE)
    graph = subgraph("zephyr", 12, 4)
    linear, quadratic = torch.zeros(12), torch.zeros(len(graph.edges))
    linear[:3] = torch.tensor([4.5, -4.5, 4.0])
    # J may reach -2 but only 1, and neither sign more than 1 where signs are to be reversed.
    quadratic[:4] = torch.tensor([1.5, -1.5, -2.5, 1.0])
    sampler = connect(prefactor=1.0, spin_reversals=reversals)
    assert sampler.sample(IsingModel(graph, linear, quadratic), 16).info["clipped"] == clipped


def test_couplings_of_a_qubit_that_add_up_to_too_much(dwave_service, connect, monkeypatch) -> None:
    dwave_service(size=4, **WHOLE)
    graph = subgraph("zephyr", 100, 4)
    degrees = np.bincount(graph.edges.ravel())
    star = torch.from_numpy((graph.edges == degrees.argmax()).any(axis=1))
    model = IsingModel(graph, torch.zeros(100), torch.where(star, -1.5, 0.0))
    assert degrees.max() == 20
    assert connect(prefactor=1.0).sample(model, 16).info["clipped"] == 20
    monkeypatch.setattr(DWaveSampler, "_fit", programmed.ProgrammedSampler._fit)
    with pytest.raises(CloudError, match="per_group_coupling_range") as failure:
        connect(prefactor=1.0).sample(model, 16)
    assert failure.value.kind == "rejected"


def test_a_pause_and_spin_reversals(dwave_service, connect, excess) -> None:
    service = dwave_service(size=4, inverse_temperature=4, **WHOLE)
    model = gaussian(subgraph("zephyr", 12, 4))
    sampler = connect(prefactor=0.25, annealing_time=30, pause_at=0.4, pause_time=50, spin_reversals=4)
    answer = sampler.sample(model, 8190)
    assert service.problems == answer.info["submissions"] == 4
    assert answer.info["timing"]["qpu_anneal_time_per_sample"] == 80
    assert answer.info["qpu_seconds"] == pytest.approx(4 * 0.015 + 8190 * 125e-6)
    assert abs(excess(answer.spins.numpy(), probabilities(model))) < 0.02
    assert sampler.sample(model, 3).info["submissions"] == 3


def test_reads_beyond_the_chip_s_run_time_are_shared(dwave_service, connect) -> None:
    """A second at most, 10,000 reads at most: 9990 reads of 100 us fit beside the wait after programming."""
    service = dwave_service(size=2, **WHOLE)
    answer = connect(annealing_time=100).sample(gaussian(subgraph("zephyr", 4, 2)), 20_000)
    assert answer.spins.shape == (20_000, 4)
    assert service.problems == answer.info["submissions"] == 3


@pytest.mark.parametrize(
    ("settings", "cause"), [({"annealing_time": 0.5, "pause_time": 1000}, ""), ({}, "annealing_time")]
)
def test_what_the_chip_does_not_take_is_a_rejection(dwave_service, connect, monkeypatch, settings, cause) -> None:
    """The shortest anneal with a long pause is in range; an anneal that is too short is not."""
    dwave_service(size=2)
    sampler, model = connect(**settings), gaussian(subgraph("zephyr", 4, 2))
    if not cause:
        assert sampler.sample(model, 8).spins.shape == (8, 4)
        return
    monkeypatch.setattr(sampler, "_anneal", lambda: [(0.0, 0.0), (0.1, 1.0)])
    with pytest.raises(CloudError, match=cause) as failure:
        sampler.sample(model, 8)
    assert failure.value.kind == "rejected"
    assert "Change the setting" in failure.value.mend


@pytest.mark.parametrize("mode", KINDS)
def test_faults_in_mid_run(dwave_service, connect, mode) -> None:
    """After a good call; the next one after the fault is good again. Twice the deadline, for a busy machine."""
    service = dwave_service(size=2)
    sampler, model = connect(deadline=3), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    service.fault = Fault(mode, seconds=30)
    began = time.monotonic()
    with pytest.raises(CloudError) as failure:
        sampler.sample(model, 8)
    assert time.monotonic() - began < 6
    assert failure.value.kind == KINDS[mode]
    assert failure.value.title
    assert "simulated QPU" in failure.value.mend
    service.fault = None
    assert sampler.sample(model, 8).info["total_calls"] == 2


@pytest.mark.parametrize("mode", AT_ONCE)
def test_faults_before_the_first_call(dwave_service, connect, client, mode) -> None:
    service = dwave_service(size=2)
    service.fault = Fault(mode)
    began = time.monotonic()
    with pytest.raises(CloudError) as failure:
        connect(deadline=5).sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert time.monotonic() - began < 10
    assert failure.value.kind == KINDS[mode]


def test_no_key_no_solver_and_another_key(dwave_service, connect, monkeypatch) -> None:
    dwave_service(size=2)
    model = gaussian(subgraph("zephyr", 4, 2))
    with pytest.raises(CloudError, match="loopback_pegasus") as failure:
        connect(solver="loopback_pegasus").sample(model, 8)
    assert failure.value.kind == "no_solver"
    assert connect(solver="loopback_zephyr").sample(model, 8).info["solver"] == "loopback_zephyr"
    monkeypatch.delenv("DWAVE_API_SOLVER")
    assert connect().sample(model, 8).info["solver"] == "loopback_zephyr"
    monkeypatch.setenv("DWAVE_API_TOKEN", "another-key")
    with pytest.raises(CloudError) as failure:
        connect().sample(model, 8)
    assert failure.value.kind == "bad_key"
    monkeypatch.delenv("DWAVE_API_TOKEN")
    with pytest.raises(CloudError, match="token not defined") as failure:
        connect().sample(model, 8)
    assert failure.value.kind == "no_key"


def test_a_key_goes_nowhere_unencrypted(dwave_service, connect, monkeypatch) -> None:
    dwave_service(size=2)
    monkeypatch.setenv("DWAVE_API_ENDPOINT", "http://someone:secret@192.0.2.1/sapi/v2/")
    with pytest.raises(CloudError, match=r"http://192\.0\.2\.1/sapi/v2/ is not encrypted") as failure:
        connect().sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert failure.value.kind == "refused"
    assert "secret" not in str(failure.value)


def test_a_problem_given_up_is_cancelled_on_the_service(dwave_service, connect) -> None:
    service = dwave_service(size=2)
    service.fault = Fault("slow", seconds=30)
    with pytest.raises(CloudError, match="cancelled shortly before the deadline"):
        connect(deadline=3).sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert [problem.status for problem in service._submitted.values()] == ["CANCELLED"]


def test_a_caller_that_no_longer_waits(dwave_service, connect) -> None:
    service = dwave_service(size=2)
    sampler, model = connect(), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    service.fault = Fault("hung")
    began = time.monotonic()
    sampler.cancelled = lambda: time.monotonic() > began + 0.5
    with pytest.raises(SamplerError, match="cancelled"):
        sampler.sample(model, 8)
    assert time.monotonic() - began < 2
    assert not sampler._client.running


def test_solvers_are_listed_soon(dwave_service, client) -> None:
    service = dwave_service()
    assert [solver["solver"] for solver in client.call("solvers", 20, never)] == ["loopback_zephyr"]
    began = time.monotonic()
    (solver,) = client.call("solvers", 20, never)
    assert time.monotonic() - began < 2
    json.dumps(solver)
    assert (solver["endpoint"], solver["simulated"]) == (service.endpoint, True)
    assert solver["topology"] == {"type": "zephyr", "shape": [12, 4]}
    assert (len(solver["qubits"]), len(solver["couplers"])) == (len(service.chip.qubits), len(service.chip.couplers))
    assert (solver["h_range"], solver["extended_j_range"], solver["coupling_limit"]) == ([-4, 4], [-2, 1], -13)
    service.fault = Fault("offline")
    assert client.call("solvers", 20, never) == []
    service.fault = Fault("refused")
    began = time.monotonic()
    with pytest.raises(Failure) as failure:
        client.call("solvers", 20, never)
    assert failure.value.kind == "refused"
    assert time.monotonic() - began < 2


def belongings(pid: int) -> dict[str, int]:
    """Numbers of open files and sockets, threads and child processes."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    children = sum(len((task / "children").read_text().split()) for task in tasks)
    return {"files": len(list(Path(f"/proc/{pid}/fd").iterdir())), "threads": len(tasks), "children": children}


def more_than(before: dict[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in belongings(os.getpid()).items() if count > before[kind]}


def test_nothing_is_left_of_200_calls(dwave_service, connect) -> None:
    """Neither here, where ten of them failed, nor in the client's process, which answered the last hundred."""
    service = dwave_service(size=2)
    sampler, model = connect(), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    sampler.close()
    # The service's threads end a moment after their connections.
    time.sleep(1)
    before, counts = belongings(os.getpid()), []
    for call in range(200):
        if call in range(0, 100, 10):
            service.fault = Fault("garbage", times=1)
            with pytest.raises(CloudError):
                sampler.sample(model, 8)
        else:
            sampler.sample(model, 8)
        if call in (140, 199):
            assert sampler._client._process is not None
            counts.append(belongings(sampler._client._process.pid))
    # Fifteen of the library's threads each keep a connection once they have had something to do.
    assert all(counts[1][kind] <= counts[0][kind] + 5 for kind in counts[0])
    sampler.close()
    limit = time.monotonic() + 5
    while more_than(before) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not more_than(before)


def test_close_ends_the_client_and_a_later_call_opens_anew(dwave_service, connect) -> None:
    dwave_service(size=2)
    sampler, model = connect(), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    process, folder = sampler._client._process, sampler._client._folder
    assert process is not None
    assert folder is not None
    sampler.close()
    assert process.poll() is not None
    assert not Path(folder.name).exists()
    sampler.sample(model, 8)
    process = sampler._client._process
    assert process is not None
    process.kill()
    process.wait()
    assert sampler.sample(model, 8).info["total_calls"] == 3


def test_a_chip_that_has_changed_meanwhile(dwave_service, connect) -> None:
    """A calibration takes a qubit of the model away: once the client is gone, the model is placed anew."""
    model = gaussian(subgraph("zephyr", 12, 4))
    first = dwave_service(size=4, **WHOLE)
    sampler = connect()
    assert sampler.sample(model, 8).info["placement"]["kind"] == "native"
    first.close()
    dwave_service(size=4, broken_qubits=[int(model.graph.nodes[5])], broken_couplers=0)
    with pytest.raises(CloudError):
        sampler.sample(model, 8)
    assert sampler.sample(model, 8).info["placement"]["kind"] == "moved"


def test_no_secret_in_messages_answers_and_files(dwave_service, connect, monkeypatch, tmp_path) -> None:
    """The key lies in a file, where only the library reads it; and its log, which tells the key, is asked for."""
    service = dwave_service(size=2)
    monkeypatch.delenv("DWAVE_API_TOKEN")
    monkeypatch.setenv("DWAVE_LOG_LEVEL", "TRACE")
    configuration = tmp_path / "mine.conf"
    configuration.write_text(f"[defaults]\ntoken = {service.token}\nendpoint = {service.endpoint}\n")
    monkeypatch.setenv("DWAVE_CONFIG_FILE", str(configuration))
    sampler, model, book = connect(deadline=3), gaussian(subgraph("zephyr", 4, 2)), tmp_path / "answers"
    sampler.record(AnswerBook(book))
    told = [json.dumps(sampler.sample(model, 8).info)]
    folder = sampler._client._folder
    assert folder is not None
    # What nobody foresaw: the library's error tells the key, and the process prints the traceback.
    with pytest.raises(CloudError) as failure:
        sampler._call("open", solver={"name": service.token})
    told.append(f"{failure.value} {failure.value.mend}")
    sampler.sample(model, 8)
    folder = sampler._client._folder
    assert folder is not None
    with pytest.raises(Failure) as surprise:
        sampler._client.call(f"no_such_{service.token}", 5, never)
    told += [str(surprise.value), *(file.read_text() for file in Path(folder.name).rglob("*") if file.is_file())]
    assert "Traceback" in told[-1]
    assert "[DWAVE_API_TOKEN]" in told[-1]
    for mode in KINDS:
        service.fault = Fault(mode, seconds=30)
        with pytest.raises(CloudError) as failure:
            sampler.sample(model, 8)
        told.append(f"{failure.value} {failure.value.title} {failure.value.mend}")
    told += [file.read_bytes().decode("latin-1") for file in book.rglob("*")]
    assert len(told) > len(KINDS) + 5
    assert not [words for words in told if service.token in words]


def test_recorded_answers_are_replayed_without_the_service(dwave_service, connect, tmp_path) -> None:
    service = dwave_service(size=4)
    sampler = connect()
    graph = sampler.subgraph(24, 0)
    assert graph is not None
    model, held = gaussian(graph), torch.zeros(24, dtype=torch.int8)
    held[[2, 5]] = 1
    sampler.record(AnswerBook(tmp_path))
    recorded = [sampler.sample(model, 64, clamp=clamp) for clamp in (None, held, None)]
    service.close()
    again = connect()
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
