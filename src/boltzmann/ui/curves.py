"""Curves as the page draws them: smoothed, thinned out, in the order of the run store's events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LOSSES = ("mse", "mmd", "kl", "nll", "total")
PANELS = {"mmd": ("mse", "mmd", "nll", "total"), "elbo": ("mse", "kl", "nll", "total")}
"""The losses that the page shows of a run, by its objective."""
SHOWN = 500
"""Most points of one curve that are drawn at first; more are thinned out evenly."""

State = list[float]


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
