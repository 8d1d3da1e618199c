"""Small models whose exact distribution is known."""

from collections.abc import Callable, Iterator

import pytest
import torch

from boltzmann.graphs import Graph, subgraph
from boltzmann.samplers.base import IsingModel


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
