"""Clamping for samplers that know nothing of it: held spins are folded into the fields of the free ones.

Given held spins c, the free ones follow the same couplings with ``h'_i = h_i + sum over held j of J_ij c_j``. This is
exact; holding a spin by a large bias is not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from boltzmann.graphs import Graph
from boltzmann.samplers.base import IsingModel


def sample_folded(
    model: IsingModel,
    num_reads: int,
    clamp: torch.Tensor | None,
    draw: Callable[[IsingModel, int], torch.Tensor],
) -> torch.Tensor:
    """Draw with ``draw`` once for each different pattern of held spins.

    Args:
        model: The whole Hamiltonian.
        num_reads: Number of strings.
        clamp: int8 of shape (num_reads, n), or None.
        draw: From a model without held spins and a number of reads to int8 of shape (reads, n of that model).

    Returns:
        int8 of shape (num_reads, n).
    """
    if clamp is None or not bool(clamp.any()):
        return draw(model, num_reads)
    spins = clamp.to(model.linear.device, copy=True)
    patterns, kind = torch.unique(spins, dim=0, return_inverse=True)
    fields = model.local_fields(patterns).to(model.linear.dtype)
    for number, pattern in enumerate(patterns):
        reads = torch.nonzero(kind == number).flatten()
        free = torch.nonzero(pattern == 0).flatten()
        if len(free):
            spins[reads[:, None], free] = draw(_restrict(model, free, fields[number]), len(reads))
    return spins


def _restrict(model: IsingModel, free: torch.Tensor, fields: torch.Tensor) -> IsingModel:
    if len(free) == model.n:
        return model
    kept = free.cpu().numpy()
    index = np.full(model.n, -1)
    index[kept] = np.arange(len(kept))
    edges = index[model.graph.edges]
    inside = (edges >= 0).all(axis=1)
    whole = model.graph
    graph = Graph(
        whole.topology, whole.size, whole.nodes[kept], edges[inside], whole.colours[kept], whole.positions[kept]
    )
    return IsingModel(graph, fields[free], model.quadratic[torch.from_numpy(inside).to(free.device)])
