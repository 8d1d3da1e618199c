"""The inverse temperature at which samples look drawn from a model.

The pseudo-likelihood (Besag, "Statistical analysis of non-lattice data", The Statistician 24, 1975) scores each spin
given its neighbours. As a function of the inverse temperature alone (Raymond, Yarkoni and Andriyash, "Global warming:
temperature estimation in annealers", Frontiers in ICT 3, 2016)

    L(beta) = sum over reads r and free spins i of  log sigmoid(-2 beta a_ri),    a_ri = s_ri f_i(s_r),

which is concave. It needs no partition function, but it is local: a good estimate is no evidence of equilibrium.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from boltzmann.samplers.base import IsingModel


@dataclass(frozen=True)
class TemperatureEstimate:
    """An inverse temperature in units of the model's own.

    Args:
        inverse_temperature: The maximum of L. Infinite for frozen samples (no spin against its field), minus infinity
            for the opposite, NaN where no spin feels a field.
        standard_error: Of the estimate, with reads taken as independent; NaN where the estimate is not finite.
    """

    inverse_temperature: float
    standard_error: float

    @property
    def finite(self) -> bool:
        """Whether there is a number to use."""
        return math.isfinite(self.inverse_temperature)


@torch.no_grad()
def estimate_inverse_temperature(
    model: IsingModel, spins: torch.Tensor, held: torch.Tensor | None = None
) -> TemperatureEstimate:
    """Maximum pseudo-likelihood estimate by Newton's method, kept inside a bracket.

    Args:
        model: The Hamiltonian that the samples are compared with.
        spins: int8 of shape (reads, n).
        held: bool of shape (reads, n): spins that were clamped, and so say nothing. None: all are free.
    """
    against = spins * model.local_fields(spins)
    if held is not None:
        against = against.masked_fill(held, 0.0)
    if not bool((against > 0).any()) or not bool((against < 0).any()):
        return TemperatureEstimate(_limit(against), math.nan)

    beta, low, high = 0.0, -math.inf, math.inf
    slopes, curvature = _derivatives(against, beta)
    for _ in range(200):
        slope = float(slopes.sum())
        low, high = (beta, high) if slope > 0 else (low, beta)
        # Far out the curvature vanishes and Newton's step leaves the bracket: halve or double instead.
        after = beta + slope / curvature if curvature > 0 else math.inf
        if not low < after < high:
            after = (low + high) / 2 if math.isfinite(low + high) else 2 * beta + math.copysign(1.0, slope)
        settled = abs(after - beta) <= 1e-9 + 1e-7 * abs(after)
        beta = after
        slopes, curvature = _derivatives(against, beta)
        if settled:
            break
    # Spins of one read depend on each other, so the error comes from the spread of the reads' slopes (sandwich form).
    return TemperatureEstimate(beta, float(slopes.square().sum().sqrt()) / curvature)


def _derivatives(against: torch.Tensor, beta: float) -> tuple[torch.Tensor, float]:
    """Each read's share of dL/dbeta, shape (reads,), and -d2L/dbeta2."""
    flip = torch.sigmoid(2 * beta * against)
    return (-2 * against * flip).sum(1), float((4 * against**2 * flip * (1 - flip)).sum())


def _limit(against: torch.Tensor) -> float:
    if bool((against < 0).any()):
        return math.inf
    return -math.inf if bool((against > 0).any()) else math.nan
