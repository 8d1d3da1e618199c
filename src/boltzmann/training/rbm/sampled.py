"""The negative phase drawn by a sampler: the whole machine is programmed, its reads are rows of the model."""

from __future__ import annotations

from typing import Any

import torch

from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_ising import to_bits, to_ising_model
from boltzmann.samplers.base import IsingModel, Sampler, Samples
from boltzmann.samplers.temperature import estimate_inverse_temperature


class SampledPhase:
    """Rows of the model from a quantum annealer, a simulated one, or any other sampler (Adachi and Henderson,
    "Application of quantum annealing to training of deep neural networks", arXiv:1510.06356, 2015).

    All units are drawn alike: of label units none or several may be 1. Hidden units enter the gradient as p(h = 1 | v) of the
    rows' visible part. Those of the read have the same mean where the sampler draws the machine's law, but more noise.

    Args:
        sampler: Who draws. Its state is the trainer's to keep: the search for modes may ask the same one.
        reads: Rows of each negative phase.

    Attributes:
        updates: Always 0: no Gibbs chain of the trainer's runs.
        samples: Rows drawn so far.
        calls: Calls of the service so far; of a sampler that is none, its drawings.
        last: What the last drawing brought; None before the first.
    """

    def __init__(self, sampler: Sampler, reads: int) -> None:
        self.sampler = sampler
        self.reads = reads
        self.updates, self.samples, self.calls = 0, 0, 0
        self.last: Samples | None = None
        self._asked: IsingModel | None = None

    def negative(self, rbm: RBM, _v0: torch.Tensor, _h0: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of the machine's law, float32 (reads, n), 0 or 1, and p(h = 1 | v), (reads, m). The data have no part in it.

        Raises:
            SamplerError: when the sampler cannot answer.
        """
        self._asked, _ = to_ising_model(rbm)
        self.last = self.sampler.sample(self._asked, self.reads)
        self.samples += self.reads
        self.calls += int(self.last.info.get("calls", 1))
        v, _ = to_bits(rbm, self.last.spins)
        return v, rbm.hidden_probability(v)

    def report(self) -> tuple[float, dict[str, Any]]:
        """Seconds and facts of the last drawing, as :class:`boltzmann.training.events.SamplerReport` takes them."""
        if self.last is None or self._asked is None:
            raise ValueError("nothing was drawn yet: there is no report")
        facts: dict[str, Any] = {"mean_energy": self.last.energies.mean().item(), **self.last.info}
        if "effective_inverse_temperature" not in facts:
            facts |= estimate_inverse_temperature(self._asked, self.last.spins).report()
        return self.last.seconds, facts

    def state(self) -> dict[str, torch.Tensor]:
        """What a later call depends on, beside the sampler: the counts."""
        return {"counts": torch.tensor([self.updates, self.samples, self.calls])}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a :meth:`state`."""
        self.updates, self.samples, self.calls = state["counts"].tolist()
