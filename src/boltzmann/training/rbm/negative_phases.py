"""Where the negative phase of the likelihood's gradient comes from: rows that stand for the model's own law."""

from __future__ import annotations

from typing import Protocol

import torch

from boltzmann.evaluation.rbm_chains import draw_visible, visible_law
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import exact_samples


class NegativePhase(Protocol):
    """What a trainer asks at each step that is no mode step.

    Attributes:
        updates: Updates of a unit so far.
        samples: Rows drawn so far.
        calls: Calls of a sampler so far.
    """

    updates: int
    samples: int
    calls: int

    def negative(
        self, rbm: RBM, v0: torch.Tensor, h0_probability: torch.Tensor, /
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of the model: v (rows, n), 0 or 1, and p(h_j = 1 | v) (rows, m), float32. The caller writes to neither.

        Args:
            rbm: The machine as it is at this step.
            v0: Rows of the positive phase, (batch, n).
            h0_probability: p(h_j = 1 | v0), (batch, m).
        """
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """All that :meth:`restore` needs to go on bit for bit, the counts among it."""
        ...

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`."""
        ...


def bernoulli(probability: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Independent units: 0 or 1, of the same shape."""
    uniform = torch.rand(probability.shape, generator=generator, device=probability.device)
    return torch.lt(uniform, probability, out=uniform)


def draw_pixels_and_label(rbm: RBM, fields: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Visible units by their fields a + h W' (rows, n), which are overwritten; of the label units exactly one is 1."""
    law = visible_law(fields, rbm.labels)
    return draw_visible(law, rbm.labels, generator) if rbm.labels else bernoulli(law, generator)


class HiddenStatistics:
    """What stands for the hidden units in the gradient: their probabilities, or draws of them.

    Probabilities spare noise (Hinton, A practical guide to training RBMs, 2012, section 3,
    DOI 10.1007/978-3-642-35289-8_32). With draws the first ones also start the chains of contrastive divergence.
    """

    def __init__(self, draws: bool, generator: torch.Generator) -> None:
        self._draws, self._generator = draws, generator

    def of(self, probability: torch.Tensor) -> torch.Tensor:
        """The statistics of hidden probabilities (rows, m), of the same shape."""
        return bernoulli(probability, self._generator) if self._draws else probability

    def state(self) -> dict[str, torch.Tensor]:
        """The random numbers."""
        return {"random": self._generator.get_state()}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`."""
        self._generator.set_state(state["random"])


class Drawn:
    """Base of the phases that draw their own random numbers: counts, stream, state."""

    def __init__(self, generator: torch.Generator) -> None:
        self.updates = self.samples = self.calls = 0
        self._generator = generator

    def state(self) -> dict[str, torch.Tensor]:
        """See :class:`NegativePhase`."""
        counts = torch.tensor([self.updates, self.samples, self.calls])
        return {"random": self._generator.get_state(), "counts": counts}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """See :class:`NegativePhase`."""
        self._generator.set_state(state["random"])
        self.updates, self.samples, self.calls = state["counts"].tolist()


class ContrastiveDivergence(Drawn):
    """Gibbs chains of k steps started at the data (Hinton, Neural Computation 14, 2002, 1771,
    DOI 10.1162/089976602760128018).

    Units are drawn within the chain; its last hidden layer stays a probability.
    """

    def __init__(self, steps: int, generator: torch.Generator) -> None:
        super().__init__(generator)
        self._steps = steps

    def negative(self, rbm: RBM, v0: torch.Tensor, h0_probability: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See :class:`NegativePhase`."""
        v, probability = v0, h0_probability
        for _ in range(self._steps):
            h = bernoulli(probability, self._generator)
            v = draw_pixels_and_label(rbm, torch.addmm(rbm.visible_bias, h, rbm.weights.T), self._generator)
            probability = rbm.hidden_probability(v)
        self.updates += len(v0) * (rbm.visible + rbm.hidden) * self._steps
        self.samples += len(v0)
        return v, probability


class PersistentChains(Drawn):
    """Gibbs chains that go on from step to step (Tieleman, ICML 2008, DOI 10.1145/1390156.1390290), started at random."""

    def __init__(self, rbm: RBM, chains: int, steps: int, generator: torch.Generator) -> None:
        super().__init__(generator)
        self._steps = steps
        half = torch.full((chains, rbm.hidden), 0.5, device=rbm.weights.device)
        self._hidden = bernoulli(half, generator)

    def negative(self, rbm: RBM, _v0: torch.Tensor, _h0: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See :class:`NegativePhase`."""
        for _ in range(self._steps - 1):
            self._update(rbm)
        v, probability = self._update(rbm)
        self.updates += len(v) * (rbm.visible + rbm.hidden) * self._steps
        self.samples += len(v)
        return v, probability

    def _update(self, rbm: RBM) -> tuple[torch.Tensor, torch.Tensor]:
        fields = torch.addmm(rbm.visible_bias, self._hidden, rbm.weights.T)
        v = draw_pixels_and_label(rbm, fields, self._generator)
        probability = rbm.hidden_probability(v)
        self._hidden = bernoulli(probability, self._generator)
        return v, probability

    def state(self) -> dict[str, torch.Tensor]:
        """See :class:`NegativePhase`."""
        return super().state() | {"hidden": self._hidden}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """See :class:`NegativePhase`."""
        super().restore(state)
        self._hidden = state["hidden"].to(self._hidden.device)


class ExactDraws(Drawn):
    """Independent rows by enumeration of the smaller layer."""

    def __init__(self, draws: int, generator: torch.Generator) -> None:
        super().__init__(generator)
        self._draws = draws

    def negative(self, rbm: RBM, _v0: torch.Tensor, _h0: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See :class:`NegativePhase`."""
        v, _ = exact_samples(rbm, self._draws, self._generator)
        self.samples += len(v)
        return v, rbm.hidden_probability(v)
