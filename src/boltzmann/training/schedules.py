"""How a learning rate changes over a run: a factor of its peak."""

from __future__ import annotations

import math
from collections.abc import Callable

from boltzmann.config import TrainingConfig

WARM_UP = 0.03  # share of the run
DECODER_RATE = 1e-3
CRITIC_RATE = 1e-3
FLOOR = 0.01


def cosine(step: int, total: int) -> float:
    """A linear warm-up over the first 3% of ``total`` steps, then half a cosine down to a hundredth."""
    warm_up = max(1, round(WARM_UP * total))
    if step < warm_up:
        return (step + 1) / warm_up
    progress = min(1.0, (step - warm_up) / max(1, total - warm_up))
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * progress))


def constant(step: int, total: int) -> float:  # noqa: ARG001 - one signature for all schedules
    """Always 1."""
    return 1.0


def learning_rates(training: TrainingConfig, step: int, uncriticised: int, total: int) -> dict[str, float]:
    """Step sizes of all that learns at ``step`` of ``total``, by name.

    In the first ``uncriticised`` steps that is "networks" and "prior", on the schedule of their settings. Then it is
    "decoder" and "critic", whose rates fall to 0 over the second half of what is left.
    """
    if step < uncriticised:
        factor = SCHEDULES[training.learning_rate_schedule](step, uncriticised)
        return {"networks": training.learning_rate * factor, "prior": training.prior_learning_rate * factor}
    factor = min(1.0, 2 * (total - step) / (total - uncriticised))
    return {"decoder": DECODER_RATE * factor, "critic": CRITIC_RATE * factor}


SCHEDULES: dict[str, Callable[[int, int], float]] = {"cosine": cosine, "constant": constant}
