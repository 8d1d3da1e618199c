"""A sampler of unknown temperature while a machine is trained on it: its beta led once an epoch, and what is seen of it."""

from __future__ import annotations

import math

import torch

from boltzmann.config import RBMConfig
from boltzmann.models.rbm import RBM
from boltzmann.samplers.programmed import ProgrammedSampler
from boltzmann.training.inverse_temperature import InverseTemperature
from boltzmann.training.rbm.negative_phases import NegativePhase
from boltzmann.training.rbm.sampled import SampledPhase


class Programmed:
    """Leads the prefactor of the sampler that draws the negative phase, 1 / beta, unless its own filter does.

    Args:
        config: The run.
        phase: Who draws.
        sampler: The same phase's.
        rows: Rows of the data whose energies count, 0 or 1, (N, n).

    Attributes:
        led: The scheme; None where the sampler follows its own estimates, or has a fixed prefactor.
    """

    def __init__(self, config: RBMConfig, phase: SampledPhase, sampler: ProgrammedSampler, rows: torch.Tensor) -> None:
        self._phase, self._sampler, self._rows = phase, sampler, rows
        self.led = None
        if config.inverse_temperature.scheme != "estimated":
            training = config.training
            self.led = InverseTemperature(
                config.inverse_temperature, training.learning_rate, training.epochs, config.sampler
            )
            sampler.set_prefactor(1 / self.led.beta)
        self._energies: tuple[torch.Tensor, torch.Tensor] | None = None
        self._before = 1 / sampler.prefactor
        self._change: float | None = None
        self._samples = 0

    def look(self, rbm: RBM) -> None:
        """Take the energies of data and reads, before the step's update: all of the machine's parameters and beta move by
        the same statistics, as printed."""
        if self._phase.drawn is None:
            return
        data = rbm.energy(self._rows, rbm.hidden_probability(self._rows))
        self._energies = data, rbm.energy(*self._phase.drawn)

    def after_epoch(self, epoch: int) -> str:
        """Move beta, ``epoch`` epochs being done; what a person should know of that, "" for nothing."""
        notice = ""
        if self.led:
            notice = self.led.limited(self._sampler.prefactor)
            # Reads of an earlier epoch have moved it in theirs.
            drawn = self._phase.samples > self._samples
            data, reads = self._energies if self._energies and drawn else (None, None)
            self.led.after_epoch(epoch, data, reads, self._phase.told.get("beta"))
            notice = notice or self.led.notice
            self._samples = self._phase.samples
            self._sampler.set_prefactor(1 / self.led.beta)
        now = 1 / self._sampler.prefactor
        self._change, self._before = now - self._before, now
        return notice

    def figures(self) -> dict[str, float | None]:
        """The last drawing, look and epoch, by name in :class:`boltzmann.training.events.Measured`."""
        told = self._phase.told
        found = {**told, "beta_change": self._change}
        if self._energies and (beta := told.get("beta")):
            data, reads = (float(part.double().mean()) / beta for part in self._energies)
            found |= {"data_energy": data, "model_energy": reads}
        return found

    def state(self) -> dict[str, torch.Tensor]:
        """All that a later call depends on, beside phase and sampler."""
        change = math.nan if self._change is None else self._change
        own = {"own": torch.tensor([self._before, change, self._samples], dtype=torch.float64)}
        return (self.led.state() if self.led else {}) | own

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`; the sampler is to be restored already."""
        if self.led:
            self.led.restore(state)
            self._sampler.set_prefactor(1 / self.led.beta)
        if "own" in state:
            # Checkpoints from before know of no count: each epoch was taken to have a drawing of its own.
            self._before, change, *samples = state["own"].tolist()
            self._change, self._samples = None if math.isnan(change) else change, int(samples[0]) if samples else -1


def programmed(config: RBMConfig, phase: NegativePhase, rows: torch.Tensor) -> Programmed | None:
    """The programming of a run's negative phase; None where no sampler of unknown temperature draws it."""
    if isinstance(phase, SampledPhase) and isinstance(phase.sampler, ProgrammedSampler):
        return Programmed(config, phase, phase.sampler, rows)
    return None
