"""A graph's couplings laid out for sweeping: nodes ordered by colour, each with its neighbours in compressed rows."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np

from boltzmann.graphs import Graph


class Layout:
    """The structure alone: made once for a graph, while training changes the values at every step.

    Args:
        graph: n nodes, m edges, properly coloured.

    Attributes:
        order: (n,) the node in each row.
        place: (n,) the row of each node.
        starts: (n + 1,) where each row's entries begin.
        columns: (2 m,) the row of each entry's neighbour, ascending within a row.
        edges: (2 m,) the number of each entry's edge.
        blocks: First row, last row + 1, first entry, last entry + 1 of each colour.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.order = np.argsort(graph.colours, kind="stable")
        self.place = np.argsort(self.order)
        ends = self.place[graph.edges].reshape(-1, 2)
        rows, columns = np.concatenate([ends, ends[:, ::-1]]).T
        by_row = np.lexsort((columns, rows))
        self.starts = np.searchsorted(rows[by_row], np.arange(graph.n + 1))
        self.columns = columns[by_row]
        self.edges = np.tile(np.arange(len(graph.edges)), 2)[by_row]
        bounds = np.append(np.unique(graph.colours[self.order], return_index=True)[1], graph.n)
        self.blocks = [(a, b, int(self.starts[a]), int(self.starts[b])) for a, b in pairwise(bounds.tolist())]

    @cached_property
    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Each row's neighbours and the numbers of its edges, (n, largest degree); free places name edge m, which is none."""
        degrees = np.diff(self.starts)
        used = np.arange(max(degrees.max(), 1)) < degrees[:, None]
        neighbours, edges = np.zeros(used.shape, np.int64), np.full(used.shape, len(self.graph.edges))
        neighbours[used], edges[used] = self.columns, self.edges
        return neighbours, edges
