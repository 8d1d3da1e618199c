"""Clamping, and laws of each read's own, for samplers that know neither: held spins are folded into the others' fields.

Given held spins c, the free ones follow the same couplings with ``h'_i = h_i + sum over held j of J_ij c_j``. This is
exact; holding a spin by a large bias is not.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from boltzmann.graphs import induced
from boltzmann.samplers.base import IsingModel


def sample_folded(
    model: IsingModel,
    num_reads: int,
    clamp: torch.Tensor | None,
    draw: Callable[[IsingModel, int], torch.Tensor],
) -> torch.Tensor:
    """Draw with ``draw`` once for each different pattern of held spins and law.

    Args:
        model: The whole Hamiltonian, of one law or of ``num_reads`` reads.
        num_reads: Number of strings.
        clamp: int8 of shape (num_reads, n), or None.
        draw: From a model without held spins, h of shape (its n,), and a number of reads to int8 of shape (reads, its n).

    Returns:
        int8 of shape (num_reads, n).
    """
    if model.kinds is None and (clamp is None or not bool(clamp.any())):
        return draw(model, num_reads)
    held = torch.zeros(num_reads, model.n, dtype=torch.int8) if clamp is None else clamp
    spins = held.to(model.linear.device, copy=True)
    marks = spins.long() if model.kinds is None else torch.cat([spins.long(), model.kinds[:, None]], dim=1)
    _, kind = torch.unique(marks, dim=0, return_inverse=True)
    fields = model.local_fields(spins).to(model.linear.dtype)
    for number in range(int(kind.max()) + 1):
        reads = torch.nonzero(kind == number).flatten()
        free = torch.nonzero(spins[reads[0]] == 0).flatten()
        if len(free):
            part = _restrict(model.law(int(reads[0]))[0], free, fields[reads[0]])
            spins[reads[:, None], free] = draw(part, len(reads))
    return spins


def _restrict(model: IsingModel, free: torch.Tensor, fields: torch.Tensor) -> IsingModel:
    if len(free) == model.n:
        return IsingModel(model.graph, fields, model.quadratic)
    graph, inside = induced(model.graph, free.cpu().numpy())
    return IsingModel(graph, fields[free], model.quadratic[torch.from_numpy(inside).to(free.device)])
