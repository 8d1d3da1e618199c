"""The gradient of log p(y | x) of a machine with label units, exact."""

from __future__ import annotations

import torch

from boltzmann.models.rbm import RBM


def add_discriminative(
    pieces: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    rbm: RBM,
    rows: torch.Tensor,
    labels: torch.Tensor,
    weight: float,
) -> None:
    """Add ``weight`` times the gradient of sum_rows log p(y | x) to ``pieces``: of W (n, m), a (n,) and b (m,).

    With s_y = sigmoid(b + x W + W_y) and p = p(. | x) of the model: b moves by s_y - sum_c p_c s_c, the pixels' weights by x
    times that, class c's weights by (1[c = y] - p_c) s_c and its bias by 1[c = y] - p_c. Larochelle and Bengio, ICML 2008,
    DOI 10.1145/1390156.1390224.

    Args:
        pieces: What is added to.
        rbm: The machine.
        rows: Visible units (batch, n), of which the label units are not looked at.
        labels: int64 (batch,).
        weight: Factor.
    """
    split = rbm.pixels
    weights, visible, hidden = pieces
    pixels = rows[:, :split]
    fields = torch.addmm(rbm.hidden_bias, pixels, rbm.weights[:split])[:, None, :] + rbm.weights[split:]
    logits = rbm.visible_bias[split:] + torch.nn.functional.softplus(fields).sum(2)
    excess = torch.nn.functional.one_hot(labels, rbm.labels).to(logits) - logits.softmax(1)
    pulled = fields.sigmoid_().mul_(excess[:, :, None])
    total = pulled.sum(1)
    weights[:split].addmm_(pixels.T, total, alpha=weight)
    weights[split:].add_(pulled.sum(0), alpha=weight)
    visible[split:].add_(excess.sum(0), alpha=weight)
    hidden.add_(total.sum(0), alpha=weight)
