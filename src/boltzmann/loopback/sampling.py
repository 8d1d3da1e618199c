"""Samples of any Ising problem at any inverse temperature, for the simulated services."""

from __future__ import annotations

import networkx as nx
import numpy as np
import torch

from boltzmann.graphs import Graph
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Layout, chains
from boltzmann.samplers.gibbs import block_gibbs

SWEEPS = 200
"""Of one anneal, at least: in the last quarter the inverse temperature stands still, before that it rises."""
SMALL, LEVELS, ROUNDS = 48, 8, 200
"""Up to so many spins, replicas on so many inverse temperatures exchange places so often."""


def boltzmann_samples(
    linear: np.ndarray,
    edges: np.ndarray,
    quadratic: np.ndarray,
    beta: float,
    reads: int,
    seed: int,
    sweeps: int = SWEEPS,
) -> np.ndarray:
    """Independent reads of ``p(s) ~ exp(-beta E(s))``, each from a fresh random start.

    Small problems are tempered (Hukushima & Nemoto, J. Phys. Soc. Jpn. 65, 1996), so that tests may compare them with
    the exact law even where couplings are several times the temperature. Larger ones are annealed by Gibbs sweeps: like
    a chip's, their reads may stick in a valley when the problem is a glass.

    Args:
        linear: h, (n,).
        edges: (m, 2), pairs of indices below n.
        quadratic: J, (m,).
        beta: Inverse temperature.
        reads: Their number.
        seed: Of all random numbers.
        sweeps: Length of an anneal, of a larger problem.

    Returns:
        int8 (reads, n), each -1 or +1.
    """
    n = len(linear)
    ends = np.sort(np.asarray(edges, np.int64).reshape(-1, 2), axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    graph = Graph("any", 0, np.arange(n), ends[order], _colours(n, ends), np.zeros((n, 2), np.float32))
    # Replicas weigh their exchanges at the ladder's temperatures alone, so beta belongs into the coefficients.
    model = IsingModel(graph, _tensor(beta * np.asarray(linear)), _tensor(beta * np.asarray(quadratic)[order]))
    if n <= SMALL:
        replicas = chains(Layout(graph), reads, model.linear.device, np.linspace(0, 1, LEVELS + 1)[1:].tolist())
        replicas.load(model.linear, model.quadratic)
        replicas.run(seed, [0.0])
        replicas.run(seed + 1, [1.0], ROUNDS)
        return replicas.spins().numpy()
    betas = np.minimum(np.arange(sweeps) / (0.75 * sweeps), 1.0).tolist()
    return block_gibbs(Layout(graph), model, betas, reads, seed).numpy()


def _colours(n: int, edges: np.ndarray) -> np.ndarray:
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(edges.tolist())
    colour = nx.greedy_color(graph)
    return np.array([colour[node] for node in range(n)], dtype=np.int64)


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))
