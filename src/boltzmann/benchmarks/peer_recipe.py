"""The recipe of the well-known public demo, D-Wave's ``image-generation``, rewritten on dwave-pytorch-plugin's own classes.

What is known of it is kept: 32 x 32 black-and-white images, batches of 128, 8 replicas, 256 spins on a subgraph of Zephyr,
the plugin's Gumbel-softmax draw; an encoder of four 3 x 3 convolutions with batch normalisation and pooling (389,000
parameters), a decoder of five 3 x 3 transposed convolutions of stride 1 with batch normalisation and dropout, each but the
last before an enlargement (651,000 parameters); MSE + MMD at every step against 256 samples drawn at that step, and the
prior's negative log-likelihood at every tenth.

Where there was a choice, it was made in the recipe's favour:

- samples come from our compiled Gibbs sampler, whose time hardly counts, instead of a QPU with its way to the cloud and back;
- the step that trains the prior takes the samples that MMD had, and draws none of its own;
- Adam is torch's fused one, without weight decay, at ten times the demo's learning rate (1e-3 instead of 1e-4), kept
  constant: errors fall many times faster; three times as much again did not help;
- couplings start as the plugin of today starts them, within what Gibbs sampling can do, not as the demo does;
- reconstructions and digits are clipped to [0, 1] before they are judged.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from dwave.plugins.torch.models import DiscreteVariationalAutoencoder, GraphRestrictedBoltzmannMachine
from dwave.plugins.torch.nn.modules.kernels import GaussianKernel
from dwave.plugins.torch.nn.modules.loss import MaximumMeanDiscrepancyLoss
from torch import nn

from boltzmann.config import GibbsConfig
from boltzmann.graphs import subgraph
from boltzmann.samplers.gibbs import GibbsSampler
from boltzmann.samplers.plugin import PluginSampler

IMAGE_SIZE, BATCH, REPLICAS, LATENTS, READS = 32, 128, 8, 256, 256
WIDTHS = (32, 64, 128, 256)
"""Channels of the encoder, from the image on; the decoder's are the same backwards from 128, and a single one at the end."""
KERNELS = 7
DROPOUT = 0.2
LEARNING_RATE, PRIOR_LEARNING_RATE = 1e-3, 1e-3
PRIOR_EVERY = 10
SWEEPS = 30


class Encoder(nn.Module):
    """(batch, 32, 32) of 0 and 1 to logits (batch, 256): pooled to 256 channels of 2 x 2, each weighed to one number."""

    def __init__(self) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for before, after in pairwise((1, *WIDTHS)):
            if stages:
                stages.append(nn.LeakyReLU())
            stages += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.MaxPool2d(2)]
        self.stages = nn.Sequential(*stages)
        self.weigh = nn.Linear(4, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.weigh(self.stages(images[:, None]).flatten(2)).squeeze(2)


class Decoder(nn.Module):
    """(batch, replicas, 256) of -1 and +1 to images (batch, replicas, 32, 32) of any real numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.spread = nn.Linear(LATENTS, LATENTS * 4)
        narrowing = (LATENTS, *reversed(WIDTHS[:-1]), 1)
        stages: list[nn.Module] = []
        for before, after in pairwise(narrowing):
            stages += [nn.ConvTranspose2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.Dropout2d(DROPOUT)]
            stages += [nn.Upsample(scale_factor=2), nn.LeakyReLU()]
        self.stages = nn.Sequential(*stages, nn.ConvTranspose2d(1, 1, 3, padding=1))

    def forward(self, spins: torch.Tensor) -> torch.Tensor:
        corners = self.spread(spins).flatten(0, 1).unflatten(1, (LATENTS, 2, 2))
        return self.stages(corners).reshape(*spins.shape[:2], IMAGE_SIZE, IMAGE_SIZE)


class PeerRecipe:
    """The model and its training steps.

    Args:
        device: Where networks and prior are.
        seed: Of the subgraph, the weights, the noise and the samples.
    """

    def __init__(self, device: torch.device, seed: int = 0) -> None:
        self._device = device
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.autoencoder = DiscreteVariationalAutoencoder(Encoder(), Decoder())
            graph = subgraph("zephyr", LATENTS, seed=seed)
            machine = GraphRestrictedBoltzmannMachine(graph.nodes.tolist(), graph.nodes[graph.edges].tolist())
            self._random = torch.get_rng_state()
        self.autoencoder.to(device)
        self.prior = machine.to(device)
        self._gibbs = GibbsSampler(GibbsConfig(sweeps=SWEEPS, tempering="never"), seed)
        self._graph = graph
        self._mmd = MaximumMeanDiscrepancyLoss(GaussianKernel(KERNELS)).to(device)
        self._networks = torch.optim.Adam(self.autoencoder.parameters(), lr=LEARNING_RATE, fused=True)
        self._couplings = torch.optim.Adam(self.prior.parameters(), lr=PRIOR_LEARNING_RATE, fused=True)
        self.steps = 0

    def step(self, images: torch.Tensor) -> dict[str, float]:
        """One training step.

        Args:
            images: (batch, 32, 32) of 0 and 1.

        Returns:
            The losses "mse" and "mmd".
        """
        self.autoencoder.train()
        # The recipe keeps its own random numbers, whoever else draws between its steps.
        with torch.random.fork_rng():
            torch.set_rng_state(self._random)
            _, spins, reconstructions = self.autoencoder(images, REPLICAS)
            self._random = torch.get_rng_state()
        strings, sampled = spins.flatten(0, 1), self.sample(READS)
        mse = nn.functional.mse_loss(reconstructions, images[:, None].expand_as(reconstructions))
        mmd = self._mmd(strings, sampled)
        self._networks.zero_grad()
        (mse + mmd).backward()
        self._networks.step()
        if self.steps % PRIOR_EVERY == 0:
            self._couplings.zero_grad()
            self.prior.quasi_objective(strings.detach(), sampled).backward()
            self._couplings.step()
        self.steps += 1
        return {"mse": mse.item(), "mmd": mmd.item()}

    def sample(self, count: int) -> torch.Tensor:
        """Strings of the prior as it is now, float32 (count, 256) of -1 and +1."""
        return PluginSampler(self.prior, self._graph, self._gibbs, count).sample().to(self._device)

    @torch.no_grad()
    def reconstruct(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Reconstructions (N, 32, 32) in [0, 1] of images (N, 32, 32), in evaluation mode, one string drawn for each."""
        self.autoencoder.eval()
        chances = torch.sigmoid(self.autoencoder.encoder(images))
        return self.decode(torch.bernoulli(chances, generator=generator) * 2 - 1)

    @torch.no_grad()
    def decode(self, spins: torch.Tensor) -> torch.Tensor:
        """Images (N, 32, 32) in [0, 1] of float spins (N, 256), in evaluation mode."""
        self.autoencoder.eval()
        pieces = [self.autoencoder.decoder(part[:, None]).squeeze(1) for part in spins.split(256)]
        return torch.cat(pieces).clamp(0, 1)
