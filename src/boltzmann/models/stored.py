"""A finished model from its folder: no QPU, no network, no data set needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from boltzmann.config import ConfigError, RunConfig, validate_json
from boltzmann.graphs import Graph
from boltzmann.models.dvae import Dvae, build
from boltzmann.samplers.base import IsingModel, Sampler, Samples


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
            ConfigError: config.json is not a valid configuration, or the weights are of another model.
        """
        config = validate_json((folder / "config.json").read_text())
        graph = Graph.load(folder / "graph.safetensors")
        dvae = build(config, graph)
        load_weights(dvae, folder / "weights.safetensors")
        return cls(config, graph, dvae.eval())

    def prior(self, labels: torch.Tensor | None = None) -> IsingModel:
        """The prior as a Hamiltonian at unit temperature: see :meth:`Dvae.ising`."""
        return self.dvae.ising(labels)

    def law(self, digit: int = 0) -> IsingModel:
        """The one law that strings of ``digit`` follow; where the prior has no classes, that of all strings."""
        labels = None if self.dvae.class_fields is None else self.dvae.labels(1, digit)
        return self.dvae.ising(labels).law()[0]

    def sample(
        self, source: Sampler, count: int, digit: int | torch.Tensor | None = None
    ) -> tuple[Samples, torch.Tensor | None]:
        """Draw ``count`` spin strings with ``source``, its temperature found out first.

        Args:
            source: The sampler.
            count: Number of strings.
            digit: Which digit to draw, one for all or int64 (count,). None: each in turn, where the prior has class fields.

        Returns:
            The samples, and the digit of each, int64 (count,), or None where the prior has no classes.

        Raises:
            ValueError: ``digit`` was given, but the prior has no classes; or arguments do not fit the sampler.
            SamplerError: when the sampler cannot answer.
        """
        labels = self.dvae.labels(count, digit)
        prior = self.dvae.ising(labels)
        source.calibrate(prior)
        return source.sample(prior, count), labels

    def decode(self, spins: torch.Tensor) -> torch.Tensor:
        """Images (N, H, H) in [0, 1] of int8 spins (N, n)."""
        return self.dvae.decode(spins)


def load_weights(dvae: Dvae, file: Path) -> None:
    """Fill ``dvae`` from a safetensors file.

    Raises:
        ConfigError: names or shapes differ from the model's.
    """
    try:
        dvae.load_state_dict(load_file(file))
    except RuntimeError as error:
        raise ConfigError(
            f"the weights in {file.parent.name} do not fit its configuration, perhaps an earlier version's: "
            "train the model again"
        ) from error
