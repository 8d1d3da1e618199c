"""Samplers that are programmed: a scale for unit temperature, limited ranges, a temperature known by estimate alone.

The asked model (h, J) is scaled by a prefactor and clipped to the ranges of what draws. The samples come out at an inverse
temperature that nobody states (Raymond, Yarkoni and Andriyash, "Global warming: temperature estimation in annealers",
Frontiers in ICT 3, 2016), so that prefactor must be found which makes them look drawn at inverse temperature 1
(:mod:`boltzmann.samplers.prefactor`).
"""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import Any, NamedTuple

import torch

from boltzmann.config.budget import CALIBRATION_CALLS, CALIBRATION_READS
from boltzmann.samplers.base import IsingModel, Sampler, Samples, check_clamp, check_model
from boltzmann.samplers.clamping import sample_folded
from boltzmann.samplers.prefactor import Prefactor
from boltzmann.samplers.randomness import RandomSource
from boltzmann.samplers.temperature import estimate_inverse_temperature

CALIBRATED = 0.03


class Ranges(NamedTuple):
    """Smallest and largest h, then J, that can be programmed."""

    linear: tuple[float, float]
    quadratic: tuple[float, float]


class ProgrammedSampler(Sampler):
    """Scale, clip, draw, estimate; then lead the prefactor on.

    Held spins are folded into the fields of the others, one programming for each pattern and law, which is exact where the
    folded fields stay in range. The report (``Samples.info``) holds the prefactor of this call, the effective inverse
    temperature with respect to the asked model as estimated from the samples, its standard error, a note where it means
    nothing, how many programmed coefficients were clipped, and what the sampler itself adds.

    Args:
        prefactor: A constant scale, or None to follow the estimates.
        seed: Of the random numbers on our side.
    """

    def __init__(self, prefactor: float | None, seed: int) -> None:
        self._prefactor = Prefactor(prefactor)
        self._random = RandomSource(seed)

    @torch.no_grad()
    def sample(self, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None) -> Samples:
        """See :meth:`Sampler.sample`."""
        began = time.perf_counter()
        check_model(model, num_reads)
        held = check_clamp(clamp, num_reads, model.n)
        self._begin(model)
        clipped, programmed = 0, 0

        def draw(part: IsingModel, reads: int) -> torch.Tensor:
            nonlocal clipped, programmed
            scale = self._prefactor.value
            wanted = IsingModel(part.graph, scale * part.linear, scale * part.quadratic)
            fitting = self._fit(wanted)
            clipped += int((fitting.linear != wanted.linear).sum() + (fitting.quadratic != wanted.quadratic).sum())
            programmed += len(wanted.linear) + len(wanted.quadratic)
            return self._draw(fitting, reads)

        spins = sample_folded(model, num_reads, held, draw)
        estimate = estimate_inverse_temperature(model, spins, None if held is None else held.to(spins.device) != 0)
        info = {"prefactor": self._prefactor.value, **estimate.report(), "clipped": clipped, **self._info()}
        self._prefactor.follow(estimate, clipped / max(programmed, 1))
        return Samples(spins, model.energy(spins), time.perf_counter() - began, info)

    @property
    def prefactor(self) -> float:
        """The scale at which the next drawing will be programmed."""
        return self._prefactor.value

    def set_prefactor(self, value: float) -> None:
        """Program at this scale from now on, and follow no estimate: somebody else leads it."""
        self._prefactor = Prefactor(value)

    def calibrate(self, model: IsingModel) -> None:
        """Draw until the prefactor is known to 3%, at most 15 times (see :class:`Prefactor`)."""
        for _ in range(CALIBRATION_CALLS):
            if self._prefactor.uncertainty < CALIBRATED:
                break
            self.sample(model, model.reads or CALIBRATION_READS)

    def _begin(self, model: IsingModel) -> None:
        """Called once before the drawings of one :meth:`sample`."""

    @abstractmethod
    def _ranges(self) -> Ranges:
        """What can be programmed."""

    @abstractmethod
    def _draw(self, programmed: IsingModel, num_reads: int) -> torch.Tensor:
        """int8 (reads, n): answers to a problem that lies within the ranges."""

    @abstractmethod
    def _info(self) -> dict[str, Any]:
        """What this sampler adds to its report of one :meth:`sample`, JSON values."""

    def _fit(self, wanted: IsingModel) -> IsingModel:
        """The nearest problem that can be programmed; every coefficient that differs counts as clipped."""
        linear, quadratic = self._ranges()
        return IsingModel(wanted.graph, wanted.linear.clamp(*linear), wanted.quadratic.clamp(*quadratic))

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        return {"random": self._random.state(), "prefactor": self._prefactor.state()}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        self._random.restore(state["random"])
        self._prefactor.restore(state["prefactor"])
