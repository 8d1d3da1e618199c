"""The scale of the programmed problem, for samplers whose temperature is unknown."""

from __future__ import annotations

import math

import torch

from boltzmann.samplers.temperature import TemperatureEstimate


class Prefactor:
    """The scale of the programmed problem, led to the value at which samples come out at inverse temperature 1.

    A Kalman filter (Kalman, "A new approach to linear filtering and prediction problems", Journal of Basic Engineering
    82, 1960) of one number, x = log of the prefactor wanted. A batch programmed at the prefactor v whose samples look
    drawn at inverse temperature beta measures x as log v - log beta, since beta is proportional to v. The first batches
    therefore move it nearly the whole way, later ones only as far as they outweigh what is already known.

    A batch without a usable estimate still says on which side it lies: frozen samples ask for a smaller prefactor,
    samples too hot to tell from random ones for a larger. Limits do not wind up: the filter's state is the limited value
    itself, and it rises no further while the chip cuts off much of the problem, which no larger prefactor can mend.

    Args:
        fixed: A constant instead, or None.
    """

    START = 1 / 5
    RANGE = (1e-3, 10.0)
    # Standard deviations of x. Chips of today lie within a factor of ten of the start.
    UNKNOWN = math.log(10)
    # What one training step changes: the errors of the coefficients weigh less as the couplings grow.
    DRIFT = 0.01
    # What the coefficient errors of one programming change: 0.01 to 0.1 at an error of 0.03 and beta from 1 to 20.
    PROGRAMMING = 0.05
    # A batch far from 1 measures x less well, by this share of log beta, since beta is only roughly proportional ...
    CURVATURE = 0.3
    # ... but it is also a sign that the chip or the model has changed.
    SURPRISE = 0.1
    LONGEST_BLIND_STEP = math.log(4)
    LARGEST_CLIPPED = 0.1

    def __init__(self, fixed: float | None) -> None:
        self.fixed = fixed
        self.value = self.START if fixed is None else fixed
        self.variance = self.UNKNOWN**2

    @property
    def uncertainty(self) -> float:
        """Standard deviation of log(value) as the filter believes it; 0 for a constant."""
        return 0.0 if self.fixed is not None else math.sqrt(self.variance)

    def follow(self, estimate: TemperatureEstimate, clipped: float = 0.0) -> None:
        """Take in one batch.

        Args:
            estimate: Of the samples drawn at the present value, with respect to the model asked for.
            clipped: Share of the programmed coefficients that lay outside the chip's ranges, in [0, 1].
        """
        if self.fixed is not None:
            return
        step, variance = self._update(estimate)
        if step > 0 and clipped > self.LARGEST_CLIPPED:
            return
        self.value = min(max(self.value * math.exp(step), self.RANGE[0]), self.RANGE[1])
        self.variance = variance

    def _update(self, estimate: TemperatureEstimate) -> tuple[float, float]:
        """The change of log(value), and the variance after it."""
        beta, error = estimate.inverse_temperature, estimate.standard_error
        if beta == math.inf:
            return self._blind(-self.LONGEST_BLIND_STEP)
        if -2 * error < beta <= 2 * error and beta + 2 * error < 1:
            # No more than a bound, but one that is too hot.
            return self._blind(min(-math.log(beta + 2 * error), self.LONGEST_BLIND_STEP))
        if not beta > 2 * error:
            return 0.0, self.variance
        off = math.log(beta)
        before = self.variance + self.DRIFT**2 + (self.SURPRISE * off) ** 2
        # Not error / beta where beta is large: an estimate that came out high by chance would count for more.
        noise = (error / min(beta, 1.0)) ** 2 + self.PROGRAMMING**2 + (self.CURVATURE * off) ** 2
        gain = before / (before + noise)
        return -gain * off, (1 - gain) * before

    def _blind(self, step: float) -> tuple[float, float]:
        return step, max(self.variance, step**2)

    def state(self) -> torch.Tensor:
        """All that a later :meth:`follow` depends on: float64 of shape (2,)."""
        return torch.tensor([self.value, self.variance], dtype=torch.float64)

    def restore(self, state: torch.Tensor) -> None:
        """Go on from a :meth:`state`."""
        self.value, self.variance = state.tolist()
