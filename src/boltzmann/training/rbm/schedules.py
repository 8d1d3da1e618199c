"""How the learning rate and the chance of a mode step change over a run."""

from __future__ import annotations

import math
from collections.abc import Callable

from boltzmann.config import RBMTrainingConfig


def _constant(progress: float) -> float:  # noqa: ARG001 - one signature for all schedules
    return 1.0


def _linear(progress: float) -> float:
    return 1.0 - progress


def _cosine(progress: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * progress))


RATE_SCHEDULES: dict[str, Callable[[float], float]] = {"constant": _constant, "linear": _linear, "cosine": _cosine}
"""The learning rate's factor by the share of the run that is done: from 1, down to 0 where it falls at all."""


def mode_probability(step: int, total: int, peak: float) -> float:
    """P(i) = P_max sigmoid(20 i / N - 6), the chance that step i of N is a mode step.

    Manukian, Pei, Bearden and Di Ventra, Communications Physics 3:105, 2020, DOI 10.1038/s42005-020-0373-8.
    """
    return peak / (1.0 + math.exp(6.0 - 20.0 * step / total))


def learning_rate(training: RBMTrainingConfig, step: int, total: int) -> float:
    """The learning rate of step ``step``, from 0, of ``total``."""
    return training.learning_rate * RATE_SCHEDULES[training.learning_rate_schedule](step / total)


def another_rate(training: RBMTrainingConfig, step: int, planned: int, total: int) -> str:
    """What ``total`` steps instead of the ``planned`` ones do to a rate that falls over the run, at ``step``; "" where it
    stays."""
    before, now = (learning_rate(training, min(step, steps), steps) for steps in (planned, total))
    if step >= total or f"{before:.2g}" == f"{now:.2g}":
        return ""
    return (
        f"The learning rate falls over all {total:,} steps, {planned:,} before: it goes on at {now:.2g}, and was to be "
        f"{before:.2g} here."
    )
