"""A machine that is played with, and the data it was trained on: held by the interactive worker.

Only the functions import torch, not this module: the engine names them in the web process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.config import BinaryDataConfig, RBMConfig
from boltzmann.runs.files import StoreError
from boltzmann.runs.machines import resolve_machine
from boltzmann.runs.rbm_data import load_rows
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from boltzmann.data.binary import BinaryData
    from boltzmann.models.rbm import RBM


@dataclass(frozen=True, eq=False)
class Opened:
    """A machine with its data.

    Args:
        rbm: The machine, on the CPU.
        data: What it was trained on, and its held-out rows.
        config: Its run.
    """

    rbm: RBM
    data: BinaryData
    config: RBMConfig

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in which a row is drawn: one line of pixels where the rows are no images."""
        return self.data.shape or (1, self.rbm.pixels)

    def image(self, rows: Tensor | np.ndarray) -> np.ndarray:
        """Rows of pixels (N, pixels) in [0, 1] as uint8 of shape (N, H, W)."""
        values = np.asarray(rows, dtype=np.float32).reshape(-1, *self.shape)
        return (values.clip(0, 1) * 255).round().astype(np.uint8)

    def test_row(self, index: Any) -> Tensor:
        """A held-out row as the machine sees it: float32 of shape (1, pixels).

        Raises:
            StoreError: there is no such row.
        """
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(self.data.test):
            raise StoreError(
                f"there is no test image {str(index)[:20]}: choose one of 0 to {len(self.data.test) - 1:,}"
            )
        return self.seen(self.data.test[index : index + 1])

    def seen(self, rows: Tensor, seed: int = 0) -> Tensor:
        """``rows`` in [0, 1] as 0 or 1, drawn with ``seed`` where the machine was trained on such draws."""
        import torch

        if not self.data.stochastic:
            return rows
        return torch.bernoulli(rows, generator=torch.Generator().manual_seed(seed))


def open_machine(settings: Settings, key: str) -> Opened:
    """The machine that ``key`` names, with its data; both stay in memory for the next question.

    Raises:
        StoreError: there is none, or the data at hand are not those that it was trained on.
    """
    entry = resolve_machine(key, settings, RunStore(settings.runs))
    # A folder that was removed and made again is another machine.
    version = (entry.folder / "weights.safetensors").stat().st_mtime_ns
    return _open(entry.folder, version, settings)


@lru_cache(maxsize=2)
def _open(folder: Path, _version: int, settings: Settings) -> Opened:
    from boltzmann.models.stored_rbm import load_machine

    machine = load_machine(folder)
    learned = machine.facts.get("data", machine.config.data.dataset)
    data = _load_data(machine.config.data.model_dump_json(), machine.config.seed, settings, learned)
    if data.train.shape[1] != machine.rbm.pixels:
        raise StoreError(
            f"the machine has {machine.rbm.pixels} pixels, the data at hand {data.train.shape[1]}: choose another machine"
        )
    return Opened(machine.rbm, data, machine.config)


def load_data(config: BinaryDataConfig, seed: int, settings: Settings) -> BinaryData:
    """Rows to learn, as :func:`boltzmann.data.binary.load` gives them; the last ones stay in memory. Nothing stands in for
    MNIST, and it is not fetched: a page is waiting.

    Raises:
        StoreError: they are not at hand.
    """
    return _load_data(config.model_dump_json(), seed, settings, config.dataset)


# 60,000 images take 188 MB.
@lru_cache(maxsize=2)
def _load_data(content: str, seed: int, settings: Settings, learned: str) -> BinaryData:
    config = BinaryDataConfig.model_validate_json(content)
    return load_rows(config, seed, settings, learned, download=False)
