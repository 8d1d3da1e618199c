"""A model on a chip that is not the one it was made for."""

from collections.abc import Callable

import numpy as np
import pytest

from boltzmann.graphs import Graph, subgraph, topology
from boltzmann.samplers.chips import Chip, coordinates, lattice
from boltzmann.samplers.lattice_moves import Search
from boltzmann.samplers.minor_embedding import links, stretch
from boltzmann.samplers.placement import Placement, PlacementError, place, program, unembed

CHIPS = [("zephyr", 6), ("pegasus", 6), ("chimera", 10)]


@pytest.fixture(scope="module")
def make_chip() -> Callable[..., Chip]:
    """A chip of which a share of the qubits and couplers is broken, and those that are named."""

    def make(kind: str, size: int, broken: float = 0.0, seed: int = 0, without: tuple[int, ...] = ()) -> Chip:
        whole, random = topology(kind, size), np.random.default_rng(seed)
        nodes = {q for q in sorted(whole) if random.random() >= broken and q not in without}
        edges = {pair for pair in sorted(whole.edges) if random.random() >= broken / 10}
        return Chip(kind, size, nodes, edges)

    return make


def check(graph: Graph, chip: Chip, placement: Placement) -> None:
    """Working qubits, each used once; chains that hang together; a working coupler for each edge."""
    assert len(placement.chains) == graph.n
    qubits = placement.qubits.tolist()
    assert len(set(qubits)) == len(qubits)
    assert set(qubits) <= chip.nodes
    working = {frozenset(pair) for pair in chip.edges}
    assert {frozenset(pair) for pair in placement.couplers.tolist()} <= working
    assert set(placement.edges.tolist()) - {-1} == set(range(len(graph.edges)))
    owner = {q: i for i, chain in enumerate(placement.chains) for q in chain.tolist()}
    inside: dict[int, list[tuple[int, int]]] = {}
    for (a, b), edge in zip(placement.couplers.tolist(), placement.edges.tolist(), strict=True):
        if edge < 0:
            assert owner[a] == owner[b]
            inside.setdefault(owner[a], []).append((a, b))
        else:
            assert {owner[a], owner[b]} == set(graph.edges[edge].tolist())
    for i, chain in enumerate(placement.chains):
        reached = {int(chain[0])}
        for _ in chain:
            reached |= {q for pair in inside.get(i, []) if reached & set(pair) for q in pair}
        assert reached == set(chain.tolist())


@pytest.mark.parametrize(("kind", "size"), CHIPS)
def test_on_a_whole_chip_a_model_keeps_its_qubits(kind: str, size: int, make_chip) -> None:
    graph = subgraph(kind, 60, size=size)
    chip = make_chip(kind, size)
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "native"
    assert placement.qubits.tolist() == graph.nodes.tolist()
    assert placement.couplers.shape == graph.edges.shape


@pytest.mark.parametrize(("kind", "size"), CHIPS)
@pytest.mark.parametrize("other", [-1, 1, 2])
def test_on_a_chip_of_another_size_a_model_keeps_its_coordinates(kind: str, size: int, other: int, make_chip) -> None:
    graph = subgraph(kind, 40, size=size)
    chip = make_chip(kind, size + other)
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "native"
    assert "the same coordinates" in placement.summary


@pytest.mark.parametrize(("kind", "size"), CHIPS)
def test_a_model_moves_away_from_a_broken_qubit(kind: str, size: int, make_chip) -> None:
    graph = subgraph(kind, 60, size=size)
    chip = make_chip(kind, size, without=(int(graph.nodes[30]),))
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "moved"
    assert (placement.lengths == 1).all()


@pytest.mark.parametrize(("kind", "size"), CHIPS)
def test_a_model_finds_a_place_on_a_chip_with_three_per_cent_broken(kind: str, size: int, make_chip) -> None:
    graph = subgraph(kind, 24, size=size)
    kinds = []
    for seed in range(4):
        chip = make_chip(kind, size, broken=0.03, seed=seed)
        placement = place(graph, chip)
        check(graph, chip, placement)
        kinds.append(placement.kind)
    assert "moved" in kinds
    assert "minor" not in kinds


@pytest.mark.parametrize(("kind", "size"), [("zephyr", 3), ("pegasus", 4), ("chimera", 4)])
def test_every_motion_is_a_symmetry_of_the_lattice(kind: str, size: int, make_chip) -> None:
    """On a larger perfect chip every coupler of a whole small one falls on a coupler, wherever it is moved."""
    graph, chip = subgraph(kind, 30, size=size), make_chip(kind, size + 1)
    search = Search(chip, size, coordinates(kind, size, graph.nodes), graph.edges)
    random = np.random.default_rng(0)
    a, b = graph.edges.T
    images = set()
    for turn in range(8):
        _, shifts, orders = search._places(turn)
        for shift in shifts:
            sites = search._sites_at(turn, shift)
            qubits = search._choose(sites, random.integers(len(search._orders), size=orders.shape[1]))
            if set(qubits.tolist()) <= chip.nodes:  # a Pegasus lattice has qubits beyond its fabric
                assert len(set(qubits.tolist())) == graph.n
                assert chip.lookup.work(qubits[a], qubits[b]).all()
                images.add((turn, tuple(qubits.tolist())))
    turns = {turn for turn, _ in images}
    # Of the square's symmetries Pegasus has one: columns and rows exchanged along the other diagonal.
    assert turns == ({0, 7} if kind == "pegasus" else set(range(8)))
    assert len(images) >= 8


