"""The mode of a restricted Boltzmann machine, its joint state of lowest energy: exactly, by annealing, or by a sampler."""

from __future__ import annotations

from typing import Literal

import torch

from boltzmann.evaluation.rbm_chains import draw_visible, visible_law
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import Mode
from boltzmann.models.rbm_enumeration import mode as exact_mode
from boltzmann.training.rbm.sampled import Drawings

HOT, COLD = 1.0, 20.0
"""Inverse temperatures at both ends of an anneal, over the strongest unit's root mean square field. The shares of exact
modes do not change within a factor of two of either."""
LONGEST_DESCENT = 100


@torch.no_grad()
def find_mode(
    rbm: RBM,
    search: Literal["enumeration", "annealing", "sampler"],
    reads: int = 10,
    sweeps: int = 100,
    drawings: Drawings | None = None,
    generator: torch.Generator | None = None,
) -> Mode:
    """The state of lowest energy, or the lowest that the search came upon. Of label units exactly one is 1.

    Args:
        rbm: The machine.
        search: "enumeration" is exact; "annealing" takes the best of several simulated anneals; "sampler" the best of the
            sampler's reads, each led downhill, since reads at unit temperature seldom are at the bottom of their valley.
        reads: Anneals, or reads. An enumeration has none.
        sweeps: Updates of both layers in one anneal.
        drawings: Of the sampler, for the search by one; they count what is asked of it.
        generator: Random numbers of the anneals, on the machine's device; None: torch's own.

    Raises:
        ValueError: more than 25 units on the smaller side are to be enumerated, or there is no sampler to search by.
        SamplerError: when the sampler cannot answer.
    """
    if search == "enumeration":
        return exact_mode(rbm)
    if search == "annealing":
        v = anneal(rbm, reads, sweeps, generator)
    elif drawings is None:
        raise ValueError("the mode is to be found by a sampler, but none was given: give one, or search by annealing")
    else:
        v, h = drawings.draw(rbm, reads)
        v = torch.cat([v[:, : rbm.pixels], _best_visible(rbm, h)[:, rbm.pixels :]], dim=1)  # reads know no label groups
    v, h = descend(rbm, v)
    energies = rbm.energy(v, h)
    best = int(energies.argmin())
    return Mode(v[best], h[best], float(energies[best]))


def anneal(rbm: RBM, reads: int, sweeps: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """Visible rows, float32 (reads, n), at the end of simulated anneals from random states.

    Kirkpatrick, Gelatt and Vecchi, Science 220:671, 1983, by block Gibbs updates whose inverse temperature rises
    geometrically. All reads of a layer are one matrix product.
    """
    w = rbm.weights
    scale = max(float(w.square().sum(0).max()), float(w.square().sum(1).max())) ** 0.5 / 2
    if not scale:
        return torch.zeros(reads, rbm.visible, device=w.device)  # each unit's best is its bias's sign: see descend
    v = draw_visible(visible_law(w.new_zeros(reads, rbm.visible), rbm.labels), rbm.labels, generator)
    for beta in torch.logspace(0, 1, sweeps, base=COLD / HOT, dtype=torch.float64).mul_(HOT / scale).tolist():
        h = torch.bernoulli(rbm.hidden_probability(v, beta), generator=generator)
        fields = torch.addmm(rbm.visible_bias, h, w.T).mul_(beta)
        v = draw_visible(visible_law(fields, rbm.labels), rbm.labels, generator)
    return v


def descend(rbm: RBM, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Each layer in turn at its best given the other, until nothing changes: the bottoms of the valleys of ``v`` (N, n).

    Returns:
        float32 (N, n) and (N, m), whose energies are no higher than that of ``v`` with any hidden state.
    """
    h = rbm.hidden_probability(v).gt_(0.5)
    for _ in range(LONGEST_DESCENT):
        after = _best_visible(rbm, h)
        settled, v = torch.equal(after, v), after
        h = rbm.hidden_probability(v).gt_(0.5)
        if settled:
            break
    return v, h


def _best_visible(rbm: RBM, h: torch.Tensor) -> torch.Tensor:
    """The visible rows (N, n) of lowest energy given ``h`` (N, m): one label unit, each pixel by its field's sign."""
    fields = torch.addmm(rbm.visible_bias, h, rbm.weights.T)
    best = fields.gt(0).to(fields)
    if rbm.labels:
        best[:, rbm.pixels :] = torch.nn.functional.one_hot(fields[:, rbm.pixels :].argmax(1), rbm.labels).to(best)
    return best
