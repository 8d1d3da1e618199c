"""The end of a run whose watched figure no longer gets better; the best weights are kept."""

from __future__ import annotations

import math

import torch

from boltzmann.models.rbm import RBM

PARAMETERS = ("weights", "visible_bias", "hidden_bias")


class EarlyStop:
    """Watches a score, the higher the better.

    Args:
        rbm: The machine whose weights are kept.
        patience: Measurements without a better score after which the run ends.
    """

    def __init__(self, rbm: RBM, patience: int) -> None:
        self._rbm, self._patience = rbm, patience
        self._best = {name: getattr(rbm, name).clone() for name in PARAMETERS}
        self._score, self._waited = -math.inf, 0
        self.step = 0
        """Step of the best score."""

    def over(self, score: float, step: int) -> bool:
        """Take in a measurement's score; whether patience is at its end."""
        if score > self._score:
            self._score, self._waited, self.step = score, 0, step
            for name, values in self._best.items():
                values.copy_(getattr(self._rbm, name))
        else:
            self._waited += 1
        return self._waited >= self._patience

    def take_best(self) -> None:
        """Give the machine its best weights. Whoever trains it on from there waits afresh."""
        self._waited = 0
        for name, values in self._best.items():
            getattr(self._rbm, name).copy_(values)

    def state(self) -> dict[str, torch.Tensor]:
        """Best weights and what is known of them, by name."""
        score = torch.tensor(self._score, dtype=torch.float64)
        return self._best | {"score": score, "counts": torch.tensor([self._waited, self.step])}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`."""
        for name, values in self._best.items():
            values.copy_(state[name])
        self._score = float(state["score"])
        self._waited, self.step = state["counts"].tolist()
