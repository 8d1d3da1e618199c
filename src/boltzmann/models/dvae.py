"""The discrete variational autoencoder and its prior, both of dwave-pytorch-plugin, on our networks and graph."""

from __future__ import annotations

import torch
from dwave.plugins.torch.models import DiscreteVariationalAutoencoder, GraphRestrictedBoltzmannMachine
from torch import nn

from boltzmann.config import ModelConfig, RunConfig
from boltzmann.graphs import Graph, subgraph
from boltzmann.models.discretisation import straight_through
from boltzmann.models.networks import Decoder, Encoder
from boltzmann.samplers.base import IsingModel


class Dvae(nn.Module):
    """Encoder, decoder and prior as one module, so that one state dictionary holds a model's weights.

    Args:
        config: The run's configuration.
        graph: The prior's graph, ``config.model.n_latents`` nodes.
    """

    def __init__(self, config: RunConfig, graph: Graph) -> None:
        super().__init__()
        size, model = config.data.image_size, config.model
        self.graph = graph
        self.replicas = model.replicas
        self.autoencoder = DiscreteVariationalAutoencoder(
            Encoder(size, model.channels, model.n_latents),
            Decoder(size, model.channels, model.n_latents),
            # The plugin's own default is the Gumbel-softmax draw.
            straight_through if model.discretisation == "straight_through" else None,
        )
        self.prior = prior(graph, model)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode, draw spins, decode.

        Args:
            images: (batch, H, H) in [0, 1].

        Returns:
            Spins (batch, replicas, n) and reconstructions (batch, replicas, H, H).
        """
        _, spins, reconstructions = self.autoencoder(images, self.replicas)
        return spins, reconstructions

    def ising(self) -> IsingModel:
        """The prior as a Hamiltonian; its tensors follow the parameters."""
        return IsingModel(self.graph, self.prior.linear.detach(), self.prior.quadratic.detach())

    @torch.no_grad()
    def decode(self, spins: torch.Tensor, batch: int = 256) -> torch.Tensor:
        """Images (N, H, H) in [0, 1] of int8 spins (N, n), in evaluation mode whatever mode the model is in."""
        training = self.training
        self.eval()
        try:
            pieces = [self.autoencoder.decoder(part.float().unsqueeze(1)).squeeze(1) for part in spins.split(batch)]
        finally:
            self.train(training)
        return torch.cat(pieces)

    @torch.no_grad()
    def reconstruct(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Reconstructions (N, H, H) of images (N, H, H) in evaluation mode, drawn with ``generator`` alone.

        The spins are drawn here rather than by :meth:`forward`, which uses the global random numbers: looking at a
        model must not change how its training goes on.
        """
        training = self.training
        self.eval()
        try:
            probabilities = torch.sigmoid(self.autoencoder.encoder(images))
        finally:
            self.train(training)
        return self.decode((torch.bernoulli(probabilities, generator=generator) * 2 - 1).to(torch.int8))


def build(config: RunConfig, graph: Graph | None = None) -> Dvae:
    """A new model; its weights come from torch's global random numbers. Without ``graph``, the configured one is made."""
    model = config.model
    return Dvae(config, graph or subgraph(model.topology, model.n_latents, size=model.topology_size, seed=config.seed))


def prior(graph: Graph, config: ModelConfig) -> GraphRestrictedBoltzmannMachine:
    """A Boltzmann machine on ``graph`` with h = 0 and Gaussian J of standard deviation coupling_scale / sqrt(degree).

    In these units the spin-glass transition of a random graph of large degree lies near 1 (Sherrington & Kirkpatrick,
    Phys. Rev. Lett. 35, 1975, 1792). The plugin's own start is far beyond it, where Gibbs chains freeze.
    """
    nodes = graph.nodes.tolist()
    edges = graph.nodes[graph.edges].tolist()
    machine = GraphRestrictedBoltzmannMachine(nodes, edges)
    degree = max(1.0, 2 * len(edges) / len(nodes))
    with torch.no_grad():
        machine.quadratic.normal_(0.0, config.coupling_scale / degree**0.5)
    return machine
