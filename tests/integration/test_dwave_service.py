"""D-Wave's own client against the simulated service."""

import networkx as nx
import numpy as np
import pytest
import torch
from dwave.system import DWaveSampler

from boltzmann.graphs import Graph
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
