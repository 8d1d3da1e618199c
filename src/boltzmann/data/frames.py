"""Digits in a smaller frame than MNIST's 28 x 28."""

from __future__ import annotations

import torch

BOX = 20
"""Side of the box that a digit of MNIST fills in one direction."""


def frame(images: torch.Tensor, size: int) -> torch.Tensor:
    """Digits at ``size`` x ``size`` pixels.

    20: the box around each digit. 16: the same, each pixel the mean of the area that it covers, so that the digit fills
    the frame: in MNIST's own frame, shrunk, it would have 11 pixels.

    Args:
        images: (N, 28, 28), 0 black to 255 white.
        size: 28, 20 or 16.

    Returns:
        float32 of shape (N, size, size) in [0, 1].
    """
    if size == images.shape[-1]:
        return images.float() / 255
    boxes = _boxes(images).float() / 255
    if size == BOX:
        return boxes
    # How much of each of the old pixels lies in a new one.
    share = torch.eye(BOX).repeat_interleave(size, 0).reshape(size, BOX, BOX).mean(1)
    return share @ boxes @ share.T


def _boxes(images: torch.Tensor) -> torch.Tensor:
    # MNIST centres a digit by its mass, so the middle of the image would cut off 3.5% of the ink on average.
    margin = BOX // 2
    images = torch.nn.functional.pad(images, (margin,) * 4)
    inked = images > 0
    rows, columns = _first(inked.any(2)), _first(inked.any(1))
    inside = torch.arange(BOX)
    which = torch.arange(len(images))[:, None, None]
    return images[which, (rows[:, None] + inside)[:, :, None], (columns[:, None] + inside)[:, None, :]]


def _first(inked: torch.Tensor) -> torch.Tensor:
    """The line (N,) at which each box begins, for whether there is ink on each line (N, L)."""
    length = inked.shape[1]
    line = torch.arange(length)
    lowest = torch.where(inked, line, length).amin(1)
    highest = torch.where(inked, line, -1).amax(1)
    return (lowest + highest + 1 - BOX) // 2
