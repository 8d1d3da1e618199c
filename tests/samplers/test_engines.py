"""Every engine on every path, judged by the exact distribution (see the fixture ``judge``)."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from boltzmann.graphs import Graph
from boltzmann.samplers import engines
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Chains, Layout
from boltzmann.samplers.engines.accelerator import AcceleratorChains
from boltzmann.samplers.engines.cpu import CpuChains
from boltzmann.samplers.exact import probabilities

CPU = torch.device("cpu")
ENGINES = {
    "cpu": (CpuChains, CPU),
    "torch": (AcceleratorChains, CPU),
    "cuda": (AcceleratorChains, torch.device("cuda")),
}
SEEDS = range(5)
CHAINS = 16_384
# Independent samples scatter about their mean with a standard deviation of 0.003 at most: this is four of them.
TOLERANCE = 0.012
SETTLE = [0.0, *[1.0] * 60]
LADDER = (0.0, 0.4, 0.7, 1.0)


@pytest.fixture(params=ENGINES)
def engine(request) -> tuple[type[Chains], torch.device]:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return ENGINES[request.param]


def graph_of(kind: str, n: int = 10) -> Graph:
    """A complete graph, or a complete bipartite one."""
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    colours = np.arange(n)
    if kind == "bipartite":
        pairs, colours = [(i, j) for i, j in pairs if i < 4 <= j], (np.arange(n) >= 4).astype(int)
    return Graph("zephyr", 1, np.arange(n), np.array(pairs), colours, np.zeros((n, 2)))


def model_on(graph: Graph, seed: int, scale: float) -> IsingModel:
    generator = torch.Generator().manual_seed(100 + seed)
    h, j = (scale * torch.randn(size, generator=generator) for size in (graph.n, len(graph.edges)))
    return IsingModel(graph, h, j)


def run(
    engine, model: IsingModel, seed: int, ladder: Sequence[float] = (1.0,), clamp=None, scales=None
) -> torch.Tensor:
    kind, device = engine
    chains = kind(Layout(model.graph), CHAINS, device, ladder)
    chains.load(model.linear.to(device), model.quadratic.to(device), model.kinds)
    chains.hold(clamp)
    if len(ladder) == 1:
        chains.run(seed, SETTLE, scales=scales)
    else:
        chains.run(seed, [0.0])
        chains.run(seed + 1000, [1.0, 1.0], rounds=25, scales=scales)
    energies = chains.energies().cpu()
    torch.testing.assert_close(energies, model.energy(chains.spins().cpu()), rtol=1e-5, atol=1e-4)
    return chains.spins().cpu()


def scaled(model: IsingModel, factor: float) -> IsingModel:
    return IsingModel(model.graph, factor * model.linear, factor * model.quadratic)


@pytest.mark.parametrize("ladder", [(1.0,), LADDER], ids=["plain", "tempered"])
@pytest.mark.parametrize("seed", SEEDS)
class TestDistribution:
    def judged(self, judge, spins, exact) -> None:
        assert judge.distance(spins, exact) < judge.floor(exact, len(spins)) + TOLERANCE

    def test_zephyr(self, engine, make_model, judge, ladder, seed) -> None:
        model = make_model(10, scale=0.5, seed=seed)
        self.judged(judge, run(engine, model, seed, ladder), probabilities(model))

    @pytest.mark.parametrize("kind", ["complete", "bipartite"])
    def test_other_graphs(self, engine, judge, ladder, seed, kind) -> None:
        model = model_on(graph_of(kind), seed, scale=0.3)
        self.judged(judge, run(engine, model, seed, ladder), probabilities(model))

    def test_a_pattern_for_each_chain(self, engine, make_model, judge, ladder, seed) -> None:
        model = make_model(10, scale=0.5, seed=seed)
        patterns = torch.zeros(2, 10, dtype=torch.int8)
        patterns[0, [0, 3, 7]], patterns[1, [2, 5]] = torch.tensor([1, -1, 1], dtype=torch.int8), -1
        spins = run(engine, model, seed, ladder, clamp=patterns.repeat(CHAINS // 2, 1))
        for first, pattern in enumerate(patterns):
            part = spins[first::2]
            assert (part[:, pattern != 0] == pattern[pattern != 0]).all()
            self.judged(judge, part, judge.conditional(model, pattern))

    @pytest.mark.parametrize("own_couplings", [False, True])
    def test_coefficients_and_temperatures_of_each_chain(
        self, engine, make_model, judge, ladder, seed, own_couplings
    ) -> None:
        model = make_model(10, scale=0.5, seed=seed)
        other = IsingModel(
            model.graph, model.linear.flip(0), model.quadratic.flip(0) if own_couplings else model.quadratic
        )
        fields, couplings = (
            torch.stack([getattr(each, name) for each in (model, other)]) for name in ("linear", "quadratic")
        )
        kinds = torch.arange(CHAINS) % 2
        both = IsingModel(model.graph, fields, couplings if own_couplings else model.quadratic, kinds)
        factors = torch.tensor([0.6, 1.0])
        spins = run(engine, both, seed, ladder, scales=factors.repeat(CHAINS // 2))
        for first, alone in enumerate((model, other)):
            self.judged(judge, spins[first::2], probabilities(scaled(alone, float(factors[first]))))


@pytest.mark.parametrize("n", [2, 3, 64, 8192])
@pytest.mark.parametrize("count", [1, 63, 65])
def test_any_size(n, count, engine, make_model) -> None:
    model = make_model(n, scale=0.1) if n < 8192 else model_on(path(n), 0, 0.1)
    kind, device = engine
    chains = kind(Layout(model.graph), count, device)
    chains.load(model.linear, model.quadratic)
    chains.run(3, [0.0, 1.0])
    spins = chains.spins().cpu()
    assert spins.shape == (count, n)
    assert set(spins.unique().tolist()) <= {-1, 1}
    torch.testing.assert_close(chains.energies().cpu(), model.energy(spins), rtol=1e-5, atol=2e-3)


def path(n: int) -> Graph:
    """A line of n nodes."""
    nodes = np.arange(n)
    return Graph("zephyr", 1, nodes, np.stack([nodes[:-1], nodes[1:]], 1), nodes % 2, np.zeros((n, 2)))


def test_every_chain_has_random_numbers_of_its_own(engine, make_model) -> None:
    model = make_model(64, scale=0.1)
    kind, device = engine
    chains = kind(Layout(model.graph), 1000, device)
    chains.load(model.linear, model.quadratic)
    chains.run(0, [0.0])
    spins = chains.spins().cpu().double()
    assert len(spins.unique(dim=0)) == 1000
    # Overlaps of independent chains have a standard deviation of sqrt(64); among 500,000 the largest stays below 5.5.
    overlaps = (spins @ spins.T).fill_diagonal_(0)
    assert overlaps.abs().max() < 5.6 * 8


def test_strong_fields_leave_no_doubt(engine, make_model) -> None:
    graph = make_model(16).graph
    kind, device = engine
    for sign in (-1, 1):
        chains = kind(Layout(graph), 100, device)
        chains.load(torch.full((16,), 1e6 * sign), torch.zeros(len(graph.edges)))
        chains.run(0, [0.0, 1.0])
        assert (chains.spins() == -sign).all()


def test_a_schedule_is_one_inverse_temperature_a_sweep(engine, make_model) -> None:
    """At infinite temperature last, nothing of the earlier sweeps is left; first, it does not matter."""
    model = make_model(16, scale=3.0)
    kind, device = engine
    chains = kind(Layout(model.graph), 4096, device)
    chains.load(model.linear, model.quadratic)
    chains.run(0, [1.0] * 10)
    cold = chains.energies().mean()
    chains.run(1, [1.0] * 10 + [0.0])
    # Standard error of each mean: 1 / sqrt(4096) = 0.016.
    assert chains.spins().double().mean(0).abs().max() < 5 / 64
    assert cold < chains.energies().mean() - 50


def test_same_seed_same_spins_from_any_number_of_threads(make_model) -> None:
    model = make_model(300, scale=0.2)
    spins = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        chains = CpuChains(Layout(model.graph), 700, CPU, LADDER)
        chains.load(model.linear, model.quadratic)
        chains.run(5, [1.0] * 3, rounds=4)
        spins.append(chains.spins())
    assert torch.equal(spins[0], spins[1])
    assert torch.equal(spins[0], spins[2])


@pytest.mark.parametrize("ladder", [(1.0,), LADDER, np.linspace(0, 1, 11).tolist()], ids=len)
def test_a_restored_state_goes_on_alike(engine, make_model, ladder) -> None:
    model = make_model(40, scale=0.5)
    kind, device = engine

    def fresh() -> Chains:
        chains = kind(Layout(model.graph), 70, device, ladder)
        chains.load(model.linear, model.quadratic)
        return chains

    first = fresh()
    first.run(1, [0.0])
    first.run(2, [1.0] * 2, rounds=7)
    state = {key: value.clone() for key, value in first.state().items()}
    first.run(3, [1.0] * 2, rounds=5)
    second = fresh()
    second.restore(state)
    second.run(3, [1.0] * 2, rounds=5)
    assert torch.equal(first.spins(), second.spins())
    for key, value in first.state().items():
        assert torch.equal(value, second.state()[key])


def test_a_ladder_too_long_for_a_vector(make_model) -> None:
    with pytest.raises(ValueError, match="65 levels; at most 64"):
        CpuChains(Layout(make_model(12).graph), 4, CPU, np.linspace(0, 1, 65).tolist())


def test_swaps_are_counted(engine, make_model) -> None:
    """Equal levels always swap, far ones of a large model never."""
    model = make_model(200, scale=1.0)
    kind, device = engine
    chains = kind(Layout(model.graph), 64, device, [0.0, 0.99, 0.99, 1.0])
    chains.load(model.linear, model.quadratic)
    chains.run(0, [1.0], rounds=11)
    assert chains.swaps.attempts.tolist() == [64 * 6, 64 * 5, 64 * 6]
    assert chains.swaps.rejection_rates[0] > 0.999
    assert chains.swaps.rejection_rates[1] == 0
    assert chains.swaps.round_trips == 0
    assert chains.swaps.rounds == 64 * 11


def test_a_replica_on_a_ladder_of_equals_goes_round(engine, make_model) -> None:
    """Where every swap succeeds a replica moves a level a round, there and back: 2 L rounds each trip (L = 4)."""
    model = make_model(12, scale=0.1)
    kind, device = engine
    chains = kind(Layout(model.graph), 64, device, [1.0] * 4)
    chains.load(model.linear, model.quadratic)
    chains.run(0, [1.0], rounds=80)
    assert chains.swaps.round_trips == pytest.approx(64 * 4 * 80 / 8, rel=0.1)


def test_the_engine_is_chosen_by_where_the_model_lives(make_model) -> None:
    chains = engines.chains(Layout(make_model(12).graph), 4, CPU)
    assert isinstance(chains, CpuChains)
    assert engines.description(CPU).startswith("processor, ")
    elsewhere = engines.chains(Layout(make_model(12).graph), 4, torch.device("meta"))
    assert isinstance(elsewhere, AcceleratorChains)
