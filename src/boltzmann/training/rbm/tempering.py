"""The negative phase by parallel tempering: Gibbs chains at several temperatures that exchange places."""

from __future__ import annotations

import torch

from boltzmann.models.rbm import RBM
from boltzmann.training.rbm.negative_phases import Drawn, bernoulli, draw_pixels_and_label


class TemperedChains(Drawn):
    """Persistent chains of exp(-beta E) at inverse temperatures evenly from 0 to 1, with exchanges between neighbours.

    Desjardins, Courville, Bengio, Vincent and Delalleau, AISTATS 2010 (PMLR 9:145); Cho, Raiko and Ilin, IJCNN 2010,
    DOI 10.1109/IJCNN.2010.5596837. After the Gibbs steps, neighbouring rungs k and k + 1 exchange their states with
    probability min(1, exp((beta_k - beta_(k+1)) (E_k - E_(k+1)))), even and odd pairs in turn. The rung at 1 is the model's.

    Args:
        rbm: The machine to start with; states start at random.
        chains: Chains at each temperature.
        temperatures: Rungs.
        steps: Updates of both layers before each exchange.
        generator: Random numbers, on the machine's device.
    """

    def __init__(self, rbm: RBM, chains: int, temperatures: int, steps: int, generator: torch.Generator) -> None:
        super().__init__(generator)
        self._chains, self._rungs, self._steps = chains, temperatures, steps
        device = rbm.weights.device
        self._betas = torch.linspace(0.0, 1.0, temperatures, device=device)
        self._column = self._betas.repeat_interleave(chains)[:, None]
        self._hidden = bernoulli(torch.full((temperatures * chains, rbm.hidden), 0.5, device=device), generator)
        self._turn = 0

    def negative(self, rbm: RBM, _v0: torch.Tensor, _h0: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See :class:`boltzmann.training.rbm.negative_phases.NegativePhase`."""
        for _ in range(self._steps - 1):
            self._update(rbm)
        v, fields = self._update(rbm)
        energies = -(v @ rbm.visible_bias) - (fields * self._hidden).sum(1)
        order = self._exchange(energies.view(self._rungs, self._chains))
        self._hidden = self._hidden[order]
        self.updates += len(v) * (rbm.visible + rbm.hidden) * self._steps
        self.samples += self._chains
        cold = order[-self._chains :]
        return v[cold], fields[cold].sigmoid_()

    def _update(self, rbm: RBM) -> tuple[torch.Tensor, torch.Tensor]:
        """One Gibbs step of every rung: v, and the hidden units' fields at inverse temperature 1."""
        visible_fields = torch.addmm(rbm.visible_bias, self._hidden, rbm.weights.T).mul_(self._column)
        v = draw_pixels_and_label(rbm, visible_fields, self._generator)
        fields = torch.addmm(rbm.hidden_bias, v, rbm.weights)
        self._hidden = bernoulli((fields * self._column).sigmoid_(), self._generator)
        return v, fields

    def _exchange(self, energies: torch.Tensor) -> torch.Tensor:
        """The row that each row's state comes from: int64 (rungs * chains,)."""
        order = torch.arange(energies.numel(), device=energies.device).view_as(energies)
        first, self._turn = self._turn, 1 - self._turn
        pairs = (self._rungs - first) // 2
        hot, cold = slice(first, first + 2 * pairs, 2), slice(first + 1, first + 2 * pairs, 2)
        gain = (self._betas[hot] - self._betas[cold])[:, None] * (energies[hot] - energies[cold])
        swap = torch.rand(gain.shape, generator=self._generator, device=gain.device).log_() < gain
        was_hot, was_cold = order[hot].clone(), order[cold].clone()
        order[hot], order[cold] = torch.where(swap, was_cold, was_hot), torch.where(swap, was_hot, was_cold)
        return order.flatten()

    def state(self) -> dict[str, torch.Tensor]:
        """See :class:`boltzmann.training.rbm.negative_phases.NegativePhase`."""
        return super().state() | {"hidden": self._hidden, "turn": torch.tensor(self._turn)}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """See :class:`boltzmann.training.rbm.negative_phases.NegativePhase`."""
        super().restore(state)
        self._hidden, self._turn = state["hidden"].to(self._hidden.device), int(state["turn"])
