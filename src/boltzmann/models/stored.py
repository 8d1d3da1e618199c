"""A finished model from its folder: no QPU, no network, no data set needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from boltzmann.config import RunConfig, validate_json
from boltzmann.graphs import Graph
from boltzmann.models.dvae import Dvae, build
from boltzmann.samplers.base import IsingModel


@dataclass(frozen=True)
class StoredModel:
    """A trained model, in evaluation mode, on the CPU."""

    config: RunConfig
    graph: Graph
    dvae: Dvae

    @classmethod
    def load(cls, folder: Path) -> StoredModel:
        """Read config.json, graph.safetensors and weights.safetensors of ``folder``.

        Raises:
            FileNotFoundError: a file is missing.
            ConfigError: config.json is not a valid configuration.
        """
        config = validate_json((folder / "config.json").read_text())
        graph = Graph.load(folder / "graph.safetensors")
        dvae = build(config, graph)
        dvae.load_state_dict(load_file(folder / "weights.safetensors"))
        return cls(config, graph, dvae.eval())

    def labels(self, count: int, digit: int | None = None) -> torch.Tensor | None:
        """See :meth:`Dvae.labels`."""
        return self.dvae.labels(count, digit)

    def prior(self, labels: torch.Tensor | None = None) -> IsingModel:
        """The prior as a Hamiltonian at unit temperature: see :meth:`Dvae.ising`."""
        return self.dvae.ising(labels)

    def decode(self, spins: torch.Tensor) -> torch.Tensor:
        """Images (N, H, H) in [0, 1] of int8 spins (N, n)."""
        return self.dvae.decode(spins)
