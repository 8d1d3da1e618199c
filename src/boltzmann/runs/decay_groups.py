"""The finished runs of each panel and arm of a study, and what a page needs to know of them beside their fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from boltzmann.config import RBMConfig, SimulatedQPUConfig, StudyConfig
from boltzmann.runs.status import Status
from boltzmann.runs.studies import StudyMember, StudyStore
from boltzmann.runs.study_curves import RunCurves, thinned
from boltzmann.runs.study_results import grouped, spread, summary

if TYPE_CHECKING:
    from boltzmann.evaluation.decay_fit import DecayFit

FIGURE = "sum_squares"
POINTS = 150
"""Epochs of a curve, about."""
LED = ("beta", "hardware_beta", "beta_change", "data_energy", "model_energy")
BANDS = (*LED, FIGURE, "test_log_likelihood")
FINAL = (FIGURE, "test_log_likelihood", "log_likelihood")
UNKEPT = ("c_draws",)
UNQUOTED = ("mode", "interval", "density", "over_runs", "quoted")
"""What a refused fit would say of its parameters: it is kept nowhere."""


class Group(NamedTuple):
    """The finished runs of one panel and arm.

    Args:
        panel, arm: Their titles.
        place: See :func:`places`.
        config: What they have in common.
        runs: What was measured in each.
        seeds: Of each run: those of one seed share data, first weights and batches over arms and panels.
        planned: How many runs there were to be.
    """

    panel: str
    arm: str
    place: str
    config: RBMConfig
    runs: list[RunCurves]
    seeds: list[int]
    planned: int


def groups_of(
    studies: StudyStore, study_id: str, statuses: Sequence[tuple[StudyMember, Status | None]]
) -> Iterator[Group]:
    """The groups of a study, in its order; of panels and arms without a finished run that was measured there is none.

    Args:
        studies: The studies.
        study_id: The study.
        statuses: What :meth:`boltzmann.runs.studies.StudyStore.statuses` said of it.
    """
    study = studies.config(study_id)
    # One seed is as good as any: groups differ in panel and arm.
    configs = {(m.panel, m.arm): m.config for m in study.model_copy(update={"seeds": 1}).members()}
    joined = places(study)
    for panel, arms in grouped(studies, study_id, statuses):
        for arm, runs in arms:
            finished = [run for run in runs if run.curves and run.status and run.status.state == "finished"]
            if finished:
                curves, seeds = [run.curves for run in finished if run.curves], [run.member.seed for run in finished]
                yield Group(panel, arm, joined[panel], configs[panel, arm], curves, seeds, study.seeds)


def places(study: StudyConfig) -> dict[str, str]:
    """Which panels are told as one: those that differ in the pause of a simulated annealer, each from each, and in nothing
    else. By the title of each panel that of the first one of its place."""
    found: dict[str, list[tuple[str, list[float | None]]]] = {}
    for panel in study.panels:
        alone = study.model_copy(update={"seeds": 1, "panels": (panel,)})
        configs = [member.config for member in alone.members()]
        found.setdefault(json.dumps([_but_pause(config) for config in configs], sort_keys=True), []).append(
            (panel.title, [_pause(config) for config in configs])
        )
    joined = {}
    for panels in found.values():
        of_arms = list(zip(*(pauses for _, pauses in panels), strict=True))
        apart = all(None not in pauses and len(set(pauses)) == len(pauses) for pauses in of_arms)
        joined |= {title: panels[0][0] if apart else title for title, _ in panels}
    return joined


def group_facts(group: Group, fit: DecayFit | str) -> dict[str, Any]:
    """What is kept of one panel and arm: titles, what was set, the fit, curves over the epochs, final figures.

    Args:
        group: Its runs.
        fit: The fit, or why there is none.

    Returns:
        ``panel``, ``arm``, ``place``, ``scheme``, ``direction`` (None where it has no meaning), ``led`` (``start``, ``end``
        and ``rate`` as set), ``planned`` runs, ``hidden_beta`` and ``pause`` of a simulated annealer (else None); all of
        :meth:`boltzmann.evaluation.decay_fit.DecayFit.as_dict` but its draws, and of a refused fit but :data:`UNQUOTED`, or
        without a fit ``verdict`` "refused", ``reasons``, ``notes`` and ``runs``; ``diverged``, runs that ended without a
        finite error and are in nothing of what follows; ``at``, epochs, and over them for each of :data:`BANDS` that was
        measured ``median``, ``low`` and ``high`` of the runs; ``final``, the same of the last measurement of each of
        :data:`FINAL`.
    """
    sampler, led = group.config.sampler, group.config.inverse_temperature
    runs = [run for run in group.runs if not run.diverged(FIGURE)]
    facts: dict[str, Any] = {
        "panel": group.panel,
        "arm": group.arm,
        "place": group.place,
        "scheme": led.scheme,
        "direction": led.direction if led.scheme == "max_likelihood" else None,
        "led": {"start": led.start, "end": led.end, "rate": led.rate},
        "planned": group.planned,
        "hidden_beta": sampler.inverse_temperature if isinstance(sampler, SimulatedQPUConfig) else None,
        "pause": _pause(group.config),
    }
    if isinstance(fit, str):
        facts |= {"verdict": "refused", "reasons": [fit], "notes": [], "runs": len(runs)}
    else:
        unkept = UNKEPT if fit.verdict == "quoted" else (*UNKEPT, *UNQUOTED)
        facts |= {name: value for name, value in fit.as_dict().items() if name not in unkept}
    facts |= {"diverged": len(group.runs) - len(runs), "at": []}
    if runs:
        epochs, columns = aligned(runs, BANDS)
        bands = {name: np.stack(summary(values)) for name, values in columns.items()}
        shown = thinned([epochs, *(band[0] for band in bands.values())], POINTS)
        facts["at"] = _plain(epochs[shown])
        for name, band in bands.items():
            facts[name] = dict(zip(("median", "low", "high"), map(_plain, band[:, shown]), strict=True))
    facts["final"] = {name: spread(run.last.get(name) for run in runs) for name in FINAL}
    return facts


def finals_of(group: Group) -> dict[int, float]:
    """The final error of each run, by its seed; without those that diverged."""
    ends = zip(group.seeds, group.runs, strict=True)
    return {seed: run.last[FIGURE] for seed, run in ends if FIGURE in run.last and not run.diverged(FIGURE)}


def errors_of(runs: list[RunCurves]) -> tuple[np.ndarray, np.ndarray]:
    """The epochs (N,) at which all runs were measured, and their errors (runs, N), NaN where there is none."""
    epochs, columns = aligned(runs, (FIGURE,))
    return epochs, columns.get(FIGURE, np.full((len(runs), len(epochs)), np.nan))


def aligned(runs: list[RunCurves], names: tuple[str, ...]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The epochs (N,) at which all runs were measured, and of each figure that was an array (runs, N)."""
    epochs = runs[0].columns["epoch"]
    for run in runs[1:]:
        epochs = np.intersect1d(epochs, run.columns["epoch"])
    places = [np.isin(run.columns["epoch"], epochs) for run in runs]
    columns = {}
    for name in names:
        if any(name in run.columns for run in runs):
            nothing = np.full(len(epochs), np.nan)
            columns[name] = np.stack(
                [
                    run.columns[name][place] if name in run.columns else nothing
                    for run, place in zip(runs, places, strict=True)
                ]
            )
    return epochs, columns


def _pause(config: RBMConfig) -> float | None:
    sampler = config.sampler
    return sampler.pause_at if isinstance(sampler, SimulatedQPUConfig) and sampler.pause_time else None


def _but_pause(config: RBMConfig) -> dict[str, Any]:
    values = config.model_dump(mode="json")
    values["sampler"].pop("pause_at", None)
    return values


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(f"{value:.5g}") for value in values.tolist()]
