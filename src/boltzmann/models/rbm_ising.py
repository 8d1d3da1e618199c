"""A restricted Boltzmann machine as a problem of spins, for samplers, annealers and D-Wave's libraries.

With v = (1 + s) / 2 and h = (1 + t) / 2, s and t in {-1, +1}, the energy E(v, h) = -a.v - b.h - v'Wh becomes

    E = offset - sum_i (a_i/2 + sum_j W_ij/4) s_i - sum_j (b_j/2 + sum_i W_ij/4) t_j - sum_ij (W_ij/4) s_i t_j,
    offset = -sum(a)/2 - sum(b)/2 - sum(W)/4.

Variables of dimod's models are named "v0", "v1", ... and "h0", "h1", ...; our own and the plugin's have numbers, 0 to n - 1
for visible units and n to n + m - 1 for hidden ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from dimod import BINARY, BinaryQuadraticModel

from boltzmann.graphs import bipartite
from boltzmann.models.rbm import RBM
from boltzmann.samplers.base import IsingModel

if TYPE_CHECKING:
    from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine

# Samplers keep what they have prepared, or placed on a chip, for as long as the graph is the same object.
_graph = lru_cache(maxsize=16)(bipartite)


@torch.no_grad()
def to_ising_model(rbm: RBM) -> tuple[IsingModel, float]:
    """The machine on a bipartite graph, visible units first, and the offset: E(v, h) = energy of the spins + offset."""
    a, b, w = rbm.visible_bias, rbm.hidden_bias, rbm.weights
    linear = torch.cat([a / 2 + w.sum(1) / 4, b / 2 + w.sum(0) / 4]).neg()
    offset = -float(a.double().sum() / 2 + b.double().sum() / 2 + w.double().sum() / 4)
    return IsingModel(_graph(rbm.visible, rbm.hidden), linear, w.flatten() / -4), offset


@torch.no_grad()
def from_ising_model(model: IsingModel, labels: int = 0) -> tuple[RBM, float]:
    """The inverse: the machine with the energies of ``model``, less the offset.

    Args:
        model: One law on a graph of :func:`boltzmann.graphs.bipartite`.
        labels: How many of the visible units, the last ones, stand for classes.

    Raises:
        ValueError: for another graph, or several laws.
    """
    graph = model.graph
    n = graph.size
    if graph.topology != "bipartite" or model.kinds is not None or len(model.quadratic) != n * (graph.n - n):
        raise ValueError(
            f"a {graph.topology} graph of {graph.n} nodes and {len(graph.edges)} edges is no restricted Boltzmann machine's: "
            "give one law on a graph of boltzmann.graphs.bipartite"
        )
    w = -4 * model.quadratic.reshape(n, graph.n - n)
    biases = -2 * model.linear - torch.cat([w.sum(1), w.sum(0)]) / 2
    state = {"weights": w, "visible_bias": biases[:n], "hidden_bias": biases[n:], "labels": torch.tensor(labels)}
    rbm = RBM.from_state(state, device=w.device)
    return rbm, to_ising_model(rbm)[1]


def to_bits(rbm: RBM, spins: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of 0 and 1, float32 (N, n) and (N, m) on the machine's device, from ``spins`` (N, n + m) of -1 and +1."""
    bits = (spins > 0).to(rbm.weights)
    return bits[:, : rbm.visible], bits[:, rbm.visible :]


def to_bqm(rbm: RBM) -> BinaryQuadraticModel:
    """dimod's model over 0 and 1 with the machine's energies, for any sampler or solver that takes one."""
    visible, hidden = _names(rbm)
    biases = torch.cat([rbm.visible_bias, rbm.hidden_bias]).tolist()
    linear = dict(zip(visible + hidden, (-bias for bias in biases), strict=True))
    rows = zip(visible, rbm.weights.tolist(), strict=True)
    quadratic = {(v, h): -weight for v, row in rows for h, weight in zip(hidden, row, strict=True)}
    return BinaryQuadraticModel(linear, quadratic, 0.0, BINARY)


def to_qubo(rbm: RBM) -> dict[tuple[str, str], float]:
    """Q with x'Qx = E(v, h): the diagonal holds -a and -b, pairs ("v0", "h0") hold -W. The offset is 0."""
    return {(str(a), str(b)): float(value) for (a, b), value in to_bqm(rbm).to_qubo()[0].items()}


def to_ising(rbm: RBM) -> tuple[dict[str, float], dict[tuple[str, str], float], float]:
    """h, J and the offset of the same energies over spins of -1 and +1."""
    linear, quadratic, offset = to_bqm(rbm).to_ising()
    couplings = {(str(a), str(b)): float(value) for (a, b), value in quadratic.items()}
    return {str(name): float(value) for name, value in linear.items()}, couplings, float(offset)


def to_grbm(rbm: RBM) -> GraphRestrictedBoltzmannMachine:
    """dwave-pytorch-plugin's machine with the same law, its hidden nodes named; its energies lack the offset."""
    # Loads D-Wave's client libraries, which training does not need.
    from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine

    model, _ = to_ising_model(rbm)
    edges = list(map(tuple, model.graph.edges.tolist()))
    nodes = model.graph.nodes.tolist()
    return GraphRestrictedBoltzmannMachine(
        nodes,
        edges,
        hidden_nodes=nodes[rbm.visible :],
        linear=dict(zip(nodes, model.linear.tolist(), strict=True)),
        quadratic=dict(zip(edges, model.quadratic.tolist(), strict=True)),
    )


def _names(rbm: RBM) -> tuple[list[str], list[str]]:
    return [f"v{i}" for i in range(rbm.visible)], [f"h{j}" for j in range(rbm.hidden)]
