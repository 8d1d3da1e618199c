"""The decay of a study's reconstruction error: a fit for each panel and arm, ratios of what they tend to, and beside them how
the inverse temperature went. Kept as ``decay.json`` in the study's folder.

After Xu and Oates, Scientific Reports 11:2727 (2021), "Bayesian statistical analysis", DOI 10.1038/s41598-021-82197-1.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from boltzmann.config import RBMConfig, SimulatedQPUConfig
from boltzmann.runs.decay_words import decay_words
from boltzmann.runs.files import read_json, write_atomic
from boltzmann.runs.run_folders import modified
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_curves import RunCurves, thinned
from boltzmann.runs.study_results import grouped, spread, summary

if TYPE_CHECKING:
    from boltzmann.evaluation.decay_fit import DecayFit

FILE = "decay.json"
VERSION = 1
FIGURE = "sum_squares"
POINTS = 150
"""Epochs of a curve, about."""
LED = ("beta", "hardware_beta", "beta_change", "data_energy", "model_energy")
BANDS = (*LED, FIGURE, "test_log_likelihood")
FINAL = (FIGURE, "test_log_likelihood", "log_likelihood")


class Cancelled(Exception):
    """The analysis was given up by who had asked for it."""


class Group(NamedTuple):
    """The finished runs of one panel and arm.

    Args:
        panel, arm: Their titles.
        config: What they have in common.
        runs: What was measured in each.
    """

    panel: str
    arm: str
    config: RBMConfig
    runs: list[RunCurves]


def decay_of(studies: StudyStore, study_id: str) -> dict[str, Any] | None:
    """What the last analysis of a study found, or None; not to be changed.

    Its keys: ``version``, ``study``, ``made`` (universal time), ``first_epoch``, ``runs`` (of the study), ``ended`` (those
    that had finished); ``groups``, for each panel and arm with a finished run, see :func:`group_facts`; ``ratios``, see
    :func:`boltzmann.runs.decay_ratios.ratios`; and ``words``, the finding.
    """
    path = studies.folder(study_id) / FILE
    changed = modified(path)
    return _read(path, changed) if changed else None


def wants_decay(studies: StudyStore, study_id: str) -> bool:
    """Whether all runs of a study of decays have ended and no analysis has seen all of those that finished."""
    if studies.is_shipped(study_id) or studies.config(study_id).analysis != "decay":
        return False
    status, found = studies.status(study_id), decay_of(studies, study_id)
    return not status.active and status.finished > 0 and (found is None or found["ended"] != status.finished)


def analyse(
    studies: StudyStore,
    study_id: str,
    jobs: int = 1,
    notify: Callable[[int, int], None] = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Fit the decays of a study's finished runs, and keep what was found.

    Args:
        studies: The studies.
        study_id: The study, of its store's owner.
        jobs: Processes; one: this one.
        notify: Called with the number of fits that are done, and of all.
        cancelled: Asked between fits.

    Returns:
        What :func:`decay_of` says.

    Raises:
        Cancelled: when ``cancelled`` said so.
    """
    from boltzmann.runs.decay_ratios import ratios

    folder, status = studies.own(study_id, "fit it anew"), studies.status(study_id)
    groups = list(_groups(studies, study_id))
    fits: dict[int, DecayFit | str] = {}
    notify(0, len(groups))
    for place, fit in _fitted(groups, jobs, studies.config(study_id).fit_from):
        if cancelled():
            raise Cancelled
        fits[place] = fit
        notify(len(fits), len(groups))
    facts = [group_facts(group, fits[place]) for place, group in enumerate(groups)]
    known = {
        (group.panel, group.arm): fit for place, group in enumerate(groups) if not isinstance(fit := fits[place], str)
    }
    found = {
        "version": VERSION,
        "study": study_id,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "first_epoch": studies.config(study_id).fit_from,
        "runs": status.total,
        "ended": status.finished,
        "groups": facts,
        "ratios": ratios(facts, known, studies.config(study_id).arms[0].title),
    }
    found["words"] = decay_words(found["groups"])
    write_atomic(folder / FILE, json.dumps(found, separators=(",", ":"), allow_nan=False).encode())
    return found


def without_curves(found: dict[str, Any]) -> dict[str, Any]:
    """What :func:`analyse` returned, without its long lists, and of refused fits without what is not to be quoted."""
    unquoted = ("mode", "interval", "over_runs")
    return {
        **found,
        "groups": [
            {
                name: value
                for name, value in _short(group).items()
                if group["verdict"] == "quoted" or name not in unquoted
            }
            for group in found["groups"]
        ],
    }


