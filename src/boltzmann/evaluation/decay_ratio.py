"""How the errors of two ways to train stand to each other: what they tend to, and what they end with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from boltzmann.evaluation.decay_result import DecayFit, Interval, known_repeats

RATIOS = 20_000
"""Pairs of draws behind a ratio."""


def no_ratio(fit: DecayFit) -> str:
    """What a fit has in place of a c that can stand in a ratio: "a c below 0"; "" where it has one."""
    if fit.verdict == "refused":
        return "no c: its fit is refused"
    for interval, whose in ((fit.interval["c"], ""), (fit.over_runs["c"], " over its runs")):
        if interval is not None and interval[0] <= 0:
            return f"a c below 0{whose}" if interval[1] <= 0 else f"a c that cannot be told from 0{whose}"
    return ""


def ratio(pairs: Sequence[tuple[DecayFit, DecayFit]], seed: int = 0) -> dict[str, Any]:
    """c of the first fit over that of the second; of several pairs the geometric mean of their ratios.

    Args:
        pairs: Of fits.
        seed: Of the pairing of draws.

    Returns:
        "median" and "interval" (95%) of the posterior; "over_runs" (95%): of the repeats' mean c, None where a fit has fewer
        than two of its own, or they may be 0; "quoted": that of the two intervals to quote, and "by", "runs" where one of the
        fits quotes its c so, else "posterior".

    Raises:
        ValueError: where :func:`no_ratio` has something to say of a fit.
    """
    if whys := [why for pair in pairs for fit in pair if (why := no_ratio(fit))]:
        raise ValueError(f"a fit has {whys[0]}: ask no_ratio first")
    rng, logs = np.random.default_rng(seed), np.zeros(RATIOS)
    for pair in pairs:
        for fit, sign in zip(pair, (1, -1), strict=True):
            draws = np.array(fit.c_draws)
            # An interval above 0 may yet have a draw beyond it.
            logs += sign * np.log(rng.choice(draws[draws > 0], RATIOS)) / len(pairs)
    low, median, high = np.exp(np.quantile(logs, (0.025, 0.5, 0.975))).tolist()
    over_runs = _over_runs(pairs)
    by_runs = over_runs is not None and any(fit.quoted["by"] == "runs" for pair in pairs for fit in pair)
    return {
        "median": median,
        "interval": (low, high),
        "over_runs": over_runs,
        "quoted": over_runs if by_runs else (low, high),
        "by": "runs" if by_runs else "posterior",
    }


def paired_ratio(a: Mapping[Any, float], b: Mapping[Any, float]) -> dict[str, Any]:
    """The errors of ``a`` over those of ``b``, run by run: runs of one seed have the same data, first weights and batches.

    Args:
        a: Error by seed; those that are not above 0, or not finite, are left out.
        b: The same of the denominator.

    Returns:
        "ratio": geometric mean over the common seeds, None of none; "interval": 95%, by Student's t of their logarithms, None
        of fewer than two; "seeds": how many there are.
    """
    pairs = [(a[seed], b[seed]) for seed in a if seed in b]
    logs = np.array([math.log(one / other) for one, other in pairs if 0 < one < math.inf and 0 < other < math.inf])
    if not len(logs):
        return {"ratio": None, "interval": None, "seeds": 0}
    middle, interval = float(logs.mean()), None
    if len(logs) > 1:
        interval = _about(middle, float(logs.std(ddof=1)) / math.sqrt(len(logs)), len(logs) - 1)
    return {"ratio": math.exp(middle), "interval": interval, "seeds": len(logs)}


def _over_runs(pairs: Sequence[tuple[DecayFit, DecayFit]]) -> Interval | None:
    """By Student's t of the logarithm of the repeats' mean c (delta method), its freedom after Welch (Biometrika 34, 1947).

    The errors of several fits of one side add up as if they were one: their repeats share data and first weights.
    """
    middle, errors, freedoms = 0.0, [], []
    for fits, sign in zip(zip(*pairs, strict=True), (1, -1), strict=True):
        own = [known_repeats(fit.over_runs) for fit in fits]
        if any(len(values) < 2 or _may_be_0(values) for values in own):
            return None
        middle += sign * float(np.mean([math.log(values.mean()) for values in own]))
        errors.append(float(np.mean([stats.sem(values) / values.mean() for values in own])))
        freedoms.append(min(map(len, own)) - 1)
    error = math.hypot(*errors)
    shares = sum((one / error) ** 4 / freedom for one, freedom in zip(errors, freedoms, strict=True)) if error else 1.0
    return _about(middle, error, 1 / shares)


def _may_be_0(values: np.ndarray) -> bool:
    return bool(values.mean() <= stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))


def _about(middle: float, error: float, freedom: float) -> Interval:
    half = float(stats.t.ppf(0.975, freedom)) * error
    return math.exp(middle - half), math.exp(middle + half)
