"""Gibbs chains of a restricted Boltzmann machine: free ones, and ones that hold some visible units fixed.

Label units are drawn as a group of which exactly one is 1 (Larochelle & Bengio, ICML 2008, DOI 10.1145/1390156.1390224).
"""

from __future__ import annotations

import torch

from boltzmann.models.rbm import RBM

ROWS = 2**23
"""Numbers in one batch of clamped chains: 32 MB."""


def visible_law(fields: torch.Tensor, labels: int) -> torch.Tensor:
    """Probability of a 1 from the fields a + h W' of shape (N, n): a sigmoid each, a softmax over the last ``labels``.

    Works in place and returns its argument.
    """
    pixels = fields.shape[1] - labels
    fields[:, :pixels].sigmoid_()
    if labels:
        fields[:, pixels:] = fields[:, pixels:].softmax(1)
    return fields


def draw_visible(law: torch.Tensor, labels: int, generator: torch.Generator | None) -> torch.Tensor:
    """Units drawn by :func:`visible_law`'s probabilities (N, n): 0 or 1, a single 1 among the last ``labels``."""
    drawn = torch.rand(law.shape, generator=generator, device=law.device).lt(law).to(law)
    if labels:
        chosen = torch.multinomial(law[:, -labels:], 1, generator=generator)
        drawn[:, -labels:] = torch.zeros_like(drawn[:, -labels:]).scatter_(1, chosen, 1.0)
    return drawn


@torch.no_grad()
def free_chains(rbm: RBM, starts: torch.Tensor, steps: int, generator: torch.Generator) -> torch.Tensor:
    """Visible states (N, n) after ``steps`` updates of both layers from ``starts`` (N, n), one chain a row."""
    v = starts
    for _ in range(steps):
        h = rbm.hidden_probability(v)
        h = torch.rand(h.shape, generator=generator, device=h.device).lt(h).to(h)
        v = draw_visible(
            visible_law(torch.addmm(rbm.visible_bias, h, rbm.weights.T), rbm.labels), rbm.labels, generator
        )
    return v


@torch.no_grad()
def clamped_probability(
    rbm: RBM,
    rows: torch.Tensor,
    unknown: torch.Tensor,
    generator: torch.Generator,
    chains: int = 5,
    steps: int = 100,
) -> torch.Tensor:
    """p(v_i = 1 | the known units) of each unknown unit, by Gibbs chains that hold the known ones fixed.

    The chains start at random; their inverse temperature rises from 0 to 1 over the first half of the steps, so that
    they do not stay in the first valley met. The mean of the conditional probabilities over the second half and over all
    chains is the answer.

    Args:
        rbm: The machine.
        rows: Visible units of shape (N, n); what stands at unknown units is not looked at.
        unknown: bool of shape (n,). Label units are all known or all unknown.
        generator: Random numbers, on the machine's device.
        chains: Chains for each row.
        steps: Updates of both layers.

    Returns:
        float32 of shape (N, unknown units).

    Raises:
        ValueError: shapes do not fit, or only some of the label units are unknown.
    """
    labels = int(unknown[rbm.pixels :].sum()) if rbm.labels else 0
    if unknown.shape != (rbm.visible,) or rows.shape[1:] != unknown.shape:
        raise ValueError(
            f"rows {tuple(rows.shape)} and unknown units {tuple(unknown.shape)} do not fit a machine with {rbm.visible} "
            f"visible units: give (N, {rbm.visible}) and ({rbm.visible},)"
        )
    if labels not in (0, rbm.labels):
        raise ValueError(f"{labels} of {rbm.labels} label units are unknown: leave all of them unknown, or none")
    weights, bias = rbm.weights[unknown], rbm.visible_bias[unknown]
    batch = max(1, ROWS // (chains * (len(weights) + rbm.hidden)))
    means = []
    for part in rows.split(batch):
        known = torch.addmm(rbm.hidden_bias, part[:, ~unknown], rbm.weights[~unknown]).repeat_interleave(chains, 0)
        v = torch.rand(len(known), len(weights), generator=generator, device=known.device).round_()
        total = torch.zeros_like(v)
        for step in range(1, steps + 1):
            beta = min(1.0, 2 * step / steps)
            h = torch.addmm(known, v, weights).mul_(beta).sigmoid_()
            h = torch.rand(h.shape, generator=generator, device=h.device).lt(h).to(h)
            law = visible_law(torch.addmm(bias, h, weights.T).mul_(beta), labels)
            v = draw_visible(law, labels, generator)
            if 2 * step > steps:
                total += law
        means.append(total.view(len(part), chains, -1).mean(1) / (steps - steps // 2))
    return torch.cat(means)
