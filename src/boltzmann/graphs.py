"""From a chip's topology to the graph of a prior: a dense subgraph, its colouring, its drawing coordinates."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import dwave.graphs as chips
import networkx as nx
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

Edge = tuple[int, int]

MAX_SIZE = 64
"""Largest size parameter tried when a chip grows (Zephyr(64) has 66,048 qubits)."""

ARRAYS = ("nodes", "edges", "colours", "positions")


class _Topology(NamedTuple):
    graph: Callable[[int], nx.Graph]
    layout: Callable[[nx.Graph], dict]
    coordinates: Callable[[int], Callable]
    colour: Callable[[Any], int]


_TOPOLOGIES = {
    "zephyr": _Topology(
        chips.zephyr_graph,
        chips.zephyr_layout,
        lambda m: chips.zephyr_coordinates(m).linear_to_zephyr,
        chips.zephyr_four_color,
    ),
    "pegasus": _Topology(
        chips.pegasus_graph,
        chips.pegasus_layout,
        lambda m: chips.pegasus_coordinates(m).linear_to_pegasus,
        chips.pegasus_four_color,
    ),
    "chimera": _Topology(
        chips.chimera_graph,
        chips.chimera_layout,
        lambda m: chips.chimera_coordinates(m).linear_to_chimera,
        chips.chimera_two_color,
    ),
}


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes and edges of a prior, with what sampling and drawing need. It loads without any QPU or network.

    Args:
        topology: "zephyr", "pegasus", "chimera", or "bipartite" (see :func:`bipartite`), which is no chip's.
        size: Size parameter m of the chip; of "bipartite" the number of nodes in the first part.
        nodes: int64 of shape (n,): the chip's qubit numbers, ascending.
        edges: int64 of shape (m, 2): indices into ``nodes``, each row ascending, rows sorted.
        colours: int64 of shape (n,): a proper colouring, so that the nodes of one colour share no edge.
        positions: float32 of shape (n, 2): drawing coordinates in the unit square, y upwards.
        broken: int64 of shape (b,): the chip's qubits that did not work when the graph was made, ascending; none of a
            perfect chip. None: not known.
    """

    topology: str
    size: int
    nodes: np.ndarray
    edges: np.ndarray
    colours: np.ndarray
    positions: np.ndarray
    broken: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.nodes)

    def save(self, path: Path) -> None:
        """Write a safetensors file."""
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in ARRAYS}
        if self.broken is not None:
            arrays["broken"] = np.ascontiguousarray(self.broken)
        save_file(arrays, path, metadata={"topology": self.topology, "size": str(self.size)})

    @classmethod
    def load(cls, path: Path) -> Graph:
        """Read what :meth:`save` wrote.

        Raises:
            ValueError: when the file is a safetensors file of something else.
        """
        with safe_open(path, framework="numpy") as file:
            facts = file.metadata() or {}
            try:
                # Older files do not say what was broken.
                have = [*ARRAYS, *({"broken"} & set(file.keys()))]
                arrays = {name: file.get_tensor(name) for name in have}
                return cls(facts["topology"], int(facts["size"]), **arrays)
            except Exception as error:
                raise ValueError(f"{path} holds no graph ({error}): expected a file written by Graph.save") from error


def bipartite(n: int, m: int) -> Graph:
    """All n m edges between two parts, drawn as two columns: nodes 0 to n - 1, colour 0, and n to n + m - 1, colour 1.

    Edges are ordered as the entries of an (n, m) matrix, row after row.

    Raises:
        ValueError: for an empty part.
    """
    if n < 1 or m < 1:
        raise ValueError(f"the parts have {n} and {m} nodes; each needs at least 1")
    colours = np.repeat([0, 1], [n, m])
    heights = np.concatenate([(np.arange(count)[::-1] + 0.5) / count for count in (n, m)])
    return Graph(
        topology="bipartite",
        size=n,
        nodes=np.arange(n + m),
        edges=np.stack([np.repeat(np.arange(n), m), np.tile(np.arange(n, n + m), n)], axis=1),
        colours=colours,
        positions=np.stack([colours, heights], axis=1).astype(np.float32),
    )


