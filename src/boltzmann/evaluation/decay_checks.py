"""Whether a fitted decay may be quoted: did the sampling converge, had the training, and does the curve fit at all."""

from __future__ import annotations

import math

import numpy as np
from scipy import special, stats

from boltzmann.samplers.autocorrelation import integrated_time

MOST_R_HAT = 1.01
LEAST_EFFECTIVE = 400
"""Both as Vehtari et al., Bayesian Analysis 16 (2021), ask, sec. 4."""
MOST_REMAINING = 0.05
"""Of the decay, at the last epoch: beyond, c is an extrapolation."""
FORESEEN = 5
"""So many times the fitted epochs are as far as a rate is trusted."""
FLAT = 1e-3
"""The probability, under no decay at all, from which on a decay is not taken for one."""
MISFIT = 1e-3
"""The probability, under the fitted curve, below which residuals are systematic, over all windows."""
MATERIAL = 0.1
"""Of the fitted drop anywhere, or of c in the last fifth: smaller systematic residuals do no harm."""
MOST_TIME = 1.5
"""Autocorrelation time of the residuals, in epochs: beyond, an interval that takes them for independent covers the truth in
less than 90% of cases."""
WIDER = 2.0
"""How much greater an error over the repeats says that they differ more than independent noise explains."""
OWN_SPREAD = 8
"""With so many repeats each window has a spread of its own; fewer share one over all windows."""


def r_hat(chains: np.ndarray) -> float:
    """The rank-normalised split R-hat, the larger of bulk and folded (Vehtari et al., eq. 3, 4, 13, 14 and sec. 4.1).

    The ensembles are the chains: walkers of one ensemble are not independent.

    Args:
        chains: One parameter, (ensembles, steps, walkers) with at least 2 steps.
    """
    half = chains.shape[1] // 2
    split = np.concatenate([chains[:, :half], chains[:, -half:]]).reshape(2 * len(chains), -1)
    return max(_r_hat(split), _r_hat(np.abs(split - np.median(split))))


def _r_hat(split: np.ndarray) -> float:
    ranks = stats.rankdata(split).reshape(split.shape)
    scores = special.ndtri((ranks - 3 / 8) / (split.size + 1 / 4))
    length = split.shape[1]
    within, between = scores.var(1, ddof=1).mean(), scores.mean(1).var(ddof=1)
    return math.sqrt((length - 1) / length + between / within) if within > 0 else math.inf


def effective(chains: np.ndarray) -> float:
    """How many independent draws the chains are worth: their number over the integrated autocorrelation time.

    The autocorrelation is about the mean of all walkers, so that ensembles stuck apart count as correlated for ever.

    Args:
        chains: One parameter, (ensembles, steps, walkers).

    Returns:
        0 where the chains are too short for their own autocorrelation time.
    """
    steps = chains.shape[1]
    traces = np.moveaxis(chains - chains.mean(), 1, 0).reshape(steps, -1)
    products = traces @ traces.T
    covariance = np.array([products.diagonal(lag).mean() for lag in range(steps)])
    return chains.size / integrated_time(covariance / covariance[0]) if covariance[0] > 0 else 0.0


def unconverged_sampling(r_hats: dict[str, float], sizes: dict[str, float]) -> str | None:
    """Why the draws are not to be relied on; None when they are."""
    worst, least = max(r_hats, key=r_hats.__getitem__), min(sizes, key=sizes.__getitem__)
    if r_hats[worst] <= MOST_R_HAT and sizes[least] >= LEAST_EFFECTIVE:
        return None
    return (
        f"The posterior sampling did not converge, a longer second try included: R-hat is {r_hats[worst]:.3f} for {worst} "
        f"(at most {MOST_R_HAT} is asked for) and {sizes[least]:,.0f} effective samples are left for {least} (at least "
        f"{LEAST_EFFECTIVE})."
    )


