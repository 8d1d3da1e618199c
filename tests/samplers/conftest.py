"""Small models whose exact distribution is known."""

from collections.abc import Callable, Iterator

import pytest
import torch

from boltzmann.graphs import Graph, subgraph
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import probabilities, states_of


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Many small operations: a second thread that has to be waited for costs more than it brings."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_model() -> Callable[..., IsingModel]:
    """Gaussian h and J of a given scale on a Zephyr subgraph."""

    def make(n: int, scale: float = 0.5, seed: int = 0) -> IsingModel:
        graph = subgraph("zephyr", n)
        generator = torch.Generator().manual_seed(seed)
        linear = scale * torch.randn(graph.n, generator=generator)
        return IsingModel(graph, linear, scale * torch.randn(len(graph.edges), generator=generator))

    return make


@pytest.fixture(scope="session")
def small_model(make_model) -> IsingModel:
    """Twelve spins at the largest weight scale where local updates still mix."""
    return make_model(12, scale=0.5)


@pytest.fixture
def edgeless() -> Graph:
    """Five qubits without a coupler."""
    whole = subgraph("chimera", 5)
    return Graph("chimera", 12, whole.nodes, whole.edges[:0], whole.colours * 0, whole.positions)


class Judge:
    """Total variation between samples and an exact distribution over all states.

    Independent samples have one as well, for want of samples: a sampler is judged by how far it lies above their mean.
    """

    @staticmethod
    def distance(spins: torch.Tensor, exact: torch.Tensor) -> float:
        """Of ``spins`` (reads, n) from ``exact`` (2**n,)."""
        counts = torch.bincount(states_of(spins), minlength=len(exact))
        return float((counts / len(spins) - exact).abs().sum() / 2)

    @staticmethod
    def floor(exact: torch.Tensor, reads: int) -> float:
        """Mean distance of ``reads`` independent samples."""
        generator = torch.Generator().manual_seed(1)
        draws = (torch.multinomial(exact, reads, replacement=True, generator=generator) for _ in range(10))
        distances = [(draw.bincount(minlength=len(exact)) / reads - exact).abs().sum() / 2 for draw in draws]
        return float(torch.stack(distances).mean())

    @staticmethod
    def conditional(model: IsingModel, pattern: torch.Tensor) -> torch.Tensor:
        """The distribution given the held spins of ``pattern`` (n,): -1 and +1 are held, 0 is free."""
        states = torch.arange(2**model.n)
        bits = (states[:, None] >> torch.arange(model.n) & 1) * 2 - 1
        masked = probabilities(model) * ((pattern == 0) | (bits == pattern)).all(dim=1)
        return masked / masked.sum()


@pytest.fixture(scope="session")
def judge() -> type[Judge]:
    return Judge