def topology(kind: str, size: int, missing_nodes: Iterable[int] = (), missing_edges: Iterable[Edge] = ()) -> nx.Graph:
    """The working graph of a chip, nodes labelled with qubit numbers.

    Args:
        kind: "zephyr" (2 tile sizes of 4), "pegasus" (its fabric only) or "chimera" (tiles of 4 + 4).
        size: Size parameter m.
        missing_nodes: Qubits that do not work.
        missing_edges: Couplers that do not work, as pairs of qubits in either order.

    Raises:
        ValueError: for an unknown kind, a size below 1, or a missing part that the chip never had.
    """
    if kind not in _TOPOLOGIES:
        raise ValueError(f"unknown topology {kind!r}: choose {', '.join(_TOPOLOGIES)}")
    if size < 1:
        raise ValueError(f"the chip's size is {size}; it must be 1 or more")
    chip = _TOPOLOGIES[kind].graph(size)
    missing_nodes, missing_edges = list(missing_nodes), list(missing_edges)
    strangers = [node for node in missing_nodes if node not in chip]
    strangers += [edge for edge in missing_edges if not chip.has_edge(*edge)]
    if strangers:
        raise ValueError(f"{kind}({size}) has no {strangers[0]}: missing qubits and couplers must belong to the chip")
    chip.remove_edges_from(missing_edges)
    chip.remove_nodes_from(missing_nodes)
    return chip


def subgraph(
    kind: str,
    n: int,
    size: int = 12,
    seed: int = 0,
    missing_nodes: Iterable[int] = (),
    missing_edges: Iterable[Edge] = (),
) -> Graph:
    """A dense connected subgraph of ``n`` nodes, the same for the same arguments.

    A perfect chip grows until ``n`` nodes fit. A chip with missing parts keeps its size: they name its qubits.

    Args:
        kind, size, missing_nodes, missing_edges: As for :func:`topology`.
        n: Number of nodes.
        seed: Chooses where the subgraph begins and settles ties.

    Raises:
        ValueError: when ``n`` nodes do not fit, or as :func:`topology` does.
    """
    if n < 1:
        raise ValueError(f"a graph of {n} nodes was asked for; it needs at least 1")
    missing_nodes, missing_edges = list(missing_nodes), list(missing_edges)
    whole = not missing_nodes and not missing_edges
    while True:
        chip = topology(kind, size, missing_nodes, missing_edges)
        largest: set[int] = max(nx.connected_components(chip), key=len, default=set())
        if len(largest) >= n:
            break
        if not whole or size >= MAX_SIZE:
            raise ValueError(
                f"{kind}({size}) has {len(largest)} connected qubits, fewer than {n}: use fewer nodes or a larger chip"
            )
        size += 1
    places = {node: np.asarray(place, dtype=float) for node, place in _TOPOLOGIES[kind].layout(chip).items()}
    nodes = sorted(_grow(chip.subgraph(largest), n, places, np.random.default_rng(seed)))
    couplers = np.array([sorted(pair) for pair in chip.subgraph(nodes).edges], dtype=np.int64)
    broken = np.array(sorted(set(missing_nodes)), dtype=np.int64)
    return replace(_graph(kind, size, nodes, couplers, places), broken=broken)


def of_qubits(kind: str, size: int, qubits: np.ndarray, couplers: np.ndarray) -> Graph:
    """These qubits of a perfect chip, with these of its couplers alone.

    Args:
        kind, size: As for :func:`topology`.
        qubits: int64 of shape (q,), in any order.
        couplers: int64 of shape (c, 2), pairs of them, each row ascending, in any order.
    """
    chip = topology(kind, size).subgraph(qubits.tolist())
    return _graph(kind, size, sorted(qubits.tolist()), couplers, _TOPOLOGIES[kind].layout(chip))


