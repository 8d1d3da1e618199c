"""Curves as the page draws them: smoothed, thinned out, in the order of the run store's events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from boltzmann.config import TrainingConfig

LOSSES = ("mse", "mmd", "kl", "nll", "total", "critic")
PANELS = {"mmd": ("mse", "mmd", "nll", "total"), "elbo": ("mse", "kl", "nll", "total")}
"""The losses that the page shows of every run, by its objective."""
AXES = {"step": "step", "epoch": "epoch", "seconds": "training seconds"}
"""What a curve can be drawn over, and what stands below its axis then. Time is summed over resumptions."""
SHOWN = 500
"""Most points of one curve that are drawn at first; more are thinned out evenly."""

State = list[float]


def losses_of(training: TrainingConfig) -> tuple[str, ...]:
    """The losses that the page shows of a run, the critic's where it has one."""
    return (*PANELS[training.objective], *(("critic",) if training.critic_share else ()))


def smooth(
    values: Sequence[float | None], factor: float, state: State | None = None
) -> tuple[list[float | None], State]:
    """Exponential moving average of ``values``, free of the start's bias (as Adam corrects it, Kingma and Ba 2015).

    Args:
        values: Raw values; None leaves a gap and does not count.
        factor: 0 (raw) to 0.99.
        state: What an earlier call returned, to go on from there.

    Returns:
        As many values, and the state for the next call.
    """
    mean, weight = state or [0.0, 0.0]
    smoothed: list[float | None] = []
    for value in values:
        if value is None:
            smoothed.append(None)
            continue
        mean = factor * mean + (1 - factor) * value
        weight = factor * weight + (1 - factor)
        smoothed.append(mean / weight)
    return smoothed, [mean, weight]


def stride(count: int, shown: int = SHOWN) -> int:
    """Every how many points one is drawn, so that at most about ``shown`` are."""
    return max(1, -(-count // shown))


def thin(values: Sequence[Any], every: int) -> list[Any]:
    """Every so-manieth of ``values``, the last one always among them."""
    kept = list(values[::every])
    if values and (len(values) - 1) % every:
        kept.append(values[-1])
    return kept


def factor_of(value: Any) -> float:
    """``value`` of the smoothing slider within 0 to 0.99; 0 for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return min(max(float(value), 0.0), 0.99)


def axis_of(value: Any) -> str:
    """One of :data:`AXES`; "step" for anything else."""
    return value if isinstance(value, str) and value in AXES else "step"


def revision_of(name: str, view: dict[str, Any]) -> str:
    """Stays the same as long as a user's zoom into the curves of ``name`` has a meaning in the ``view``."""
    return f"{name} {view['x']} {view['log']} {view['log_x']}"


def placed(
    steps: Sequence[Any], points: Sequence[dict[str, Any]], x: str, before: Sequence[float] | None = None
) -> list[Any]:
    """Where ``steps`` lie on the axis ``x``, between the points of a run that lie around them.

    Args:
        steps: Training steps; None stays None.
        points: Metrics events in order of their steps.
        x: One of :data:`AXES`.
        before: Step and place of the point before the first of ``points``.

    Returns:
        As many places; None where no point is known yet. Beyond the first and the last point the place is theirs.
    """
    if x == "step":
        return list(steps)
    known = [before] if before else []
    known += [(point["step"], point[x]) for point in points if point.get(x) is not None]
    if not known:
        return [None] * len(steps)
    at, place = zip(*known, strict=True)
    return [None if step is None else float(np.interp(step, at, place)) for step in steps]
