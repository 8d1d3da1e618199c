"""How many threads there are, and running with fewer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def available() -> int:
    """Cores that this process may use."""
    # Not on macOS and Windows, where a process may use them all.
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@contextmanager
def limited_to(threads: int) -> Iterator[None]:
    """torch, and with it our own loops, use ``threads`` threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
