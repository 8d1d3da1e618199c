"""From logits to spins, with a gradient."""

from __future__ import annotations

import torch


def straight_through(logits: torch.Tensor, replicas: int) -> torch.Tensor:
    """Draw each spin from its own Bernoulli law; the gradient is that of its mean, tanh(logit / 2).

    Source: Bengio, Leonard & Courville, arXiv 1308.3432 (the straight-through estimator, with the mean in the backward
    pass).

    Args:
        logits: (batch, n), the logit of each spin being +1.
        replicas: Independent draws r of each string.

    Returns:
        Spins -1 and +1 of shape (batch, replicas, n).
    """
    mean = torch.tanh(logits / 2).unsqueeze(1).expand(-1, replicas, -1)
    spins = torch.where(torch.rand_like(mean) * 2 - 1 < mean, 1.0, -1.0)
    return spins + mean - mean.detach()
