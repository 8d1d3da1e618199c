"""The prior's samples of one step, used for the next steps too: a service is asked tens of times an epoch, not hundreds."""

from __future__ import annotations

import torch

from boltzmann.models.dvae import Dvae
from boltzmann.samplers.base import Sampler, Samples


class SampleBuffer:
    """Draws the samples of a training step, or gives those of an earlier one.

    Samples that are ``age`` steps old come from the prior as it was ``age`` updates ago. The gradients of the prior and the
    MMD take them as the present prior's; the age limit is what bounds that error.

    Args:
        sampler: Where they come from.
        age_limit: For how many steps one set is used; 1: every step draws its own.
    """

    def __init__(self, sampler: Sampler, age_limit: int) -> None:
        self.sampler = sampler
        self.age_limit = age_limit
        self._age = age_limit
        self._samples: Samples | None = None
        self._labels: torch.Tensor | None = None

    def next(self, model: Dvae, num_reads: int) -> tuple[Samples, torch.Tensor | None, bool]:
        """The samples of the next step, the digit of each (None: the prior has no classes), and whether they are new."""
        fresh = self._samples is None or self._age >= self.age_limit
        if fresh:
            self._labels = model.labels(num_reads)
            self._samples = self.sampler.sample(model.ising(self._labels), num_reads)
            self._age = 0
        self._age += 1
        assert self._samples is not None
        return self._samples, self._labels, fresh

    def forget(self) -> None:
        """Draw anew at the next step: the samples there are belong to no prior any more."""
        self._samples = None

    @property
    def age(self) -> int:
        """In how many steps, the present one among them, the samples were used."""
        return self._age

    @property
    def programmed(self) -> float | None:
        """The beta that the samples were programmed for, 1 / prefactor; None where they tell of none."""
        prefactor = self._samples.info.get("prefactor") if self._samples else None
        return 1 / prefactor if prefactor else None

    def state(self) -> dict[str, torch.Tensor]:
        """All that a later :meth:`next` depends on, beside the sampler; empty where every step draws its own."""
        if self._samples is None or self._age >= self.age_limit:
            return {}
        state = {"spins": self._samples.spins, "age": torch.tensor(self._age)}
        if "prefactor" in self._samples.info:
            state["prefactor"] = torch.tensor(self._samples.info["prefactor"], dtype=torch.float64)
        return state

    def restore(self, state: dict[str, torch.Tensor], model: Dvae) -> None:
        """Go on from a :meth:`state`. Energies and report of the samples, but for the prefactor, are not kept: they were told
        when drawn."""
        if not state:
            return
        self._age, spins = int(state["age"]), state["spins"]
        self._labels = model.labels(len(spins))
        info = {"prefactor": float(state["prefactor"])} if "prefactor" in state else {}
        self._samples = Samples(spins, torch.full((len(spins),), torch.nan, dtype=torch.float64), 0.0, info)
