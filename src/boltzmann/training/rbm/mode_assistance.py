"""Mode-assisted training: now and then a step that moves probability from the model's mode to the data.

Manukian, Pei, Bearden and Di Ventra, Communications Physics 3:105, 2020, DOI 10.1038/s42005-020-0373-8.
"""

from __future__ import annotations

import torch

from boltzmann.config import RBMTrainingConfig
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import Mode
from boltzmann.samplers.base import Sampler
from boltzmann.training.rbm.mode import find_mode
from boltzmann.training.rbm.sampled import Drawings
from boltzmann.training.rbm.schedules import mode_probability


def mode_rate(rbm: RBM, energy: float) -> float:
    """gamma, the factor of the learning rate in a mode step: clip([-E0 - sum(a)/2 - sum(b)/2 - sum(W)/4] / (4 (n+1)(m+1))).

    With x = (s + 1) / 2 the energy of a state in the +-1 basis is E(x) + sum(a)/2 + sum(b)/2 + sum(W)/4: the bracket is
    the lowest one's negative, and 4 (n + 1)(m + 1) bounds it where coefficients are of order one. Clipped to [0, 1].

    Args:
        rbm: The machine, n + m units.
        energy: E0, its lowest energy, v and h in {0, 1}.
    """
    shift = float(rbm.visible_bias.sum() + rbm.hidden_bias.sum()) / 2 + float(rbm.weights.sum()) / 4
    return min(1.0, max(0.0, -(energy + shift) / (4 * (rbm.visible + 1) * (rbm.hidden + 1))))


class ModeSteps:
    """Decides which steps are mode steps, and finds the mode.

    Args:
        training: Schedule and search.
        decisions: Random numbers of the decisions, on the CPU: the same for every way to find the mode.
        anneals: Random numbers of the anneals, on the machine's device.
        sampler: For the search by one.

    Attributes:
        taken: Mode steps so far.
        rate: gamma of the last mode step; None before the first.
        samples, calls: Rows drawn and calls of the sampler so far, to find modes.
        drawings: What the sampler was asked; None for the other searches.
    """

    def __init__(
        self,
        training: RBMTrainingConfig,
        decisions: torch.Generator,
        anneals: torch.Generator,
        sampler: Sampler | None,
    ) -> None:
        self.taken = self.samples = self.calls = 0
        self.rate: float | None = None
        self.drawings = Drawings(sampler) if sampler and training.mode_search == "sampler" else None
        self._training, self._decisions, self._anneals = training, decisions, anneals

    def probability(self, step: int, total: int) -> float:
        """Chance that step ``step`` of ``total`` is a mode step."""
        return mode_probability(step, total, self._training.mode_probability)

    def due(self, step: int, total: int) -> bool:
        """Whether this step is one; draws a random number."""
        return float(torch.rand((), generator=self._decisions)) < self.probability(step, total)

    def updates(self, rbm: RBM) -> int:
        """Updates of a unit so far, in the anneals that looked for modes."""
        sweeps = self._training.mode_sweeps if self._training.mode_search == "annealing" else 0
        return self.samples * sweeps * (rbm.visible + rbm.hidden)

    def find(self, rbm: RBM) -> tuple[Mode, float]:
        """The mode now, and gamma. Raises as :func:`boltzmann.training.rbm.mode.find_mode`."""
        training = self._training
        self.taken += 1
        if training.mode_search != "enumeration":
            self.samples += training.mode_reads
        found = find_mode(
            rbm, training.mode_search, training.mode_reads, training.mode_sweeps, self.drawings, self._anneals
        )
        if self.drawings:
            self.calls = self.drawings.calls
        self.rate = mode_rate(rbm, found.energy)
        return found, self.rate

    def state(self) -> dict[str, torch.Tensor]:
        """Random numbers and counts by name."""
        counts = torch.tensor([self.taken, self.samples, self.calls])
        rate = torch.tensor([] if self.rate is None else [self.rate], dtype=torch.float64)
        streams = {"decisions": self._decisions.get_state(), "anneals": self._anneals.get_state()}
        return {**streams, "counts": counts, "rate": rate}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`."""
        self._decisions.set_state(state["decisions"])
        self._anneals.set_state(state["anneals"])
        self.taken, self.samples, self.calls = state["counts"].tolist()
        if self.drawings:
            self.drawings.calls = self.calls
        self.rate = next(iter(state["rate"].tolist()), None)
