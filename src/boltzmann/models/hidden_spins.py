"""Hidden spins of a prior: nodes of its graph that encoder and decoder do not know."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from boltzmann.graphs import Graph, uncoupled
from boltzmann.samplers.base import IsingModel


class HiddenSpins(nn.Module):
    """Which nodes are hidden, and what they do given the others.

    No two are coupled (:func:`boltzmann.graphs.uncoupled`), so that given the latent spins v they are independent,
    ``p(s_k = +1 | v) = sigmoid(-2 f_k)`` with ``f_k = h_k + sum_j J_kj v_j``.

    Args:
        graph: n nodes.
        count: Number k of hidden ones.

    Raises:
        ValueError: the graph has no room for so many.
    """

    def __init__(self, graph: Graph, count: int) -> None:
        super().__init__()
        nodes = uncoupled(graph, count)
        others = np.setdiff1d(np.arange(graph.n), nodes)
        hidden = np.isin(graph.edges, nodes)
        touching = np.flatnonzero(hidden.any(axis=1))
        ends = np.sort(np.where(hidden, -1, graph.edges)[touching], axis=1)[:, 1]
        rows = np.searchsorted(nodes, graph.edges[touching][hidden[touching]])
        places = {"nodes": nodes, "others": others, "_touching": touching, "_rows": rows}
        for name, values in {**places, "_columns": np.searchsorted(others, ends)}.items():
            self.register_buffer(name, torch.from_numpy(values), persistent=False)
        self.nodes: torch.Tensor
        self.others: torch.Tensor
        self._touching: torch.Tensor
        self._rows: torch.Tensor
        self._columns: torch.Tensor

    def logits(self, model: IsingModel, latent: torch.Tensor) -> torch.Tensor:
        """Logits (batch, k) of the hidden spins given the means m (batch, l) of the latent ones, ``-2 f(m)``.

        Of all independent laws of the hidden spins it is the one nearest to the prior's own; where the latent spins are
        certain, it is the prior's. It carries no gradient: at the nearest law, that of the divergence vanishes.

        Args:
            model: The prior, of one law or of ``batch`` reads.
            latent: In the order of ``others``.
        """
        latent = latent.detach()
        linear, quadratic = (part if part.ndim == 2 else part[None] for part in (model.linear, model.quadratic))
        couplings = latent.new_zeros(len(quadratic), len(self.nodes), len(self.others))
        couplings[:, self._rows, self._columns] = quadratic[:, self._touching]
        fields = linear[:, None, self.nodes] + latent @ couplings.transpose(1, 2)
        reads = torch.arange(len(latent), device=latent.device)
        return -2 * (fields[0] if model.kinds is None else fields[model.kinds, reads])

    def join(self, latent: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """Whole strings (batch, n) of latent (batch, l) and hidden (batch, k) parts."""
        whole = latent.new_zeros(len(latent), len(self.nodes) + len(self.others))
        return whole.index_copy(1, self.others, latent).index_copy(1, self.nodes, hidden.to(latent.dtype))
