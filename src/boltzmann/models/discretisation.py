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


CONCRETE_TEMPERATURE = 0.5


def concrete(logits: torch.Tensor, replicas: int) -> torch.Tensor:
    """Draw each spin from its own Bernoulli law; the gradient is that of the binary concrete draw with the same noise.

    With logistic noise L, ``sign(logit + L)`` has the law, and ``tanh((logit + L) / (2 t))`` is its relaxation at temperature
    t = 0.5. Source: Maddison, Mnih & Teh, "The concrete distribution", ICLR 2017, appendix B; straight-through as in Jang,
    Gu & Poole, ICLR 2017.

    Args:
        logits: (batch, n), the logit of each spin being +1.
        replicas: Independent draws r of each string.

    Returns:
        Spins -1 and +1 of shape (batch, replicas, n).
    """
    logits = logits.unsqueeze(1).expand(-1, replicas, -1)
    uniform = torch.rand_like(logits).clamp_(1e-6, 1 - 1e-6)
    noisy = logits + torch.log(uniform) - torch.log1p(-uniform)
    relaxed = torch.tanh(noisy / (2 * CONCRETE_TEMPERATURE))
    spins = torch.where(noisy > 0, 1.0, -1.0)
    return spins + relaxed - relaxed.detach()
