"""Losses of encoder and decoder: reconstruction error, maximum mean discrepancy, entropy. The prior's is in nll.py."""

from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy, one_hot, softplus

from boltzmann.models.dvae import CLASSES


def mean_squared_error(images: torch.Tensor, reconstructions: torch.Tensor) -> torch.Tensor:
    """Mean squared error per pixel of ``images`` (batch, H, W) and ``reconstructions`` (batch, replicas, H, W)."""
    return (reconstructions - images.unsqueeze(1)).square().mean()


def squared_mmd(
    x: torch.Tensor,
    y: torch.Tensor,
    kernels: int = 3,
    labels: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> torch.Tensor:
    """Unbiased estimate of the squared maximum mean discrepancy of two sets of spin strings.

    Source: Gretton et al., JMLR 13 (2012), lemma 6. The kernel is a mixture of radial basis functions,
    ``k(a, b) = mean_w exp(-|a - b|^2 / (2^w s)) / c_w``, where s is the mean squared distance of the strings at hand and
    c_w the mean of its kernel over their pairs. With labels it is the mean over digits of the discrepancy within each:
    strings of different digits are not compared.

    Two choices matter for spins, whose squared distances lie close to their mean 2 n. A kernel wider than that mean is
    nearly linear there and sees little but the magnetisations, so the widths go down from it: w = -1, -2, ... -K. And
    dividing by c_w keeps the narrow kernels, tiny at that distance, from being drowned.

    Args:
        x: (a, n) spins, with a gradient.
        y: (b, n) spins.
        kernels: Number K of widths.
        labels: Digits of x (a,) and of y (b,); None: all strings are of one kind.

    Returns:
        A scalar. Being unbiased, it is negative now and then when the laws agree.
    """
    a = len(x)
    both = torch.cat([x, y])
    # Column c of the members is 1 for the strings of kind c.
    members = both.new_ones(len(both), 1) if labels is None else one_hot(torch.cat(labels), CLASSES).to(both.dtype)
    alike = (members @ members.T).fill_diagonal_(0)
    pairs = alike.sum().clamp(min=1)
    norms = both.square().sum(1)
    distances = norms[:, None] + norms[None, :] - 2 * both @ both.T
    # The scale and the kernels' means are constants of the estimate: they carry no gradient.
    distances = distances / ((distances.detach() * alike).sum() / pairs).clamp(min=1e-6)
    similarity = torch.zeros_like(distances)
    for w in range(-kernels, 0):
        kernel = torch.exp(-distances * 2.0**-w) * alike
        similarity = similarity + kernel / (kernel.detach().sum() / pairs).clamp(min=1e-12) / kernels
    of_x, of_y = members[:a], members[a:]
    found = _mean_of_kinds(similarity[:a, :a], of_x, of_x) + _mean_of_kinds(similarity[a:, a:], of_y, of_y)
    return (found - 2 * _mean_of_kinds(similarity[:a, a:], of_x, of_y)).mean()


def _mean_of_kinds(values: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Mean of ``values`` over the pairs of each kind, (kinds,); of a set with itself, without its diagonal, which is 0."""
    pairs = rows.sum(0) * (columns.sum(0) - (1 if rows is columns else 0))
    return ((values @ columns) * rows).sum(0) / pairs.clamp(min=1)


def cross_entropy(images: torch.Tensor, reconstructions: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy per pixel in nats, pixels taken as chances of being white; shapes as above.

    For black and white images it is -log of their Bernoulli likelihood.
    """
    targets = images.unsqueeze(1).expand_as(reconstructions)
    return binary_cross_entropy(reconstructions, targets)


def entropy(logits: torch.Tensor) -> torch.Tensor:
    """Mean entropy in nats of strings of independent spins with ``logits`` (batch, n): a scalar."""
    return (softplus(logits) - logits * torch.sigmoid(logits)).sum(1).mean()
