"""``boltzmann lab train``, ``evaluate`` and ``export``: restricted Boltzmann machines."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from boltzmann.cli.common import UsageError, answer, pairs, progress, read_json
from boltzmann.cli.lab_words import show_evaluation
from boltzmann.cli.training import follow
from boltzmann.config import RBM_PRESETS, changed, training_rows, validate_rbm
from boltzmann.runs.estimate_words import lab_words
from boltzmann.runs.files import StoreError
from boltzmann.runs.machines import MachineEntry, list_machines, resolve_machine
from boltzmann.runs.rbm_data import load_rows
from boltzmann.runs.store import RunStore
from boltzmann.runs.study_costs import run_seconds
from boltzmann.runs.tables import TableStore
from boltzmann.settings import Settings


def train(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train a new machine."""
    if flags.config:
        config, name = validate_rbm(read_json(flags.config)), Path(flags.config).stem
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
    evaluation = read_json(flags.evaluation) if flags.evaluation else None
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
