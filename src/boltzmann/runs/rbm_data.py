"""The rows that a machine learns or has learned, dropped tables among them. Only the function imports torch, not this
module."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from boltzmann.config import BinaryDataConfig
from boltzmann.runs.files import StoreError
from boltzmann.runs.tables import TableStore
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from boltzmann.data.binary import BinaryData


def load_rows(
    config: BinaryDataConfig,
    seed: int,
    settings: Settings,
    learned: str | None = None,
    download: bool = True,
    notify: Callable[[str], None] = lambda _: None,
) -> BinaryData:
    """A machine's rows, as :func:`boltzmann.data.binary.load` gives them.

    Args:
        config, seed: Which rows.
        settings: Where data and tables lie.
        learned: What the machine has learned already ("mnist"; "digits" where these stood in for it): nothing else will do.
            None for a machine that has learned nothing.
        download: Whether MNIST is fetched where it is not at hand.
        notify: Called with a line of progress during a download.

    Raises:
        StoreError: the table is gone, or the rows at hand are not those that were learned.
    """
    from boltzmann.data import binary

    table = TableStore.beside(settings.runs).path(config.table) if config.dataset == "table" else None
    data = binary.load(config, settings.data, seed, table, notify, download)
    if learned in (None, data.source):
        return data
    if learned == "mnist":
        raise StoreError(
            "this machine has learned MNIST, which is not at hand: train a new run on MNIST, which fetches it, or set "
            "BOLTZMANN_DATA to a folder that holds MNIST/raw"
        )
    raise StoreError(
        f"this machine has learned the embedded {learned}, which stood in for MNIST; the data at hand are {data.source} now: "
        "train a new one"
    )
