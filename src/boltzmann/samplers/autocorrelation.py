"""How long a Markov chain remembers: the autocorrelation of its spins and the time that it sums up to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

WINDOW = 2.5
"""The sum stops at the first lag of at least this many autocorrelation times: what an exponential has left there is e^-5
(Sokal's c = 5, whose time is half of ours)."""


def autocorrelation(trace: torch.Tensor) -> np.ndarray:
    """The pooled autocorrelation function of the spins.

    ``C(t) = sum_i cov(s_i(0), s_i(t)) / sum_i var(s_i)``, about each spin's mean over all chains and times: chains that
    are stuck apart stay correlated for ever, where a mean of each chain's own would hide them.

    Args:
        trace: int8 of shape (T, chains, n).

    Returns:
        float64 of shape (T,), the first 1; zeros where no spin ever differs.
    """
    spins = trace.float()
    spins -= spins.mean((0, 1))
    flat = spins.reshape(len(trace), -1)
    # All pairs of times in one product: at these lengths faster than Fourier transforms.
    products = (flat @ flat.T).double().numpy()
    covariance = np.array([products.diagonal(lag).mean() for lag in range(len(trace))])
    return covariance / covariance[0] if covariance[0] > 0 else np.zeros(len(trace))


def integrated_time(correlation: np.ndarray) -> float:
    """``tau = 1 + 2 sum_(t>=1) C(t)`` in units of the lag, at least 1: T correlated samples are worth T / tau.

    The sum runs up to the automatic window of Sokal, "Monte Carlo methods in statistical mechanics: foundations and new
    algorithms" (Functional Integration, NATO ASI 361, 1997), sec. 3.

    Args:
        correlation: C, shape (T,), as :func:`autocorrelation` gives it.

    Returns:
        The time; ``math.inf`` where the function is too short for its own window, or where no spin ever differs.
    """
    times = 2 * np.cumsum(correlation) - 1
    closed = np.flatnonzero(np.arange(len(times)) >= WINDOW * np.maximum(times, 1))
    # Zero at lag 0 marks a trace without variance: nothing to correlate.
    return max(1.0, float(times[closed[0]])) if len(closed) and correlation[0] > 0 else math.inf
