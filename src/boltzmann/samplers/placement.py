"""Places a model's graph on a chip that differs from the one it was made for, and translates between the two.

A model outlives its chip, and every real chip misses some qubits. In turn: the model's own qubits; the lattice's
symmetries (:mod:`boltzmann.samplers.lattice_moves`); a minor embedding, where a node may be a chain of qubits held
together by a strong coupling (:mod:`boltzmann.samplers.minor_embedding`; Choi, "Minor-embedding in adiabatic quantum
computation: I", Quantum Information Processing 7, 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from boltzmann.graphs import Graph
from boltzmann.samplers.chips import Chip, coordinates
from boltzmann.samplers.lattice_moves import Move, Search
from boltzmann.samplers.minor_embedding import Chains, links, minor_embedding


class PlacementError(ValueError):
    """The model does not fit on the chip. The message says why, and what to do."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where each node of a model is on a chip.

    Args:
        kind: "native" (its own qubits), "moved" (by a symmetry of the lattice) or "minor" (chains).
        chains: One int64 array of qubit numbers for each node, in the order of ``graph.nodes``.
        summary: What was done, in words for a page.
        couplers: int64 of shape (c, 2): the couplers in use, as qubit numbers.
        edges: int64 of shape (c,): the row of ``graph.edges`` that each coupler serves, -1 within a chain.
    """

    kind: Literal["native", "moved", "minor"]
    chains: tuple[np.ndarray, ...]
    summary: str
    couplers: np.ndarray
    edges: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """Qubits of each chain: int64 of shape (n,)."""
        return np.array([len(chain) for chain in self.chains], dtype=np.int64)

    @cached_property
    def qubits(self) -> np.ndarray:
        """All qubits in use, chain after chain: int64 of shape (q,)."""
        return np.concatenate(self.chains)


def place(graph: Graph, chip: Chip, seed: int = 0, timeout: float = 20.0) -> Placement:
    """Find the model a place: its own qubits, else a symmetry of the lattice, else a minor embedding.

    Args:
        graph: The model's graph.
        chip: The chip at hand.
        seed: For the minor embedding, a heuristic search.
        timeout: Seconds that it may take.

    Raises:
        PlacementError: when none of these was found.
    """
    if graph.n > len(chip.nodes):
        raise PlacementError(
            f"the model has {graph.n} nodes and the chip {chip.topology}({chip.size}) {len(chip.nodes)} working qubits: "
            "choose a larger chip or a smaller model"
        )
    if len(graph.edges) > len(chip.couplers):
        raise PlacementError(
            f"the model has {len(graph.edges):,} couplings and the chip {chip.topology}({chip.size}) "
            f"{len(chip.couplers):,} working couplers: choose a larger chip or a smaller model"
        )
    moves: list[Move] = []
    if graph.topology == chip.topology:
        search = Search(chip, graph.size, coordinates(graph.topology, graph.size, graph.nodes), graph.edges)
        for move in search.native():
            if not move.missing:
                return _placement("native", move.chains, f"On {move.words}.", graph, chip)
        moves = search.moved()
        if moves and not moves[0].missing:
            return _placement("moved", moves[0].chains, f"Moved on the chip: {moves[0].words}.", graph, chip)
    why = _why(graph, chip, moves)
    chains = minor_embedding(graph, chip, moves[0] if moves else None, seed, timeout)
    joined = set(graph.edges.ravel().tolist())
    spare = iter(sorted(chip.nodes - {q for chain in chains.values() for q in chain}))
    chains = chains | {i: [q] for i, q in zip((i for i in range(graph.n) if i not in joined), spare, strict=False)}
    if len(chains) < graph.n:
        raise PlacementError(
            f"{why} No minor embedding of its {graph.n} nodes and {len(graph.edges)} edges in {len(chip.nodes)} working "
            f"qubits was found (limit: {timeout:g} seconds): choose a larger chip, a smaller model, or take the model's "
            "graph from this chip"
        )
    longest, chained = max(map(len, chains.values())), sum(len(chain) > 1 for chain in chains.values())
    summary = f"A minor embedding: {chained} of {graph.n} nodes are chains of several qubits, the longest of {longest}."
    return _placement("minor", chains, f"{summary} {why}", graph, chip)


def _placement(
    kind: Literal["native", "moved", "minor"], chains: Chains, summary: str, graph: Graph, chip: Chip
) -> Placement:
    couplers, served = links(graph, chip, chains)
    arrays = tuple(np.array(sorted(chains[i]), dtype=np.int64) for i in range(graph.n))
    return Placement(kind, arrays, summary, couplers, np.maximum(served, -1))


def _why(graph: Graph, chip: Chip, moves: list[Move]) -> str:
    if graph.topology == "bipartite":
        return "The model couples every visible unit to every hidden one, which the qubits of no chip are."
    if graph.topology != chip.topology:
        return f"The model was made for {graph.topology}, the chip is {chip.topology}."
    if not moves:
        return f"The model needs more room than {chip.topology}({chip.size}) has."
    best = moves[0]
    return (
        "No place on the chip has all that the model needs: the nearest misses "
        f"{best.missing_nodes} qubits and {best.missing_couplers} couplers."
    )


def rows_of(part: Graph, whole: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Which nodes (k,) and which rows of ``whole.edges`` (m,) a part of it without held spins consists of."""
    nodes = np.searchsorted(whole.nodes, part.nodes)
    return nodes, np.searchsorted(whole.edges @ [whole.n, 1], nodes[part.edges] @ [whole.n, 1])


def program(
    placement: Placement, linear: np.ndarray, quadratic: np.ndarray, chain_strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """The chip's problem: biases shared equally by a chain's qubits, a coupling by the couplers between two chains.

    For unbroken chains its energy is the model's less ``chain_strength`` times the number of couplers within chains.

    Args:
        placement: Where the model is.
        linear: h of shape (..., n).
        quadratic: J of shape (..., m), in the order of ``graph.edges``.
        chain_strength: Couplers within a chain are set to its negative.

    Returns:
        h of shape (..., q), in the order of ``placement.qubits``, and J of shape (..., c), of ``placement.couplers``.
    """
    biases = np.repeat(linear / placement.lengths, placement.lengths, axis=-1)
    inside = placement.edges < 0
    shares = np.bincount(placement.edges[~inside], minlength=quadratic.shape[-1])
    couplings = np.full((*quadratic.shape[:-1], len(inside)), -float(chain_strength))
    couplings[..., ~inside] = (quadratic / np.maximum(shares, 1))[..., placement.edges[~inside]]
    return biases, couplings


def unembed(placement: Placement, qubit_spins: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, float]:
    """The model's spins by majority vote of each chain, ties at random.

    Args:
        placement: Where the model is.
        qubit_spins: -1 or +1, of shape (reads, q), columns in the order of ``placement.qubits``.
        random: Settles ties.

    Returns:
        int8 of shape (reads, n), and the share of broken chains among all chains of several qubits (0 without any).
    """
    lengths = placement.lengths
    votes = np.add.reduceat(qubit_spins, np.cumsum(lengths) - lengths, axis=1, dtype=np.int64)
    spins = np.where(votes == 0, random.choice((-1, 1), size=votes.shape), np.sign(votes)).astype(np.int8)
    broken = (np.abs(votes) < lengths)[:, lengths > 1]
    return spins, float(broken.mean()) if broken.size else 0.0
