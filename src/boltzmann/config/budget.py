"""What a run will ask of its sampler, before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boltzmann.config.run import RunConfig
from boltzmann.config.sampler import CloudConfig, DWaveConfig

CALLS_AN_EPOCH = 60
"""Calls of a service in one epoch, at most, unless the settings say for how many steps samples are used."""

CLASSES = 10
EMBEDDED_DIGITS = 1500

# D-Wave's own figures differ from chip to chip: programming 10 to 20 ms, readout and delay together 50 to 250 us a read.
PROGRAMMING_SECONDS, READOUT_SECONDS = 0.016, 150e-6


@dataclass(frozen=True)
class Estimate:
    """What a run will need.

    Args:
        steps: Training steps.
        images: Images seen, each as often as it is.
        reads: Spin strings drawn.
        calls: Problems sent to a service; 0 where the sampler is none.
        seconds: Access time, seconds; None where it is not known beforehand.
        cost: In the currency of the configured price, or None.
    """

    steps: int
    images: int
    reads: int
    calls: int = 0
    seconds: float | None = None
    cost: float | None = None


def sample_age(config: RunConfig, steps_per_epoch: int) -> int:
    """For how many steps one set of samples is used: as set, else 1 where sampling is free, else what few calls ask for."""
    if config.training.sample_reuse is not None:
        return config.training.sample_reuse
    if not isinstance(config.sampler, CloudConfig):
        return 1
    return math.ceil(steps_per_epoch * calls_a_drawing(config) / CALLS_AN_EPOCH)


def calls_a_drawing(config: RunConfig) -> int:
    """Programmings that the samples of one step need: one a digit with class fields, times the spin reversals."""
    reversals = config.sampler.spin_reversals if isinstance(config.sampler, DWaveConfig) else 0
    return (CLASSES if config.model.class_conditional else 1) * max(1, reversals)


def estimate(config: RunConfig) -> Estimate:
    """What ``config`` will need."""
    training, sampler = config.training, config.sampler
    images = min(config.data.train_size, EMBEDDED_DIGITS) if config.data.dataset == "digits" else config.data.train_size
    per_epoch = max(1, images // training.batch_size)
    steps = per_epoch * training.epochs
    seen = steps * min(training.batch_size, images)
    drawings = math.ceil(steps / sample_age(config, per_epoch))
    reads = drawings * training.num_reads
    if not isinstance(sampler, CloudConfig):
        return Estimate(steps, seen, reads)
    calls = drawings * calls_a_drawing(config)
    seconds = cost = None
    if isinstance(sampler, DWaveConfig):
        seconds = calls * PROGRAMMING_SECONDS + reads * (
            (sampler.annealing_time + sampler.pause_time) * 1e-6 + READOUT_SECONDS
        )
        cost = None if sampler.price is None else seconds / 60 * sampler.price
    return Estimate(steps, seen, reads, calls, seconds, cost)
