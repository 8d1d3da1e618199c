"""Simulated annealing of dwave-samplers at a constant inverse temperature.

Its default schedule ends far colder than 1 and optimises; held at inverse temperature 1 it is a Markov chain whose
stationary distribution is the model's.
"""

from __future__ import annotations

import time

import torch
from dimod import SPIN, BinaryQuadraticModel
from dwave.samplers import SimulatedAnnealingSampler

from boltzmann.config import AnnealingConfig
from boltzmann.samplers.base import Capabilities, IsingModel, Sampler, Samples, check_clamp, check_model
from boltzmann.samplers.clamping import sample_folded
from boltzmann.samplers.randomness import RandomSource


class AnnealingSampler(Sampler):
    """Fresh random starts, then sweeps of Gibbs updates, spin after spin."""

    capabilities = Capabilities(
        title="Simulated annealing",
        description="dwave-samplers' simulated annealing at unit temperature, on this computer.",
    )

    def __init__(self, config: AnnealingConfig, seed: int) -> None:
        self.config = config
        self._random = RandomSource(seed)
        self._annealer = SimulatedAnnealingSampler()

    @torch.no_grad()
    def sample(self, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None) -> Samples:
        """See :meth:`Sampler.sample`."""
        began = time.perf_counter()
        check_model(model, num_reads)
        spins = sample_folded(model, num_reads, check_clamp(clamp, num_reads, model.n), self._draw)
        return Samples(spins, model.energy(spins), time.perf_counter() - began, {"sweeps": self.config.sweeps})

    def _draw(self, model: IsingModel, num_reads: int) -> torch.Tensor:
        linear, quadratic = model.linear.double().cpu().numpy(), model.quadratic.double().cpu().numpy()
        problem = BinaryQuadraticModel.from_numpy_vectors(linear, (*model.graph.edges.T, quadratic), 0.0, SPIN)
        answer = self._annealer.sample(
            problem,
            num_reads=num_reads,
            beta_schedule_type="custom",
            beta_schedule=[1.0],
            num_sweeps_per_beta=self.config.sweeps,
            # Metropolis updates in a fixed order are not ergodic in special cases (two free spins, say).
            proposal_acceptance_criteria="Gibbs",
            seed=self._random.seed(),
        )
        columns = [answer.variables.index(i) for i in range(model.n)]
        return torch.from_numpy(answer.record.sample[:, columns]).to(model.linear.device, torch.int8)

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        return {"random": self._random.state()}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        self._random.restore(state["random"])
