"""The negative phase drawn by a sampler: the whole machine is programmed, its reads are rows of the model."""

from __future__ import annotations

import math
from typing import Any

import torch

from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_ising import to_bits, to_ising_model
from boltzmann.samplers.base import IsingModel, Sampler, Samples
from boltzmann.samplers.temperature import estimate_inverse_temperature
from boltzmann.training.inverse_temperature import hardware_figures

TOLD = ("beta", "hardware_beta", "hardware_beta_error", "chain_breaks")


class Drawings:
    """A sampler's reads of a machine, counted.

    Args:
        sampler: Who draws. Its state is the trainer's to keep: several may ask the same one.

    Attributes:
        samples: Rows drawn so far.
        calls: Calls of the service so far; of a sampler that is none, its drawings.
        last: What the last drawing brought; None before the first.
        unreported: Whether the last drawing has not been reported yet.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.samples = self.calls = 0
        self.last: Samples | None = None
        self.unreported = False
        self._asked: IsingModel | None = None

    def draw(self, rbm: RBM, reads: int) -> tuple[torch.Tensor, torch.Tensor]:
        """``reads`` states, float32 (reads, n) and (reads, m), 0 or 1. Of label units none or several may be 1.

        Raises:
            SamplerError: when the sampler cannot answer.
        """
        self._asked, _ = to_ising_model(rbm)
        self.last = self.sampler.sample(self._asked, reads)
        self.unreported = True
        self.samples += reads
        self.calls += int(self.last.info.get("calls", 1))
        return to_bits(rbm, self.last.spins)

    def report(self) -> tuple[float, dict[str, Any]]:
        """Seconds and facts of the last drawing, as :class:`boltzmann.training.events.SamplerReport` takes them."""
        if self.last is None or self._asked is None:
            raise ValueError("nothing was drawn yet: there is no report")
        self.unreported = False
        facts: dict[str, Any] = {"mean_energy": self.last.energies.mean().item(), **self.last.info}
        if "effective_inverse_temperature" not in facts:
            facts |= estimate_inverse_temperature(self._asked, self.last.spins).report()
        facts |= hardware_figures(facts)
        return self.last.seconds, facts


class SampledPhase(Drawings):
    """Rows of the model from a quantum annealer, a simulated one, or any other sampler (Adachi and Henderson,
    "Application of quantum annealing to training of deep neural networks", arXiv:1510.06356, 2015).

    Hidden units enter the gradient as p(h = 1 | v) of the rows' visible part, by the machine as it is at each step. Those of
    the read have the same mean where the sampler draws the machine's law, but more noise.

    Args:
        sampler: Who draws.
        reads: Rows of each negative phase.
        generator: Random numbers for label units, on the machine's device; None: torch's own.
        reuse: For how many steps one set of reads is used. Later ones take it for the present machine's, which it is not.

    Attributes:
        updates: Always 0: no Gibbs chain of the trainer's runs.
        drawn: The last reads, v (reads, n) and h (reads, m), float32, 0 or 1; None before the first.
        told: What the last drawing told of inverse temperatures and chains, by name in
            :class:`boltzmann.training.events.Measured`; empty where the sampler is not programmed.
    """

    def __init__(self, sampler: Sampler, reads: int, generator: torch.Generator | None = None, reuse: int = 1) -> None:
        super().__init__(sampler)
        self.reads, self._generator, self._reuse = reads, generator, reuse
        self.updates = 0
        self._age = 0
        self.drawn: tuple[torch.Tensor, torch.Tensor] | None = None
        self.told: dict[str, float | None] = {}

    def negative(self, rbm: RBM, _v0: torch.Tensor, _h0: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of the machine's law, float32 (reads, n), 0 or 1, and p(h = 1 | v), (reads, m). The data have no part in it.

        Raises:
            SamplerError: when the sampler cannot answer.
        """
        if self.drawn is None or self._age >= self._reuse:
            v, h = self.draw(rbm, self.reads)
            self.drawn = one_label(rbm, v, h, self._generator) if rbm.labels else (v, h)
            self.told = self._tell()
            self._age = 0
        self._age += 1
        v = self.drawn[0]
        return v, rbm.hidden_probability(v)

    def _tell(self) -> dict[str, float | None]:
        info = self.last.info if self.last else {}
        told = hardware_figures(info)
        return told | {"chain_breaks": info.get("chain_break_fraction")} if told else {}

    def state(self) -> dict[str, torch.Tensor]:
        """What a later call depends on, beside the sampler: counts, random numbers, reads that are used again or measured."""
        state = {"counts": torch.tensor([self.updates, self.samples, self.calls])}
        if self._generator is not None:
            state["random"] = self._generator.get_state()
        if self.drawn is not None and (self.told or self._age < self._reuse):
            state |= {name: units.to(torch.int8) for name, units in zip("vh", self.drawn, strict=True)}
            state["age"] = torch.tensor(self._age)
            told = [math.nan if value is None else value for value in self.told.values()]
            state["told"] = torch.tensor(told, dtype=torch.float64)
        return state

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a :meth:`state`, of this or of another sampler."""
        self.updates, self.samples, self.calls = state["counts"].tolist()
        if self._generator is not None:
            self._generator.set_state(state["random"])
        if "age" in state:
            device = self._generator.device if self._generator else "cpu"
            v, h = (state[name].to(device, torch.float32) for name in "vh")
            self.drawn, self._age = (v, h), int(state["age"])
            told = (None if math.isnan(value) else value for value in state["told"].tolist())
            self.told = dict(zip(TOLD, told, strict=False))


def one_label(
    rbm: RBM, v: torch.Tensor, h: torch.Tensor, generator: torch.Generator | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Reads of a machine whose label units are free, as states in which exactly one of them is 1.

    To keep the reads that happen to have one label would be exact, but a young machine of ten classes has one in a hundred.
    Instead reads are drawn again with weights p(exactly one label | h), of which those are the average, and each gets its
    label from p(y | h): the same law as the reads grow in number (sampling importance resampling: Rubin 1988; the even draw
    of Kitagawa, Journal of Computational and Graphical Statistics 5:1, 1996, DOI 10.2307/1390750).

    Args:
        rbm: The machine, with label units.
        v, h: The reads, (N, n) and (N, m).
        generator: Random numbers.
    """
    fields = torch.addmm(rbm.visible_bias, h, rbm.weights.T)[:, rbm.pixels :].double()
    weights = (fields.logsumexp(1) - torch.nn.functional.softplus(fields).sum(1)).softmax(0)
    even = torch.arange(len(v), device=v.device, dtype=torch.float64)
    even += torch.rand((), generator=generator, device=v.device, dtype=torch.float64)
    chosen = torch.searchsorted(weights.cumsum(0), even / len(v)).clamp_(max=len(v) - 1)
    labels = torch.multinomial(fields[chosen].softmax(1), 1, generator=generator).flatten()
    return rbm.with_labels(v[chosen, : rbm.pixels], labels), h[chosen]