@pytest.mark.parametrize(("kind", "size"), [("zephyr", 1), ("chimera", 2)])
def test_lanes_are_reordered_where_no_motion_helps(kind: str, size: int, make_chip) -> None:
    whole = subgraph(kind, len(topology(kind, size)), size=size)
    # All but the qubits of one lane: the chip lacks another lane of the same column.
    u, w, _, lanes = coordinates(kind, size, whole.nodes)
    lane, other = (whole.nodes[(u == 0) & (w == 0) & (lanes == k)].tolist() for k in (0, 2))
    keep = np.flatnonzero(~np.isin(whole.nodes, lane))
    index = np.full(whole.n, -1)
    index[keep] = np.arange(len(keep))
    edges = index[whole.edges]
    edges = edges[(edges >= 0).all(1)]
    graph = Graph(kind, size, whole.nodes[keep], edges, whole.colours[keep], whole.positions[keep])
    chip = make_chip(kind, size, without=tuple(other))
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "moved"
    assert "lanes reordered in 1 " in placement.summary


def test_lanes_are_reordered_around_a_broken_coupler(make_chip) -> None:
    graph = subgraph("chimera", 2, size=1)
    whole = make_chip("chimera", 1)
    a, b = graph.nodes.tolist()
    broken = [{a, b}, {a + 4, b - 4}]  # its own coupler and, columns and rows exchanged, that of its image
    chip = Chip("chimera", 1, whole.nodes, {pair for pair in whole.edges if set(pair) not in broken})
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "moved"
    assert "lanes reordered in 1 " in placement.summary


@pytest.mark.parametrize(("kind", "size", "broken"), [("zephyr", 3, 0.2), ("pegasus", 4, 0.1), ("chimera", 4, 0.1)])
def test_a_model_that_no_motion_saves_becomes_a_minor(kind: str, size: int, broken: float, make_chip) -> None:
    graph = subgraph(kind, 30, size=size)
    chip = make_chip(kind, size, broken=broken, seed=1)
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "minor"
    assert placement.lengths.max() > 1
    assert f"{(placement.lengths > 1).sum()} of 30 nodes are chains" in placement.summary
    assert "the nearest misses" in placement.summary


@pytest.mark.parametrize(("kind", "size"), [("zephyr", 8), ("pegasus", 8), ("chimera", 12)])
def test_a_stretched_model_is_whole_on_a_whole_chip(kind: str, size: int, make_chip) -> None:
    """Free columns and rows tear no coupling apart: what crosses them becomes a chain of two."""
    graph, chip = subgraph(kind, 100, size=size), make_chip(kind, size)
    length = lattice(kind, size).length
    places = coordinates(kind, size, graph.nodes)
    for distance in (length, 2 * length):
        stretched, owner = stretch(places, length, distance)
        move = Search(chip, size, stretched, np.zeros((0, 2), dtype=np.int64)).moved()[0]
        assert not move.missing
        chains = {i: move.qubits[owner == i].tolist() for i in range(graph.n)}
        assert max(map(len, chains.values())) == 2
        _, served = links(graph, chip, chains)
        assert set(served[served >= 0].tolist()) == set(range(len(graph.edges)))
        assert {-1 - i for i in served[served < 0].tolist()} == {i for i in chains if len(chains[i]) == 2}


def test_a_dense_model_on_a_chip_with_broken_parts_keeps_short_chains(make_chip) -> None:
    graph, chip = subgraph("zephyr", 64, size=8), make_chip("zephyr", 8, broken=0.08)
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "minor"
    # From no start at all the search takes about 3.5 qubits a node.
    assert len(placement.qubits) < 2.5 * graph.n


def test_a_zephyr_model_on_a_pegasus_chip_is_a_minor(make_chip) -> None:
    graph, chip = subgraph("zephyr", 24), make_chip("pegasus", 6, broken=0.03)
    placement = place(graph, chip)
    check(graph, chip, placement)
    assert placement.kind == "minor"
    assert "made for zephyr, the chip is pegasus" in placement.summary
    again = place(graph, chip)
    assert [chain.tolist() for chain in again.chains] == [chain.tolist() for chain in placement.chains]


def test_nodes_without_a_coupler_get_a_qubit_each(edgeless: Graph, make_chip) -> None:
    chip = make_chip("pegasus", 2)
    placement = place(edgeless, chip)
    check(edgeless, chip, placement)
    assert placement.kind == "minor"
    assert placement.lengths.tolist() == [1] * 5


