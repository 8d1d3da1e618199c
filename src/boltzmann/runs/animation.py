"""Pictures one after the other, with their captions, as a GIF."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SCALE = 2
BAND, TEXT = 34, 18
"""Height of the line with the caption, and of its letters, in dots."""
INK, TRACK = 235, 80
GREYS = 16
LONGEST, SLOWEST, QUICKEST, LAST = 8000, 600, 120, 1500
"""Milliseconds: of all frames together, of one at the most and at the least, and of the last one."""


def animation(pictures: Sequence[np.ndarray], captions: Sequence[str]) -> bytes:
    """``pictures``, each uint8 (height, width) of the same shape and twice as large when shown, as a GIF that starts over.

    Args:
        pictures: Grey images, 0 to 255; 16 greys are kept.
        captions: What stands below each. A line below tells how far the animation is.

    Raises:
        ValueError: there is none, or not as many captions as pictures.
    """
    if not pictures or len(pictures) != len(captions):
        raise ValueError(f"an animation takes pictures and as many captions, got {len(pictures)} and {len(captions)}")
    font = ImageFont.load_default(TEXT)
    frames = []
    for index, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        height, width = (SCALE * side for side in picture.shape)
        frame = Image.new("L", (width, height + BAND))
        step = 255 // (GREYS - 1)
        shown = Image.fromarray(np.round(picture / step).astype(np.uint8) * np.uint8(step))
        frame.paste(shown.resize((width, height), Image.Resampling.NEAREST))
        draw = ImageDraw.Draw(frame)
        draw.text((width - 8, height + 5), caption, INK, font, anchor="ra")
        draw.rectangle((8, height + BAND // 2 - 2, width // 2, height + BAND // 2 + 1), TRACK)
        reached = 8 + (width // 2 - 8) * (index + 1) // len(pictures)
        draw.rectangle((8, height + BAND // 2 - 2, reached, height + BAND // 2 + 1), INK)
        frames.append(frame)
    each = min(SLOWEST, max(QUICKEST, LONGEST // len(frames)))
    durations = [each] * (len(frames) - 1) + [LAST]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return stream.getvalue()
