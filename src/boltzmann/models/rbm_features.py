"""A trained restricted Boltzmann machine as a layer of a PyTorch network: its hidden units are the features."""

from __future__ import annotations

from pathlib import Path

import torch

from boltzmann.models.rbm import RBM
from boltzmann.models.stored_rbm import load_machine


class RBMFeatures(torch.nn.Module):
    """p(h = 1 | v) as a frozen layer: nothing of it is trained, and gradients pass through to what lies before it.

    Args:
        machine: The machine, which is copied, or the folder of a stored one.
    """

    weights: torch.Tensor
    bias: torch.Tensor

    def __init__(self, machine: RBM | Path) -> None:
        super().__init__()
        rbm = machine if isinstance(machine, RBM) else load_machine(machine).rbm
        # Buffers, not parameters: an optimiser that is given the whole network leaves them alone.
        self.register_buffer("weights", rbm.weights.detach().clone())
        self.register_buffer("bias", rbm.hidden_bias.detach().clone())

    def forward(self, v: torch.Tensor) -> torch.Tensor:
        """(N, n) rows of visible units, in [0, 1], to (N, m) probabilities of hidden ones."""
        return torch.addmm(self.bias, v, self.weights).sigmoid()
