"""Bars: the small data sets of the field that can be listed in full, so that their exact distribution is known."""

from __future__ import annotations

import torch


def shifting_bars(length: int) -> torch.Tensor:
    """A ring of pixels with a run of floor(n / 2) ones at each of its n places: float32 of shape (n, n).

    Manukian, Pei, Bearden and Di Ventra, Communications Physics 3:105 (2020), doi:10.1038/s42005-020-0373-8.
    """
    place = torch.arange(length)
    return ((place - place[:, None]) % length < length // 2).float()


def inverted_bars(length: int) -> torch.Tensor:
    """:func:`shifting_bars` with 0 and 1 exchanged: float32 of shape (n, n)."""
    return 1 - shifting_bars(length)


def bars_and_stripes(side: int) -> torch.Tensor:
    """All distinct images of full columns or full rows, all black and all white once: float32 of shape
    (2^(side + 1) - 2, side^2).

    MacKay, Information Theory, Inference, and Learning Algorithms (2003), chapter 43.
    """
    codes = torch.arange(2**side)
    lines = (codes[:, None] >> torch.arange(side) & 1).float()
    return torch.cat([_images(lines, bars=True), _images(lines[1:-1], bars=False)])


def repeated_bars_and_stripes(side: int, count: int, generator: torch.Generator) -> torch.Tensor:
    """Images drawn with repetition: bars or stripes with equal chance, then each line on with equal chance.

    Images like those of Xu and Oates, Scientific Reports 11:2727 (2021), doi:10.1038/s41598-021-82197-1: "random" ones,
    1,000 to train on and others to test with. How they were drawn is not printed; this is the usual way. Of a side of 7
    there are only 254, so two such sets overlap.

    Args:
        side: Pixels of a side.
        count: Number of images.
        generator: Random numbers, on the CPU.

    Returns:
        float32 of shape (count, side^2).
    """
    upright = torch.rand(count, generator=generator) < 0.5
    lines = (torch.rand(count, side, generator=generator) < 0.5).float()
    return torch.where(upright[:, None], _images(lines, bars=True), _images(lines, bars=False))


def _images(lines: torch.Tensor, bars: bool) -> torch.Tensor:
    """Lines (N, n) as upright bars or lying stripes: (N, n^2)."""
    count, side = lines.shape
    one = lines[:, None, :] if bars else lines[:, :, None]
    return one.expand(count, side, side).reshape(count, side * side)
