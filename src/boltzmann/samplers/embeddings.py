"""Models as chains of qubits on whole chips in software: found once a process, programmed part by part, read by majority.

A restricted Boltzmann machine couples every visible unit to every hidden one, which no chip does: each unit becomes a chain
(Choi, "Minor-embedding in adiabatic quantum computation: I", Quantum Information Processing 7, 2008,
DOI 10.1007/s11128-008-0082-9).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from boltzmann import graphs
from boltzmann.graphs import Graph
from boltzmann.samplers.chips import Chip
from boltzmann.samplers.placement import Placement, place, program, rows_of, unembed

SIZES = {"chimera": 16, "pegasus": 16, "zephyr": 12}
"""Size parameters of the chips, those of D-Wave's 2000Q, Advantage and Advantage2."""
PATIENCE = 120.0
"""Seconds that the search may take: far more than it needs, since one that is cut off depends on the machine's speed."""


@dataclass(frozen=True, eq=False)
class Part:
    """A model without its held spins, on the qubits that it uses of the whole model's.

    Args:
        whole: Where the whole model is.
        of: The part's own graph.
        nodes: Indices of the model's nodes that are left, int64 of shape (k,).
        rows: Rows of the model's edges that are left, int64 of shape (e,).
        kept: Which of the whole model's qubits are in use, rows of its graph, int64 of shape (q,).
        graph: These q qubits and their c couplers.
        used: Which of the whole model's couplers these are, bool.
    """

    whole: Embedding
    of: Graph
    nodes: np.ndarray
    rows: np.ndarray
    kept: np.ndarray
    graph: Graph
    used: np.ndarray

    @cached_property
    def placement(self) -> Placement:
        """The chains of these nodes alone."""
        return replace(self.whole.placement, chains=tuple(self.whole.placement.chains[i] for i in self.nodes))

    @cached_property
    def columns(self) -> np.ndarray:
        """Where the qubits of ``placement``, chain after chain, are in the graph: int64 of shape (q,)."""
        return np.searchsorted(self.graph.nodes, self.placement.qubits)

    def program(
        self, linear: np.ndarray, quadratic: np.ndarray, chain_strength: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """h (q,) and J (c,) of the qubits for h (k,) and J (e,) of the model: :func:`placement.program`."""
        model = self.whole.model
        fields, couplings = np.zeros(model.n), np.zeros(len(model.edges))
        fields[self.nodes], couplings[self.rows] = linear, quadratic
        biases, couplings = program(self.whole.placement, fields, couplings, chain_strength)
        return biases[self.whole.order[self.kept]], couplings[self.used]

    def vote(self, spins: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, float]:
        """int8 (reads, k) of the model from (reads, q), and the share of broken chains: :func:`placement.unembed`."""
        return unembed(self.placement, spins[:, self.columns], random)


@dataclass(frozen=True, eq=False)
class Embedding:
    """A model on a whole chip.

    Args:
        model: The model's graph.
        placement: The chain of each of its nodes.
        graph: The q qubits and c couplers in use, coloured and with drawing coordinates.
    """

    model: Graph
    placement: Placement
    graph: Graph

    @cached_property
    def order(self) -> np.ndarray:
        """Where in ``placement.qubits`` each of ``graph.nodes`` is: int64 of shape (q,)."""
        return np.argsort(self.placement.qubits)

    @cached_property
    def units(self) -> np.ndarray:
        """The node of the model that each of ``graph.nodes`` serves: int64 of shape (q,)."""
        return np.repeat(np.arange(self.model.n), self.placement.lengths)[self.order]

    @property
    def inside(self) -> np.ndarray:
        """Whether each of ``graph.edges`` lies within a chain: bool of shape (c,)."""
        return self.placement.edges < 0

    def part(self, graph: Graph) -> Part:
        """Of a part of the model, or of all of it."""
        nodes, rows = rows_of(graph, self.model)
        kept = np.flatnonzero(np.isin(self.units, nodes))
        return Part(self, graph, nodes, rows, kept, *graphs.induced(self.graph, kept))


@lru_cache(maxsize=16)
def embedding(n: int, m: int, topology: str) -> Embedding:
    """n visible and m hidden units, visible first, on a whole chip; the same in every process.

    The first call searches for some seconds; it loads no torch.

    Args:
        n, m: Numbers of units.
        topology: "chimera", "pegasus" or "zephyr", of the size that ``SIZES`` says.

    Raises:
        ValueError: for another topology, or where no embedding was found.
    """
    return embed(graphs.bipartite(n, m), topology)


@lru_cache(maxsize=16)
def embed(model: Graph, topology: str) -> Embedding:
    """Any model on a whole chip, found once for each graph object; see :func:`embedding`."""
    chip = _chip(topology)
    placement = place(model, chip, seed=0, timeout=PATIENCE)
    graph = graphs.of_qubits(topology, chip.size, placement.qubits, placement.couplers)
    return Embedding(model, placement, graph)


def of_model(model: Graph, topology: str) -> Embedding:
    """Where a sampler puts a model: a machine's by its numbers of units, whatever the object; see :func:`embedding`."""
    n, m = model.size, model.n - model.size
    if model.topology == "bipartite" and len(model.edges) == n * m:
        return embedding(n, m, topology)
    return embed(model, topology)


@lru_cache(maxsize=3)
def _chip(topology: str) -> Chip:
    if topology not in SIZES:
        raise ValueError(f"unknown topology {topology!r}: choose {', '.join(SIZES)}")
    whole = graphs.topology(topology, SIZES[topology])
    return Chip(topology, SIZES[topology], frozenset(whole.nodes), frozenset(whole.edges))
