"""The decay of a study's reconstruction error: a fit for each panel and arm, ratios of what they tend to, and beside them how
the inverse temperature went. Kept as ``decay.json`` in the study's folder.

After Xu and Oates, Scientific Reports 11:2727 (2021), "Bayesian statistical analysis", DOI 10.1038/s41598-021-82197-1.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.runs.decay_groups import UNQUOTED, Group, errors_of, finals_of, group_facts, groups_of
from boltzmann.runs.decay_ratios import final_ratios, ratios
from boltzmann.runs.decay_words import decay_words
from boltzmann.runs.files import StoreError, read_json, write_atomic
from boltzmann.runs.run_folders import modified
from boltzmann.runs.status import Status
from boltzmann.runs.studies import StudyMember, StudyStore
from boltzmann.runs.study_status import status_of

if TYPE_CHECKING:
    from boltzmann.evaluation.decay_fit import DecayFit

FILE = "decay.json"
VERSION = 3
KEYS = {"version", "study", "made", "first_epoch", "runs", "ended", "seen", "groups", "ratios", "final_ratios", "words"}
GROUP_KEYS = {"panel", "arm", "place", "scheme", "direction", "led", "planned", "hidden_beta", "pause", "verdict", "reasons",
              "notes", "runs", "diverged", "at", "final"}  # fmt: skip
RATIO_KEYS = {
    "of",
    "arm",
    "panel",
    "panels",
    "hidden_beta",
    "median",
    "interval",
    "over_runs",
    "quoted",
    "by",
    "reason",
}
FINAL_KEYS = {"panel", "panels", "arm", "over", "ratio", "interval", "seeds"}

Statuses = Sequence[tuple[StudyMember, Status | None]]


class Cancelled(Exception):
    """The analysis was given up by who had asked for it, or its study was deleted."""


def decay_of(studies: StudyStore, study_id: str) -> dict[str, Any] | None:
    """What the last analysis of a study found, or None, also where its file is damaged or of another version; not to be
    changed.

    Its keys: ``version``, ``study``, ``made`` (universal time), ``first_epoch``, ``runs`` (of the study), ``ended`` (those
    that had finished) and ``seen`` (which, and how far they had come: :func:`is_current`); ``groups``, for each panel and
    arm with a finished run, see :func:`boltzmann.runs.decay_groups.group_facts`; ``ratios``, see
    :func:`boltzmann.runs.decay_ratios.ratios`; ``final_ratios``, see there; and ``words``, the finding.
    """
    path = studies.folder(study_id) / FILE
    changed = modified(path)
    return _read(path, changed) if changed else None


def fingerprint(statuses: Statuses) -> str:
    """Which runs of a study have finished, and after how many steps: the same for the same."""
    ended = (f"{member.run} {one.step}" for member, one in statuses if one and one.state == "finished")
    return hashlib.sha256("\n".join(sorted(ended)).encode()).hexdigest()[:16]


def is_current(found: dict[str, Any] | None, statuses: Statuses) -> bool:
    """Whether an analysis saw just the runs that have finished by now, each as far as it has come.

    Args:
        found: What :func:`decay_of` said.
        statuses: What :meth:`boltzmann.runs.studies.StudyStore.statuses` says of the study.
    """
    return found is not None and found["seen"] == fingerprint(statuses)


def wants_decay(studies: StudyStore, study_id: str) -> bool:
    """Whether no run of a study of decays is active and the finished ones are not those that were fitted last."""
    if studies.is_shipped(study_id) or studies.config(study_id).analysis != "decay":
        return False
    statuses = studies.statuses(study_id)
    status = status_of([one for _, one in statuses])
    return not status.active and status.finished > 0 and not is_current(decay_of(studies, study_id), statuses)


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
        StoreError: nothing was measured in a finished run.
        Cancelled: when ``cancelled`` said so, or the study was deleted meanwhile.
    """
    folder, statuses, study = studies.own(study_id, "fit it anew"), studies.statuses(study_id), studies.config(study_id)
    groups = list(groups_of(studies, study_id, statuses))
    if not groups:
        raise StoreError(
            f"nothing that was measured in a finished run of study {study_id} can be read: wait until a run has finished, or "
            "train the runs again if their logs are lost"
        )
    fits: dict[int, DecayFit | str] = {}
    notify(0, len(groups))
    for place, fit in _fitted(groups, jobs, study.fit_from):
        if cancelled() or not studies.exists(study_id):
            raise Cancelled
        fits[place] = fit
        notify(len(fits), len(groups))
    facts = [group_facts(group, fits[place]) for place, group in enumerate(groups)]
    known = {
        (group.panel, group.arm): fit for place, group in enumerate(groups) if not isinstance(fit := fits[place], str)
    }
    status = status_of([one for _, one in statuses])
    finals = {(group.panel, group.arm): finals_of(group) for group in groups}
    order = [arm.title for arm in study.arms]
    paired = final_ratios(facts, finals, order)
    found = {
        "version": VERSION,
        "study": study_id,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "first_epoch": study.fit_from,
        "runs": status.total,
        "ended": status.finished,
        "seen": fingerprint(statuses),
        "groups": facts,
        "ratios": ratios(facts, known, order),
        "final_ratios": paired,
        "words": decay_words(facts, paired),
    }
    content = json.dumps(found, separators=(",", ":"), allow_nan=False).encode()
    try:
        write_atomic(folder / FILE, content)
    except FileNotFoundError:
        raise Cancelled from None
    return found


