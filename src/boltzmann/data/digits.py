"""The embedded digits of scikit-learn (8 x 8, from UCI's optical recognition set), scaled up to MNIST's frame."""

from __future__ import annotations

from functools import lru_cache

import torch
from sklearn.datasets import load_digits

TEST_IMAGES = 297


@lru_cache(maxsize=1)
def read() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Training images (1500, 28, 28) and labels, test images (297, 28, 28) and labels: uint8 and int64.

    The digit fills 20 x 20 pixels inside a border of 4, as in MNIST.
    """
    flat, target = load_digits(return_X_y=True)
    small = torch.from_numpy(flat).float().reshape(-1, 1, 8, 8) / 16
    large = torch.nn.functional.interpolate(small, size=(20, 20), mode="bicubic", align_corners=False).clamp(0, 1)
    images = torch.nn.functional.pad(large, (4, 4, 4, 4)).squeeze(1).mul(255).round().to(torch.uint8)
    labels = torch.from_numpy(target).long()
    # A fixed shuffle: the file is ordered by writer, and the held-out images must be of the same kind.
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = images[order], labels[order]
    return images[:-TEST_IMAGES], labels[:-TEST_IMAGES], images[-TEST_IMAGES:], labels[-TEST_IMAGES:]
