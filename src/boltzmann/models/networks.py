"""Encoder and decoder: wide layers first and last, where a processor is fastest, and convolutions that draw the strokes.

Nothing is computed at full resolution: the decoder's costliest layer works at a quarter of the image's sides, and the last
step to full size is a rearrangement. That makes a training step on a CPU many times cheaper than transposed convolutions.
"""

from __future__ import annotations

import torch
from torch import nn


class Encoder(nn.Module):
    """Images to logits of the latent spins, by fully connected layers.

    Args:
        image_size: Side H of the square images.
        hidden: Units of each of the two hidden layers.
        n_latents: Number of spins n.

    Input (batch, H, H) in [0, 1]; output (batch, n): the logit of each spin being +1.
    """

    def __init__(self, image_size: int, hidden: int, n_latents: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), *_dense(image_size**2, hidden), *_dense(hidden, hidden), nn.Linear(hidden, n_latents)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images).float()  # spins are drawn in single precision, whatever the layers computed in


class Decoder(nn.Module):
    """Spins to images: a fully connected layer that combines them, then convolutions up to the image's size.

    Args:
        image_size: Side H of the square images, a multiple of 4.
        hidden: Units of the fully connected layer.
        channels: Channels C of the quarter-size layer, even.
        n_latents: Number of spins n.

    Input (batch, replicas, n) of -1 and +1; output (batch, replicas, H, H) in [0, 1].
    """

    def __init__(self, image_size: int, hidden: int, channels: int, n_latents: int) -> None:
        super().__init__()
        quarter = image_size // 4
        self.layers = nn.Sequential(
            *_dense(n_latents, hidden),
            nn.Linear(hidden, channels * quarter * quarter, bias=False),
            nn.Unflatten(1, (channels, quarter, quarter)),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False),
            nn.PixelShuffle(2),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // 2, 4, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, spins: torch.Tensor) -> torch.Tensor:
        batch, replicas, n = spins.shape
        images = self.layers(spins.reshape(batch * replicas, n))
        return torch.sigmoid(images.float()).reshape(batch, replicas, *images.shape[-2:])


def _dense(inputs: int, outputs: int) -> list[nn.Module]:
    # Normalisation brings a shift of its own, so the layer before it needs no bias.
    return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)]
