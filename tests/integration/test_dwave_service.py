"""D-Wave's own client against the simulated service."""

import socket
import threading
import time

import dimod
import networkx as nx
import numpy as np
import pytest
import requests
import torch
from dwave.cloud import Client
from dwave.cloud.api.exceptions import (
    InternalServerError,
    RequestTimeout,
    ResourceAccessForbiddenError,
    ResourceAuthenticationError,
)
from dwave.cloud.exceptions import (
    CanceledFutureError,
    InvalidAPIResponseError,
    PollingTimeout,
    SolverAuthenticationError,
    SolverError,
    SolverFailureError,
    SolverNotFoundError,
    SolverOfflineError,
)
from dwave.system import DWaveSampler
from dwave.system.coupling_groups import coupling_groups

from boltzmann.graphs import Graph
from boltzmann.graphs import topology as lattice
from boltzmann.loopback.chip import Chip
from boltzmann.loopback.faults import Fault
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import probabilities

QUICK = {"request_timeout": 3, "http_retry_total": 0, "polling_timeout": 20}
RAW = {"answer_mode": "raw", "auto_scale": False}
BETA = 3.0


@pytest.fixture
def connect():
    """A DWaveSampler that gives up soon and is closed at the end."""
    opened = []

    def make(**options) -> DWaveSampler:
        opened.append(DWaveSampler(**{**QUICK, **options}))
        return opened[-1]

    yield make
    for sampler in opened:
        sampler.client.close(wait=False)


