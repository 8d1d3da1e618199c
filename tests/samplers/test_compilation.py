"""The compiled kernels' cache on disk, seen from processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from boltzmann.samplers.engines import kernels

DRAW = """
import sys, torch
from boltzmann.graphs import subgraph
from boltzmann.samplers.engines import Layout, chains, kernels
graph = subgraph("zephyr", 12, size=2)
running = chains(Layout(graph), 4, torch.device("cpu"))
running.load(torch.zeros(12), torch.zeros(len(graph.edges)))
running.run(0, [1.0])
stats = getattr(kernels.sweep, "stats", None)
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def draw(cache: Path) -> tuple[int, int]:
    """Sweep in a new process; how many kernels came from the cache, and how many had to be compiled."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", DRAW], env=environment, capture_output=True, text=True, check=True)
    hits, misses = done.stdout.split()
    return int(hits), int(misses)


def test_a_second_process_compiles_nothing(tmp_path) -> None:
    assert draw(tmp_path) == (0, 1)
    assert draw(tmp_path) == (1, 0)


def test_works_where_nothing_can_be_cached(monkeypatch) -> None:
    def refuse(cache: bool = False, **options: object):
        def decorate(function):
            if cache:
                raise RuntimeError("cannot cache function: no locator available")
            return function

        return decorate

    monkeypatch.setattr(kernels, "njit", refuse)
    assert kernels._compiled(len) is len


@pytest.mark.parametrize("name", ["sweep", "temper", "energies_of", "gather", "scatter"])
def test_kernels_release_the_interpreter(name) -> None:
    assert getattr(kernels, name).targetoptions["nogil"]
