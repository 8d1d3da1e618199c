"""Images as PNG grids, without torch."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

GAP = 2
PAPER = 32
"""Grey value between the images: visible, and quiet beside black ones."""


def generated_grid(images: np.ndarray, scale: int = 1) -> bytes:
    """``images`` uint8 (count, H, W) row by row in a grid that is about square, as PNG."""
    columns = max(1, math.ceil(math.sqrt(len(images))))
    return grid(images, columns, scale)


def reconstruction_grid(images: np.ndarray, scale: int = 1) -> bytes:
    """``images`` uint8 (2 k, H, W), original and reconstruction in turn, as PNG: rows in pairs, originals above."""
    pairs = len(images) // 2
    columns = max(1, math.ceil(math.sqrt(2 * pairs)))
    rows = []
    for start in range(0, pairs, columns):
        part = images[2 * start : 2 * min(start + columns, pairs)]
        rows += [_padded(part[0::2], columns), _padded(part[1::2], columns)]
    return grid(np.concatenate(rows), columns, scale)


def grid(images: np.ndarray, columns: int, scale: int = 1) -> bytes:
    """``images`` uint8 (count, H, W) in rows of ``columns``, each pixel ``scale`` wide, as PNG.

    Raises:
        ValueError: when the array is not a stack of grey images.
    """
    if images.ndim != 3 or images.dtype != np.uint8 or not images.size:
        raise ValueError(f"a grid takes uint8 of shape (count, H, W), got {images.dtype} of shape {images.shape}")
    _, height, width = images.shape
    rows = math.ceil(len(images) / columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP), PAPER, np.uint8)
    for index, image in enumerate(images):
        top, left = GAP + (index // columns) * (height + GAP), GAP + (index % columns) * (width + GAP)
        sheet[top : top + height, left : left + width] = image
    picture = Image.fromarray(sheet)
    if scale > 1:
        picture = picture.resize((sheet.shape[1] * scale, sheet.shape[0] * scale), Image.Resampling.NEAREST)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _padded(images: np.ndarray, count: int) -> np.ndarray:
    missing = np.full((count - len(images), *images.shape[1:]), PAPER, images.dtype)
    return np.concatenate([images, missing])