def test_too_small_a_chip_is_refused(make_chip) -> None:
    with pytest.raises(PlacementError, match=r"has 60 nodes and the chip zephyr\(1\) 48 working qubits"):
        place(subgraph("zephyr", 60), make_chip("zephyr", 1))
    with pytest.raises(PlacementError, match=r"has 304 couplings and the chip zephyr\(1\) 280 working couplers"):
        place(subgraph("zephyr", 48), make_chip("zephyr", 1))
    with pytest.raises(PlacementError, match=r"needs more room than zephyr\(1\).*limit: 1 seconds"):
        place(subgraph("zephyr", 44), make_chip("zephyr", 1), timeout=1)
    with pytest.raises(PlacementError, match=r"made for zephyr, the chip is chimera.*choose a larger chip"):
        place(subgraph("zephyr", 32), make_chip("chimera", 3), timeout=1)


@pytest.mark.parametrize("kind", ["native", "moved", "minor"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_chip_has_the_models_energies(kind: str, seed: int, make_chip) -> None:
    random = np.random.default_rng(seed)
    graph = subgraph("zephyr", 24, size=3)
    chip = {
        "native": make_chip("zephyr", 3),
        "moved": make_chip("zephyr", 3, without=(int(graph.nodes[3]),)),
        "minor": make_chip("pegasus", 4, broken=0.03),
    }[kind]
    placement = place(graph, chip, seed=seed)
    assert placement.kind == kind
    linear, quadratic = random.normal(size=graph.n), random.normal(size=len(graph.edges))
    spins = random.choice((-1, 1), size=(50, graph.n))
    wanted = spins @ linear + (spins[:, graph.edges[:, 0]] * spins[:, graph.edges[:, 1]]) @ quadratic
    h, couplings = program(placement, linear, quadratic, chain_strength=1.5)
    on_chip = np.repeat(spins, placement.lengths, axis=1)
    column = {q: i for i, q in enumerate(placement.qubits.tolist())}
    a, b = np.array([[column[q] for q in pair] for pair in placement.couplers.tolist()]).T
    energies = on_chip @ h + (on_chip[:, a] * on_chip[:, b]) @ couplings
    np.testing.assert_allclose(energies, wanted - 1.5 * (placement.edges < 0).sum(), rtol=0, atol=1e-10)
    back, broken = unembed(placement, on_chip, random)
    assert back.dtype == np.int8
    assert (back == spins).all()
    assert broken == 0


def test_a_batch_of_models_is_programmed_at_once(make_chip) -> None:
    random = np.random.default_rng(0)
    graph = subgraph("zephyr", 12)
    placement = place(graph, make_chip("pegasus", 3))
    linear, quadratic = random.normal(size=(3, graph.n)), random.normal(size=(3, len(graph.edges)))
    together = program(placement, linear, quadratic, 1.0)
    for i in range(3):
        for got, alone in zip(together, program(placement, linear[i], quadratic[i], 1.0), strict=True):
            np.testing.assert_array_equal(got[i], alone)


def test_broken_chains_vote_and_ties_are_settled_at_random() -> None:
    chains = (np.array([4]), np.array([1, 2, 3]), np.array([7, 8]))
    placement = Placement("minor", chains, "", np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.int64))
    reads = np.array([[-1, 1, -1, -1, 1, -1]] * 4000, dtype=np.int8)
    reads[:1000, 4:] = 1
    spins, broken = unembed(placement, reads, np.random.default_rng(0))
    assert (spins[:, 0] == -1).all()
    assert (spins[:, 1] == -1).all()
    assert (spins[:1000, 2] == 1).all()
    # 3000 fair coins: the mean's standard error is 0.018; five of them.
    assert abs(spins[1000:, 2].mean()) < 0.09
    assert broken == pytest.approx((4000 + 3000) / 8000)


def test_a_solvers_properties_make_a_chip() -> None:
    chip = Chip.from_properties(
        {"topology": {"type": "zephyr", "shape": [2, 4]}, "qubits": [0, 1, 9], "couplers": [[1, 0], [1, 5]]}
    )
    assert (chip.topology, chip.size, chip.nodes) == ("zephyr", 2, {0, 1, 9})
    assert chip.couplers.tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("kind", "shape"), [("zephyr", [3, 2]), ("chimera", [4, 5, 4]), ("chimera", [4, 4, 2]), ("pegasus", [4, 2])]
)
def test_chips_of_other_shapes_are_refused(kind: str, shape: list[int]) -> None:
    with pytest.raises(ValueError, match="choose another solver"):
        Chip.from_properties({"topology": {"type": kind, "shape": shape}, "qubits": [], "couplers": []})


def test_unknown_topologies_and_qubits_are_refused() -> None:
    with pytest.raises(ValueError, match="topology is 'ring'; those known are zephyr, pegasus, chimera"):
        Chip("ring", 3, {0}, set())
    with pytest.raises(ValueError, match=r"zephyr\(1\) has no qubit 48"):
        Chip("zephyr", 1, {48}, set())
