"""Strings of spins between a browser and the worker: text of "+" and "-", in the order of the graph's nodes."""

from __future__ import annotations

from typing import Any

import numpy as np

from boltzmann.runs.files import StoreError


def as_text(spins: np.ndarray) -> str:
    """Spins -1 and +1 of shape (n,) as n characters."""
    return "".join(np.where(np.asarray(spins) > 0, "+", "-"))


def as_spins(text: Any, n: int) -> np.ndarray:
    """What :func:`as_text` wrote, as int8 (n,).

    Raises:
        StoreError: anything else than n characters "+" and "-".
    """
    return np.where(_marks(text, n, "+-", "spins"), 1, -1).astype(np.int8)


def as_held(text: Any, n: int) -> np.ndarray:
    """Which spins are held, "1", and which are free, "0": bool (n,).

    Raises:
        StoreError: anything else than n such characters.
    """
    return _marks(text, n, "10", "held spins")


def _marks(text: Any, n: int, characters: str, what: str) -> np.ndarray:
    """Where the first of two characters stands: bool (n,)."""
    yes, no = characters
    # Lengths first: whatever a browser sends, no more than n characters are looked at.
    if not isinstance(text, str) or len(text) != n or not set(text) <= {yes, no}:
        got = f"{len(text)} characters" if isinstance(text, str) else "something else"
        raise StoreError(
            f'the {what} came as {got}, but this model takes {n} characters, each "{yes}" or "{no}": reload the page'
        )
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8) == ord(yes)
