"""log Z of a restricted Boltzmann machine by multiplications alone: the sum over all states of one layer in compiled loops.

A state l of the first units of the enumerated layer and one, k, of the others give unit i of the other layer the field
f_i(k) + g_i(l). With G_i = max_l g_i(l), r_i(l) = exp(g_i(l) - G_i) and p_i(k) = sigmoid(f_i(k) + G_i)

    Z = sum_k exp(b.k) prod_i 1 / (1 - p_i(k)) sum_l exp(b.l) prod_i (1 - p_i(k) + p_i(k) r_i(l)),

no factor of which is above 1: nothing overflows, and what underflows is bounded. All logarithms are taken once for each k.
"""

# Numba infers the types of compiled functions; they have none that a checker of Python could follow.
# pyright: basic

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numba import njit

LOW = 10
"""Units whose states are tabled: 2**10 numbers for each unit of the other layer stay in a core's cache."""
LANES, AT_ONCE = 128, 7
"""States of a table's part that stays in the fastest cache, and factors that are multiplied before a product is stored."""
HIGH_BLOCK = 512
LEAST = math.log(np.finfo(np.float64).tiny)
NEGLIGIBLE = math.log(1e-13)
"""Share of Z that may underflow."""


def _compiled(function: Any) -> Any:
    # Fused and reordered sums: what makes vectors of these loops.
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc"}}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        # Neither the source's folder nor the user's cache can be written: every process compiles anew.
        return njit(**options)(function)


@_compiled
def _sums(own, ratio, stay, rise, sums):
    """sum over l of own[l] prod_i (stay[k, i] + rise[k, i] ratio[l, i]) into ``sums``, float64 (K,).

    Args, all float64, with n a multiple of AT_ONCE:
        own: (tiles, LANES).
        ratio: (tiles, n, LANES).
        stay, rise: (K, n).
    """
    part = np.empty(LANES)
    sums[:] = 0.0
    for t in range(len(own)):
        for k in range(len(stay)):
            part[:] = own[t]
            for i in range(0, stay.shape[1], AT_ONCE):
                c, d, r = stay[k, i : i + AT_ONCE], rise[k, i : i + AT_ONCE], ratio[t, i : i + AT_ONCE]
                for lane in range(LANES):
                    first = (c[0] + d[0] * r[0, lane]) * (c[1] + d[1] * r[1, lane]) * (c[2] + d[2] * r[2, lane])
                    second = (c[3] + d[3] * r[3, lane]) * (c[4] + d[4] * r[4, lane]) * (c[5] + d[5] * r[5, lane])
                    part[lane] *= first * second * (c[6] + d[6] * r[6, lane])
            total = 0.0
            for lane in range(LANES):
                total += part[lane]
            sums[k] += total


def summed_log_partition(bias: torch.Tensor, weights: torch.Tensor, other_bias: torch.Tensor) -> float | None:
    """log Z in nats, exact but for rounding (some 1e-14 of it); None where more of Z than a share of 1e-13 could underflow.

    Args:
        bias: Of the enumerated layer, float (m,), m > LOW, on the CPU.
        weights: float (m, n).
        other_bias: Of the other layer, float (n,).
    """
    units, other = weights.shape
    idle = -other % AT_ONCE  # units that are never 1 fill up the last group
    bias = bias.double()
    weights = torch.nn.functional.pad(weights.double(), (0, idle))
    other_bias = torch.nn.functional.pad(other_bias.double(), (0, idle), value=-math.inf)
    low = _states(0, 2**LOW, LOW)
    own, shares = low @ bias[:LOW], low @ weights[:LOW]
    most, top = own.max(), shares.max(0).values
    ratio = (shares - top).exp_().view(-1, LANES, other + idle).transpose(1, 2).contiguous().numpy()
    own = (own - most).exp_().view(-1, LANES).numpy()
    bounds, parts = [], []
    for first in range(0, 2 ** (units - LOW), HIGH_BLOCK):
        high = _states(first, min(HIGH_BLOCK, 2 ** (units - LOW) - first), units - LOW)
        stay = (other_bias + top + high @ weights[LOW:]).neg_().sigmoid_()
        bound = high @ bias[LOW:] + most - stay.log().sum(1)
        sums = torch.empty_like(bound)
        _sums(own, ratio, stay.numpy(), (1 - stay).numpy(), sums.numpy())
        bounds.append(bound)
        parts.append(bound + sums.log_())
    log_z = float(torch.logsumexp(torch.cat(parts), 0))
    lost = float(torch.logsumexp(torch.cat(bounds), 0)) + LOW * math.log(2) + LEAST
    return log_z if math.isfinite(log_z) and lost < log_z + NEGLIGIBLE else None


def _states(first: int, count: int, units: int) -> torch.Tensor:
    """States number first, first + 1, ... of a layer: float64 (count, units)."""
    return (torch.arange(first, first + count)[:, None] >> torch.arange(units) & 1).double()
