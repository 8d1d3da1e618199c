"""Any of our samplers where dwave-pytorch-plugin wants one of its own."""

from __future__ import annotations

import torch
from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine
from dwave.plugins.torch.samplers import TorchSampler

from boltzmann.graphs import Graph
from boltzmann.samplers.base import IsingModel, Sampler, Samples


class PluginSampler(TorchSampler):
    """A ``TorchSampler`` that asks a :class:`Sampler`.

    Args:
        machine: The Boltzmann machine; its current h and J are read at every call.
        graph: The graph it was built from, in the same order of nodes and edges.
        sampler: Who draws.
        num_reads: Strings for each call (for each row of a conditional call).

    Raises:
        ValueError: when the machine's edges are not the graph's.
    """

    def __init__(
        self, machine: GraphRestrictedBoltzmannMachine, graph: Graph, sampler: Sampler, num_reads: int
    ) -> None:
        places = {node: i for i, node in enumerate(machine.nodes)}
        ends = [[places[a], places[b]] for a, b in machine.edges]
        if machine.n_nodes != graph.n or ends != graph.edges.tolist():
            raise ValueError(
                f"the machine ({machine.n_nodes} nodes, {machine.n_edges} edges) was not built from this graph "
                f"({graph.n} nodes, {len(graph.edges)} edges): give it the graph's nodes and edges in the graph's order"
            )
        self._machine = machine
        self._graph = graph
        self._sampler = sampler
        self._num_reads = num_reads
        self.samples: Samples | None = None
        """The last answer in full."""
        super().__init__()

    def sample(self, x: torch.Tensor | None = None) -> torch.Tensor:
        """Draw from the machine as it is now.

        Args:
            x: None, or partially known spins of shape (batch, n): -1 and +1 are held, NaN is drawn.

        Returns:
            float32 of shape (num_reads, n), or (batch, num_reads, n) when ``x`` is given.
        """
        machine = self._machine
        model = IsingModel(self._graph, machine.linear.detach(), machine.quadratic.detach())
        if x is None:
            self.samples = self._sampler.sample(model, self._num_reads)
            return self.samples.spins.float()
        if x.ndim != 2 or x.shape[1] != model.n or bool((x == 0).any()):
            raise ValueError(f"x of shape {tuple(x.shape)} must have shape (batch, {model.n}) and hold -1, +1 or NaN")
        clamp = x.nan_to_num(0.0).repeat_interleave(self._num_reads, dim=0)
        self.samples = self._sampler.sample(model, len(clamp), clamp)
        return self.samples.spins.float().reshape(len(x), self._num_reads, model.n)