def without_curves(found: dict[str, Any]) -> dict[str, Any]:
    """What :func:`analyse` returned, without its long lists."""
    return {**found, "groups": [_briefly(group) for group in found["groups"]]}


def _fitted(groups: list[Group], jobs: int, first_epoch: int) -> Iterator[tuple[int, DecayFit | str]]:
    asked = [(*errors_of(group.runs), first_epoch, place) for place, group in enumerate(groups)]
    if jobs <= 1 or len(groups) <= 1:
        for arguments in asked:
            yield arguments[-1], _fit(*arguments)
        return
    context = multiprocessing.get_context("spawn")
    # Ctrl-C reaches them, too, and is this process's to answer.
    pool = ProcessPoolExecutor(min(jobs, len(groups)), context, signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        places = {pool.submit(_fit, *arguments): arguments[-1] for arguments in asked}
        for future in as_completed(places):
            yield places[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _fit(epochs: np.ndarray, errors: np.ndarray, first_epoch: int, seed: int) -> DecayFit | str:
    from boltzmann.evaluation.decay_fit import fit_decay

    try:
        return fit_decay(epochs, errors, first_epoch, seed, positive=True)
    except ValueError as error:
        words = str(error)
        return f"{words[:1].upper()}{words[1:]}."


def _briefly(facts: dict[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in facts.items():
        part = _briefly(value) if isinstance(value, dict) else value
        long = isinstance(part, list) and len(part) > 2 and not isinstance(part[0], str)
        if not long and part != {}:
            kept[name] = part
    return kept


@lru_cache(maxsize=2)
def _read(path: Path, _changed: float) -> dict[str, Any] | None:
    found = read_json(path)
    return found if found and found.get("version") == VERSION and _whole(found) else None


def _whole(found: dict[str, Any]) -> bool:
    """Whether a file's content has the form that everyone who reads it relies on."""
    if not found.keys() >= KEYS or not _rows(found["groups"], GROUP_KEYS) or not found["groups"]:
        return False
    quoted = [group for group in found["groups"] if group["verdict"] == "quoted"]
    return _rows(quoted, set(UNQUOTED)) and _ratios(found) and isinstance(found["words"], list)


def _ratios(found: dict[str, Any]) -> bool:
    return _rows(found["ratios"], RATIO_KEYS) and _rows(found["final_ratios"], FINAL_KEYS)


def _rows(values: Any, keys: set[str]) -> bool:
    return isinstance(values, list) and all(isinstance(row, dict) and row.keys() >= keys for row in values)
