"""Minor embeddings that stay near the model's own layout.

The search of Cai, Macready and Roy ("A practical heuristic for finding graph minors", arXiv:1406.2741) turns nearly
every node of a dense model into a long chain when it starts from nothing. Here it repairs a start in which most is
right: the model at its best place on the chip, first as it is, then stretched. A stretch inserts free columns and rows;
a node that lies across them becomes a chain of two, and the free qubits give room to lead others around what is broken.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from boltzmann.graphs import Graph
from boltzmann.samplers.chips import Chip, coordinates, lattice
from boltzmann.samplers.lattice_moves import Move, Search

STRETCHES = (1, 1.5, 2, 3)
"""Distances between the inserted columns, in lengths of a qubit: at 1 every node becomes a chain of two."""
AS_IS, FIRST, TIGHTER = 0.05, 0.7, 0.15
"""Shares of the time for a repair of the model as it is, of the first stretched one, and of each one stretched less."""

Chains = dict[int, list[int]]


def minor_embedding(graph: Graph, chip: Chip, start: Move | None, seed: int, timeout: float) -> Chains:
    """A chain of working qubits for each node that has an edge; empty when none was found in ``timeout`` seconds.

    Args:
        graph: The model's graph.
        chip: The chip at hand.
        start: The nearest place that the symmetries offer, where the model is of the chip's topology and fits.
        seed: Of the search.
        timeout: Seconds, kept to within about one of its rounds. A search cut off depends on the machine's speed.
    """
    if not len(graph.edges):
        return {}
    ends_at = time.monotonic() + timeout

    def repair(near: Chains, share: float) -> Chains:
        seconds = min(share * timeout, ends_at - time.monotonic())
        return _search(graph, chip, near, _sound(graph, chip, near), seed, seconds)

    best, widest = {}, {}
    if start is not None:
        if best := repair(_working(chip, start.qubits, np.arange(graph.n)), AS_IS):
            return best
        for near in _stretched(graph, chip):
            found = repair(near, TIGHTER if widest else FIRST)
            widest = widest or near
            if not found:
                break  # less stretched, it has less room still
            best = min(best or found, found, key=lambda chains: sum(map(len, chains.values())))
    return best or _search(graph, chip, widest, set(), seed, ends_at - time.monotonic())


def links(graph: Graph, chip: Chip, chains: Chains) -> tuple[np.ndarray, np.ndarray]:
    """The working couplers within chains and between those of neighbours.

    Returns:
        int64 of shape (c, 2), pairs of qubits, and int64 of shape (c,), the row of ``graph.edges`` that each serves, or,
        within the chain of node i, -1 - i.
    """
    owner = np.full(lattice(chip.topology, chip.size).numbers, -1, dtype=np.int64)
    for node, chain in chains.items():
        owner[chain] = node
    ends = owner[chip.couplers]
    keep = (ends >= 0).all(1)
    ends, couplers = np.sort(ends[keep], axis=1), chip.couplers[keep]
    keys = np.append(graph.edges @ [graph.n, 1], np.iinfo(np.int64).max)
    wanted = ends @ [graph.n, 1]
    order = np.argsort(keys)
    found = order[np.searchsorted(keys, wanted, sorter=order)]
    inside = ends[:, 0] == ends[:, 1]
    used = inside | (keys[found] == wanted)
    return couplers[used], np.where(inside, -1 - ends[:, 0], found)[used]


def _stretched(graph: Graph, chip: Chip) -> Iterator[Chains]:
    """The model with free columns and rows in it, many before few, each at its best place on the chip."""
    length = lattice(chip.topology, chip.size).length
    places = coordinates(graph.topology, graph.size, graph.nodes)
    for distance in sorted({round(times * length) for times in STRETCHES}):
        stretched, owner = stretch(places, length, distance)
        if moves := Search(chip, graph.size, stretched, np.zeros((0, 2), dtype=np.int64)).moved():
            yield _working(chip, moves[0].qubits, owner)


def stretch(places: np.ndarray, length: int, distance: int) -> tuple[np.ndarray, np.ndarray]:
    """Insert ``length`` free columns after every ``distance`` columns of the model, and rows alike.

    Args:
        places: int64 of shape (4, n), as :func:`boltzmann.samplers.chips.coordinates` says.
        length: Cells that a qubit spans: the next qubit of its lane then reaches over the gap.
        distance: At least ``length``, so that no qubit meets two gaps.

    Returns:
        The places of all qubits, int64 of shape (4, q), and the node that each belongs to, int64 of shape (q,).
    """
    u, w, s, lane = places
    new_w, new_s, across = w.copy(), s.copy(), np.zeros(len(u), dtype=bool)
    for axis in (0, 1):
        crosswise = u == axis
        cells = np.where(crosswise, w, s)
        for gap in range(int(cells.min()) + distance, int(cells.max()) + length, distance):
            new_w += length * (crosswise & (w >= gap))
            new_s += length * (~crosswise & (s >= gap))
            # Those that end at the gap as well: their neighbours end to end are now a length further.
            across |= ~crosswise & (s >= gap - length) & (s < gap)
    owner = np.concatenate([np.arange(len(u)), np.flatnonzero(across)])
    further = np.repeat([0, length], [len(u), int(across.sum())])
    return np.stack([u[owner], new_w[owner], new_s[owner] + further, lane[owner]]), owner


def _working(chip: Chip, qubits: np.ndarray, owner: np.ndarray) -> Chains:
    coupled = np.isin(qubits, chip.couplers)
    chains: Chains = {node: [] for node in owner[~coupled].tolist()}
    for qubit, node in zip(qubits[coupled].tolist(), owner[coupled].tolist(), strict=True):
        # A chain that lacks a part starts from nothing: its rest would pass for a whole one.
        if node not in chains or chains[node]:
            chains.setdefault(node, []).append(qubit)
    return {node: chain for node, chain in chains.items() if chain}


def _sound(graph: Graph, chip: Chip, chains: Chains) -> set[int]:
    """The nodes whose chain is whole and has a coupler to each neighbour's."""
    _, served = links(graph, chip, chains)
    lacking = np.setdiff1d(np.arange(len(graph.edges)), served)
    held = set((-1 - served[served < 0]).tolist())
    whole = {node for node, chain in chains.items() if len(chain) == 1 or node in held}
    return whole - set(graph.edges[lacking].ravel().tolist())


def _search(graph: Graph, chip: Chip, near: Chains, fixed: set[int], seed: int, seconds: float) -> Chains:
    from minorminer import find_embedding

    near = {node: near[node] for node in set(graph.edges.ravel().tolist()) & near.keys()}
    options = {
        "random_seed": seed,
        "timeout": max(seconds, 0.1),
        "initial_chains": {node: chain for node, chain in near.items() if node not in fixed},
        "fixed_chains": {node: chain for node, chain in near.items() if node in fixed},
    }
    try:
        return find_embedding(graph.edges.tolist(), chip.couplers.tolist(), **options)
    except RuntimeError:  # how it says that the fixed chains leave no way
        return {}