def problem_on(sampler: DWaveSampler, n: int = 12, scale: float = 1.0, seed: int = 0) -> tuple[Graph, dict, dict]:
    """Couplings of 0.5 to 1 times ``scale`` in units of the temperature, of either sign, on ``n`` connected qubits."""
    working = sampler.to_networkx_graph()
    nodes = sorted(list(nx.bfs_tree(working, sampler.nodelist[len(sampler.nodelist) // 2]))[:n])
    index = {node: i for i, node in enumerate(nodes)}
    pairs = sorted((min(pair), max(pair)) for pair in working.subgraph(nodes).edges)
    rng = np.random.default_rng(seed)
    edges = np.array([[index[a], index[b]] for a, b in pairs])
    graph = Graph("zephyr", 4, np.array(nodes), edges, np.arange(n), np.zeros((n, 2), np.float32))
    j = scale / BETA * rng.uniform(0.5, 1, len(pairs)) * rng.choice([-1, 1], len(pairs))
    h = scale / BETA * 0.3 * rng.standard_normal(n)
    return graph, dict(zip(nodes, h.tolist(), strict=True)), dict(zip(pairs, j.tolist(), strict=True))


def law(graph: Graph, h: dict, j: dict, beta: float) -> torch.Tensor:
    coefficients = (torch.tensor(list(part.values()), dtype=torch.float32) * beta for part in (h, j))
    return probabilities(IsingModel(graph, *coefficients))


def test_reads_follow_the_programmed_problem_at_the_hidden_temperature(dwave_service, connect, excess):
    dwave_service(size=4, inverse_temperature=BETA)
    sampler = connect()
    graph, h, j = problem_on(sampler)
    parts = [sampler.sample_ising(h, j, num_reads=8192, **RAW) for _ in range(4)]
    spins = np.concatenate([part.record.sample[:, np.argsort(list(part.variables))] for part in parts])
    assert abs(excess(spins, law(graph, h, j, BETA))) < 0.005
    # A temperature 10% off is seen, so the comparison can fail.
    assert excess(spins, law(graph, h, j, 1.1 * BETA)) > 0.01


def test_the_solver_is_found_at_once_and_says_what_it_is(dwave_service, connect, soon):
    service = dwave_service()
    with soon(), Client.from_config(**QUICK, cache_enabled=False) as client:
        solvers = client.get_solvers(qpu=True, online=True)
    assert [solver.name for solver in solvers] == ["loopback_zephyr"]
    properties = connect().properties
    assert properties["topology"] == {"type": "zephyr", "shape": [12, 4]}
    assert "simulated" in properties["tags"]
    assert 0.94 * 4800 < len(properties["qubits"]) < 4800
    assert service.problems == 0


@pytest.mark.parametrize(("topology", "size"), [("zephyr", 3), ("pegasus", 3), ("chimera", 4)])
def test_every_topology_can_be_whole(dwave_service, connect, topology, size):
    dwave_service(topology=topology, size=size, broken_qubits=0, broken_couplers=0)
    sampler = connect()
    assert nx.is_isomorphic(sampler.to_networkx_graph(), lattice(topology, size))
    assert set(sampler.nodelist) == set(lattice(topology, size))
    edge = sampler.edgelist[-1]
    assert sampler.sample_ising({}, {edge: -1}, num_reads=5, **RAW).record.sample.shape == (5, 2)


def test_named_parts_are_broken_and_the_rest_by_seed(dwave_service, connect):
    dwave_service(size=2, broken_qubits=[5], broken_couplers=[(0, 1)])
    assert 5 not in connect().nodelist
    assert (0, 1) not in connect().edgelist
    same, other = (dwave_service(size=4, seed=seed).chip.graph_id for seed in (1, 2))
    assert same == dwave_service(size=4, seed=1).chip.graph_id != other


def test_a_histogram_is_the_default_and_energies_are_of_the_asked_problem(dwave_service, connect):
    dwave_service(size=4, inverse_temperature=BETA)
    sampler = connect()
    _, h, j = problem_on(sampler, 6)
    answer = sampler.sample_ising(h, j, num_reads=500, auto_scale=False)
    assert answer.record.num_occurrences.sum() == 500 > len(answer)
    assert (np.diff(answer.record.energy) >= 0).all()
    energies = dimod.BinaryQuadraticModel.from_ising(h, j).energies((answer.record.sample, list(answer.variables)))
    np.testing.assert_allclose(answer.record.energy, energies)


def test_auto_scale_fills_the_ranges_and_keeps_the_energies_units(dwave_service, connect, excess):
    dwave_service(size=4, inverse_temperature=BETA)
    sampler = connect()
    graph, h, j = problem_on(sampler, scale=0.1)
    largest = max(max(abs(v) for v in h.values()) / 4, max(j.values()), -min(j.values()) / 2)
    answer = sampler.sample_ising(h, j, num_reads=8192, answer_mode="raw")
    spins = answer.record.sample[:, np.argsort(list(answer.variables))]
    # As if the problem had been divided by the largest share of its range that a coefficient takes.
    assert abs(excess(spins, law(graph, h, j, BETA / largest))) < 0.01
    assert answer.record.energy.min() > -sum(map(abs, [*h.values(), *j.values()])) - 1e-9


def test_a_zephyrs_groups_of_couplers_are_those_of_dwave_system():
    whole = lattice("zephyr", 3)
    rng = np.random.default_rng(0)
    value = {
        (min(e), max(e)): x for e, x in zip(whole.edges, rng.standard_normal(whole.number_of_edges()), strict=True)
    }
    chip = Chip("zephyr", 3, 0, 0, 0)
    totals = [sum(value[min(pair), max(pair)] for pair in group) for group in coupling_groups(whole)]
    j = np.array([value[a, b] for a, b in chip.couplers.tolist()])
    # No coefficient is near its own limit, so the scale is that of the sums.
    low, high = chip.properties["per_group_coupling_range"]
    wanted = max(min(totals) / low, max(totals) / high)
    assert chip.scale(np.zeros(1), chip.couplers, np.clip(j, -0.2, 0.1)) < wanted
    ours = np.sort(chip._totals(chip.couplers, j))
    np.testing.assert_allclose(ours[ours != 0], np.sort([total for total in totals if total != 0]))


@pytest.mark.parametrize(
    ("h", "j", "parameters", "words"),
    [
        (4.1, 0.5, {}, r"h value 4\.1 is out of h_range"),
        (0.0, 1.01, {}, r"J value 1\.01 is out of extended_j_range"),
        (0.0, -2.01, {}, r"J value -2\.01 is out of extended_j_range"),
        (0.0, 0.5, {"num_reads": 10_001}, "num_reads is 10001"),
        (0.0, 0.5, {"num_reads": 0}, "num_reads is 0"),
        (0.0, 0.5, {"annealing_time": 0.1}, "annealing_time is 0.1"),
        (0.0, 0.5, {"annealing_time": 2001}, "annealing_time is 2001"),
        (0.0, 0.5, {"num_reads": 1000, "annealing_time": 1000}, "problem_run_duration_range"),
        (0.0, 0.5, {"anneal_schedule": [[0, 0], [1, 0.8], [1.05, 1]]}, "anneal_schedule goes from"),
        (0.0, 0.5, {"anneal_schedule": [[0, 1], [10, 1]]}, "only anneals forward"),
        (0.0, 0.5, {"anneal_schedule": [[0, 0], [20, 1]], "annealing_time": 20}, "exclude each other"),
        (0.0, 0.5, {"answer_mode": "best"}, "answer_mode"),
        (0.0, 0.5, {"x_beta": 1.0}, "unknown parameter 'x_beta'"),
    ],
)
def test_what_a_chip_would_not_take_is_refused(dwave_service, connect, h, j, parameters, words):
    dwave_service(size=2, broken_qubits=0, broken_couplers=0)
    sampler = connect()
    edge = sampler.edgelist[0]
    with pytest.raises(SolverFailureError, match=words):
        sampler.sample_ising({edge[0]: h}, {edge: j}, auto_scale=False, **parameters).resolve()
    assert len(sampler.sample_ising({edge[0]: 4.0}, {edge: -2.0}, **RAW)) == 1


def test_sums_of_couplings_are_limited(dwave_service, connect):
    dwave_service(topology="chimera", size=2, broken_qubits=0, broken_couplers=0)
    sampler = connect()
    hub = max(sampler.nodelist, key=lambda node: len(sampler.adjacency[node]))
    strong = {(hub, other): -2.0 for other in sampler.adjacency[hub]}
    with pytest.raises(SolverFailureError, match="sum of J value -10 is out of per_qubit_coupling_range"):
        sampler.sample_ising({}, strong, auto_scale=False).resolve()
    sampler.sample_ising({}, strong, auto_scale=True).resolve()


def test_timing_is_what_the_client_estimates(dwave_service, connect):
    dwave_service(size=2)
    sampler = connect()
    edge = sampler.edgelist[0]
    for parameters in (
        {"num_reads": 100},
        {"num_reads": 7, "annealing_time": 3.5, "programming_thermalization": 10.0, "readout_thermalization": 2.0},
        {"num_reads": 9, "anneal_schedule": [[0.0, 0.0], [5.0, 0.5], [25.0, 0.5], [30.0, 1.0]]},
    ):
        timing = sampler.sample_ising({}, {edge: -1}, **parameters).info["timing"]
        assert timing["qpu_access_time"] == sampler.solver.estimate_qpu_access_time(2, **parameters)


SPOILT = {
    "unauthorised": SolverAuthenticationError,
    "forbidden": SolverError,
    "server_error": SolverError,
    "offline": SolverOfflineError,
    "cancelled": CanceledFutureError,
    "hung": RequestTimeout,
    "slow": PollingTimeout,
    "garbage": InvalidAPIResponseError,
    "broken": requests.exceptions.ChunkedEncodingError,
    "refused": requests.exceptions.ConnectionError,
}


@pytest.mark.parametrize("mode", SPOILT)
def test_each_fault_ends_in_its_exception_and_passes(dwave_service, connect, soon, mode):
    service = dwave_service(size=2)
    # The client looks at its deadline between two polls only.
    sampler = connect(request_timeout=2, poll_wait_time=1, polling_timeout=2)
    service.fault = Fault(mode, after=1, seconds=60)
    edge = sampler.edgelist[0]
    assert len(sampler.sample_ising({}, {edge: -1}, num_reads=8, **RAW)) == 8
    with soon(), pytest.raises(SPOILT[mode]) as caught:
        sampler.sample_ising({}, {edge: -1}, num_reads=8, **RAW).resolve()
    if mode in ("forbidden", "server_error"):
        assert caught.value.error_code == {"forbidden": 403, "server_error": 500}[mode]
    service.fault = None
    assert len(sampler.sample_ising({}, {edge: -1}, num_reads=8, **RAW)) == 8
    assert service.problems == 3


def test_half_an_answer_comes_without_a_word(dwave_service, connect):
    service = dwave_service(size=2)
    sampler = connect()
    service.fault = Fault("half", times=1)
    edge = sampler.edgelist[0]
    assert [len(sampler.sample_ising({}, {edge: -1}, num_reads=8, **RAW)) for _ in range(2)] == [4, 8]
    assert service.fault is None


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("unauthorised", ResourceAuthenticationError),
        ("forbidden", ResourceAccessForbiddenError),
        ("server_error", InternalServerError),
        ("offline", SolverNotFoundError),
        ("hung", RequestTimeout),
        ("refused", RequestTimeout),
    ],
)
def test_faults_that_stand_meet_new_clients_too(dwave_service, connect, mode, error):
    service = dwave_service(size=2)
    service.fault = Fault(mode)
    with pytest.raises(error):
        connect(request_timeout=1)
    service.fault = None
    connect()


def test_another_token_is_refused(dwave_service, connect):
    dwave_service(size=2)
    with pytest.raises(ResourceAuthenticationError):
        connect(token="not-the-token")


def test_problems_can_be_cancelled(dwave_service, connect):
    service = dwave_service(size=2)
    service.fault = Fault("slow", seconds=60)
    sampler = connect()
    answer = sampler.solver.sample_ising({}, {sampler.edgelist[0]: -1})
    while not answer.id:
        time.sleep(0.01)
    answer.cancel()
    with pytest.raises(CanceledFutureError):
        answer.result()


def test_nothing_outlives_a_closed_service(dwave_service):
    before = set(threading.enumerate())
    for mode in ("hung", "slow", "refused", None):
        service = dwave_service(size=2)
        sampler = DWaveSampler(**QUICK)
        service.fault = Fault(mode, seconds=60) if mode else None
        asked = sampler.sample_ising({}, {sampler.edgelist[0]: -1})
        time.sleep(0.2)
        service.close()
        if mode:
            with pytest.raises((requests.exceptions.RequestException, PollingTimeout)):
                asked.resolve()
        sampler.close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", service.port), timeout=1).close()
    assert set(threading.enumerate()) == before


def test_a_fault_says_what_is_wrong_with_it():
    with pytest.raises(ValueError, match="unknown fault 'tired': choose slow, hung"):
        Fault("tired")
    with pytest.raises(ValueError, match="times 1 or more"):
        Fault("half", times=0)
    with pytest.raises(ValueError, match="cannot count problems"):
        Fault("refused", times=1)
