"""The inverse temperature at which samples look drawn from a model.

The pseudo-likelihood (Besag, "Statistical analysis of non-lattice data", The Statistician 24, 1975) scores each spin
given its neighbours. As a function of the inverse temperature alone (Raymond, Yarkoni and Andriyash, "Global warming:
temperature estimation in annealers", Frontiers in ICT 3, 2016)

    L(beta) = sum over reads r and free spins i of  log sigmoid(-2 beta a_ri),    a_ri = s_ri f_i(s_r),

which is concave. It needs no partition function, but it is local: samples of a glass stuck far from equilibrium read
the right temperature too, since each spin has settled with its neighbours. A right value is no evidence of equilibrium.
Nor is it of a right model: a chip's coefficient errors pull it down, and a larger prefactor pulls it back up to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from boltzmann.samplers.base import IsingModel

# Fewer spins against their fields than this, over all reads, and the estimate rests on a handful of events.
FEWEST_CONTRARY = 10
THINNED = 16
"""One read in so many gives the first guess."""


@dataclass(frozen=True)
class TemperatureEstimate:
    """An inverse temperature in units of the model's own.

    Args:
        inverse_temperature: The maximum of L. Infinite for frozen samples (no spin against its field), minus infinity
            for the opposite, NaN where no spin feels a field.
        standard_error: Of the estimate, with reads taken as independent; NaN where the estimate is not finite, and for
            a single read.
        note: A sentence for a person where the estimate means nothing ("Frozen: ..."), else None.
    """

    inverse_temperature: float
    standard_error: float
    note: str | None = None

    @property
    def finite(self) -> bool:
        """Whether there is a number to use."""
        return math.isfinite(self.inverse_temperature)

    def report(self) -> dict[str, float | str | None]:
        """What a sampler's report says of it: JSON values, None for what is not a number."""
        return {
            "effective_inverse_temperature": self.inverse_temperature if self.finite else None,
            "effective_inverse_temperature_error": None if math.isnan(self.standard_error) else self.standard_error,
            "effective_inverse_temperature_note": self.note,
        }


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
    contrary, aligned = int((against > 0).sum()), int((against < 0).sum())
    if not contrary or not aligned:
        return _without_maximum(contrary, aligned)

    some = against[::THINNED] if len(against) >= THINNED**2 else against[:0]
    start = 0.0
    if bool((some > 0).any()) and bool((some < 0).any()):
        start = _maximum(some, 0.0)  # a few reads say where the rest begin
    beta = _maximum(against, start)
    slopes, curvature = _derivatives(against, beta)
    # Spins of one read depend on each other, so the error comes from the spread of the reads' slopes (sandwich form).
    reads = len(slopes)
    error = math.nan
    if reads > 1:
        error = math.sqrt(float(slopes.square().sum()) * reads / (reads - 1)) / curvature
    return TemperatureEstimate(beta, error, _doubt(beta, error, contrary, aligned))


def _maximum(against: torch.Tensor, beta: float) -> float:
    """Where L is largest, from a first guess, within a share of some 1e-8."""
    low, high = -math.inf, math.inf
    for _ in range(200):
        slopes, curvature = _derivatives(against, beta)
        slope = float(slopes.sum())
        low, high = (beta, high) if slope > 0 else (low, beta)
        # Far out the curvature vanishes and Newton's step leaves the bracket: halve or double instead.
        after = beta + slope / curvature if curvature > 0 else math.inf
        tolerance = 1e-4  # the next step would be a share of about 1e-8
        if not low < after < high:
            after = (low + high) / 2 if math.isfinite(low + high) else 2 * beta + math.copysign(1.0, slope)
            tolerance = 1e-7
        settled = abs(after - beta) <= 1e-9 + tolerance * abs(after)
        beta = after
        if settled:
            break
    return beta


def _derivatives(against: torch.Tensor, beta: float) -> tuple[torch.Tensor, float]:
    """Each read's share of dL/dbeta, shape (reads,), and -d2L/dbeta2."""
    drive = against.mul(2 * beta).sigmoid_().mul_(against)
    slopes = drive.sum(1).mul_(-2)
    # a**2 flip (1 - flip), in three passes.
    return slopes, 4 * float(torch.dot(drive.flatten(), (against - drive).flatten()))


def _without_maximum(contrary: int, aligned: int) -> TemperatureEstimate:
    if aligned:
        note = f"Frozen, or too few reads: none of {aligned:,} spins stands against its field."
        return TemperatureEstimate(math.inf, math.nan, note)
    if contrary:
        note = f"Inverted: every one of {contrary:,} spins stands against its field."
        return TemperatureEstimate(-math.inf, math.nan, note)
    return TemperatureEstimate(math.nan, math.nan, "No temperature: no free spin feels a field.")


def _doubt(beta: float, error: float, contrary: int, aligned: int) -> str | None:
    if beta < -2 * error:
        return "Inverted: the spins prefer to stand against their fields."
    if contrary < FEWEST_CONTRARY:
        return f"Nearly frozen, or too few reads: only {contrary} of {contrary + aligned:,} spins stand against their fields."
    if math.isnan(error):
        return "Too few reads: one read shows no error of the estimate."
    if beta <= 2 * error:
        return f"Too few reads, or too hot: {beta:.2g} with a standard error of {error:.2g} cannot be told from 0."
    return None
