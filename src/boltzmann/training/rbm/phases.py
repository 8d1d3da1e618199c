"""Which negative phase a run's settings ask for."""

from __future__ import annotations

import torch

from boltzmann.config import RBMTrainingConfig
from boltzmann.models.rbm import RBM
from boltzmann.samplers.base import Sampler
from boltzmann.training.rbm.negative_phases import (
    ContrastiveDivergence,
    ExactDraws,
    NegativePhase,
    PersistentChains,
)
from boltzmann.training.rbm.sampled import SampledPhase
from boltzmann.training.rbm.tempering import TemperedChains


def negative_phase(
    training: RBMTrainingConfig, rbm: RBM, sampler: Sampler | None, generator: torch.Generator
) -> NegativePhase:
    """The negative phase of a run.

    Args:
        training: The run's.
        rbm: The machine that is trained.
        sampler: For the phase by one.
        generator: Random numbers of its chains, on the machine's device.
    """
    match training.negative_phase:
        case "cd":
            return ContrastiveDivergence(training.gibbs_steps, generator)
        case "pcd":
            return PersistentChains(rbm, training.chains, training.gibbs_steps, generator)
        case "tempering":
            return TemperedChains(rbm, training.chains, training.temperatures, training.gibbs_steps, generator)
        case "exact":
            return ExactDraws(training.chains, generator)
        case _:
            assert sampler is not None
            return SampledPhase(sampler, training.chains, generator, training.sample_reuse)
