"""Encoder and decoder: strided convolutions down, pixel shuffles up.

Nothing is computed at full resolution: the costliest layers work at a quarter of the image's sides, and the last step to
full size is a rearrangement. That makes a training step on a CPU many times cheaper than transposed convolutions.
"""

from __future__ import annotations

import torch
from torch import nn


class Encoder(nn.Module):
    """Images to logits of the latent spins.

    Args:
        image_size: Side H of the square images, a multiple of 4.
        channels: Channels C of the quarter-size layer.
        n_latents: Number of spins n.

    Input (batch, H, H) in [0, 1]; output (batch, n): the logit of each spin being +1.
    """

    def __init__(self, image_size: int, channels: int, n_latents: int) -> None:
        super().__init__()
        quarter = image_size // 4
        self.layers = nn.Sequential(
            nn.Conv2d(1, channels // 2, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // 2, channels, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(channels * quarter * quarter, n_latents),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images.unsqueeze(1))


class Decoder(nn.Module):
    """Spins to images.

    Args:
        image_size: Side H of the square images, a multiple of 4.
        channels: Channels C of the quarter-size layer.
        n_latents: Number of spins n.

    Input (batch, replicas, n) of -1 and +1; output (batch, replicas, H, H) in [0, 1].
    """

    def __init__(self, image_size: int, channels: int, n_latents: int) -> None:
        super().__init__()
        quarter = image_size // 4
        self.layers = nn.Sequential(
            nn.Linear(n_latents, channels * quarter * quarter, bias=False),
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
        return torch.sigmoid(images).reshape(batch, replicas, *images.shape[-2:])
