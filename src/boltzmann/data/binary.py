"""Rows of visible units by name: :func:`load` turns a :class:`~boltzmann.config.BinaryDataConfig` into tensors."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class BinaryData:
    """Training and held-out rows.

    Args:
        train, test: float32 of shape (N, n) in [0, 1]: 0 or 1, or grey, the chance of a 1. Without label units.
        train_labels, test_labels: int64 of shape (N,), or None.
        shape: Height and width of a row drawn as an image, or None.
        source: "mnist", "digits", "shifting_bars", ...: what was really loaded.
        stochastic: Whether grey rows are to be drawn as 0 or 1 anew each time that they are used.
        rule: How grey became binary, in words for a person: "white above 127", or "".
        notice: What a person should know of it, or None.
    """

    train: torch.Tensor
    test: torch.Tensor
    train_labels: torch.Tensor | None
    test_labels: torch.Tensor | None
    shape: tuple[int, int] | None
    source: str
    stochastic: bool = False
    rule: str = ""
    notice: str | None = None

    @property
    def classes(self) -> int:
        """Number of classes; 0 without labels."""
        return 0 if self.train_labels is None else int(self.train_labels.max()) + 1
