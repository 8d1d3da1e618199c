"""What a study will cost before it starts: runs, steps and about how many minutes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from boltzmann.config import (
    ENUMERABLE,
    Member,
    RBMConfig,
    SamplerConfig,
    SimulatedQPUConfig,
    StudyConfig,
    estimate_lab,
    training_rows,
    visible_units,
)
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.threads import lab_workers

TABLE_ROWS = 1000
"""Rows of a dropped table, whose file is not opened for an estimate."""

RUN_SECONDS = 0.5
"""Of a run before its first step and after its last."""
STEP_SECONDS = 5e-5
"""Of a training step of a tiny machine, without its Gibbs steps: fixed costs of calls and of random numbers."""
GIBBS_SECONDS = 1.7e-5
"""Fixed cost of one Gibbs step."""
FLOPS = 5e10
"""Floating-point operations a second of one thread in the products of a step."""
SAMPLER_SECONDS = {"gibbs": 7e-4, "simulated_qpu": 1e-3, "dwave": 1.0, "dynex": 1.0}
"""Of one call of a sampler: on this machine, or on its way to a service and back."""
READ_SECONDS = 3e-8
"""Of one unit of one read, to be learned from."""
ANNEALED_SECONDS = 8e-10
"""Of one update of one spin in a simulated anneal."""
PROGRAMMING_SECONDS = 2e-4
"""Of one more programming of the simulated chip."""
CHAIN = {"none": 1, "chimera": 8, "pegasus": 4, "zephyr": 3}
"""Qubits of a chain, about."""
STATE_SECONDS = 7e-8
"""Of one state of the smaller layer, where all of them are enumerated for a step."""
LOG_Z_SECONDS = 3e-9
"""The same for log Z."""


def steps_of(config: RBMConfig, rows: int | None = None) -> int:
    """Training steps of a run; without its training ``rows`` a guess for a table."""
    return estimate_lab(config, rows or training_rows(config) or TABLE_ROWS).steps


def run_seconds(config: RBMConfig, rows: int | None = None) -> float:
    """About how long one run takes on one thread of a laptop, seconds; without its training ``rows`` a guess for a table."""
    training = config.training
    rows = rows or training_rows(config) or TABLE_ROWS
    steps = steps_of(config, rows)
    rows = min(training.batch_size or rows, rows)
    visible, hidden = visible_units(config) or 100, config.model.hidden
    product = 2.0 * visible * hidden / FLOPS
    seconds = STEP_SECONDS + 3 * rows * product
    smaller = min(visible, hidden)
    states = 2.0**smaller if smaller <= ENUMERABLE else 0.0
    gibbs = GIBBS_SECONDS * training.gibbs_steps
    match training.negative_phase:
        case "cd":
            seconds += gibbs + 2 * rows * training.gibbs_steps * product
        case "pcd":
            seconds += gibbs + 2 * training.chains * training.gibbs_steps * product
        case "tempering":
            rungs = training.chains * training.temperatures
            seconds += 4 * gibbs + (2 * rungs * product + 4e-9 * rungs * (visible + hidden)) * training.gibbs_steps
        case "exact":
            seconds += states * STATE_SECONDS + 2 * training.chains * product
        case "sampler":
            seconds += _call_seconds(config.sampler, training.chains * (visible + hidden)) / training.sample_reuse
    if training.mode_assisted:
        found = states * STATE_SECONDS + 3e-4 if training.mode_search == "enumeration" else 3e-3
        seconds += found * training.mode_probability / 2
    if training.objective != "generative":
        seconds *= 1.8
    exact = training.measurements if smaller <= 16 else 10
    return RUN_SECONDS + steps * seconds + exact * states * LOG_Z_SECONDS


def _call_seconds(sampler: SamplerConfig, spins: int) -> float:
    """Of one call that reads so many spins in all."""
    seconds = SAMPLER_SECONDS.get(sampler.name, 5e-3) + READ_SECONDS * spins
    if not isinstance(sampler, SimulatedQPUConfig):
        return seconds
    sweeps = sampler.sweeps_per_microsecond * (sampler.annealing_time + sampler.pause_time)
    anneal = ANNEALED_SECONDS * sweeps * CHAIN[sampler.embedding] * spins
    return seconds + anneal + PROGRAMMING_SECONDS * sampler.spin_reversals


def study_seconds(study: StudyConfig, workers: int | None = None) -> float:
    """About how long a study takes, seconds.

    Args:
        study: What is run.
        workers: Runs side by side; as many as the engine starts on this machine, when not given.
    """
    return study.seeds * sum(map(run_seconds, _configs(study))) / (workers or lab_workers())


def cost_words(study: StudyConfig, workers: int | None = None) -> str:
    """Runs, steps and time of a study, and what it asks of services: "2 arms × 5 seeds = 10 runs of 20,000 steps, about 1
    minute"."""
    panels = f" × {len(study.panels)} panels" if len(study.panels) > 1 else ""
    runs = len(study.arms) * len(study.panels) * study.seeds
    steps = sorted({steps_of(config) for config in _configs(study)})
    length = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
    product = f"{counted(len(study.arms), 'arm')}{panels} × {counted(study.seeds, 'seed')} = {counted(runs, 'run')}"
    calls: dict[str, int] = {}
    costs: dict[str, float] = {}
    for config in _configs(study):
        need = estimate_lab(config, training_rows(config) or TABLE_ROWS)
        if need.calls:
            name = sampler_title(config.sampler.name)
            calls[name] = calls.get(name, 0) + study.seeds * need.calls
            if need.cost is not None:
                costs[name] = costs.get(name, 0.0) + study.seeds * need.cost
    services = "".join(
        f", and {asked:,} calls of {name}" + (f" ({costs[name]:,.2f} at your price)" if name in costs else "")
        for name, asked in calls.items()
    )
    return f"{product} of {length} steps, about {_time(study_seconds(study, workers))}{services}"


def counted(count: int, what: str) -> str:
    """ "1 run", "2 runs"."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _time(seconds: float) -> str:
    if seconds < 45:
        return f"{max(5, 5 * round(seconds / 5))} seconds"
    minutes = seconds / 60
    if minutes < 90:
        return counted(max(1, round(minutes)), "minute")
    return f"{minutes / 60:.1f} hours"


def _one_seed(study: StudyConfig) -> Iterator[Member]:
    """A run of each panel and arm: all seeds of it cost the same, and hundreds of configurations take long to check."""
    return study.model_copy(update={"seeds": 1}).members()


def _configs(study: StudyConfig) -> list[RBMConfig]:
    return [member.config for member in _one_seed(study)]


@lru_cache(maxsize=8)
def _expected_of(study: str) -> dict[tuple[str, str], float]:
    return {(m.panel, m.arm): run_seconds(m.config) for m in _one_seed(StudyConfig.model_validate_json(study))}


def left_words(studies: StudyStore, study_id: str) -> str:
    """What remains of a study that is under way: "about 2 minutes left". Empty before its speed is known.

    Runs that have taken steps tell how the estimate of :func:`run_seconds` fits this machine.
    """
    expected = _expected_of(studies.config(study_id).model_dump_json())
    spent = foreseen = remaining = 0.0
    for member, status in studies.statuses(study_id):
        if status is None:
            continue
        share = status.step / status.total_steps if status.total_steps else 0.0
        whole = expected[member.panel, member.arm]
        spent, foreseen = spent + status.seconds, foreseen + share * whole
        remaining += (1.0 - share) * whole if status.active else 0.0
    if not remaining or spent < 1.0 or not foreseen:
        return ""
    return f"about {_time(remaining * spent / foreseen / lab_workers())} left"
