"""Rows of visible units by name: :func:`load` turns a :class:`~boltzmann.config.BinaryDataConfig` into tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from boltzmann import data
from boltzmann.config import BinaryDataConfig
from boltzmann.data import bars, digits
from boltzmann.data.frames import frame

DRAWN = 1000
"""Bars and stripes drawn with repetition: so many to train on, and as many to test with."""

HELD_OUT = 5
"""Of a table, one row in so many is held out."""


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
        if self.train_labels is None or self.test_labels is None:
            return 0
        return int(max(self.train_labels.max(), self.test_labels.max())) + 1


def load(
    config: BinaryDataConfig,
    folder: Path,
    seed: int = 0,
    table: Path | None = None,
    notify: Callable[[str], None] = lambda _: None,
    download: bool = True,
) -> BinaryData:
    """Load rows of visible units.

    Data sets that are listed in full are training and test rows alike. MNIST is looked for as by
    :func:`boltzmann.data.load`.

    Args:
        config: Which rows.
        folder: Where ``MNIST/raw`` may lie.
        seed: Chooses training images, draws bars and stripes, and shuffles what is split.
        table: The rows of a dropped table, see :mod:`boltzmann.tables`.
        notify: Called with a line of progress during a download.
        download: Whether MNIST is fetched where it is not at hand.

    Raises:
        ValueError: a table is asked for, but none is given.
    """
    if config.dataset in ("shifting_bars", "inverted_bars"):
        make = bars.shifting_bars if config.dataset == "shifting_bars" else bars.inverted_bars
        rows = make(config.length)
        return BinaryData(rows, rows, None, None, (1, config.length), config.dataset)
    if config.dataset == "bars_and_stripes":
        return _bars_and_stripes(config, seed)
    if config.dataset == "table":
        if table is None:
            raise ValueError("data.dataset is table, but no table was given: drop a file on the page, or name one")
        return _table(table, seed)
    return _images(config, folder, seed, notify, download)


def _bars_and_stripes(config: BinaryDataConfig, seed: int) -> BinaryData:
    generator = torch.Generator().manual_seed(seed)
    if config.drawing == "repeated":
        drawn = bars.repeated_bars_and_stripes(config.side, 2 * DRAWN, generator)
        train, test = drawn[:DRAWN], drawn[DRAWN:]
    else:
        train = test = bars.bars_and_stripes(config.side)
        if config.drawing == "split":
            train, test = train[torch.randperm(len(train), generator=generator)].tensor_split(2)
    return BinaryData(train, test, None, None, (config.side, config.side), config.dataset)


def _images(
    config: BinaryDataConfig, folder: Path, seed: int, notify: Callable[[str], None], download: bool
) -> BinaryData:
    if config.dataset == "digits":
        train, train_labels, test, test_labels = digits.read_small()
        source, notice, rule = "digits", None, "white above 8 of 16"
    else:
        found, source, notice = data.find("mnist", folder, notify, download)
        train, train_labels, test, test_labels = found
        chosen = data.choose(len(train), config.train_size, seed)
        train, train_labels = frame(train[chosen], config.image_size), train_labels[chosen]
        test, rule = frame(test, config.image_size), "white above 127"
    height, width = train.shape[1:]
    train, test = train.flatten(1), test.flatten(1)
    if config.pixels == "threshold":
        train, test = (train > 0.5).float(), (test > 0.5).float()
    else:
        rule = "white with the chance of its brightness, drawn anew each time" if config.pixels == "stochastic" else ""
    stochastic = config.pixels == "stochastic"
    return BinaryData(train, test, train_labels, test_labels, (height, width), source, stochastic, rule, notice)


def _table(path: Path, seed: int) -> BinaryData:
    tensors = load_file(path)
    rows, labels = tensors["rows"].float(), tensors.get("labels")
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    held_out = torch.zeros(len(rows), dtype=torch.bool)
    held_out[order[::HELD_OUT]] = True
    train_labels, test_labels = (None, None) if labels is None else (labels[~held_out], labels[held_out])
    shape = tensors.get("shape")
    size = None if shape is None else (int(shape[0]), int(shape[1]))
    return BinaryData(rows[~held_out], rows[held_out], train_labels, test_labels, size, "table")
