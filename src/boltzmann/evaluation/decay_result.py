"""What a fitted decay says, and its JSON form."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

Interval = tuple[float, float]
"""Lower and upper end."""


@dataclass(frozen=True)
class DecayFit:
    """A fitted decay. A refused one has the same fields: they show why, but are not to be quoted.

    Args:
        verdict: Whether c may be quoted.
        reasons: Why not, a sentence each.
        notes: What else to know, a sentence each.
        runs: Repeats fitted, R.
        left_out: Repeats left out since an error was not finite.
        first_epoch: The first epoch that was asked for. i is the epoch itself, so that K is the factor at epoch 0.
        epochs: The fitted epochs, evenly thinned to at most 150: those of all curves.
        mean: Over the repeats.
        low: Lower edge of the band of the repeats.
        high: Its upper edge.
        band: What that band is.
        curve: Posterior median of the curve.
        credible: 95% of the curve: "low" and "high".
        prediction: 95% of a new measurement: "low" and "high".
        residuals: ``mean`` minus ``curve``.
        mode: Of the marginal density of alpha, K and c.
        interval: 95% of each.
        density: Marginal density of each, "x" and "y".
        c_draws: 500 draws of c.
        over_runs: "c": 95% t-interval of the mean of "values", each repeat's own least squares c (None: its fit fails).
        rhat: Of each parameter.
        effective: Effective samples of each parameter.
        samples: Draws behind densities and intervals.
        acceptance: Share of accepted proposals.
        sigma: Posterior median of the noise's standard deviation.
        quoted: What to say of c: "c", 95%, "value", and "by", "posterior" (with its mode) or, where the errors are known to
            depend on each other more than it takes them to, "runs" (with their mean). A refused fit has it too.
        remaining: 95% of the share of the decay, counted from the first fitted epoch, that is still to come at the last.
    """

    verdict: Literal["quoted", "refused"]
    reasons: list[str]
    notes: list[str]
    runs: int
    left_out: int
    first_epoch: int
    epochs: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]
    band: str
    curve: list[float]
    credible: dict[str, list[float]]
    prediction: dict[str, list[float]]
    residuals: list[float]
    mode: dict[str, float]
    interval: dict[str, Interval]
    density: dict[str, dict[str, list[float]]] = field(repr=False)
    c_draws: list[float] = field(repr=False)
    over_runs: dict[str, Any]
    rhat: dict[str, float]
    effective: dict[str, float]
    samples: int
    acceptance: float
    sigma: float
    quoted: dict[str, Any]
    remaining: Interval

    def as_dict(self) -> dict[str, Any]:
        """All fields as JSON values, numbers to six significant digits; None stands for infinity."""
        return _plain(asdict(self))


def known_repeats(over_runs: dict[str, Any]) -> np.ndarray:
    """c of the repeats that have a fit of their own, of :class:`DecayFit`'s ``over_runs``."""
    return np.array([value for value in over_runs["values"] if value is not None])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
