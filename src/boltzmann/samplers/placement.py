"""Places a model's graph on a chip that differs from the one it was made for, and translates between the two.

A model outlives its chip, and every real chip misses some qubits. In turn: the model's own qubits; the lattice's
symmetries (:mod:`boltzmann.samplers.lattice_moves`); a minor embedding, where a node may be a chain of qubits held
together by a strong coupling (Choi, "Minor-embedding in adiabatic quantum computation: I", Quantum Information
Processing 7, 2008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from boltzmann.graphs import Edge, Graph
from boltzmann.samplers.lattice_moves import Couplers, Move, Search, lattice

TILES = {"zephyr": [4], "pegasus": [], "chimera": [4]}
"""What a chip's shape must say after its size, by topology."""


class PlacementError(ValueError):
    """The model does not fit on the chip. The message says why, and what to do."""


@dataclass(frozen=True)
class Chip:
    """What works of a chip.

    Args:
        topology: "zephyr" (tiles of 4), "pegasus" (linear qubit numbers) or "chimera" (square, tiles of 4).
        size: Size parameter m.
        nodes: Working qubits.
        edges: Working couplers, as pairs in either order. One that has an end outside ``nodes`` does not count.

    Raises:
        ValueError: for another topology, or qubits that such a chip does not have.
    """

    topology: str
    size: int
    nodes: frozenset[int] | set[int]
    edges: frozenset[Edge] | set[Edge]

    def __post_init__(self) -> None:
        if self.topology not in TILES:
            raise ValueError(f"the chip's topology is {self.topology!r}; those known are {', '.join(TILES)}")
        numbers = lattice(self.topology, self.size).numbers
        if strangers := [node for node in self.nodes if not 0 <= node < numbers]:
            raise ValueError(
                f"{self.topology}({self.size}) has no qubit {strangers[0]}: its numbers end at {numbers - 1}"
            )

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> Chip:
        """The chip that a D-Wave solver's properties describe.

        Raises:
            ValueError: for a topology or a shape that models cannot be placed on.
        """
        kind, shape = properties["topology"]["type"], list(properties["topology"]["shape"])
        size = shape[0]
        if kind in TILES and shape[1:] != [size] * (kind == "chimera") + TILES[kind]:
            raise ValueError(
                f"the solver is {kind} of shape {shape}; zephyr [m, 4], pegasus [m] and chimera [m, m, 4] can be used: "
                "choose another solver"
            )
        edges = frozenset((int(a), int(b)) for a, b in properties["couplers"])
        return cls(kind, size, frozenset(map(int, properties["qubits"])), edges)

    @cached_property
    def qubits(self) -> np.ndarray:
        """Working qubits, ascending: int64 of shape (q,)."""
        return np.array(sorted(self.nodes), dtype=np.int64)

    @cached_property
    def couplers(self) -> np.ndarray:
        """Working couplers between working qubits: int64 of shape (c, 2), rows sorted."""
        pairs = sorted({(min(e), max(e)) for e in self.edges if e[0] in self.nodes and e[1] in self.nodes})
        return np.array(pairs, dtype=np.int64).reshape(-1, 2)


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
    moves: list[Move] = []
    if graph.topology == chip.topology:
        search = Search(
            chip.topology, graph.size, chip.size, graph.nodes, graph.edges, chip.qubits, Couplers(chip.couplers)
        )
        for move in search.native():
            if not move.missing:
                return _placement("native", move.qubits[:, None], f"On {move.words}.", graph, chip)
        moves = search.moved()
        if moves and not moves[0].missing:
            return _placement("moved", moves[0].qubits[:, None], f"Moved on the chip: {moves[0].words}.", graph, chip)
    chains = _minor(graph, chip, moves[0] if moves else None, seed, timeout)
    longest, chained = max(map(len, chains)), sum(len(chain) > 1 for chain in chains)
    summary = (
        f"A minor embedding: {chained} of {graph.n} nodes are chains of several qubits, the longest of {longest}. "
        + _why(graph, chip, moves)
    )
    return _placement("minor", chains, summary, graph, chip)


def _minor(graph: Graph, chip: Chip, start: Move | None, seed: int, timeout: float) -> list[np.ndarray]:
    from minorminer import find_embedding

    found: dict[int, list[int]] = {}
    if len(graph.edges):
        coupled = set(chip.couplers.ravel().tolist())
        near = {} if start is None else {i: [q] for i, q in enumerate(start.qubits.tolist()) if q in coupled}
        problem: Any = graph.edges.tolist(), chip.couplers.tolist()
        # Its annotations ask for whole seconds, its code does not.
        found = find_embedding(*problem, random_seed=seed, timeout=timeout, initial_chains=near)  # pyright: ignore
    joined = set(graph.edges.ravel().tolist())
    spare = iter(sorted(chip.nodes - {q for chain in found.values() for q in chain}))
    alone = [i for i in range(graph.n) if i not in joined]
    found = found | {i: [q] for i, q in zip(alone, spare, strict=False)}
    if len(found) < graph.n:
        raise PlacementError(
            f"{_why(graph, chip, [] if start is None else [start])} No minor embedding of its {graph.n} nodes and "
            f"{len(graph.edges)} edges in {len(chip.nodes)} working qubits was found (limit: {timeout:g} seconds): choose a "
            "larger chip, a smaller model, or take the model's graph from this chip"
        )
    return [np.array(sorted(found[i]), dtype=np.int64) for i in range(graph.n)]


def _why(graph: Graph, chip: Chip, moves: list[Move]) -> str:
    if graph.topology != chip.topology:
        return f"The model was made for {graph.topology}, the chip is {chip.topology}."
    if not moves:
        return f"The model needs more room than {chip.topology}({chip.size}) has."
    best = moves[0]
    return (
        "No place on the chip has all that the model needs: the nearest misses "
        f"{best.missing_nodes} qubits and {best.missing_couplers} couplers."
    )


def _placement(kind: Any, chains: Any, summary: str, graph: Graph, chip: Chip) -> Placement:
    """Adds the couplers: all that work within the chains and between those of neighbours."""
    owner = np.full(lattice(chip.topology, chip.size).numbers, -1, dtype=np.int64)
    for i, chain in enumerate(chains):
        owner[chain] = i
    ends = np.sort(owner[chip.couplers], axis=1)
    keys = np.append(graph.edges @ [graph.n, 1], np.iinfo(np.int64).max)
    wanted = ends @ [graph.n, 1]
    order = np.argsort(keys)
    found = order[np.searchsorted(keys, wanted, sorter=order)]
    edges = np.where((ends[:, 0] >= 0) & (keys[found] == wanted), found, -1)
    used = (edges >= 0) | ((ends[:, 0] == ends[:, 1]) & (ends[:, 0] >= 0))
    return Placement(kind, tuple(chains), summary, chip.couplers[used], edges[used])


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
