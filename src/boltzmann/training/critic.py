"""A critic, who learns to tell drawn digits from real ones, and teaches the decoder what gives its digits away."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy, leaky_relu, softplus, unfold

from boltzmann.models.dvae import CLASSES, Dvae
from boltzmann.training.objectives import Strings

BETAS = (0.0, 0.99)
"""Adam's, for critic and decoder: what the other side does changes from step to step, so that no momentum helps."""
PATCH = 4
CHANNELS = 32
FEATURES = 256
SLOPE = 0.2  # of the leaky rectifiers below 0
SMOOTH_EVERY = 8  # steps between two gradient penalties, each counted so many times (Karras et al., CVPR 2020)
SMOOTH_IMAGES = 128
SMOOTHNESS = 0.02
READING = 0.4
SHIFT = 2
"""Pixels by which digits are moved at most before the critic sees them."""
AHEAD = 0.95
"""The decoder's mean loss of late, in nats, above which the critic is ahead for good: from there on the decoder was seen to
lose what it had learned."""
MEMORY = 0.02  # weight of a step in that mean


class Critic(nn.Module):
    """How real an image looks, as one number, the log-odds, and which digit it shows.

    It looks at overlapping patches of 4 x 4 pixels, then at tiles of four of them, then at the whole: convolutions in all but
    name, as products of matrices. Those of a processor's library wait for each other in a loop, which on a machine that has
    other work too makes a step take tens of times as long.

    With classes it is asked whether the image is a real image *of that digit*, by a projection of the features (Miyato &
    Koyama, ICLR 2018).

    Args:
        image_size: Side H of the square images, a multiple of 4.
        classes: Whether digits are asked for.
    """

    def __init__(self, image_size: int, classes: bool) -> None:
        super().__init__()
        self.strokes = nn.Linear(PATCH**2, 2 * CHANNELS)
        self.parts = nn.Linear(4 * 2 * CHANNELS, 4 * CHANNELS)
        self.whole = nn.Linear((image_size // 4) ** 2 * 4 * CHANNELS, FEATURES)
        self.score = nn.Linear(FEATURES, 1)
        self.register_buffer("mean_loss", torch.tensor(math.log(2)))
        self.mean_loss: torch.Tensor
        self.digit = nn.Embedding(CLASSES, FEATURES) if classes else None
        self.read = nn.Linear(FEATURES, CLASSES) if classes else None
        if self.digit is not None:
            nn.init.normal_(self.digit.weight, std=0.05)

    def forward(self, images: torch.Tensor, labels: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Log-odds (b,) of images (b, H, H) being real ones, of the digits ``labels`` (b,) where there are classes, and
        the logits (b, 10) of the digits that they show."""
        patches = unfold(images.unsqueeze(1), PATCH, stride=2, padding=1).transpose(1, 2)
        strokes = leaky_relu(self.strokes(patches), SLOPE)
        side = images.shape[1] // 4
        tiles = strokes.unflatten(1, (side, 2, side, 2)).transpose(2, 3).flatten(3).flatten(1, 2)
        parts = leaky_relu(self.parts(tiles), SLOPE)
        features = leaky_relu(self.whole(parts.flatten(1)), SLOPE).float()
        scores = self.score(features).squeeze(1)
        if self.digit is None or self.read is None or labels is None:
            return scores, None
        return scores + (self.digit(labels) * features).sum(1), self.read(features)


def black_and_white(images: torch.Tensor) -> torch.Tensor:
    """Images rounded at 1/2, with the gradient of the unrounded ones."""
    return images + ((images > 0.5).to(images.dtype) - images).detach()


class Adversary:
    """The critic and how it learns: the other side of the decoder's adversarial loss.

    Both losses are those of Goodfellow et al. (NIPS 2014), the decoder's the non-saturating one; beside the reconstruction
    of real images as in Larsen et al. (ICML 2016). The critic is kept smooth around real images by the penalty R1
    (Mescheder et al., ICML 2018), without which the two do not come to rest. It sees drawn digits black and white where
    the data are: else it would but tell greys from black and white.

    Args:
        model: Whose decoder is taught.
        image_size: Side H of its images.
        binary: Whether the data are black and white.
    """

    def __init__(self, model: Dvae, image_size: int, binary: bool) -> None:
        self.model = model
        self.binary = binary
        self.critic = Critic(image_size, model.class_fields is not None).to(model.prior.linear.device)
        self.optimiser = torch.optim.Adam(self.critic.parameters(), betas=BETAS, fused=True)

    def judge(self, strings: Strings, step: int) -> tuple[torch.Tensor, float]:
        """A step of the critic with real images and as many digits of drawn strings. Returns what :meth:`loss` does.

        In each step of others of the strings, in turn: where fewer are drawn than used, the same ones come back.
        Both are moved by the same few pixels, others in each step, so that the critic learns no training image by heart
        (Zhao et al., NeurIPS 2020).
        """
        count = min(len(strings.images), len(strings.seen))
        chosen = torch.arange(step * count, (step + 1) * count, device=strings.seen.device) % len(strings.seen)
        asked = None if strings.drawn is None else strings.drawn[chosen]
        generator = torch.Generator().manual_seed(step)
        shift = torch.randint(-SHIFT, SHIFT + 1, (2,), generator=generator).tolist()
        drawn, real = (part.roll(shift, (1, 2)) for part in (self.draw(strings.seen[chosen]), strings.images))
        self.teach(real, strings.labels, drawn.detach(), asked, step)
        loss, found = self.loss(drawn, asked)
        self.critic.mean_loss.lerp_(torch.full_like(self.critic.mean_loss, found), MEMORY)
        return loss, found

    def begin(self) -> None:
        """Forget how the two stood: the decoder has changed since."""
        self.critic.mean_loss.fill_(math.log(2))

    @property
    def ahead(self) -> bool:
        """Whether the decoder has nothing more to learn from this critic."""
        return self.critic.mean_loss.item() > AHEAD

    def draw(self, spins: torch.Tensor) -> torch.Tensor:
        """Digits (b, H, H) of spins (b, n), with a gradient to the decoder."""
        images = self.model.autoencoder.decoder(spins.unsqueeze(1)).squeeze(1)
        return black_and_white(images) if self.binary else images

    def teach(
        self, images: torch.Tensor, labels: torch.Tensor, drawn: torch.Tensor, asked: torch.Tensor | None, step: int
    ) -> None:
        """One step of the critic.

        Args:
            images: Real ones, (b, H, H).
            labels: int64 (b,), their digits.
            drawn: (c, H, H).
            asked: int64 (c,), the digits that were asked for; None: the prior has no classes.
            step: Of the training: at every eighth, smoothness counts.
        """
        kinds = None if asked is None else torch.cat([labels, asked])
        scores, read = self.critic(torch.cat([images, drawn]), kinds)
        loss = softplus(-scores[: len(images)]).mean() + softplus(scores[len(images) :]).mean()
        if read is not None:
            loss = loss + cross_entropy(read[: len(images)], labels)
        if step % SMOOTH_EVERY == 0:
            loss = loss + SMOOTH_EVERY * SMOOTHNESS / 2 * self._slope(images[:SMOOTH_IMAGES], labels[:SMOOTH_IMAGES])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()

    def loss(self, drawn: torch.Tensor, asked: torch.Tensor | None) -> tuple[torch.Tensor, float]:
        """The decoder's loss, a scalar in nats, and the part of it in which the critic judges: log 2 where it cannot tell
        drawn digits from real ones. Where there are classes, a digit must also be read as the one asked for (Odena et al.,
        ICML 2017).

        Args:
            drawn: (c, H, H) of :meth:`draw`.
            asked: As for :meth:`teach`.
        """
        self.critic.requires_grad_(False)
        scores, read = self.critic(drawn, asked)
        self.critic.requires_grad_(True)
        found = softplus(-scores).mean()
        return found if read is None or asked is None else found + READING * cross_entropy(read, asked), found.item()

    def _slope(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Mean squared norm of the score's gradient in the pixels of real images."""
        images = images.clone().requires_grad_(True)
        with torch.autocast(images.device.type, enabled=False):
            scores, _ = self.critic(images, labels)
            (slopes,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
        return slopes.square().sum((1, 2)).mean()
