"""What of the chip beneath a model's graph did not work: as it was stored with the graph, no chip is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import networkx as nx
import numpy as np

from boltzmann import graphs
from boltzmann.graphs import Graph


@dataclass(frozen=True, eq=False)
class Holes:
    """Parts of the chip that did not work where a graph was laid out.

    Args:
        qubits: int64 (b,), those with a coupler into the graph; None: not known which did not work, as of a graph that was
            stored before this was kept. What a graph merely does not use is none of them.
        positions: float32 (b, 2), in the coordinates of ``graph.positions``; none where the qubits are not known.
        couplers: int64 (c, 2), indices of the two nodes that a perfect chip would couple, rows sorted: a graph has all
            couplers between its nodes that worked (:func:`boltzmann.graphs.subgraph`).
    """

    qubits: np.ndarray | None
    positions: np.ndarray
    couplers: np.ndarray


def holes(graph: Graph) -> Holes:
    """What did not work at and between the nodes of ``graph``; a graph of no chip has no holes."""
    none = np.zeros((0, 2), dtype=np.int64)
    if graph.topology == "bipartite":
        return Holes(none[:, 0], none.astype(np.float32), none)
    chip, places = _perfect(graph.topology, graph.size)
    inside = set(graph.nodes.tolist())
    perfect = {(min(pair), max(pair)) for pair in chip.subgraph(inside).edges}
    present = set(map(tuple, graph.nodes[graph.edges].tolist()))
    lost = np.array(sorted(perfect - present), dtype=np.int64).reshape(-1, 2)
    couplers = np.searchsorted(graph.nodes, lost)
    if graph.broken is None:
        return Holes(None, none.astype(np.float32), couplers)
    around = nx.node_boundary(chip, inside)
    qubits = np.array(sorted(around & set(graph.broken.tolist())), dtype=np.int64)
    return Holes(qubits, _placed(graph, places, qubits), couplers)


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
