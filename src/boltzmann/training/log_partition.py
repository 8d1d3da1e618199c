"""log Z of a prior that learns: estimates that know nothing of the path, and strings to follow it by in between."""

from __future__ import annotations

import torch

from boltzmann.config import RunConfig
from boltzmann.evaluation.likelihood import annealed_importance_log_partition
from boltzmann.models.dvae import CLASSES, Dvae
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.gibbs import block_gibbs, prepare

ANCHOR_EVERY = 25
"""Steps between two estimates."""
CHAINS_A_DIGIT = 32
"""Where the prior has class fields; ten times as many of the one law where it has none."""
SWEEPS = 50
"""By which strings are drawn anew at a step."""


def of_present_law(config: RunConfig, sample_age: int) -> bool:
    """Whether a run's samples are drawn from its prior as it is at each step, at unit temperature.

    Samples that serve several steps follow the prior of an earlier one, and what has been learned is to make them unlikely:
    log Z, followed by them, would be too small by a hundred nats at its next estimate. An annealer has a temperature of its
    own.

    Args:
        config: The run.
        sample_age: For how many steps one set of samples is used.
    """
    return sample_age == 1 and config.sampler.name in ("gibbs", "exact")


class LogPartition:
    """Estimates and strings of a prior as it is now, by chains of its own on this computer.

    Args:
        seed: Of the run.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._layout: Layout | None = None

    def estimate(self, model: Dvae, step: int) -> torch.Tensor:
        """By annealed importance sampling, in nats: of each digit (10,), or of the one law (1,)."""
        prior = model.ising(model.labels(CLASSES * CHAINS_A_DIGIT))
        generator = torch.Generator(prior.linear.device).manual_seed(self._at(step))
        return annealed_importance_log_partition(prior, generator)[0]

    @torch.no_grad()
    def strings(self, model: Dvae, step: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Spins (320, n), float32, and the digit of each, int64 (320,), None where the prior has no classes."""
        labels = model.labels(CLASSES * CHAINS_A_DIGIT)
        prior = model.ising(labels)
        self._layout = prepare(self._layout, prior)
        spins = block_gibbs(self._layout, prior, [1.0] * SWEEPS, CLASSES * CHAINS_A_DIGIT, self._at(step))
        return spins.to(torch.float32), labels

    def _at(self, step: int) -> int:
        return self._seed * 1_000_003 + step
