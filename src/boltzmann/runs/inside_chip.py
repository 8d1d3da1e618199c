"""What a model's graph shows of the chip beneath it: its holes. Only the graph is asked, no chip."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import networkx as nx
import numpy as np

from boltzmann import graphs
from boltzmann.graphs import Graph

ENCLOSED = 0.75
"""Share of a qubit's couplers that lead into the graph, from which on the graph surrounds it."""


@dataclass(frozen=True, eq=False)
class Holes:
    """Parts of the perfect chip that a graph surrounds without having them.

    A graph grows by the qubit with most neighbours in it (:func:`boltzmann.graphs.subgraph`), so on a perfect chip it
    leaves out none that has many more there than its own loosest node: what it leaves out did not work.

    Args:
        qubits: int64 (b,).
        positions: float32 (b, 2), in the coordinates of ``graph.positions``.
        couplers: int64 (c, 2), indices of the two nodes that a perfect chip would couple, rows sorted.
    """

    qubits: np.ndarray
    positions: np.ndarray
    couplers: np.ndarray


def holes(graph: Graph) -> Holes:
    """The holes of ``graph``; a graph of no chip has none."""
    none = np.zeros((0, 2), dtype=np.int64)
    if graph.topology == "bipartite":
        return Holes(none[:, 0], none.astype(np.float32), none)
    chip, places = _perfect(graph.topology, graph.size)
    inside = set(graph.nodes.tolist())
    loosest = int(np.bincount(graph.edges.ravel(), minlength=graph.n).min())
    around = sorted(nx.node_boundary(chip, inside))
    qubits = np.array([q for q in around if _enclosed(chip, q, inside, loosest)], dtype=np.int64)
    perfect = {(min(pair), max(pair)) for pair in chip.subgraph(inside).edges}
    present = set(map(tuple, graph.nodes[graph.edges].tolist()))
    lost = np.array(sorted(perfect - present), dtype=np.int64).reshape(-1, 2)
    return Holes(qubits, _placed(graph, places, qubits), np.searchsorted(graph.nodes, lost))


def _enclosed(chip: nx.Graph, qubit: int, inside: set[int], loosest: int) -> bool:
    neighbours = len(inside.intersection(chip[qubit]))
    return neighbours >= ENCLOSED * len(chip[qubit]) and neighbours > loosest + 1


def _placed(graph: Graph, whole: Graph, qubits: np.ndarray) -> np.ndarray:
    """Where the graph's own drawing would have these qubits: it is the whole chip's, shifted and scaled."""
    index, wanted = (np.searchsorted(whole.nodes, some) for some in (graph.nodes, qubits))
    lines = [np.polyfit(whole.positions[index, axis], graph.positions[:, axis], 1) for axis in (0, 1)]
    return np.stack([np.polyval(line, whole.positions[wanted, axis]) for axis, line in enumerate(lines)], 1).astype(
        "f4"
    )


# A run's checkpoints all lie on the same chip.
@lru_cache(maxsize=2)
def _perfect(topology: str, size: int) -> tuple[nx.Graph, Graph]:
    """A chip without holes, and its drawing, without couplers."""
    chip = graphs.topology(topology, size)
    return chip, graphs.of_qubits(topology, size, np.array(sorted(chip)), np.zeros((0, 2), dtype=np.int64))
