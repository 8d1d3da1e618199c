"""The discrete variational autoencoder and its prior, both of dwave-pytorch-plugin, on our networks and graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from dwave.plugins.torch.models import DiscreteVariationalAutoencoder, GraphRestrictedBoltzmannMachine
from torch import nn

from boltzmann.config import ModelConfig, RunConfig
from boltzmann.graphs import Graph, subgraph, uncoupled
from boltzmann.models.discretisation import concrete, straight_through
from boltzmann.models.hidden_spins import HiddenSpins
from boltzmann.models.networks import Decoder, Encoder
from boltzmann.samplers.base import IsingModel

CLASSES = 10


class Dvae(nn.Module):
    """Encoder, decoder and prior as one module, so that one state dictionary holds a model's weights.

    Args:
        config: The run's configuration.
        graph: The prior's graph, ``config.model.spins`` nodes: latent spins and, where asked for, hidden ones.
    """

    def __init__(self, config: RunConfig, graph: Graph) -> None:
        super().__init__()
        size, model = config.data.image_size, config.model
        self.graph = graph
        self.replicas = model.replicas
        self.autoencoder = DiscreteVariationalAutoencoder(
            Encoder(size, model.hidden, model.n_latents),
            Decoder(size, model.hidden, model.channels, model.n_latents),
            # The plugin's own default is the Gumbel-softmax draw.
            {"straight_through": straight_through, "concrete": concrete, "gumbel": None}[model.discretisation],
        )
        self.n_latents = graph.n - model.hidden_spins
        self.hidden = HiddenSpins(graph, model.hidden_spins) if model.hidden_spins else None
        self.prior = prior(graph, model)
        self.class_fields = self.class_couplings = self.readout = None
        if model.class_conditional:
            self.class_fields = nn.Parameter(model.field_scale * torch.randn(CLASSES, graph.n))
            # Reads the digit from a string; only training asks it.
            self.readout = nn.Linear(self.n_latents, CLASSES)
            if model.class_couplings:
                self.class_couplings = nn.Parameter(torch.zeros(CLASSES, len(graph.edges)))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Encode, draw spins, decode.

        Args:
            images: (batch, H, H) in [0, 1].

        Returns:
            Logits (batch, l) of the latent spins, spins (batch, replicas, l) and reconstructions (batch, replicas, H, H).
        """
        return self.autoencoder(images, self.replicas)

    def latent(self, spins: torch.Tensor) -> torch.Tensor:
        """The latent spins (..., l) of whole strings (..., n): what the decoder reads."""
        return spins if self.hidden is None else spins[..., self.hidden.others]

    def posterior(self, logits: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        """Logits (batch, n) of all spins given an image: those of hidden ones as :meth:`HiddenSpins.logits` has them.

        Args:
            logits: (batch, l), the encoder's.
            labels: (batch,), the digits of the images; None where there are no classes, or they are not known.
        """
        if self.hidden is None:
            return logits
        return self.hidden.join(logits, self.hidden.logits(self.ising(labels), torch.tanh(logits / 2)))

    def whole(self, latent: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        """Strings (N, n) of latent spins (N, l), their hidden ones at the mean that they have given these.

        Args:
            latent: -1 and +1.
            labels: (N,), their digits; None as for :meth:`posterior`.
        """
        if self.hidden is None:
            return latent
        return self.hidden.join(latent, torch.tanh(self.hidden.logits(self.ising(labels), latent) / 2))

    def labels(self, count: int, digit: int | torch.Tensor | None = None) -> torch.Tensor | None:
        """Which digit each of ``count`` reads is of, int64: ``digit``, one for all or (count,), or 0 to 9 in turn.

        None: the prior has no classes.

        Raises:
            ValueError: a digit was asked of a prior without classes.
        """
        if self.class_fields is None:
            if digit is not None:
                raise ValueError(
                    "this model's prior has no class fields: it draws digits of its own choice. Train one with class fields"
                )
            return None
        turn = torch.arange(count, device=self.class_fields.device) % CLASSES
        return turn if digit is None else torch.as_tensor(digit, device=turn.device).expand(count)

    def coefficients(self) -> list[torch.Tensor]:
        """The prior's parameters: h (n,), J (m,); then, where it has them, class fields (10, n) and couplings (10, m)."""
        optional = (self.class_fields, self.class_couplings)
        return [self.prior.linear, self.prior.quadratic, *(part for part in optional if part is not None)]

    def ising(self, labels: torch.Tensor | None = None) -> IsingModel:
        """The prior as a Hamiltonian; its tensors follow the parameters.

        Args:
            labels: The digit of each read, see :meth:`labels`. None leaves the classes out.
        """
        return hamiltonian(self.graph, [part.detach() for part in self.coefficients()], labels)

    @torch.no_grad()
    def decode(self, spins: torch.Tensor, batch: int = 256) -> torch.Tensor:
        """Images (N, H, H) in [0, 1] of int8 strings (N, n), in evaluation mode whatever mode the model is in."""
        return self._decode(self.latent(spins), batch)

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
        return self._decode(torch.bernoulli(probabilities, generator=generator) * 2 - 1)

    def _decode(self, latent: torch.Tensor, batch: int = 256) -> torch.Tensor:
        training = self.training
        self.eval()
        try:
            pieces = [self.autoencoder.decoder(part.float().unsqueeze(1)).squeeze(1) for part in latent.split(batch)]
        finally:
            self.train(training)
        return torch.cat(pieces)


def hamiltonian(graph: Graph, coefficients: Sequence[torch.Tensor], labels: torch.Tensor | None) -> IsingModel:
    """The law of the digits ``labels`` (reads,); without them, what all digits share.

    Args:
        graph: n nodes, m edges.
        coefficients: As :meth:`Dvae.coefficients` orders them.
        labels: int64, or None.
    """
    shared, of_classes = coefficients[:2], coefficients[2:]
    if labels is None or not of_classes:
        return IsingModel(graph, *shared)
    # A prior without couplings of its digits shares its own.
    laws = [part + own for part, own in zip(shared, of_classes, strict=False)]
    return IsingModel(graph, *laws, *shared[len(laws) :], kinds=labels)


def build(config: RunConfig, graph: Graph | None = None) -> Dvae:
    """A new model; its weights come from torch's global random numbers. Without ``graph``, the configured one is made."""
    model = config.model
    return Dvae(config, graph or subgraph(model.topology, model.spins, size=model.topology_size, seed=config.seed))


def prior(graph: Graph, config: ModelConfig) -> GraphRestrictedBoltzmannMachine:
    """A Boltzmann machine on ``graph`` with h = 0 and Gaussian J of standard deviation coupling_scale / sqrt(degree).

    In these units the spin-glass transition of a random graph of large degree lies near 1 (Sherrington & Kirkpatrick,
    Phys. Rev. Lett. 35, 1975, 1792). The plugin's own start is far beyond it, where Gibbs chains freeze.
    """
    nodes = graph.nodes.tolist()
    edges = graph.nodes[graph.edges].tolist()
    hidden = graph.nodes[uncoupled(graph, config.hidden_spins)].tolist()
    machine = GraphRestrictedBoltzmannMachine(nodes, edges, hidden or None)
    degree = max(1.0, 2 * len(edges) / len(nodes))
    with torch.no_grad():
        machine.quadratic.normal_(0.0, config.coupling_scale / degree**0.5)
    return machine
