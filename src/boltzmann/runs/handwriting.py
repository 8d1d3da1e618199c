"""Strokes of a pad as pixels: a digit placed as MNIST places its own, or a painted mask."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from boltzmann.runs.files import StoreError

MOST_POINTS = 4000
FINE = 8
"""Dots a pixel has on a side while it is drawn."""

PEN = 0.11
"""Width of a pen in sides of the box that a digit fills: about that of MNIST's digits."""

BRUSH = 0.14
"""Width of the brush that paints a mask, in sides of the pad."""

SMALLEST = 0.12
"""A drawing of less than this share of the pad is not blown up any further: a dot stays a dot."""

Strokes = list[np.ndarray]


def check_strokes(value: Any) -> Strokes:
    """Each stroke as float64 (points, 2): x to the right and y down, in sides of the pad.

    Raises:
        StoreError: anything else than lists of pairs in [0, 1], or more points than a hand draws.
    """
    wrong = "the pad sent something that is no drawing: reload the page and draw again"
    if not isinstance(value, list) or not all(isinstance(stroke, list) and stroke for stroke in value):
        raise StoreError(wrong)
    if sum(len(stroke) for stroke in value) > MOST_POINTS:
        raise StoreError(f"the drawing has more than {MOST_POINTS:,} points: clear the pad and draw with fewer strokes")
    try:
        strokes = [np.array(stroke, dtype=np.float64) for stroke in value]
    except (TypeError, ValueError):
        raise StoreError(wrong) from None
    for stroke in strokes:
        if stroke.ndim != 2 or stroke.shape[1] != 2 or not ((stroke >= 0) & (stroke <= 1)).all():
            raise StoreError(wrong)
    return strokes


def digit(strokes: Strokes, shape: tuple[int, int], box: float) -> np.ndarray:
    """A drawn digit as an image: its longer side fills a box, its centre of mass lies in the image's centre.

    That is how MNIST was made (LeCun et al., Proc. IEEE 86, 1998, section III.A: 20 x 20 pixels in 28 x 28).

    Args:
        strokes: Of :func:`check_strokes`, at least one.
        shape: Height and width in pixels.
        box: Side of the box in pixels.

    Returns:
        uint8 of that shape, 0 black to 255 white.
    """
    height, width = shape
    pen = max(PEN * box, 1.0)
    points = np.concatenate(strokes)
    middle = (points.min(0) + points.max(0)) / 2
    scale = (box - pen) / max(float(np.ptp(points, axis=0).max()), SMALLEST)
    centre = np.array([width, height]) / 2
    placed = [(stroke - middle) * scale + centre for stroke in strokes]
    ink = _drawn(placed, shape, pen).astype(np.float64)
    if box < min(height, width) and ink.sum():
        rows, columns = np.indices(ink.shape) + 0.5
        mass = np.array([(ink * columns).sum(), (ink * rows).sum()]) / ink.sum()
        placed = [stroke + centre - mass for stroke in placed]
    return _drawn(placed, shape, pen)


def painted(strokes: Strokes, shape: tuple[int, int]) -> np.ndarray:
    """Which pixels a broad brush has painted: bool of ``shape``, the whole pad being the image."""
    height, width = shape
    side = max(shape)
    placed = [stroke * np.array([width, height]) for stroke in strokes]
    return _drawn(placed, shape, max(BRUSH * side, 1.0)) > 100


def _drawn(strokes: Strokes, shape: tuple[int, int], pen: float) -> np.ndarray:
    """Strokes in pixels, with round ends, as uint8 of ``shape``."""
    height, width = shape
    fine = Image.new("L", (width * FINE, height * FINE))
    draw = ImageDraw.Draw(fine)
    radius = pen * FINE / 2
    for stroke in strokes:
        dots = [(float(x), float(y)) for x, y in stroke * FINE]
        if len(dots) > 1:
            draw.line(dots, fill=255, width=math.ceil(2 * radius))
        for x, y in dots:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(fine.resize((width, height), Image.Resampling.BOX))
