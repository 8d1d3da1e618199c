"""Dynex's own client against the simulated service."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import dimod
import dynex
import numpy as np
import pytest
import torch

from boltzmann.graphs import subgraph
from boltzmann.loopback.faults import Fault
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import probabilities

BETA = 2.0


def coefficients(n: int = 12, seed: int = 0) -> tuple[dict, dict]:
    """h and J of 12 spins; J of 0.5 to 1 in units of the temperature, of either sign."""
    graph, rng = subgraph("zephyr", n), np.random.default_rng(seed)
    j = rng.uniform(0.5, 1, len(graph.edges)) * rng.choice([-1, 1], len(graph.edges)) / BETA
    h = 0.3 * rng.standard_normal(n) / BETA
    return dict(enumerate(h.tolist())), dict(zip(map(tuple, graph.edges.tolist()), j.tolist(), strict=True))


def ask(
    problem: dimod.BinaryQuadraticModel, reads: int = 64, backend: str = "cpu", silence: float = 30, **options
) -> dimod.SampleSet:
    """One job, submitted once; the client gives up after ``silence`` seconds without an event."""
    qpu_model = "apollo_rc1" if backend == "qpu" else None
    config = dynex.DynexConfig(
        compute_backend=backend, qpu_model=qpu_model, retry_count=1, default_timeout=silence, use_notebook_output=False
    )
    model = dynex.BQM(problem.copy(), config=config, logging=False)
    sampler = dynex.DynexSampler(model, config=config, logging=False, show_progress=False)
    return sampler.sample(num_reads=reads, annealing_time=100, **options)


@pytest.fixture
def problem() -> dimod.BinaryQuadraticModel:
    return dimod.BinaryQuadraticModel.from_ising(*coefficients()).change_vartype("BINARY", inplace=False)


def rows(answer: dimod.SampleSet) -> int:
    return int(answer.record.num_occurrences.sum())


def test_rows_follow_the_problem_at_the_hidden_temperature(dynex_service, problem, excess):
    dynex_service(inverse_temperature=BETA)
    answer = ask(problem, 32768, rank=32768)
    bits = answer.record.sample[:, np.argsort(list(answer.variables))]
    h, j = coefficients()
    parts = (torch.tensor(list(part.values()), dtype=torch.float32) for part in (h, j))
    linear, quadratic = parts
    # A temperature 10% off is seen, so the comparison can fail.
    exact, colder = (
        probabilities(IsingModel(subgraph("zephyr", 12), beta * linear, beta * quadratic))
        for beta in (BETA, 1.1 * BETA)
    )
    spins = np.repeat(2 * bits - 1, answer.record.num_occurrences, axis=0)
    assert abs(excess(spins, exact)) < 0.005
    assert excess(spins, colder) > 0.01
    np.testing.assert_allclose(answer.record.energy, problem.energies((bits, sorted(answer.variables))), atol=1e-6)


def test_rank_keeps_the_lowest_energies_of_every_shot(dynex_service, problem):
    dynex_service()
    everything = ask(problem, 400, rank=400).record
    best = ask(problem, 400, rank=40, shots=2).record
    assert best.num_occurrences.sum() == 80
    mean = np.average(everything.energy, weights=everything.num_occurrences)
    assert np.average(best.energy, weights=best.num_occurrences) < mean - 0.5
    assert rows(ask(problem)) == 1


def test_a_qpu_returns_every_read(dynex_service, problem):
    dynex_service()
    assert rows(ask(problem, 20, backend="qpu")) == 20


SPOILT = {
    "unauthorised": (dynex.DynexAuthenticationError, "invalid API key"),
    "forbidden": (dynex.DynexJobError, "Permission denied"),
    "server_error": (dynex.DynexConnectionError, "INTERNAL"),
    "offline": (dynex.DynexJobError, "the solver is offline"),
    "garbage": (dynex.DynexJobError, "Failed to retrieve"),
    # The library takes no notice of a cancelled job and subscribes to a broken stream again and again.
    "cancelled": (dynex.DynexJobError, "Timeout waiting"),
    "broken": (dynex.DynexJobError, "Timeout waiting"),
    "refused": (dynex.DynexConnectionError, "Connection failed"),
}


@pytest.mark.parametrize("mode", SPOILT)
def test_each_fault_ends_in_its_exception_and_passes(dynex_service, problem, soon, mode):
    service = dynex_service()
    service.fault = Fault(mode, after=1)
    assert rows(ask(problem, rank=64)) == 64
    error, words = SPOILT[mode]
    with soon(), pytest.raises(error, match=words):
        ask(problem, rank=64, silence=2)
    service.fault = None
    assert rows(ask(problem, rank=64)) == 64
    assert service.problems == 3


def test_a_hung_service_holds_the_client_for_ever(dynex_service, problem):
    service = dynex_service()
    service.fault = Fault("hung")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, problem, silence=0.5)
        with pytest.raises(TimeoutError):
            asked.result(timeout=2)
        service.fault = None
        with pytest.raises(dynex.DynexConnectionError):
            asked.result(timeout=5)


def test_a_slow_answer_outlasts_the_clients_deadline_for_it_tells_of_progress(dynex_service, problem):
    service = dynex_service()
    service.fault = Fault("slow", seconds=3)
    began = time.monotonic()
    assert rows(ask(problem, rank=64, silence=2)) == 64
    assert time.monotonic() - began > 3


def test_half_an_answer_comes_without_a_word(dynex_service, problem):
    service = dynex_service()
    service.fault = Fault("half", times=1)
    assert [rows(ask(problem, rank=64)) for _ in range(2)] == [32, 64]
    assert service.fault is None


def test_another_key_is_refused(dynex_service, problem, monkeypatch):
    dynex_service()
    monkeypatch.setenv("DYNEX_SDK_KEY", "not-the-key")
    with pytest.raises(dynex.DynexAuthenticationError):
        ask(problem)


def test_a_port_is_not_shared(dynex_service):
    service = dynex_service()
    with pytest.raises(OSError, match=f"port {service.port} of 127.0.0.1 is taken"):
        dynex_service(port=service.port)


def test_nothing_outlives_a_closed_service(dynex_service, problem):
    before = {thread for thread in threading.enumerate() if thread.name.startswith("loopback")}
    for mode in ("hung", "slow", "refused"):
        service = dynex_service()
        service.fault = Fault(mode, seconds=60)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask, problem, silence=1)
            time.sleep(0.5)
            service.close()
            with pytest.raises(dynex.DynexError):
                asked.result(timeout=10)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", service.port), timeout=1).close()
    assert {thread for thread in threading.enumerate() if thread.name.startswith("loopback")} == before
