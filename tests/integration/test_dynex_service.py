"""Dynex's own client against the simulated service."""

import threading
import time

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
