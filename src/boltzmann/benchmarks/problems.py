"""The models that samplers are measured on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from boltzmann.graphs import Graph, subgraph
from boltzmann.samplers.base import IsingModel


def zephyr(n: int, scale: float = 0.1) -> IsingModel:
    """Gaussian h and J of standard deviation ``scale`` on a dense Zephyr subgraph of ``n`` nodes."""
    return gaussian(subgraph("zephyr", n), scale)


def bipartite(left: int, right: int, scale: float = 0.02) -> IsingModel:
    """The same on a complete bipartite graph: a restricted Boltzmann machine."""
    n = left + right
    edges = np.stack(np.meshgrid(np.arange(left), np.arange(left, n), indexing="ij"), axis=-1).reshape(-1, 2)
    colours = np.repeat([0, 1], [left, right])
    return gaussian(Graph("bipartite", 0, np.arange(n), edges, colours, np.zeros((n, 2), np.float32)), scale)


def gaussian(graph: Graph, scale: float) -> IsingModel:
    """Gaussian h and J of standard deviation ``scale``, always the same for a graph."""
    generator = torch.Generator().manual_seed(0)
    linear = scale * torch.randn(graph.n, generator=generator)
    return IsingModel(graph, linear, scale * torch.randn(len(graph.edges), generator=generator))


def without_edges(model: IsingModel) -> IsingModel:
    """The same spins, uncoupled: what is left to do is to draw random numbers, to accept and to store."""
    return IsingModel(replace(model.graph, edges=model.graph.edges[:0]), model.linear, model.quadratic[:0])
