"""The embedded digits of scikit-learn (8 x 8, from UCI's optical recognition set), as they are or in MNIST's frame."""

from __future__ import annotations

from functools import lru_cache

import torch
from sklearn.datasets import load_digits

TEST_IMAGES = 297


Parts = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Training images and labels, test images and labels."""


@lru_cache(maxsize=1)
def read() -> Parts:
    """Training images (1500, 28, 28) and labels, test images (297, 28, 28) and labels: uint8 and int64.

    The digit fills 20 x 20 pixels inside a border of 4, as in MNIST.
    """
    train, train_labels, test, test_labels = read_small()
    return _enlarged(train), train_labels, _enlarged(test), test_labels


@lru_cache(maxsize=1)
def read_small() -> Parts:
    """The same images at their own size: float32 (1500, 8, 8) and (297, 8, 8) in [0, 1], in steps of 1/16; labels int64."""
    flat, target = load_digits(return_X_y=True)
    images = torch.from_numpy(flat).float().reshape(-1, 8, 8) / 16
    labels = torch.from_numpy(target).long()
    # A fixed shuffle: the file is ordered by writer, and the held-out images must be of the same kind.
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, labels = images[order], labels[order]
    return images[:-TEST_IMAGES], labels[:-TEST_IMAGES], images[-TEST_IMAGES:], labels[-TEST_IMAGES:]


def _enlarged(images: torch.Tensor) -> torch.Tensor:
    large = torch.nn.functional.interpolate(images[:, None], size=(20, 20), mode="bicubic", align_corners=False)
    return torch.nn.functional.pad(large.clamp(0, 1), (4, 4, 4, 4)).squeeze(1).mul(255).round().to(torch.uint8)
