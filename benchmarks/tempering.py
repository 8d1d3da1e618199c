"""Parallel tempering beside plain Gibbs on a prior where plain Gibbs is stuck: ``python benchmarks/tempering.py``.

Prints a table and writes it, with its picture, into the documentation. Some minutes on two cores; nothing else should be
running. ``--quick`` does the same in seconds on a prior small enough for exact answers, and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tempering_picture
import torch
from tempering_table import table
from tempering_truth import CPU, READS, Truth, enumerated, error, fresh, long_runs, prior

from boltzmann.config import GibbsConfig
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Chains, description
from boltzmann.samplers.gibbs import GibbsSampler
from boltzmann.samplers.mixing import Mixing, diagnose
from boltzmann.samplers.temperature import estimate_inverse_temperature
from boltzmann.samplers.tempering import SWEEPS_PER_ROUND

PAGE = Path(__file__).parents[1] / "docs" / "sampling.md"
BEGIN, END = "<!-- made by benchmarks/tempering.py -->", "<!-- end -->"
SWEEPS, SNAPSHOTS = 4000, 64
LONGER = 1.4
"""Plain chains get so many times the updates of tempering, and with them at least its seconds."""


@dataclass
class Course:
    """How one run went.

    Args:
        updates: Spin updates up to each point, all replicas counted.
        seconds: Spent on them.
        errors: Of the edge correlations, over the floor.
        mixing: What the diagnostics say, once for each length that was asked for.
        beta: Inverse temperature that the last reads seem to have.
    """

    updates: list[float]
    seconds: list[float]
    errors: list[float]
    mixing: list[Mixing]
    beta: float


def follow(
    model: IsingModel, truth: Truth, replicas: Chains, lengths: Iterable[int], per_round: int, seed: int
) -> Course:
    """Run to the longest of ``lengths`` (in sweeps) and look at the reads on the way.

    The diagnostics get SNAPSHOTS of the last four fifths of each length.
    """
    lengths, spent, done = list(lengths), 0.0, 0
    # Two runs never meet on a seed: each has a million of its own.
    course, seeds = Course([], [], [], [], math.nan), iter(range(10**6 * seed, 10**6 * (seed + 1)))
    points = {max(1, round(sweeps / per_round)) for sweeps in [*lengths, *np.geomspace(1, max(lengths), 40)]}
    traces = {length: _times(length // per_round) for length in lengths}
    spins: dict[int, torch.Tensor] = {}
    for stop in sorted(points.union(*traces.values())):
        began = time.perf_counter()
        replicas.run(next(seeds), [1.0] * per_round, stop - done)
        spent, done = spent + time.perf_counter() - began, stop
        spins[stop] = replicas.spins()
        if stop in points:
            course.updates.append(float(READS * len(replicas.ladder) * model.n * stop * per_round))
            course.seconds.append(spent)
            course.errors.append(error(model, spins[stop], truth.correlations) / truth.floor)
    for times in traces.values():
        interval = (times[1] - times[0]) * per_round
        trace = torch.stack([spins[when] for when in times])
        course.mixing.append(diagnose(model, trace, interval, interval * SNAPSHOTS // 2))
    course.beta = estimate_inverse_temperature(model, spins[done]).inverse_temperature
    return course


def _times(rounds: int) -> list[int]:
    every = 4 * rounds // (5 * SNAPSHOTS)
    return [rounds - every * i for i in reversed(range(SNAPSHOTS))]


def measure(quick: bool, seeds: int, number: int) -> dict[str, Any]:
    """Everything about the prior of that number, as JSON values."""
    n, scale = (48, 1.6) if quick else (256, 1.0)
    model = prior(n, scale, number)
    own = [by_itself(model, seed) for seed in range(seeds)]
    # One ladder for all, so that their points agree.
    ladder = own[0]["ladder"]
    truth = enumerated(model, 32, 1) if quick else long_runs(model, ladder, 12_000, 100)
    plain, tempered = [], []
    for seed in range(seeds):
        tempered.append(follow(model, truth, fresh(model, seed, ladder), [SWEEPS], SWEEPS_PER_ROUND, 2 * seed))
        longest = round(LONGER * SWEEPS * len(ladder))
        plain.append(follow(model, truth, fresh(model, seed), [SWEEPS, longest], 1, 2 * seed + 1))
    for found in own:
        found["error"] = error(model, found.pop("spins"), truth.correlations) / truth.floor
        del found["ladder"]
    return {
        "engine": description(CPU),
        "reads": READS,
        "sweeps": SWEEPS,
        "prior": {"nodes": n, "edges": len(model.quadratic), "scale": scale, "seed": number},
        "truth": {
            "floor": truth.floor,
            "draws": [float(x) for x in np.percentile(truth.draws / truth.floor, (5, 50, 95))],
            "draws_mean": float(np.sqrt(np.mean((truth.draws / truth.floor) ** 2))),
            "uncertainty": truth.uncertainty / truth.floor,
            "disagreement": None if math.isnan(truth.disagreement) else truth.disagreement,
        },
        "levels": len(ladder),
        "by_itself": own,
        "plain": [_as_json(course) for course in plain],
        "tempering": [_as_json(course) for course in tempered],
    }


def by_itself(model: IsingModel, seed: int) -> dict[str, Any]:
    """The first call of the sampler as it comes: it looks at plain chains, tempers, and stops when that mixes."""
    sampler = GibbsSampler(GibbsConfig(), seed)
    samples = sampler.sample(model, READS)
    tempering = samples.info["tempering"]
    if tempering is None:
        raise SystemExit(f"the sampler did not temper: {samples.info['mixing']['sentence']}")
    verdicts = {"plain": samples.info["plain_mixing"]["verdict"], "verdict": samples.info["mixing"]["verdict"]}
    ladder = sampler.state()["tempering.ladder"].numpy()
    return {"seconds": samples.seconds, "spins": samples.spins, "ladder": ladder, **verdicts}


def _as_json(course: Course) -> dict[str, Any]:
    return vars(course) | {"mixing": [found.report() for found in course.mixing]}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Compare parallel tempering with plain Gibbs.")
    parser.add_argument("--quick", action="store_true", help="48 nodes, exact truth, no page and no picture")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each sampler")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--prior", type=int, help="seed of another prior; the page is left as it is")
    flags = parser.parse_args()
    shown = 1 if flags.quick else 24
    found = measure(flags.quick, flags.seeds, shown if flags.prior is None else flags.prior)
    print(json.dumps(found) if flags.json else table(found))
    if not flags.quick and flags.prior is None:
        before, rest = PAGE.read_text().split(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{rest.split(END)[1]}")
        tempering_picture.draw(found, PAGE.parent / "pictures" / "tempering-error.svg")


if __name__ == "__main__":
    main()
