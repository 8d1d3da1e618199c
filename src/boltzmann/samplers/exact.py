"""Enumeration of all states: the judge of every other sampler, for up to 20 spins.

State number k holds spin i at +1 where bit i of k is set.
"""

from __future__ import annotations

import time

import torch

from boltzmann.config import ExactConfig
from boltzmann.samplers.base import Capabilities, IsingModel, Sampler, Samples, check_clamp, check_model
from boltzmann.samplers.clamping import sample_folded
from boltzmann.samplers.randomness import RandomSource

MAX_NODES = 20


def all_energies(model: IsingModel) -> torch.Tensor:
    """E of every state: float64 of shape (2**n,).

    Raises:
        ValueError: for more than 20 spins.
    """
    if model.n > MAX_NODES:
        raise ValueError(
            f"the model has {model.n} spins; enumeration takes at most {MAX_NODES}: use fewer or the gibbs sampler"
        )
    linear, quadratic = model.linear.detach().double(), model.quadratic.detach().double()
    matrix = linear.new_zeros(model.n, model.n)
    ends = torch.from_numpy(model.graph.edges).to(linear.device)
    matrix[ends[:, 1], ends[:, 0]] = quadratic
    energies = linear.new_zeros(1)
    for i in range(model.n):
        # Spin i doubles the states; its field in each is built from the spins before it by doubling too.
        field = linear[i : i + 1]
        for j in range(i):
            field = torch.cat([field - matrix[i, j], field + matrix[i, j]])
        energies = torch.cat([energies - field, energies + field])
    return energies


def probabilities(model: IsingModel) -> torch.Tensor:
    """p of every state: float64 of shape (2**n,), summing to 1."""
    return torch.softmax(-all_energies(model), dim=0)


def log_partition(model: IsingModel) -> float:
    """log Z, Z the sum of exp(-E) over all states."""
    return float(torch.logsumexp(-all_energies(model), dim=0))


def spins_of(states: torch.Tensor, n: int) -> torch.Tensor:
    """State numbers (reads,) as int8 spins (reads, n)."""
    return ((states[:, None] >> torch.arange(n, device=states.device) & 1) * 2 - 1).to(torch.int8)


def states_of(spins: torch.Tensor) -> torch.Tensor:
    """Spins (reads, n) as int64 state numbers (reads,)."""
    return ((spins > 0).long() << torch.arange(spins.shape[1], device=spins.device)).sum(1)


class ExactSampler(Sampler):
    """Independent samples by inversion of the cumulative distribution."""

    capabilities = Capabilities(
        title="Exact enumeration",
        description="Independent samples from the exact distribution, by listing all states.",
        max_nodes=MAX_NODES,
    )

    def __init__(self, config: ExactConfig, seed: int) -> None:
        self.config = config
        self._random = RandomSource(seed)

    @torch.no_grad()
    def sample(self, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None) -> Samples:
        """See :meth:`Sampler.sample`."""
        began = time.perf_counter()
        check_model(model, num_reads)
        spins = sample_folded(model, num_reads, check_clamp(clamp, num_reads, model.n), self._draw)
        return Samples(spins, model.energy(spins), time.perf_counter() - began)

    def _draw(self, model: IsingModel, num_reads: int) -> torch.Tensor:
        cumulative = probabilities(model).cumsum(0)
        generator = self._random.on(cumulative.device)
        uniform = torch.rand(num_reads, dtype=torch.float64, generator=generator, device=cumulative.device)
        states = torch.searchsorted(cumulative, uniform * cumulative[-1], right=True)
        return spins_of(states.clamp_(max=len(cumulative) - 1), model.n)

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        return {"random": self._random.state()}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        self._random.restore(state["random"])
