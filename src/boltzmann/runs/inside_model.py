"""A model that is looked into, and its held-out digits: held by the interactive worker.

Only the functions import torch, not this module: the engine names them in the web process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.config import ConfigError, DataConfig
from boltzmann.runs.files import StoreError
from boltzmann.runs.inside_strings import as_spins
from boltzmann.runs.loaded_models import loaded_model
from boltzmann.runs.models import ModelEntry, resolve
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from boltzmann.data import ImageData
    from boltzmann.models.stored import StoredModel
    from boltzmann.samplers.base import IsingModel

CLASSES = 10
MOST_SEED = 2**31 - 1
"""Of all that is drawn for a page."""


def version(settings: Settings, key: str) -> str:
    """A text that changes with each newer checkpoint of the model that ``key`` names. Imports no torch.

    Raises:
        StoreError: there is no such model.
    """
    return version_of(resolve(key, settings, RunStore(settings.runs)))


def version_of(entry: ModelEntry) -> str:
    """:func:`version` of a model that has been found."""
    # A folder that was removed and made again is another model.
    try:
        return f"{entry.folder.name}-{(entry.folder / 'weights.safetensors').stat().st_mtime_ns}"
    except FileNotFoundError:
        raise _removed(entry) from None


@dataclass(frozen=True, eq=False)
class Opened:
    """A model to look into.

    Args:
        entry: Where it was found.
        model: The model, on the CPU.
        data: The folder in which images are looked for.
    """

    entry: ModelEntry
    model: StoredModel
    data: Path

    @property
    def n(self) -> int:
        """Number of spins."""
        return self.model.graph.n

    @property
    def classes(self) -> bool:
        """Whether the prior has a law for each digit."""
        return self.model.dvae.class_fields is not None

    @property
    def learned(self) -> str:
        """What the model was really trained on: "mnist" or "digits", which may have stood in."""
        known = self.entry.trained.get("data")
        return known if known in ("mnist", "digits") else self.model.config.data.dataset

    def held_out(self) -> ImageData:
        """Digits that it was not trained on, of its size and pixels; of its training images there are few."""
        return _held_out(
            self.model.config.data.model_copy(update={"dataset": self.learned}).model_dump_json(), self.data
        )

    def spins(self, text: Any) -> Tensor:
        """A string that a browser sent: int8 (1, n)."""
        import torch

        return torch.from_numpy(as_spins(text, self.n))[None]

    def digit(self, digit: Any) -> int | None:
        """A digit that a browser asks for, or None.

        Raises:
            StoreError: there is no such digit, or the prior has no classes.
        """
        check_digit(digit)
        if digit is not None and not self.classes:
            raise StoreError(
                "a digit was asked for, but this model's prior has no classes: ask for any digit, or choose a model with them"
            )
        return digit

    def digit_of(self, digit: Any, spins: Tensor) -> int | None:
        """The digit whose law a string follows: ``digit``, or what the model reads from the ``spins`` (1, n).

        Without a trained readout that is the law under which the energy is least. None: the prior has no classes.
        """
        if (asked := self.digit(digit)) is not None or not self.classes:
            return asked
        readout = self.model.dvae.readout
        if readout is not None and self.model.config.training.label_weight:
            return int(readout(self.model.dvae.latent(spins).float()).argmax())
        return int(np.argmin([float(self.model.law(one).energy(spins)) for one in range(CLASSES)]))

    def law(self, digit: int | None) -> IsingModel:
        """The law of the strings of a digit; of all strings, where the prior has no classes."""
        return self.model.law(digit or 0)


def open_model(settings: Settings, key: str) -> Opened:
    """The model that ``key`` names, its last checkpoint if it is a run; it stays in memory for the next question.

    Raises:
        StoreError: there is none, or it cannot be loaded.
    """
    entry = resolve(key, settings, RunStore(settings.runs))
    try:
        model = loaded_model(entry.folder)
    except FileNotFoundError:
        raise _removed(entry) from None
    except ConfigError as error:
        raise StoreError(str(error)) from None
    return Opened(entry, model, settings.data)


def _removed(entry: ModelEntry) -> StoreError:
    return StoreError(f"{entry.title} was removed while it was opened: choose another model")


# All of MNIST stays in memory for this: its readers keep it.
@lru_cache(maxsize=2)
def _held_out(content: str, folder: Path) -> ImageData:
    from boltzmann import data

    # Training images are not looked at, and nothing is fetched: a page is waiting.
    config = DataConfig.model_validate_json(content).model_copy(update={"train_size": 256})
    return data.load(config, folder, download=False)


def check_digit(digit: Any) -> None:
    """Raises a StoreError unless ``digit`` is None or one of 0 to 9."""
    if digit is not None and not _whole(digit, 0, CLASSES - 1):
        raise StoreError(f"there is no digit {str(digit)[:20]}: choose one of 0 to 9, or any")


def check_whole(name: str, value: Any, least: int, most: int) -> int:
    """``value`` if it is a whole number in that range. Raises a StoreError otherwise."""
    if not _whole(value, least, most):
        raise StoreError(f"{name} is {str(value)[:20]}; it takes a whole number from {least:,} to {most:,}")
    return value


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def pixels(images: Tensor) -> np.ndarray:
    """Images in [0, 1] as uint8 of the same shape."""
    return images.mul(255).round().byte().numpy()
