"""Whoever is trained, behind one interface: our preset, and the public demo's recipe."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

import torch
from dwave.plugins.torch.models import DiscreteVariationalAutoencoder

from boltzmann.benchmarks import peer_recipe
from boltzmann.benchmarks.peer_recipe import PeerRecipe
from boltzmann.config import RunConfig
from boltzmann.data import ImageData
from boltzmann.evaluation.digits import QUICK_DIGITS, Quick, quick
from boltzmann.evaluation.reference import Reference
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.events import Metrics

_SEED = 0


class Trainee(ABC):
    """A model in training, and how far it is.

    Attributes:
        image_size: Side of its images in pixels.
        latents: Number of spins.
        batch: Images in a step.
        replicas: Strings drawn for each of them.
        thresholds: From which value on a pixel of a generated digit is white: the best of these counts.
        steps, seconds: Trained so far; looking at the model takes none of the time.
    """

    thresholds: tuple[float, ...] = (0.5,)
    image_size: int
    latents: int
    batch: int
    replicas: int

    def __init__(self) -> None:
        self.steps, self.seconds = 0, 0.0

    def advance(self, seconds: float) -> float:
        """Train for so many seconds, the last step to its end, a step at least. Returns the images a second."""
        before, begun, passed = self.steps, time.perf_counter(), 0.0
        while not passed or (passed < seconds and not self.done):
            self.step()
            self.steps += 1
            passed = time.perf_counter() - begun
        self.seconds += passed
        return (self.steps - before) * self.batch / passed

    def test_mse(self, images: torch.Tensor) -> float:
        """Mean squared error of the reconstructions of images (N, H, H) in [0, 1], one string each, always the same noise."""
        return (self.reconstruct(images) - images).square().mean().item()

    def digits(self, reference: Reference) -> tuple[Quick, float]:
        """A quick look at 2,000 new digits, in black and white from the threshold on that suits them best; and that one."""
        images, labels = self.draw(QUICK_DIGITS)
        looks = [(quick((images >= limit).float(), reference, labels), limit) for limit in self.thresholds]
        return min(looks, key=lambda look: look[0].frechet_distance)

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether the training is at its end."""

    @abstractmethod
    def parameters(self) -> dict[str, int]:
        """How many weights encoder and decoder have."""

    @abstractmethod
    def step(self) -> None:
        """Make one training step."""

    @abstractmethod
    def reconstruct(self, images: torch.Tensor) -> torch.Tensor:
        """Reconstructions (N, H, H) in [0, 1] of images (N, H, H), in evaluation mode."""

    @abstractmethod
    def draw(self, count: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """New digits, float (count, H, H) on the CPU, from fresh samples of the prior; and which they were asked to be."""


class Ours(Trainee):
    """A run of ours with all that it does besides, which is in its time: sampler reports, pictures, looks at its digits."""

    def __init__(self, config: RunConfig, data: ImageData) -> None:
        super().__init__()
        self.image_size, self.latents = config.data.image_size, config.model.n_latents
        self.batch, self.replicas = config.training.batch_size, config.model.replicas
        self._training = DvaeTraining(config, data)
        self._events = self._training.events()

    @property
    def device(self) -> torch.device:
        """Where the run chose to be."""
        return self._training.device

    @property
    def done(self) -> bool:
        """See :attr:`Trainee.done`."""
        return self._training.step >= self._training.total_steps

    def parameters(self) -> dict[str, int]:
        """See :meth:`Trainee.parameters`."""
        return _parameters(self._training.model.autoencoder)

    def step(self) -> None:
        """See :meth:`Trainee.step`."""
        next(event for event in self._events if isinstance(event, Metrics))

    def reconstruct(self, images: torch.Tensor) -> torch.Tensor:
        """See :meth:`Trainee.reconstruct`."""
        generator = torch.Generator(self.device).manual_seed(_SEED)
        return self._training.model.reconstruct(images.to(self.device), generator).cpu()

    def draw(self, count: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """See :meth:`Trainee.draw`. By the sampler of the run; of a prior with class fields, each digit in turn."""
        model = self._training.model
        labels = model.labels(count)
        spins = self._training.sampler.sample(model.ising(labels), count).spins
        return model.decode(spins.to(self.device)).cpu(), None if labels is None else labels.cpu()


class Peer(Trainee):
    """The public demo's recipe.

    Args:
        data: 32 x 32 images. The outermost rows and columns, which are black, count in training but in no judgement.
        device: As our run's.
        judged_size: Side of the images that it is judged by.
    """

    # Thresholding at 1/2 does not suit its soft digits best.
    thresholds = (0.2, 0.3, 0.4, 0.5, 0.6)
    image_size, latents = peer_recipe.IMAGE_SIZE, peer_recipe.LATENTS
    batch, replicas = peer_recipe.BATCH, peer_recipe.REPLICAS

    def __init__(self, data: ImageData, device: torch.device, judged_size: int) -> None:
        super().__init__()
        self._recipe = PeerRecipe(device, _SEED)
        self._device = device
        self._border = (self.image_size - judged_size) // 2
        self._images = data.train.to(device)
        self._generator = torch.Generator().manual_seed(_SEED)
        self._order = torch.empty(0, dtype=torch.int64)

    @property
    def done(self) -> bool:
        """See :attr:`Trainee.done`. It goes on for as long as it is asked to."""
        return False

    def parameters(self) -> dict[str, int]:
        """See :meth:`Trainee.parameters`."""
        return _parameters(self._recipe.autoencoder)

    def step(self) -> None:
        """See :meth:`Trainee.step`."""
        if len(self._order) < self.batch:
            self._order = torch.randperm(len(self._images), generator=self._generator)
        chosen, self._order = self._order[: self.batch], self._order[self.batch :]
        self._recipe.step(self._images[chosen.to(self._device)].float() / 255)

    def reconstruct(self, images: torch.Tensor) -> torch.Tensor:
        """See :meth:`Trainee.reconstruct`."""
        framed = torch.nn.functional.pad(images.to(self._device), (self._border,) * 4)
        return self._inner(self._recipe.reconstruct(framed, torch.Generator(self._device).manual_seed(_SEED)))

    def draw(self, count: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """See :meth:`Trainee.draw`. By the sampler of the training, with its schedule."""
        return self._inner(self._recipe.decode(self._recipe.sample(count))), None

    def _inner(self, images: torch.Tensor) -> torch.Tensor:
        inside = slice(self._border, self.image_size - self._border)
        return images[:, inside, inside].cpu()


def _parameters(autoencoder: DiscreteVariationalAutoencoder) -> dict[str, int]:
    parts = {"encoder": autoencoder.encoder, "decoder": autoencoder.decoder}
    return {name: sum(weights.numel() for weights in part.parameters()) for name, part in parts.items()}
