"""How low training errors would come: the Bayesian fit of ``K exp(-alpha i) + c`` to repeated runs, and when not to quote it.

The model, its priors and the bands are those of Xu & Oates, Scientific Reports 11:2727 (2021), "Bayesian statistical
analysis", figures 5 and 6. Its noise is independent over epochs, which that of training runs is not: the posterior interval
of c is too narrow then. So an interval from the spread of the repeats stands beside it, and is the one to quote where the
residuals or the repeats show that (``quoted``).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from boltzmann.evaluation import decay_checks as checks
from boltzmann.evaluation.decay_posterior import ENSEMBLES, WALKERS, Errors, draw, least_squares
from boltzmann.evaluation.decay_result import DecayFit, Interval, known_repeats

PARAMETERS = ("alpha", "K", "c")
LEAST_EPOCHS = 30
LEAST_REPEATS = 2
QUANTILE_REPEATS = 40
"""So many repeats have 2.5% quantiles; of fewer the extremes are shown."""
THIN = 10
"""Steps between kept draws: about the autocorrelation time of the walkers."""
CURVE_DRAWS = 1000
KEPT_DRAWS = 500
DENSITY_POINTS = 120
CURVE_POINTS = 150
NORMAL = 1.96
"""Standard deviations in half of a 95% interval."""


def fit_decay(
    epochs: np.ndarray,
    errors: np.ndarray,
    first_epoch: int = 20,
    seed: int = 0,
    samples: int = 10_000,
    positive: bool = False,
) -> DecayFit:
    """Fit the decay and judge it.

    Args:
        epochs: (N,), ascending.
        errors: (R, N), of R >= 2 repeats. A repeat with an error that is not finite is left out.
        first_epoch: What lies before is not fitted; at least 30 epochs must be left.
        seed: Of the sampling.
        samples: Draws kept, about. A sampling that has not converged is repeated once, four times as long.
        positive: Whether the errors cannot be below 0, as no sum of squares is: a c that is below refuses the fit.

    Raises:
        ValueError: for too few repeats or epochs, or where all errors are equal.
    """
    epochs, errors = np.asarray(epochs, float), np.asarray(errors, float)
    epochs, errors, left_out = _usable(epochs, errors, first_epoch)
    data = Errors.of(epochs, errors)
    alpha, height, c = data.fitted()
    best = data.offset + data.scale * (height * np.exp(-alpha * (epochs - epochs[0])) + c)
    flat = checks.no_decay(errors, best)
    steps = max(4, math.ceil(samples * THIN / (ENSEMBLES * WALKERS)))
    for longer in (1, 4):
        drawn = draw(data, longer * steps, longer * steps // 2, seed)
        chains = dict(zip(PARAMETERS, np.moveaxis(drawn.chains, -1, 0), strict=True))
        r_hats = {name: checks.r_hat(chain) for name, chain in chains.items()}
        sizes = {name: checks.effective(chain) for name, chain in chains.items()}
        unconverged = checks.unconverged_sampling(r_hats, sizes)
        if unconverged is None or flat:
            break
    draws = np.random.default_rng(seed).permutation(drawn.chains[:, ::THIN].reshape(-1, 3))
    interval = {name: _interval(values) for name, values in zip(PARAMETERS, draws.T, strict=True)}
    density = {name: _density(values) for name, values in zip(PARAMETERS, draws.T, strict=True)}
    mode = {name: found["x"][int(np.argmax(found["y"]))] for name, found in density.items()}
    remaining = _interval(np.exp(-draws[:, 0] * (epochs[-1] - epochs[0])))
    curves, new, sigma = _curves(epochs, errors, draws[:CURVE_DRAWS], seed)
    below, curve, above = np.quantile(curves, (0.025, 0.5, 0.975), axis=0)

    over_runs = _over_runs(data, epochs, errors)
    unfinished = checks.unconverged_run(remaining, interval["alpha"], float(epochs[0]), float(epochs[-1]))
    found = (
        unconverged,
        unfinished,
        checks.systematic_residuals(epochs, errors, curve, float(np.median(draws[:, 2])), interval["c"]),
        # Where an extrapolation lies says nothing new.
        None if unfinished else checks.repeats_apart(interval["c"], over_runs["c"]),
        checks.negative(interval["c"]) if positive and not unfinished else None,
    )
    reasons = [flat] if flat else [reason for reason in found if reason]
    dependent = checks.dependent(checks.dependence(errors - curve), _wider(over_runs, interval["c"]))
    shown = np.unique(np.linspace(0, len(epochs) - 1, min(len(epochs), CURVE_POINTS)).round().astype(int))
    band, (low, high) = _band(errors[:, shown])
    new_low, new_high = np.quantile(new[:, shown], (0.025, 0.975), axis=0)
    return DecayFit(
        verdict="refused" if reasons else "quoted",
        reasons=reasons,
        notes=_notes(left_out, over_runs, dependent, mode["K"], quoted=not reasons),
        runs=len(errors),
        left_out=left_out,
        first_epoch=first_epoch,
        epochs=epochs[shown].tolist(),
        mean=errors.mean(0)[shown].tolist(),
        low=low,
        high=high,
        band=band,
        curve=curve[shown].tolist(),
        credible={"low": below[shown].tolist(), "high": above[shown].tolist()},
        prediction={"low": new_low.tolist(), "high": new_high.tolist()},
        residuals=(errors.mean(0) - curve)[shown].tolist(),
        mode=mode,
        interval=interval,
        density=density,
        c_draws=draws[:KEPT_DRAWS, 2].tolist(),
        over_runs=over_runs,
        rhat=r_hats,
        effective=sizes,
        samples=len(draws),
        acceptance=drawn.acceptance,
        sigma=sigma,
        quoted=_quoted(interval["c"], mode["c"], over_runs, dependent is not None),
        remaining=remaining,
    )


def _usable(epochs: np.ndarray, errors: np.ndarray, first_epoch: int) -> tuple[np.ndarray, np.ndarray, int]:
    if epochs.ndim != 1 or errors.ndim != 2 or errors.shape[1] != len(epochs):
        raise ValueError(f"errors have shape {errors.shape}; (repeats, {epochs.size}) was expected: a column an epoch")
    if (np.diff(epochs) <= 0).any():
        raise ValueError("the epochs are not ascending: sort them, and give each once")
    finite = np.isfinite(errors).all(1)
    left_out = int((~finite).sum())
    if finite.sum() < LEAST_REPEATS:
        runs = "1 run" if finite.sum() == 1 else f"{finite.sum()} runs"
        text = f"{runs} without a diverged error; a fit needs {LEAST_REPEATS}: run more seeds"
        raise ValueError(text)
    late = epochs >= first_epoch
    if late.sum() < LEAST_EPOCHS:
        raise ValueError(
            f"{late.sum()} epochs were measured from epoch {first_epoch} on; a fit needs {LEAST_EPOCHS}: "
            "train longer, measure more often or begin earlier"
        )
    errors = errors[np.ix_(finite, late)]
    if np.ptp(errors) == 0:
        raise ValueError(
            f"the errors are {errors[0, 0]:g} at every epoch: nothing decays; begin earlier or leave this out"
        )
    return epochs[late], errors, left_out


def _interval(values: np.ndarray) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _density(values: np.ndarray) -> dict[str, list[float]]:
    low, high = np.quantile(values, (0.001, 0.999))
    x = np.linspace(low, high, DENSITY_POINTS)
    return {"x": x.tolist(), "y": stats.gaussian_kde(values)(x).tolist()}


def _curves(
    epochs: np.ndarray, errors: np.ndarray, draws: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """The curves of ``draws``, (D, N), a new measurement about each, and the median of sigma."""
    rng = np.random.default_rng(seed)
    alpha, k, c = draws.T[:, :, None]
    curves = k * np.exp(-alpha * epochs) + c
    mean = errors.mean(0)
    squares = len(errors) * ((curves - mean) ** 2).sum(1) + ((errors - mean) ** 2).sum()
    sigma = np.sqrt(squares / rng.chisquare(errors.size, len(draws)))
    return curves, curves + sigma[:, None] * rng.standard_normal(curves.shape), float(np.median(sigma))


def _band(errors: np.ndarray) -> tuple[str, list[list[float]]]:
    if len(errors) >= QUANTILE_REPEATS:
        return "2.5% to 97.5% of the repeats", np.quantile(errors, (0.025, 0.975), axis=0).tolist()
    return "least to greatest of the repeats", [errors.min(0).tolist(), errors.max(0).tolist()]


def _over_runs(data: Errors, epochs: np.ndarray, errors: np.ndarray) -> dict[str, Any]:
    low, high = data.alphas
    alpha, _, c = least_squares(epochs, (errors - data.offset) / data.scale, data.alphas)
    inside = (alpha > 1.01 * low) & (alpha < 0.99 * high)
    values = data.offset + data.scale * c
    own = values[inside]
    interval = None
    if len(own) >= 2:
        half = float(stats.t.ppf(0.975, len(own) - 1) * own.std(ddof=1) / math.sqrt(len(own)))
        interval = (float(own.mean()) - half, float(own.mean()) + half)
    return {"c": interval, "values": [float(value) if ok else None for value, ok in zip(values, inside, strict=True)]}


def _wider(over_runs: dict[str, Any], interval: Interval) -> float | None:
    """The standard error of c over the repeats by that of the posterior; None of fewer than two."""
    own = known_repeats(over_runs)
    if len(own) < 2:
        return None
    # Not of the t-interval: of two repeats that is wide whatever they say.
    return float(own.std(ddof=1)) / math.sqrt(len(own)) / ((interval[1] - interval[0]) / (2 * NORMAL))


def _quoted(interval: Interval, mode: float, over_runs: dict[str, Any], dependent: bool) -> dict[str, Any]:
    if dependent and over_runs["c"] is not None:
        return {"c": over_runs["c"], "value": float(known_repeats(over_runs).mean()), "by": "runs"}
    return {"c": interval, "value": mode, "by": "posterior"}


def _notes(left_out: int, over_runs: dict[str, Any], dependent: str | None, k: float, quoted: bool) -> list[str]:
    notes = []
    if left_out:
        notes.append(
            f"{left_out} {'run' if left_out == 1 else 'runs'} diverged and {'is' if left_out == 1 else 'are'} left out."
        )
    if not quoted:  # the others are of a c that is not told
        return notes
    failed = sum(value is None for value in over_runs["values"])
    if failed:
        notes.append(f"{failed} of {len(over_runs['values'])} runs have no least squares fit of their own.")
    if dependent:
        notes.append(dependent)
        if over_runs["c"] is None:
            notes.append("There is no interval of the repeats: fewer than two have a fit of their own.")
    if k < 0:
        notes.append("The errors rise towards c.")
    return notes