def unconverged_run(
    remaining: tuple[float, float], alpha: tuple[float, float], first: float, last: float
) -> str | None:
    """Why c would be an extrapolation; None when the decay is over.

    Args:
        remaining: 95% interval of the share of the decay that is still to come at the end.
        alpha: 95% interval.
        first: The first epoch fitted.
        last: The last.
    """
    if remaining[1] <= MOST_REMAINING:
        return None
    needed = -math.log(MOST_REMAINING) / alpha[0]
    enough = max(math.ceil(first + needed), math.floor(last) + 1)
    advice = f"about {enough:,} epochs would do" if needed < FORESEEN * (last - first) else "far more are needed"
    share = math.ceil(1000 * remaining[1]) / 10  # never the limit itself
    return (
        f"The runs have not converged: up to {share:.1f}% of the decay is still to come at epoch {last:g} (95%; at "
        f"most {MOST_REMAINING:.0%} is asked for). At this rate {advice}."
    )


def no_decay(errors: np.ndarray, curve: np.ndarray) -> str | None:
    """Why there is nothing to fit: a constant explains the errors as well (F-test); None when a decay is there.

    Args:
        errors: (R, N).
        curve: The fitted one, (N,).
    """
    flat, fitted = ((errors - errors.mean()) ** 2).sum(), ((errors - curve) ** 2).sum()
    freedom = errors.size - 3
    ratio = (flat - fitted) / 2 / max(fitted / freedom, np.finfo(float).tiny)
    if stats.f.sf(ratio, 2, freedom) < FLAT:
        return None
    error = errors.mean(1).std(ddof=1) / math.sqrt(len(errors))
    return (
        f"There is no decay to fit: a constant explains the errors as well. Their mean is {errors.mean():.4g} ± {error:.2g}; "
        "if the errors fell before the first fitted epoch, begin earlier."
    )


