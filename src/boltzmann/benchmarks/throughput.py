"""Spin updates a second: all contenders in turn on the same model, so that a slow moment of the machine hits all alike."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine

from boltzmann.benchmarks.contenders import CPU, Annealer, Contender, Ours, Plugin, machine_of
from boltzmann.benchmarks.plan import Plan
from boltzmann.benchmarks.problems import bipartite, without_edges, zephyr
from boltzmann.benchmarks.threads import limited_to
from boltzmann.samplers.base import IsingModel


@dataclass(frozen=True)
class Entry:
    """A contender under a name, with a number of threads and the device it runs on."""

    engine: str
    device: str
    threads: int
    contender: Contender

    def sweep(self, sweeps: int) -> float:
        """Seconds of so many sweeps."""
        with limited_to(self.threads):
            return self.contender.sweep(sweeps)


def throughput(plan: Plan, threads: int, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """A row for each graph, number of chains, engine and number of threads.

    Args:
        plan: What to measure.
        threads: The most that our engine uses.
        say: Is told what is being measured.

    Returns:
        Rows of JSON values; a ratio is None where there is nothing to relate to.
    """
    problems = [("zephyr", zephyr, (n,)) for n in plan.nodes]
    problems += [("bipartite", bipartite, sides) for sides in plan.bipartite]
    rows = []
    Ours(zephyr(8), 1).sweep(1)  # compiles, if this machine never did
    for kind, make, size in problems:
        graph = f"{kind} {'+'.join(map(str, size))}"
        say(f"spin updates a second: {graph}")
        model = make(*size)
        machine = machine_of(model)
        for num_chains in plan.chains:
            entries = _entries(model, machine, num_chains, threads)
            rates = _rates(entries, model.n * num_chains, plan)
            facts = {"graph": graph, "n": model.n, "chains": num_chains}
            rows += [facts | row for row in _rows(entries, rates)]
    return rows


def _entries(model: IsingModel, machine: GraphRestrictedBoltzmannMachine, num_chains: int, threads: int) -> list[Entry]:
    uncoupled, counts = without_edges(model), sorted({1, threads})
    entries = [Entry("limit", "cpu", count, Ours(uncoupled, num_chains)) for count in counts]
    entries += [Entry("compiled", "cpu", count, Ours(model, num_chains)) for count in counts]
    entries.append(Entry("torch", "cpu", 1, Ours(model, num_chains, CPU, compiled=False)))
    if torch.cuda.is_available():
        entries.append(Entry("torch", "cuda", 1, Ours(model, num_chains, torch.device("cuda"), compiled=False)))
    entries.append(Entry("simulated_annealing", "cpu", 1, Annealer(model, num_chains)))
    if Plugin.fits(model, num_chains):
        entries.append(Entry("block_sampler", "cpu", 1, Plugin(model, machine, num_chains)))
    return entries


def _rates(entries: list[Entry], updates: int, plan: Plan) -> list[float]:
    """Million spin updates a second of each, ``updates`` being those of one sweep."""
    counts = [_sweeps_for(entry, plan.seconds) for entry in entries]
    seconds = [[entry.sweep(count) for entry, count in zip(entries, counts, strict=True)] for _ in range(plan.repeats)]
    medians = [statistics.median(times) for times in zip(*seconds, strict=True)]
    return [updates * count / median / 1e6 for count, median in zip(counts, medians, strict=True)]


def _sweeps_for(entry: Entry, seconds: float) -> int:
    """So many sweeps that they take ``seconds``; finding out is the warm-up."""
    sweeps, took = 1, entry.sweep(1)
    while took < seconds / 5:
        sweeps *= 4
        took = entry.sweep(sweeps)
    # A tenth more, since the warm-up is the slower part.
    return max(1, math.ceil(1.1 * sweeps * seconds / took)) if took < seconds else sweeps


def _rows(entries: list[Entry], rates: list[float]) -> list[dict[str, Any]]:
    found = {(entry.engine, entry.device, entry.threads): rate for entry, rate in zip(entries, rates, strict=True)}
    annealing, block = (found.get((name, "cpu", 1)) for name in ("simulated_annealing", "block_sampler"))
    rows = []
    for (engine, device, threads), rate in found.items():
        limit = found["limit", "cpu", threads] if device == "cpu" else None
        single = found[engine, device, 1] if threads > 1 else None
        rows.append(
            {
                "engine": engine,
                "device": device,
                "threads": threads,
                "million_updates_per_second": rate,
                "ratio_to_block_sampler": _ratio(rate, block),
                "ratio_to_simulated_annealing": _ratio(rate, annealing),
                "share_of_limit": _ratio(rate, limit),
                "speedup_of_threads": _ratio(rate, single),
            }
        )
    return rows


def _ratio(rate: float, reference: float | None) -> float | None:
    return None if reference is None else rate / reference