def induced(graph: Graph, kept: np.ndarray) -> tuple[Graph, np.ndarray]:
    """The nodes ``kept``, indices (k,) ascending, with all edges between them; and which edges these are, bool (m,)."""
    index = np.full(graph.n, -1)
    index[kept] = np.arange(len(kept))
    edges = index[graph.edges]
    inside = np.asarray((edges >= 0).all(axis=1))
    columns = graph.nodes[kept], edges[inside], graph.colours[kept], graph.positions[kept]
    return Graph(graph.topology, graph.size, *columns), inside


def uncoupled(graph: Graph, count: int) -> np.ndarray:
    """``count`` nodes of which no two share an edge, of those with most neighbours: indices (count,), ascending.

    They are of the colour that most nodes have, so that of c colours the c-th part of all nodes is always there.

    Raises:
        ValueError: no colour has so many nodes.
    """
    members = np.flatnonzero(graph.colours == np.bincount(graph.colours).argmax())
    if count > len(members):
        raise ValueError(
            f"{count} nodes that share no edge were asked for, but of the graph's {graph.n} nodes no more than "
            f"{len(members)} are of one colour: use fewer"
        )
    degrees = np.bincount(graph.edges.flatten(), minlength=graph.n)
    return np.sort(members[np.argsort(-degrees[members], kind="stable")[:count]])


def _graph(kind: str, size: int, nodes: list[int], couplers: np.ndarray, places: Mapping[int, Any]) -> Graph:
    """Of ascending qubits and ascending pairs of them, where the layout ``places`` them."""
    coordinates, colour = _TOPOLOGIES[kind].coordinates(size), _TOPOLOGIES[kind].colour
    colours = np.array([colour(coordinates(node)) for node in nodes])
    qubits = np.array(nodes, dtype=np.int64)
    edges = np.searchsorted(qubits, couplers).reshape(-1, 2)
    return Graph(
        topology=kind,
        size=size,
        nodes=qubits,
        edges=edges[np.lexsort(edges.T[::-1])],
        colours=np.unique(colours, return_inverse=True)[1].astype(np.int64),
        positions=_unit_square(np.array([places[node] for node in nodes], dtype=float)),
    )


def _grow(chip: nx.Graph, n: int, places: dict[int, np.ndarray], rng: np.random.Generator) -> set[int]:
    """``n`` nodes, each the one with most neighbours among those before it, the nearest to the first among equals."""
    candidates = sorted(chip)
    middle = np.mean([places[node] for node in candidates], axis=0)
    rank = dict(zip(candidates, rng.permutation(len(candidates)).tolist(), strict=True))
    # A begin at the rim would cost edges, so the seed chooses among the most central nodes.
    central = sorted(candidates, key=lambda node: (float(np.sum((places[node] - middle) ** 2)), node))[:16]
    first = central[int(rng.integers(len(central)))]
    distance = {node: round(float(np.sum((places[node] - places[first]) ** 2)), 9) for node in candidates}
    chosen: set[int] = set()
    inside = dict.fromkeys(candidates, 0)
    heap = [(0, 0.0, 0, first)]
    while len(chosen) < n:
        *_, node = heapq.heappop(heap)
        if node in chosen:
            continue
        chosen.add(node)
        for neighbour in chip[node]:
            if neighbour not in chosen:
                inside[neighbour] += 1
                heapq.heappush(heap, (-inside[neighbour], distance[neighbour], rank[neighbour], neighbour))
    return chosen


def _unit_square(places: np.ndarray) -> np.ndarray:
    """Shift and scale, the same in both directions, so that the drawing fills the unit square's longer side."""
    low, high = places.min(axis=0), places.max(axis=0)
    extent = float((high - low).max()) or 1.0
    return ((places - (low + high) / 2) / extent + 0.5).astype(np.float32)
