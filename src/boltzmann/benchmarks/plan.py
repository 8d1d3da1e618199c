"""How much a benchmark measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """The size of a benchmark.

    Args:
        nodes: Of the Zephyr graphs.
        bipartite: Nodes on each side of the complete bipartite graphs.
        chains: Numbers of chains on each graph.
        repeats: Of every measurement; the median counts.
        seconds: That one repeat should take, at least; a single sweep may take longer.
        fresh_reads: Samples of the "fresh samples".
        snapshots: Of each trace, which must outlast the trained prior's autocorrelation to tell how long that is.
        interval: Sweeps between snapshots.
        accuracy_reads: Samples that are compared with the exact distribution.
        accuracy_sweeps: From random spins to each of them.
    """

    nodes: tuple[int, ...] = (256, 1024, 2048)
    bipartite: tuple[tuple[int, int], ...] = ((784, 500),)
    chains: tuple[int, ...] = (256, 1024)
    repeats: int = 5
    seconds: float = 0.3
    fresh_reads: int = 256
    snapshots: int = 64
    interval: int = 480
    accuracy_reads: int = 32_768
    accuracy_sweeps: int = 100


FULL = Plan()
QUICK = Plan(
    nodes=(64,),
    bipartite=((24, 16),),
    chains=(128,),
    repeats=1,
    seconds=0.01,
    snapshots=16,
    interval=20,
    accuracy_reads=4096,
    accuracy_sweeps=20,
)
"""A few seconds: shows that everything runs; the numbers are rough."""