def group_facts(group: Group, fit: DecayFit | str) -> dict[str, Any]:
    """What is kept of one panel and arm: titles, what was set, the fit, curves over the epochs, final figures.

    Args:
        group: Its runs.
        fit: The fit, or why there is none.

    Returns:
        ``panel``, ``arm``, ``scheme``, ``direction`` (None where it has no meaning), ``hidden_beta`` and ``pause`` of a
        simulated annealer (else None); all of :meth:`boltzmann.evaluation.decay_fit.DecayFit.as_dict` but its draws, or
        without a fit ``verdict`` "refused", ``reasons`` and ``runs``; ``at``, epochs, and over them for each of
        :data:`BANDS` that was measured ``median``, ``low`` and ``high`` of the runs; ``final``, the same of the last
        measurement of each of :data:`FINAL`.
    """
    sampler, led = group.config.sampler, group.config.inverse_temperature
    simulated = isinstance(sampler, SimulatedQPUConfig)
    paused = sampler.pause_at if simulated and sampler.pause_time else None
    facts: dict[str, Any] = {
        "panel": group.panel,
        "arm": group.arm,
        "scheme": led.scheme,
        "direction": led.direction if led.scheme == "max_likelihood" else None,
        "hidden_beta": sampler.inverse_temperature if simulated else None,
        "pause": paused,
    }
    if isinstance(fit, str):
        facts |= {"verdict": "refused", "reasons": [fit], "runs": len(group.runs)}
    else:
        facts |= {name: value for name, value in fit.as_dict().items() if name != "c_draws"}
    epochs, columns = _aligned(group.runs, BANDS)
    bands = {name: np.stack(summary(values)) for name, values in columns.items()}
    shown = thinned([epochs, *(band[0] for band in bands.values())], POINTS)
    facts["at"] = _plain(epochs[shown])
    for name, band in bands.items():
        facts[name] = dict(zip(("median", "low", "high"), map(_plain, band[:, shown]), strict=True))
    facts["final"] = {name: spread(run.last.get(name) for run in group.runs) for name in FINAL}
    return facts


def _groups(studies: StudyStore, study_id: str) -> Iterator[Group]:
    study = studies.config(study_id)
    # One seed is as good as any: groups differ in panel and arm.
    configs = {(m.panel, m.arm): m.config for m in study.model_copy(update={"seeds": 1}).members()}
    for panel, arms in grouped(studies, study_id):
        for arm, runs in arms:
            finished = [run.curves for run in runs if run.curves and run.status and run.status.state == "finished"]
            if finished:
                yield Group(panel, arm, configs[panel, arm], finished)


def _fitted(groups: list[Group], jobs: int, first_epoch: int) -> Iterator[tuple[int, DecayFit | str]]:
    asked = [(*_errors(group.runs), first_epoch, place) for place, group in enumerate(groups)]
    if jobs <= 1 or len(groups) <= 1:
        for arguments in asked:
            yield arguments[-1], _fit(*arguments)
        return
    with ProcessPoolExecutor(min(jobs, len(groups)), multiprocessing.get_context("spawn")) as pool:
        places = {pool.submit(_fit, *arguments): arguments[-1] for arguments in asked}
        for future in as_completed(places):
            yield places[future], future.result()


def _fit(epochs: np.ndarray, errors: np.ndarray, first_epoch: int, seed: int) -> DecayFit | str:
    from boltzmann.evaluation.decay_fit import fit_decay

    try:
        return fit_decay(epochs, errors, first_epoch, seed)
    except ValueError as error:
        words = str(error)
        return f"{words[:1].upper()}{words[1:]}."


def _errors(runs: list[RunCurves]) -> tuple[np.ndarray, np.ndarray]:
    epochs, columns = _aligned(runs, (FIGURE,))
    return epochs, columns.get(FIGURE, np.full((len(runs), len(epochs)), np.nan))


def _aligned(runs: list[RunCurves], names: tuple[str, ...]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
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


def _short(facts: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in facts.items():
        part = _short(value) if isinstance(value, dict) else value
        long = isinstance(part, list) and len(part) > 2 and not isinstance(part[0], str)
        if not long and part != {}:
            kept[name] = part
    return kept


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(f"{value:.5g}") for value in values.tolist()]


@lru_cache(maxsize=2)
def _read(path: Path, _changed: float) -> dict[str, Any] | None:
    found = read_json(path)
    return found if found and found.get("version") == VERSION else None
