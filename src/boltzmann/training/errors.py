"""Why a training ends before its time."""

from __future__ import annotations


class Diverged(RuntimeError):
    """A loss or a weight is no longer a finite number."""
