"""Simulated services that the real clients find through the environment."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pytest
import torch

from boltzmann.config import DWaveConfig
from boltzmann.graphs import Graph
from boltzmann.loopback.dwave import DWaveService
from boltzmann.loopback.dynex import DynexService
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.dwave import DWaveSampler


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The services sample small problems: a second thread costs more than it brings."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def dwave_service(monkeypatch, tmp_path) -> Iterator[Callable[..., DWaveService]]:
    """Makes a service with the given arguments and leads D-Wave's clients to it; all are closed at the end."""
    forget(monkeypatch, "DWAVE_")
    # Whatever the user's own configuration says, it is not read.
    empty = tmp_path / "dwave.conf"
    empty.touch()
    monkeypatch.setenv("DWAVE_CONFIG_FILE", str(empty))
    with ExitStack() as services:
        yield lambda **arguments: serve(DWaveService(**arguments), services, monkeypatch)


@pytest.fixture
def dwave_sampler() -> Iterator[Callable[..., DWaveSampler]]:
    """Makes samplers with the given settings; all are closed at the end."""
    with ExitStack() as open_samplers:

        def make(seed: int = 0, **settings) -> DWaveSampler:
            sampler = DWaveSampler(DWaveConfig(**{"deadline": 60, **settings}), seed)
            open_samplers.callback(sampler.close)
            return sampler

        yield make


@pytest.fixture(scope="session")
def gaussian() -> Callable[..., IsingModel]:
    """A model with Gaussian h and J of a given scale on a graph."""

    def make(graph: Graph, scale: float = 0.5) -> IsingModel:
        generator = torch.Generator().manual_seed(0)
        linear = scale * torch.randn(graph.n, generator=generator)
        return IsingModel(graph, linear, scale * torch.randn(len(graph.edges), generator=generator))

    return make


@pytest.fixture
def dynex_service(monkeypatch, tmp_path) -> Iterator[Callable[..., DynexService]]:
    """The same for Dynex, whose library also writes into the working folder and reads ``.env`` there."""
    forget(monkeypatch, "DYNEX_")
    monkeypatch.chdir(tmp_path)
    with ExitStack() as services:
        yield lambda **arguments: serve(DynexService(**arguments), services, monkeypatch)


def forget(monkeypatch, prefix: str) -> None:
    for name in [name for name in os.environ if name.startswith(prefix)]:
        monkeypatch.delenv(name)


def serve(service, services: ExitStack, monkeypatch):
    services.enter_context(service)
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    return service


@pytest.fixture(scope="session")
def excess() -> Callable[[np.ndarray, torch.Tensor], float]:
    """By how much spins (reads, n) lie farther from an exact law (2**n,) than independent samples of it do.

    Both distances are total variations, the latter's a mean over 10 draws; so 0 is what a perfect sampler has, give or take
    a twentieth of its own distance.
    """

    def distance(states: torch.Tensor, exact: torch.Tensor) -> float:
        return float((states.bincount(minlength=len(exact)) / len(states) - exact).abs().sum() / 2)

    def measure(spins: np.ndarray, exact: torch.Tensor) -> float:
        states = torch.from_numpy((spins > 0) @ (1 << np.arange(spins.shape[1])))
        generator = torch.Generator().manual_seed(1)
        draws = (torch.multinomial(exact, len(spins), replacement=True, generator=generator) for _ in range(10))
        return distance(states, exact) - float(np.mean([distance(draw, exact) for draw in draws]))

    return measure
