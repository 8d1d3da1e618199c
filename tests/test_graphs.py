from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from boltzmann.graphs import Graph, subgraph, topology

CHIPS = [("zephyr", 12, 4), ("pegasus", 16, 4), ("chimera", 16, 2)]


def as_networkx(graph: Graph) -> nx.Graph:
    result = nx.Graph()
    result.add_nodes_from(range(graph.n))
    result.add_edges_from(graph.edges.tolist())
    return result


@pytest.mark.parametrize(("kind", "size", "colours"), CHIPS)
@pytest.mark.parametrize("n", [16, 256, 1000])
def test_subgraph_is_connected_induced_and_properly_coloured(kind: str, size: int, colours: int, n: int) -> None:
    graph = subgraph(kind, n, size=size)
    assert graph.n == n
    assert graph.size == size
    assert nx.is_connected(as_networkx(graph))
    assert (np.diff(graph.nodes) > 0).all()
    induced = topology(kind, size).subgraph(graph.nodes.tolist())
    pairs = graph.nodes[graph.edges]
    assert {tuple(pair) for pair in pairs.tolist()} == {tuple(sorted(pair)) for pair in induced.edges}
    assert graph.edges.tolist() == sorted(graph.edges.tolist())
    assert (graph.edges[:, 0] < graph.edges[:, 1]).all()
    assert (graph.colours[graph.edges[:, 0]] != graph.colours[graph.edges[:, 1]]).all()
    assert set(graph.colours.tolist()) <= set(range(colours))


def test_types_are_what_the_docstring_says() -> None:
    graph = subgraph("zephyr", 32)
    assert (graph.nodes.dtype, graph.edges.dtype, graph.colours.dtype) == (np.int64, np.int64, np.int64)
    assert graph.positions.dtype == np.float32
    assert graph.positions.shape == (32, 2)
    assert graph.positions.min() >= -1e-6
    assert graph.positions.max() <= 1 + 1e-6
    assert np.ptp(graph.positions, axis=0).max() == pytest.approx(1)


@pytest.mark.parametrize(("kind", "degree"), [("zephyr", 16.5), ("pegasus", 12), ("chimera", 5)])
def test_subgraph_is_dense(kind: str, degree: float) -> None:
    graph = subgraph(kind, 256, size=16)
    assert 2 * len(graph.edges) / graph.n >= degree


def test_2048_nodes_of_zephyr_15() -> None:
    assert subgraph("zephyr", 2048, size=15).n == 2048


def test_same_seed_same_graph_and_another_seed_another() -> None:
    first, again, other = (subgraph("zephyr", 100, seed=seed) for seed in (3, 3, 5))
    assert first.nodes.tolist() == again.nodes.tolist()
    assert first.nodes.tolist() != other.nodes.tolist()


def test_chip_grows_until_the_nodes_fit() -> None:
    assert subgraph("pegasus", 100, size=1).size == 3
    assert subgraph("chimera", 4096, size=12).size == 23


def test_missing_parts_stay_out() -> None:
    whole = subgraph("zephyr", 64, size=3)
    node = int(whole.nodes[5])
    edge = tuple(int(q) for q in whole.nodes[whole.edges[-1]])
    graph = subgraph("zephyr", 64, size=3, missing_nodes=[node], missing_edges=[edge[::-1]])
    assert node not in graph.nodes
    assert list(edge) not in graph.nodes[graph.edges].tolist()


def test_nodes_cut_off_by_missing_parts_are_not_used() -> None:
    chip = topology("zephyr", 1)
    lonely = 0
    graph = subgraph("zephyr", 47, size=1, missing_edges=[(lonely, other) for other in chip[lonely]])
    assert lonely not in graph.nodes
    with pytest.raises(ValueError, match=r"has 47 connected qubits, fewer than 48"):
        subgraph("zephyr", 48, size=1, missing_edges=[(lonely, other) for other in chip[lonely]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "ring", "n": 4}, "unknown topology 'ring': choose zephyr, pegasus, chimera"),
        ({"kind": "zephyr", "n": 0}, "at least 1"),
        ({"kind": "zephyr", "n": 4, "size": 0}, "must be 1 or more"),
        ({"kind": "zephyr", "n": 4, "size": 1, "missing_nodes": [99]}, "has no 99"),
        ({"kind": "zephyr", "n": 4, "size": 1, "missing_edges": [(0, 1000)]}, r"has no \(0, 1000\)"),
    ],
)
def test_bad_arguments_are_explained(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        subgraph(**arguments)


def test_saved_graph_loads_the_same(tmp_path) -> None:
    graph = subgraph("pegasus", 40)
    graph.save(tmp_path / "graph.safetensors")
    loaded = Graph.load(tmp_path / "graph.safetensors")
    assert (loaded.topology, loaded.size) == ("pegasus", 12)
    for name in ("nodes", "edges", "colours", "positions"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(graph, name))


def test_what_was_broken_of_its_chip_stays_with_a_graph(tmp_path) -> None:
    path = tmp_path / "graph.safetensors"
    known, perfect = subgraph("zephyr", 40, missing_nodes=[9, 3]), subgraph("zephyr", 40)
    for graph, broken in ((known, [3, 9]), (perfect, []), (replace(perfect, broken=None), None)):
        graph.save(path)
        loaded = Graph.load(path).broken
        assert (None if loaded is None else loaded.tolist()) == broken


def test_a_file_of_something_else_is_refused(tmp_path) -> None:
    from safetensors.numpy import save_file

    save_file({"weights": np.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="holds no graph"):
        Graph.load(tmp_path / "other.safetensors")