def systematic_residuals(
    epochs: np.ndarray, errors: np.ndarray, curve: np.ndarray, c: float, interval: tuple[float, float]
) -> str | None:
    """Why the curve does not describe the errors; None where it does.

    The residuals are averaged over windows of a tenth of the epochs, and their drift is taken over the last half: what they
    move by there, on a straight line. What counts is a mean over the repeats that is both

    * beyond noise: Student's t over the repeats, which are independent of each other even though the epochs of one are
      not, Bonferroni-corrected for two windows a tenth; and
    * material: beyond a tenth of the fitted drop, or, for the drift and for windows in the last fifth, which decide c,
      beyond a tenth of c and beyond half the width of its interval.

    A lack-of-fit F-test would ask for independent epochs, and would refuse every curve from enough repeats.

    Args:
        epochs: (N,).
        errors: (R, N).
        curve: The fitted one, (N,).
        c: Its asymptote.
        interval: Of c, 95%.
    """
    residuals = errors - curve
    length = errors.shape[1]
    width = max(3, length // 10)
    windows = np.lib.stride_tricks.sliding_window_view(residuals, width, axis=1).mean(2)
    middle = epochs[width // 2 : width // 2 + windows.shape[1]]
    late = middle >= epochs[-1] - (epochs[-1] - epochs[0]) / 5
    drop, small = abs(curve[0] - curve[-1]), max(MATERIAL * abs(c), (interval[1] - interval[0]) / 2)
    limit = np.where(late, min(MATERIAL * drop, small), MATERIAL * drop)
    excess = np.where(_beyond_noise(windows, MISFIT / 20), np.abs(windows.mean(0)) / limit, 0.0)
    worst = int(excess.argmax())
    if excess[worst] > 1:
        mean = float(windows[:, worst].mean())
        tail = f" and {abs(mean / c):.0%} of c" if late[worst] and c else ""
        return (
            f"The curve does not fit: about epoch {middle[worst]:g} the runs lie {abs(mean):.3g} "
            f"{'above' if mean > 0 else 'below'} it on average, {abs(mean) / drop:.0%} of the fitted drop{tail}, which noise "
            "does not explain."
        )
    drift = _drift(residuals[:, length // 2 :])
    mean = float(drift.mean())
    if abs(mean) > small and _beyond_noise(drift, MISFIT)[0]:
        return (
            f"The curve does not fit: over the last half of the epochs the runs {'rise' if mean > 0 else 'fall'} by "
            f"{abs(mean):.3g} against it, {abs(mean / c):.0%} of c, which noise does not explain: c is not where they go."
        )
    return None


def repeats_apart(interval: tuple[float, float], over_runs: tuple[float, float] | None) -> str | None:
    """Why one curve through all repeats does not stand for them; None where it does.

    Repeats that decay at rates of their own put the asymptote of their common curve elsewhere than their own ones.

    Args:
        interval: 95% of c, for the common curve.
        over_runs: The same from a curve for each repeat; None where there is none.
    """
    if over_runs is None:
        return None
    meet = over_runs[0] <= interval[1] and interval[0] <= over_runs[1]
    common, own = sum(interval) / 2, sum(over_runs) / 2
    if meet or abs(common - own) <= MATERIAL * abs(common):
        return None
    return (
        f"The curve does not fit: c is {interval[0]:.4g} to {interval[1]:.4g} for one curve through all repeats, but "
        f"{over_runs[0]:.4g} to {over_runs[1]:.4g} for one each, which decay at rates of their own."
    )


def dependence(residuals: np.ndarray) -> float:
    """The autocorrelation time of a run's noise, in measured epochs: by its root an error that takes it for
    independent is too small.

    Args:
        residuals: Of each run about the common curve, (R, N). What sets a run apart from it as a whole counts as noise that
            never ends.

    Returns:
        Infinity where the epochs are too few for it.
    """
    length = residuals.shape[1]
    # Padded, so that the end is no neighbour of the beginning.
    power = np.abs(np.fft.rfft(residuals, 2 * length)) ** 2
    covariance = np.fft.irfft(power.sum(0))[:length] / np.arange(length, 0, -1)
    return integrated_time(covariance / covariance[0]) if covariance[0] > 0 else 1.0


def dependent(time: float, wider: float | None) -> str | None:
    """Why the posterior's interval of c is too narrow; None where it is not known to be.

    Args:
        time: Of :func:`dependence`.
        wider: The error of c over the repeats by that of the posterior; None where it is unknown.
    """
    if wider is not None and wider > WIDER:
        return (
            f"The repeats differ more than independent noise explains: over them c has an error {wider:.1f} times that of "
            "the posterior. Prefer their interval."
        )
    if time > MOST_TIME:
        worth = f"{time:,.0f}" if math.isfinite(time) else "all"
        return (
            f"The errors of neighbouring epochs are not independent: about {worth} of them are worth one, so that the "
            "posterior's interval is too narrow. Prefer that of the repeats."
        )
    return None


def negative(interval: tuple[float, float]) -> str | None:
    """Why c, of errors that cannot be below 0, is none: its whole 95% interval is. None otherwise."""
    low, high = interval
    if high >= 0:
        return None
    return (
        f"The curve does not fit: it tends to a c below 0, {low:.4g} to {high:.4g}, where no such error can be: an "
        "exponential does not describe how the errors go on."
    )


def _drift(residuals: np.ndarray) -> np.ndarray:
    """(R, 1): what the least squares line through each row of ``residuals`` (R, N) moves by from end to end."""
    time = np.linspace(-0.5, 0.5, residuals.shape[1])
    return (residuals @ time / (time @ time))[:, None]


def _beyond_noise(values: np.ndarray, probability: float) -> np.ndarray:
    """Whether the mean over the repeats, the rows of ``values`` (R, M), is not 0: (M,), a two-sided t-test each."""
    count, freedom = len(values), len(values) - 1
    spread = values.std(0, ddof=1)
    if count < OWN_SPREAD:
        spread, freedom = np.sqrt((spread**2).mean()), freedom * min(values.shape[1], 10)
    return np.abs(values.mean(0)) > stats.t.isf(probability / 2, freedom) * spread / math.sqrt(count)
