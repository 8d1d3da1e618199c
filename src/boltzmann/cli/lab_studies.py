"""``boltzmann lab compare`` and ``export-study``: fair comparisons of many runs."""

from __future__ import annotations

import argparse
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from boltzmann.cli.common import UsageError, answer, pairs, progress, read_json
from boltzmann.cli.lab_words import show_study
from boltzmann.config import changed, validate_study
from boltzmann.config.studies import READY_MADE, REDUCED, narrowed
from boltzmann.runs.files import StoreError
from boltzmann.runs.side_by_side import train_side_by_side
from boltzmann.runs.status import Status
from boltzmann.runs.store import RunStore
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_costs import cost_words
from boltzmann.runs.study_decay import Cancelled, analyse, decay_of, wants_decay, without_curves
from boltzmann.runs.study_export import export_study as export_folder
from boltzmann.runs.study_references import reference
from boltzmann.runs.study_results import bands, table
from boltzmann.runs.study_words import verdict
from boltzmann.settings import Settings


def compare(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train the runs of a study side by side, and compare them as medians and ranges over seeds."""
    studies = StudyStore.of(settings)
    study_id = _study(flags, studies)
    waiting = [member.run for member, status in studies.statuses(study_id) if status and status.state == "queued"]
    total, figure = len(waiting), studies.config(study_id).figure
    progress(
        f"study {study_id}: {cost_words(studies.config(study_id), flags.jobs)}" if waiting else f"study {study_id}"
    )
    progress(f"{total} runs to train" + (f", {flags.jobs} side by side" if waiting else ""))
    ended: list[str] = []

    def note(run_id: str) -> None:
        ended.append(run_id)
        progress(f"{len(ended)}/{total}: {_ending(store.name(run_id), store.status(run_id), figure)}")

    lost = ""
    if waiting:
        try:
            train_side_by_side(waiting, settings, flags.jobs, note)
        except BrokenProcessPool:
            lost = (
                f"a process was killed, perhaps for lack of memory: boltzmann lab compare {study_id} goes on from the last "
                "checkpoints, with fewer --jobs if memory is short"
            )
            progress(f"boltzmann: {lost}")
    status, config = studies.status(study_id), studies.config(study_id)
    panels = table(studies, study_id)
    known = {(member.panel, member.arm): reference(member.config) for member in config.members()}
    for panel, rows in panels.items():
        for row in rows:
            found = known[panel, row["arm"]] if figure == "kl" else None
            row["reference"] = found._asdict() if found else None
    facts = {"study": study_id, "title": studies.name(study_id), "figure": figure, "seeds": config.seeds}
    curves = bands(studies, study_id)
    said = {panel: verdict(panel, rows, figure, config.seeds, curves[panel]) for panel, rows in panels.items()}
    decay, unfitted = _decay(studies, study_id, flags.jobs)
    if unfitted:
        progress(f"boltzmann: {unfitted}")
    facts |= {
        **status.as_dict(),
        "error": lost or unfitted or None,
        "panels": panels,
        "verdicts": {panel: f"{v.words} {v.doubt}".strip() for panel, v in said.items()},
        "decay": decay,
    }
    answer(flags, facts, lambda: show_study(facts))
    return {"finished": 1 if status.failed or unfitted else 0, "stopped": 130}.get(status.state, 1)


def export_study(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:  # noqa: ARG001 - one signature
    """Write a finished study as a folder that the app can ship."""
    studies, folder = StudyStore.of(settings), Path(flags.out)
    if not studies.exists(flags.study):
        raise UsageError(f"there is no study {flags.study!r}: give the identifier that lab compare printed")
    _, unfitted = _decay(studies, flags.study, flags.jobs)
    if unfitted:
        raise UsageError(unfitted)
    size = export_folder(studies, flags.study, folder, flags.made_by or f"boltzmann lab compare {folder.name}")
    facts = {"study": flags.study, "out": str(folder), "bytes": size}
    answer(flags, facts, lambda: print(f"{folder}: {size / 1e6:.1f} MB"))
    return 0


def _decay(studies: StudyStore, study_id: str, jobs: int) -> tuple[dict[str, Any] | None, str]:
    """The decays of a study, fitted anew once all its runs have ended, None for other studies; and why they could not be."""
    if studies.config(study_id).analysis != "decay":
        return None, ""
    found, why = decay_of(studies, study_id), ""
    if wants_decay(studies, study_id) and studies.status(study_id).state == "finished":
        again = f"boltzmann lab compare {study_id} fits them again"
        try:
            found = analyse(studies, study_id, jobs, lambda done, total: progress(f"{done} of {total} fits"))
        except BrokenProcessPool:
            why = f"the decays are not fitted: a process was killed, perhaps for lack of memory: {again}, with fewer --jobs"
        except KeyboardInterrupt:
            why = f"the decays are not fitted: they were stopped by Ctrl-C: {again}"
        except Cancelled:
            why = "the decays are not fitted: the study was deleted meanwhile: restore it on the page of comparisons"
        except StoreError as error:
            why = f"the decays are not fitted: {error}"
    return without_curves(found) if found and not why else None, why


def _study(flags: argparse.Namespace, studies: StudyStore) -> str:
    """The study that is asked for, its runs queued: a new one, or one that goes on."""
    if flags.jobs < 1:
        raise UsageError(f"--jobs is {flags.jobs}: at least 1 is needed")
    if studies.exists(flags.study):
        if flags.panel or flags.seeds or flags.set or flags.reduced:
            raise UsageError(
                "a study that goes on keeps its settings: --panel, --seeds, --set and --reduced do not go with it"
            )
        if studies.is_shipped(flags.study):
            return flags.study
        if studies.status(flags.study).active:
            raise UsageError(f"study {flags.study} is being trained now: stop it first")
        for run_id in studies.unfinished(flags.study):
            studies.runs.clear_stop(run_id)
            studies.runs.write_status(run_id, state="queued", error=None)
        return flags.study
    if flags.study not in READY_MADE and not Path(flags.study).is_file():
        raise UsageError(
            f"there is no study {flags.study!r}: give {', '.join(READY_MADE)}, a file or a study's identifier"
        )
    if flags.reduced and flags.study not in REDUCED:
        raise UsageError(
            f"{flags.study} has no reduced form: {', '.join(REDUCED)} has; --panel and --seeds shorten any study"
        )
    whole = REDUCED if flags.reduced else READY_MADE
    study = whole.get(flags.study) or validate_study(read_json(flags.study))
    study = narrowed(study, flags.panel, flags.seeds)
    base = changed(study.base, pairs(flags.set))
    return studies.create(validate_study({**study.model_dump(), "base": base.model_dump()}))


def _ending(name: str, status: Status, figure: str) -> str:
    value = status.metrics.get(figure)
    words = f"{name}: {status.state}, {status.step:,} steps in {status.seconds:.1f} s"
    if value is not None:
        words += f", {figure} {value:.4g}"
    return words + (f" ({status.error['cause']})" if status.error else "")
