"""Models that this process has loaded: the next one who asks need not wait. Only the functions import torch."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boltzmann.models.stored import StoredModel


def loaded_model(folder: Path) -> StoredModel:
    """The model of ``folder``, read from disk unless it is among the last four. Raises as :meth:`StoredModel.load` does."""
    # A folder that was removed and made again is another model.
    return _load(folder, (folder / "weights.safetensors").stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(folder: Path, _version: int) -> StoredModel:
    from boltzmann.models.stored import StoredModel

    return StoredModel.load(folder)
