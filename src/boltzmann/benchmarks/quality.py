"""What the spin updates are worth: independent samples on a trained prior, time to fresh ones, the right distribution."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import torch

from boltzmann.benchmarks.contenders import CPU, Annealer, Contender, Ours, Plugin, machine_of
from boltzmann.benchmarks.plan import Plan
from boltzmann.benchmarks.problems import zephyr
from boltzmann.benchmarks.threads import limited_to
from boltzmann.config import GibbsConfig
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import probabilities, states_of
from boltzmann.samplers.gibbs import GibbsSampler
from boltzmann.samplers.mixing import diagnose

TRACED = 64
"""Chains of a trace."""
_ENUMERABLE, _SCALE = 12, 0.5
_FLOOR_DRAWS = 200


def fresh_samples(models: dict[str, IsingModel], plan: Plan, threads: int) -> list[dict[str, Any]]:
    """Milliseconds from a new sampler to its first samples, everything inside: layout, look at the mixing, any tempering.

    Args:
        models: By name.
        plan: How many samples, how often.
        threads: The most to use.
    """
    rows = []
    for name, model in models.items():
        for count in sorted({1, threads}):
            with limited_to(count):
                runs = [
                    GibbsSampler(GibbsConfig(), seed).sample(model, plan.fresh_reads) for seed in range(plan.repeats)
                ]
            info = runs[-1].info
            rows.append(
                {
                    "model": name,
                    "n": model.n,
                    "reads": plan.fresh_reads,
                    "threads": count,
                    "milliseconds": 1000 * statistics.median(run.seconds for run in runs),
                    "path": "plain" if info["tempering"] is None else "tempered",
                    "verdict": info["mixing"]["verdict"],
                }
            )
    return rows


def effective_samples(prior: IsingModel, plan: Plan, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Effective samples a second on a trained prior, one thread: the same trace and the same judgement for everybody.

    The burn-in, a quarter of the trace, is not in the time.

    Args:
        prior: h of shape (n,).
        plan: How long the traces are.
        say: Is told what is being measured.
    """
    sweeps = GibbsConfig().sweeps
    contenders: dict[str, Contender] = {
        "compiled": Ours(prior, TRACED),
        "simulated_annealing": Annealer(prior, TRACED),
        "block_sampler": Plugin(prior, machine_of(prior), TRACED),
    }
    rows = []
    with limited_to(1):
        for name, contender in contenders.items():
            say(f"effective samples a second: {name}")
            for _ in range(plan.snapshots // 4):
                contender.sweep(plan.interval)
            seconds, snapshots = 0.0, []
            for _ in range(plan.snapshots):
                seconds += contender.sweep(plan.interval)
                snapshots.append(contender.spins())
            rows.append((name, diagnose(prior, torch.stack(snapshots), plan.interval, sweeps, seconds).report()))
        say("effective samples a second: tempered")
        tempered = GibbsSampler(GibbsConfig(tempering="always"), seed=0).sample(prior, plan.fresh_reads)
        rows.append(("compiled, tempered", tempered.info["mixing"]))
    shown = (
        "effective_samples_per_second",
        "autocorrelation_sweeps",
        "effective_samples",
        "chains",
        "sweeps",
        "verdict",
    )
    return [{"engine": name, "threads": 1, **{key: report[key] for key in shown}} for name, report in rows]


def accuracy(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Total variation between samples and the exact distribution, beside that of as many independent exact samples.

    ``TV = 1/2 sum_s |share of the samples at s - p(s)|``.
    """
    model = zephyr(_ENUMERABLE, _SCALE)
    exact = probabilities(model)
    generator = torch.Generator().manual_seed(0)
    floor = [
        _total_variation(torch.multinomial(exact, plan.accuracy_reads, replacement=True, generator=generator), exact)
        for _ in range(_FLOOR_DRAWS)
    ]
    contenders: dict[str, Contender] = {
        "compiled": Ours(model, plan.accuracy_reads),
        "torch": Ours(model, plan.accuracy_reads, CPU, compiled=False),
        "simulated_annealing": Annealer(model, plan.accuracy_reads),
        "block_sampler": Plugin(model, machine_of(model), plan.accuracy_reads),
    }
    rows = []
    with limited_to(1):
        for name, contender in contenders.items():
            say(f"accuracy: {name}")
            contender.sweep(plan.accuracy_sweeps)
            rows.append({"engine": name, "total_variation": _total_variation(states_of(contender.spins()), exact)})
        say("accuracy: tempered")
        tempered = GibbsSampler(GibbsConfig(tempering="always"), seed=0).sample(model, plan.accuracy_reads)
        distance = _total_variation(states_of(tempered.spins), exact)
        rows.append({"engine": "compiled, tempered", "total_variation": distance})
    return {
        "n": model.n,
        "samples": plan.accuracy_reads,
        "sweeps": plan.accuracy_sweeps,
        "floor_mean": statistics.mean(floor),
        "floor_standard_deviation": statistics.stdev(floor),
        "engines": rows,
    }


def _total_variation(states: torch.Tensor, exact: torch.Tensor) -> float:
    shares = states.bincount(minlength=len(exact)) / len(states)
    return float((shares - exact).abs().sum() / 2)
