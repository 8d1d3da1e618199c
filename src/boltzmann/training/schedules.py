"""How a learning rate changes over a run: a factor of its peak."""

from __future__ import annotations

import math
from collections.abc import Callable

WARM_UP = 0.03  # share of the run
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


SCHEDULES: dict[str, Callable[[int, int], float]] = {"cosine": cosine, "constant": constant}
