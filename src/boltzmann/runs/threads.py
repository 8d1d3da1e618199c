"""How many cores there are, and how workers share them."""

from __future__ import annotations

import os

MOST_LAB_WORKERS = 4


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def lab_workers() -> int:
    """How many runs of the lab are trained side by side."""
    return min(cores(), MOST_LAB_WORKERS)


def lab_threads() -> int:
    """Threads of arithmetic of one run of the lab: small machines gain nothing from more, runs side by side lose."""
    return max(1, cores() // lab_workers())


def use_threads(count: int) -> None:
    """Have torch compute with so many threads."""
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
