"""What works of a chip, and the grid its qubits lie on.

All three lattices are line segments on a square grid: a qubit is vertical or horizontal, lies in one column or row,
and spans ``length`` cells of it; ``lanes`` qubits lie side by side with the same span. Two qubits share a coupler
where their segments cross, meet end to end or run side by side (Boothby, King and Raymond, "Zephyr Topology of D-Wave
Quantum Processors", 2021; Boothby et al., "Next-Generation Topology of D-Wave Quantum Processors", 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from boltzmann.graphs import Edge

TILES = {"zephyr": [4], "pegasus": [], "chimera": [4]}
"""What a chip's shape must say after its size, by topology."""
# First cell of a Pegasus segment in its tile of 6, by orientation and column or row: half the offsets of
# dwave.graphs.pegasus_graph, which counts the two lanes as columns of their own.
_PEGASUS_STARTS = np.array([[1, 1, 5, 5, 3, 3], [3, 3, 1, 1, 5, 5]])


class Lattice(NamedTuple):
    """A grid: cells a side, cells that a segment spans, lanes, cells a side of the tile that repeats, qubit numbers."""

    side: int
    length: int
    lanes: int
    tile: int
    numbers: int


def lattice(topology: str, size: int) -> Lattice:
    """The grid that the chip of this topology and size covers."""
    if topology == "zephyr":
        return Lattice(2 * size + 1, 2, 4, 2, 16 * size * (2 * size + 1))
    if topology == "pegasus":
        return Lattice(6 * size, 6, 2, 6, 24 * size * (size - 1))
    return Lattice(size, 1, 4, 1, 8 * size**2)


def coordinates(topology: str, size: int, qubits: np.ndarray) -> np.ndarray:
    """Orientation (0 vertical), column or row, first cell along it, lane: int64 of shape (4, n) for qubits (n,)."""
    if topology == "zephyr":
        u, w, k, j, z = np.unravel_index(qubits, (2, 2 * size + 1, 4, 2, size))
        return np.stack([u, w, 2 * z + j, k])
    if topology == "pegasus":
        u, w, k, z = np.unravel_index(qubits, (2, size, 12, size - 1))
        return np.stack([u, 6 * w + k // 2, 6 * z + _PEGASUS_STARTS[u, k // 2], k % 2])
    i, j, u, k = np.unravel_index(qubits, (size, size, 2, 4))
    return np.stack([u, np.where(u == 0, j, i), np.where(u == 0, i, j), k])


class Couplers:
    """Working couplers, int64 of shape (c, 2) in any order, looked up by the thousand."""

    def __init__(self, pairs: np.ndarray) -> None:
        self._span = int(pairs.max(initial=0)) + 1
        low, high = np.sort(pairs, axis=1).T
        self._keys = np.append(np.unique(low * self._span + high), np.iinfo(np.int64).max)

    def work(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Whether each pair of qubits shares a working coupler: bool of the shape of ``a`` and ``b``."""
        low, high = np.minimum(a, b), np.maximum(a, b)
        keys = low * self._span + high
        return (self._keys[np.searchsorted(self._keys, keys)] == keys) & (high < self._span)


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

    @cached_property
    def lookup(self) -> Couplers:
        """The working couplers, to be asked for by the thousand."""
        return Couplers(self.couplers)
