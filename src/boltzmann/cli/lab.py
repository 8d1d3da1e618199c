"""``boltzmann lab train``, ``compare``, ``evaluate`` and ``export``: restricted Boltzmann machines."""

from __future__ import annotations

import argparse
import json
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

from boltzmann.cli.common import UsageError, answer, pairs, progress
from boltzmann.cli.lab_words import show_evaluation, show_study
from boltzmann.cli.training import follow
from boltzmann.config import RBM_PRESETS, changed, training_rows, validate_rbm, validate_study
from boltzmann.config.studies import READY_MADE, narrowed
from boltzmann.runs.estimate_words import lab_words
from boltzmann.runs.files import StoreError
from boltzmann.runs.machines import MachineEntry, list_machines, resolve_machine
from boltzmann.runs.rbm_data import load_rows
from boltzmann.runs.side_by_side import train_side_by_side
from boltzmann.runs.status import Status
from boltzmann.runs.store import RunStore
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_costs import cost_words, run_seconds
from boltzmann.runs.study_references import reference
from boltzmann.runs.study_results import bands, table
from boltzmann.runs.study_words import verdict
from boltzmann.runs.tables import TableStore
from boltzmann.settings import Settings


def train(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train a new machine."""
    if flags.config:
        config, name = validate_rbm(_json(flags.config)), Path(flags.config).stem
    else:
        config, name = RBM_PRESETS[flags.preset], ""
    changes, tables = pairs(flags.set), TableStore.beside(settings.runs)
    if flags.table:
        file = Path(flags.table)
        table_id = tables.create(file.name, file.read_bytes())
        changes = {"data.dataset": "table", "data.table": table_id, **changes}
    config = changed(config, changes)
    rows = training_rows(config) or tables.training_rows(config.data.table)
    progress(lab_words(config, rows, run_seconds(config, rows)))
    return follow(store.create(config, flags.name or name), flags, settings, store)


def compare(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train the runs of a study side by side, and compare them as medians and ranges over seeds."""
    studies = StudyStore.beside(settings.runs)
    study_id = _study(flags, studies)
    waiting = [member.run for member, status in studies.statuses(study_id) if status and status.state == "queued"]
    total, figure = len(waiting), studies.config(study_id).figure
    progress(f"study {study_id}: {cost_words(studies.config(study_id), flags.jobs)}")
    progress(f"{total} runs to train, {flags.jobs} side by side")
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
    facts |= {
        **status.as_dict(),
        "error": lost or None,
        "panels": panels,
        "verdicts": {panel: f"{v.words} {v.doubt}".strip() for panel, v in said.items()},
    }
    answer(flags, facts, lambda: show_study(facts))
    return {"finished": 1 if status.failed else 0, "stopped": 130}.get(status.state, 1)


def evaluate(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Measure how likely a machine finds its data, how well it completes images and reads labels."""
    from boltzmann.evaluation.rbm import evaluate as report_on
    from boltzmann.models.stored_rbm import load_machine

    entry = find_machine(flags.machine, settings, store)
    machine, config = load_machine(entry.folder), entry.config
    learned = entry.trained.get("data", config.data.dataset)
    data = load_rows(config.data, config.seed, settings, learned, notify=progress)
    try:
        report = report_on(machine.rbm, data, config, flags.seed, progress)
    except ValueError as error:
        raise UsageError(str(error)) from error
    facts = {"machine": entry.key, **report}
    answer(flags, facts, lambda: show_evaluation(facts))
    return 0


def export(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Write a trained machine as a folder with its card and the log of its training."""
    from boltzmann.runs.machine_export import export_machine

    entry, folder = find_machine(flags.machine, settings, store), Path(flags.out)
    command = flags.made_by or f"boltzmann lab train --config {folder.name}/config.json"
    evaluation = _json(flags.evaluation) if flags.evaluation else None
    export_machine(entry, folder, store, flags.title or folder.name, command, evaluation)
    answer(flags, {"machine": entry.key, "out": str(folder)}, lambda: print(folder))
    return 0


def find_machine(name: str, settings: Settings, store: RunStore) -> MachineEntry:
    """The machine that ``name`` means: a run's identifier, a shipped machine's name, a folder, or a key such as run:ID.

    Raises:
        UsageError: where there is none; it names those that there are.
    """
    folder, key = Path(name), name
    if ":" not in name:
        if folder.name != name and folder.is_dir():
            settings, name = replace(settings, models=folder.resolve().parent), folder.resolve().name
        key = f"run:{name}" if store.exists(name) else f"shipped:{name}"
    try:
        return resolve_machine(key, settings, store)
    except StoreError as error:
        known = ", ".join(entry.key for entry in list_machines(settings, store)) or "none yet"
        raise UsageError(f"{error} (known: {known})") from error


def _study(flags: argparse.Namespace, studies: StudyStore) -> str:
    """The study that is asked for, its runs queued: a new one, or one that goes on."""
    if flags.jobs < 1:
        raise UsageError(f"--jobs is {flags.jobs}: at least 1 is needed")
    if studies.exists(flags.study):
        if flags.panel or flags.seeds or flags.set:
            raise UsageError("a study that goes on keeps its settings: --panel, --seeds and --set do not go with it")
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
    study = READY_MADE.get(flags.study) or validate_study(_json(flags.study))
    study = narrowed(study, flags.panel, flags.seeds)
    base = changed(study.base, pairs(flags.set))
    return studies.create(validate_study({**study.model_dump(), "base": base.model_dump()}))


def _ending(name: str, status: Status, figure: str) -> str:
    value = status.metrics.get(figure)
    words = f"{name}: {status.state}, {status.step:,} steps in {status.seconds:.1f} s"
    if value is not None:
        words += f", {figure} {value:.4g}"
    return words + (f" ({status.error['cause']})" if status.error else "")


def _json(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text("utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is no JSON file: {error}") from None
