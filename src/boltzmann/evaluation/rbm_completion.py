"""Completion of images: pixels that are missing, given the others, and how far they are from the true ones."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch

from boltzmann.evaluation.rbm_chains import clamped_probability
from boltzmann.models.rbm import RBM

MASKS = ("lower", "upper", "left", "right", "random")
NEIGHBOURS = 2**24
"""Distances held at a time: 64 MB."""


def mask_of(
    name: Literal["lower", "upper", "left", "right", "random"], shape: tuple[int, int], seed: int = 0
) -> torch.Tensor:
    """Which pixels are missing: bool of shape (height x width,), half of the image; "random" by the seed.

    Raises:
        ValueError: no mask has this name.
    """
    if name not in MASKS:
        raise ValueError(f"no mask is called {name!r}: choose one of {', '.join(MASKS)}")
    height, width = shape
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None]
    if name == "random":
        order = torch.randperm(height * width, generator=torch.Generator().manual_seed(seed))
        return order < height * width // 2
    half = {
        "lower": rows >= height // 2,
        "upper": rows < height // 2,
        "left": columns < width // 2,
        "right": columns >= width // 2,
    }[name]
    return half.expand(height, width).reshape(-1)


def complete(
    rbm: RBM,
    pixels: torch.Tensor,
    mask: torch.Tensor,
    chains: int = 5,
    steps: int = 100,
    seed: int = 0,
) -> torch.Tensor:
    """The images with p(pixel = 1 | known pixels) in place of the missing ones; label units are unknown, too.

    Args:
        rbm: The machine.
        pixels: Of shape (N, n - labels) in [0, 1]; what stands at missing pixels is not looked at.
        mask: bool of shape (n - labels,): True where a pixel is missing, any pattern.
        chains, steps, seed: See :func:`boltzmann.evaluation.rbm_chains.clamped_probability`.

    Returns:
        float32 of ``pixels``' shape.

    Raises:
        ValueError: shapes do not fit the machine.
    """
    unknown = torch.cat([mask, torch.ones(rbm.labels, dtype=torch.bool)]).to(pixels.device)
    rows = torch.cat([pixels, pixels.new_zeros(len(pixels), rbm.labels)], dim=1)
    generator = torch.Generator(pixels.device).manual_seed(seed)
    means = clamped_probability(rbm, rows, unknown, generator, chains, steps)
    found = pixels.clone()
    found[:, unknown[: rbm.pixels]] = means[:, : means.shape[1] - rbm.labels]
    return found


def completion_report(
    rbm: RBM,
    train: torch.Tensor,
    test: torch.Tensor,
    mask: torch.Tensor,
    chains: int = 5,
    steps: int = 100,
    seed: int = 0,
) -> dict[str, Any]:
    """Squared error of completed test images beside two fillings that know no law.

    Args:
        rbm: The machine.
        train: Training images (M, pixels): all of them are asked for the nearest neighbour.
        test: Test images (N, pixels).
        mask: bool of shape (pixels,): True where a pixel is missing.
        chains, steps, seed: As for :func:`complete`.

    Returns:
        JSON values. ``images``, ``missing_pixels``, and for each of ``machine``, ``mean_image`` (the training images' mean)
        and ``nearest_neighbour`` (the training image closest on the known pixels, ties to the first) ``error``, the mean
        squared error of a missing pixel, and ``standard_error`` over test images.
    """
    fillings = {
        "machine": complete(rbm, test, mask, chains, steps, seed)[:, mask],
        "mean_image": train.mean(0)[mask],
        "nearest_neighbour": train[nearest(train, test, ~mask)][:, mask],
    }
    truth = test[:, mask]
    report: dict[str, Any] = {"images": len(test), "missing_pixels": int(mask.sum())}
    for name, filling in fillings.items():
        errors = (filling - truth).square().mean(1).double()
        report[name] = {
            "error": round(float(errors.mean()), 5),
            "standard_error": round(float(errors.std()) / math.sqrt(len(errors)), 5),
        }
    return report


def nearest(train: torch.Tensor, test: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Number of the training image (M, pixels) with the least squared distance to each test image, over ``known`` pixels."""
    asked = test[:, known]
    best = torch.full((len(test),), math.inf)
    found = torch.zeros(len(test), dtype=torch.long)
    size = max(1, NEIGHBOURS // max(len(test), train.shape[1]))
    for first in range(0, len(train), size):
        part = train[first : first + size, known]
        distances = torch.addmm(part.square().sum(1), asked, part.T, alpha=-2)
        least, place = distances.min(1)
        closer = least < best
        best[closer], found[closer] = least[closer], place[closer] + first
    return found
