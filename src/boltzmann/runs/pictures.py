"""Images as PNG grids, without torch."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

GAP = 2
PAPER = 32
"""Grey value between the images: visible, and quiet beside black ones."""

SEEN = 40
"""Pixels of an image's longer side up to which :func:`enlarged` goes."""
LINES = 32
"""Images of one line that a grid of them shows: they stand under one another."""
LINE, SLENDER = 160, 12
"""Dots in an enlarged line, and how many times as wide as high it is."""


def generated_columns(count: int, in_turn: bool = False) -> int:
    """Columns of a grid of ``count`` images: about as many as rows; ten for digits 0 to 9 ``in_turn``, a column for each."""
    return 10 if in_turn else max(1, math.ceil(math.sqrt(count)))


def generated_grid(images: np.ndarray, in_turn: bool = False) -> bytes:
    """``images`` uint8 (count, H, W) row by row in a grid of :func:`generated_columns`, as PNG; lines below one another."""
    columns = _line_columns(len(images)) if _lines(images) else generated_columns(len(images), in_turn)
    return grid(images, columns)


def enlarged(images: np.ndarray, lines: int = LINES) -> np.ndarray:
    """``images`` (count, H, W) with each pixel repeated so often that small ones can be seen beside their frames.

    Of images of one line there are ``lines`` at the most, and their pixels become columns.
    """
    width = images.shape[2]
    if images.shape[1] == 1 and width > 1:
        times = max(1, LINE // width)
        return images[:lines].repeat(max(1, times * width // SLENDER), axis=1).repeat(times, axis=2)
    times = max(1, SEEN // max(images.shape[1:]))
    return images.repeat(times, axis=1).repeat(times, axis=2)


def black_and_white(images: np.ndarray) -> np.ndarray:
    """``images`` uint8 (0 to 255) with every pixel above 1/2 white and every other black."""
    return np.where(images > 127, np.uint8(255), np.uint8(0))


def reconstruction_grid(images: np.ndarray) -> bytes:
    """``images`` uint8 (2 k, H, W), original and reconstruction in turn, as PNG: rows in pairs, originals above."""
    pairs = len(images) // 2
    if _lines(images):
        below, after = (np.full((pairs, height, images.shape[2]), PAPER, images.dtype) for height in (1, 2 * GAP))
        return grid(np.concatenate([images[0::2], below, images[1::2], after], axis=1), _line_columns(2 * pairs))
    columns = max(1, math.ceil(math.sqrt(2 * pairs)))
    rows = []
    for start in range(0, pairs, columns):
        part = images[2 * start : 2 * min(start + columns, pairs)]
        rows += [_padded(part[0::2], columns), _padded(part[1::2], columns)]
    return grid(np.concatenate(rows), columns)


def grid(images: np.ndarray, columns: int, scale: int = 1) -> bytes:
    """``images`` uint8 (count, H, W) in rows of ``columns``, each pixel ``scale`` wide, as PNG.

    Raises:
        ValueError: when the array is not a stack of grey images.
    """
    return png(arranged(images, columns).repeat(scale, axis=0).repeat(scale, axis=1))


def arranged(images: np.ndarray, columns: int) -> np.ndarray:
    """``images`` uint8 (count, H, W) in rows of ``columns``, as one uint8 image.

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
    return sheet


def png(image: np.ndarray) -> bytes:
    """``image`` uint8 (H, W) as PNG."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def _lines(images: np.ndarray) -> bool:
    return images.shape[2] >= SLENDER // 2 * images.shape[1] > 0


def _line_columns(count: int) -> int:
    return 1 if count <= LINES // 2 else 2


def _padded(images: np.ndarray, count: int) -> np.ndarray:
    missing = np.full((count - len(images), *images.shape[1:]), PAPER, images.dtype)
    return np.concatenate([images, missing])
