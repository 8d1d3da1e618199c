"""The symmetries of a chip's lattice: every place where a model's graph fits, and how many parts are broken there.

The symmetries of a grid of segments (:mod:`boltzmann.samplers.chips`) are those of the square (reflections,
transposition), the translations that meet the grid again, and, column by column and row by row, any order of the lanes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from boltzmann.samplers.chips import Chip, coordinates, lattice

EXAMINED = 256
"""Places, those with fewest broken qubits first, whose couplers are looked at."""
REFINED = 8
"""Places, those with fewest broken parts first, whose lanes are ordered anew to avoid broken couplers."""


@dataclass(frozen=True)
class Move:
    """A place for the model: its qubits (n,), how many of them and of its couplers are broken, the motion in words."""

    qubits: np.ndarray
    missing_nodes: int
    missing_couplers: int
    words: str

    @property
    def chains(self) -> dict[int, list[int]]:
        """Each node's qubit, as a chain of one."""
        return dict(enumerate(self.qubits[:, None].tolist()))

    @property
    def missing(self) -> int:
        """Broken parts in all."""
        return self.missing_nodes + self.missing_couplers


class Search:
    """All places of one model on one chip of its topology.

    Args:
        chip: The chip.
        own: Size parameter of the model's own lattice, of the same topology.
        places: The nodes' places on it, int64 of shape (4, n), as :func:`boltzmann.samplers.chips.coordinates` says.
        edges: int64 of shape (m, 2): pairs of nodes that need a coupler.
    """

    def __init__(self, chip: Chip, own: int, places: np.ndarray, edges: np.ndarray) -> None:
        self._own, self._grid = lattice(chip.topology, own), lattice(chip.topology, chip.size)
        self._growth, self._edges, self._couplers = chip.size - own, edges, chip.lookup
        self._u, self._w, self._s, self._lane = places
        self._row = np.unique(places[:2], axis=1, return_inverse=True)[1].ravel()
        everywhere = np.arange(self._grid.numbers)
        self._sites = np.full((2, self._grid.side, self._grid.side, self._grid.lanes), -1, dtype=np.int64)
        self._sites[tuple(coordinates(chip.topology, chip.size, everywhere))] = everywhere
        self._lost = ~np.isin(everywhere, chip.qubits)
        self._broken = np.where(self._sites >= 0, self._lost[self._sites], True)
        self._orders = np.array(list(permutations(range(self._grid.lanes))))
        ends = self._row[edges]
        self._touching = [np.flatnonzero((ends == row).any(1)) for row in range(self._row.max() + 1)]

    def native(self) -> Iterator[Move]:
        """The same qubits; on a chip of another size the same coordinates, counted from a corner or the middle."""
        whole = self._grid.tile * self._growth
        middle = self._grid.tile * (self._growth // 2)
        names = {
            (0, 0): "the same coordinates, counted from the first corner",
            (middle, middle): "the same coordinates, counted from the middle",
            (whole, whole): "the same coordinates, counted from the last corner",
            (whole, 0): "the same coordinates, counted from the corner on the right",
            (0, whole): "the same coordinates, counted from the corner below",
        }
        for (dx, dy), words in names.items():
            w, s = self._w + np.where(self._u, dy, dx), self._s + np.where(self._u, dx, dy)
            inside = (np.minimum(w, s) >= 0) & (np.maximum(w, s) < self._grid.side)
            if inside.all() and (qubits := self._sites[self._u, w, s, self._lane]).min() >= 0:
                yield self._move(qubits, words if self._growth else "its own qubits")

    def moved(self) -> list[Move]:
        """The nearest to perfect places, best first, small motions before large; none where the model is too big.

        Broken qubits are counted at every place, with the best order of lanes in each column and row; broken couplers
        only where few qubits are. The search ends at the first perfect place.
        """
        parts = [self._places(turn) for turn in range(8)]
        turns = np.repeat(np.arange(8), [len(part[0]) for part in parts])
        if not len(turns):
            return []
        counts, shifts, orders = (np.concatenate(column) for column in zip(*parts, strict=True))
        likely = np.lexsort((np.abs(shifts).sum(1), turns, counts))[:EXAMINED]
        sites = [self._sites_at(int(turns[i]), shifts[i]) for i in likely]
        qubits = np.stack([self._choose(sites[t], orders[i]) for t, i in enumerate(likely)])
        a, b = self._edges.T
        missing = counts[likely] + (~self._couplers.work(qubits[:, a], qubits[:, b])).sum(1)
        moves: list[Move] = []
        for t in np.argsort(missing, kind="stable")[:REFINED]:
            i = likely[t]
            chosen = self._refine(sites[t], orders[i])
            words = _in_words(int(turns[i]), int(shifts[i, 0]), int(shifts[i, 1]), int((chosen > 0).sum()))
            moves.append(self._move(self._choose(sites[t], chosen), words))
            if not moves[-1].missing:
                break
        return sorted(moves, key=lambda move: move.missing)

    def _turned(self, turn: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Orientations, columns or rows and first cells after one of the square's eight symmetries."""
        exchange, *flips = (turn >> 2 & 1, turn >> 1 & 1, turn & 1)
        w, s = self._w, self._s
        for across, flip in enumerate(flips):
            if flip:
                w = np.where(self._u == across, self._own.side - 1 - w, w)
                s = np.where(self._u == across, s, self._own.side - self._own.length - s)
        return self._u ^ exchange, w, s

    def _places(self, turn: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of all shifts that keep the turned model on the chip: broken qubits (c,), shifts (c, 2), orders (c, rows)."""
        u, w, s = self._turned(turn)
        across, down = np.where(u, s, w), np.where(u, w, s)
        spans = [np.arange(-place.min(), self._grid.side - place.max()) for place in (across, down)]
        shifts = np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1).reshape(-1, 2)
        for some in (slice(0, 1), slice(None)):  # most shifts of a Pegasus fall between its segments: one node tells
            dx, dy = shifts[:, :1], shifts[:, 1:]
            at = u[some], w[some] + np.where(u[some], dy, dx), s[some] + np.where(u[some], dx, dy)
            shifts = shifts[(self._sites[*at, 0] >= 0).all(1)]
        dx, dy = shifts[:, :1], shifts[:, 1:]
        broken = self._broken[u, w + np.where(u, dy, dx), s + np.where(u, dx, dy)]
        lanes, rows = self._grid.lanes, self._row.max() + 1
        groups = self._row * lanes + self._lane
        order = np.argsort(groups, kind="stable")
        present, starts = np.unique(groups[order], return_index=True)
        counts = np.zeros((len(shifts), rows * lanes, lanes), dtype=np.int32)
        counts[:, present] = np.add.reduceat(broken[:, order].astype(np.int32), starts, axis=1)
        counts = counts.reshape(len(shifts), rows, lanes, lanes)
        costs = np.stack([counts[:, :, range(lanes), lane].sum(-1) for lane in self._orders], axis=-1)
        return costs.min(-1).sum(1), shifts, costs.argmin(-1)

    def _sites_at(self, turn: int, shift: np.ndarray) -> np.ndarray:
        """The qubits in all lanes at each node's place: int64 of shape (n, lanes)."""
        (u, w, s), (dx, dy) = self._turned(turn), shift
        return self._sites[u, w + np.where(u, dy, dx), s + np.where(u, dx, dy)]

    def _choose(self, sites: np.ndarray, orders: np.ndarray) -> np.ndarray:
        """The qubits (n,) when the lanes of each column and row (rows,) are in these orders."""
        return sites[np.arange(len(sites)), self._orders[orders[self._row], self._lane]]

    def _refine(self, sites: np.ndarray, orders: np.ndarray) -> np.ndarray:
        """Better orders, one column or row after the other, until none has a better one."""
        orders, changed = orders.copy(), True
        options = np.take_along_axis(sites, self._orders[:, self._lane].T, 1)
        lost = self._lost[options]
        a, b = self._edges.T
        while changed:
            changed = False
            for row in range(len(orders)):
                chosen = orders[self._row]
                near = self._touching[row]
                ends = [
                    np.where((self._row[end] == row)[:, None], options[end], options[end, chosen[end]][:, None])
                    for end in (a[near], b[near])
                ]
                missing = (~self._couplers.work(*ends)).sum(0) + lost[self._row == row].sum(0)
                if missing.min() < missing[orders[row]]:
                    orders[row], changed = missing.argmin(), True
        return orders

    def _move(self, qubits: np.ndarray, words: str) -> Move:
        a, b = qubits[self._edges.T]
        return Move(qubits, int(self._lost[qubits].sum()), int((~self._couplers.work(a, b)).sum()), words)


def _in_words(turn: int, dx: int, dy: int, reordered: int) -> str:
    names = ("columns and rows exchanged", "mirrored left to right", "mirrored top to bottom")
    parts = [name for name, bit in zip(names, (4, 2, 1), strict=True) if turn & bit]
    parts += [f"{_count(abs(dx), 'column')} to the {'right' if dx > 0 else 'left'}"] if dx else []
    parts += [f"{_count(abs(dy), 'row')} {'down' if dy > 0 else 'up'}"] if dy else []
    parts += [f"lanes reordered in {_count(reordered, 'column or row', 'columns and rows')}"] if reordered else []
    return ", ".join(parts)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
