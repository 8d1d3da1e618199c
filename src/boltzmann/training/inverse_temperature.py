"""The inverse temperature that an annealer is programmed for, led from epoch to epoch.

The annealer is given E_DW = E / beta, so that it draws p ~ exp(-beta E_DW) = exp(-E) where beta is its own inverse
temperature (Xu and Oates, Scientific Reports 11:2727, 2021, equation 9, DOI 10.1038/s41598-021-82197-1). Beta enters
neither a conditional law nor a reconstruction.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from boltzmann.config import PRINTED_MIN_ENTROPY, InverseTemperatureConfig, SamplerConfig
from boltzmann.samplers.prefactor import Prefactor
from boltzmann.training.errors import Diverged

RANGE = (1 / Prefactor.RANGE[1], 1 / Prefactor.RANGE[0])
"""Where beta is kept: what the filter of the estimates keeps to as well. Below it all coefficients are cut off at the chip's
ranges, above it they drown in its coefficient errors: in either case the samples no longer answer to beta."""


class InverseTemperature:
    """One scheme, which moves beta once an epoch.

    ============== ==================================================================================================
    fixed          beta = start
    known          beta = the simulated chip's own, which no real one tells
    linear         beta(i) = start + (end - start) i / N in epoch i of N, from 1: what ``end`` says is of the last one
    max_likelihood d beta = rate (mean of E_DW over the data - <E_DW>) as printed; "descent": the opposite sign. With the
                   law p ~ exp(-beta E_DW) the bracket is dL / d beta of the mean negative log-likelihood L at fixed E_DW
                   (equation 11), so that the printed step climbs it.
    min_entropy    d beta = rate Var(E_DW) = -(rate / beta) dS / d beta, S the entropy of that law (equation 15); its
                   factor beta is left out, as printed.
    ============== ==================================================================================================

    Args:
        config: The scheme; not "estimated", where the sampler itself follows its samples.
        learning_rate: Of the machine: the rate of "max_likelihood" unless one is set, a thousandth of it that of
            "min_entropy".
        epochs: N.
        sampler: Its settings hold what "known" knows.

    Attributes:
        beta: The sampler is to be programmed with E / beta.
        notice: What a person should know of the last step; "" for nothing.
    """

    def __init__(
        self, config: InverseTemperatureConfig, learning_rate: float, epochs: int, sampler: SamplerConfig
    ) -> None:
        self._config, self._epochs, self._epoch = config, epochs, 0
        share = PRINTED_MIN_ENTROPY if config.scheme == "min_entropy" else 1.0
        self._rate = share * learning_rate if config.rate is None else config.rate
        known = config.scheme == "known"
        self.beta: float = sampler.inverse_temperature if known else config.start  # type: ignore[union-attr]
        self.notice = ""
        self._noticed = self._limited = False
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Take over after ``epoch`` epochs that something else led: a ramp is where it stands then."""
        self._epoch = epoch
        if self._config.scheme == "linear":
            self.beta = self._ramp(self._epochs)

    def after_epoch(
        self, epoch: int, data: torch.Tensor | None, reads: torch.Tensor | None, programmed: float | None = None
    ) -> float:
        """Move beta.

        Args:
            epoch: Epochs done, i, from 1.
            data: E of rows of the data, each with p(h | v), float (N,); None where nothing was drawn in this epoch.
            reads: E of the reads of this epoch, float (R,); None where nothing was drawn in it, and an adaptive scheme
                waits: older ones are of an older beta, and have moved it already.
            programmed: The beta that those reads were programmed for, where the sampler tells: E_DW is of that one.

        Returns:
            The change of beta.

        Raises:
            Diverged: an energy is no finite number.
        """
        before, self._epoch, self.notice = self.beta, epoch, ""
        # A reciprocal there and back is not always the same number.
        at = before if programmed is None or math.isclose(programmed, before, rel_tol=1e-9) else programmed
        if self._config.scheme == "linear":
            self.beta = self._ramp(self._epochs)
        elif self._config.scheme in ("max_likelihood", "min_entropy") and data is not None and reads is not None:
            self._step(data.double() / at, reads.double() / at)
        return self.beta - before

    def _step(self, data: torch.Tensor, reads: torch.Tensor) -> None:
        if self._config.scheme == "min_entropy":
            change = self._rate * float(reads.var(correction=0))
        else:
            sign = 1.0 if self._config.direction == "printed" else -1.0
            change = sign * self._rate * float(data.mean() - reads.mean())
        if not math.isfinite(change):
            raise Diverged(
                "the energies of data and reads, by which beta moves, are no longer finite numbers: train again with a "
                "smaller learning rate, or with weight decay"
            )
        low, high = RANGE
        self.beta = min(max(self.beta + change, low), high)
        if self.beta in RANGE and not self._noticed:
            self._noticed = True
            fate = "are cut off at the chip's ranges" if self.beta == low else "drown in the chip's coefficient errors"
            self.notice = (
                f"Beta has run to its limit of {self.beta:g} in epoch {self._epoch:,}: the programmed coefficients {fate}, "
                "and the samples hardly answer to it any more. Choose another direction, or a smaller rate of beta."
            )

    def _ramp(self, epochs: int) -> float:
        start, end = self._config.start, self._config.end
        return start + (end - start) * min(1.0, (self._epoch + 1) / epochs)

    def limited(self, prefactor: float) -> str:
        """Where the sampler, asked for this beta, was programmed at another ``prefactor`` than 1 / beta: that, once."""
        if self._limited or math.isclose(prefactor * self.beta, 1, rel_tol=1e-5):
            return ""
        self._limited = True
        return (
            f"The sampler has limits of its own: in epoch {self._epoch + 1:,} it was programmed for a beta of "
            f"{1 / prefactor:.3g}, and {self.beta:.3g} was asked for. What is shown of beta and energies is of the former, "
            "changes of beta are of the latter."
        )

    def extended(self, before: int) -> str:
        """What a run of another length than the ``before`` epochs of its checkpoint does to a ramp; "" where nothing."""
        if self._config.scheme != "linear" or before == self._epochs or self._epoch >= self._epochs:
            return ""
        was, now = f"{self._ramp(before):.3g}", f"{self.beta:.3g}"
        if was == now:
            return ""
        return (
            f"Beta is led in a line over all {self._epochs:,} epochs, {before:,} before: it goes on at {now}, and was to be "
            f"{was} here."
        )

    def state(self) -> dict[str, torch.Tensor]:
        """All that later steps depend on: beta, epochs done, whether its limit was told."""
        return {"beta": torch.tensor([self.beta, self._epoch, self._noticed], dtype=torch.float64)}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`: adaptive schemes at its beta, a ramp where its epoch stands in this run's epochs."""
        beta, epoch, noticed = state["beta"].tolist()
        self._epoch, self._noticed = int(epoch), bool(noticed)
        if self._config.scheme == "linear":
            self.beta = self._ramp(self._epochs)
        elif self._config.scheme in ("max_likelihood", "min_entropy"):
            self.beta = beta


def hardware_figures(info: dict[str, Any]) -> dict[str, float | None]:
    """What a drawing by a sampler of unknown temperature tells of inverse temperatures, in the units of beta.

    The estimate is with respect to the asked model, of which the sampler drew p ~ exp(-(beta_h / beta) E): times beta it is
    the sampler's own, beta_h.

    Args:
        info: ``Samples.info`` of the drawing.

    Returns:
        ``beta``, ``hardware_beta`` and ``hardware_beta_error``, None for what is not known; nothing without a prefactor.
    """
    if "prefactor" not in info:
        return {}
    beta = 1 / info["prefactor"]
    found, error = (info.get(f"effective_inverse_temperature{end}") for end in ("", "_error"))
    return {
        "beta": beta,
        "hardware_beta": None if found is None else beta * found,
        "hardware_beta_error": None if found is None or error is None else beta * error,
    }
