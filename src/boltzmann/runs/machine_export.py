"""A trained machine as a folder of its own, with a card that says what it is and the log of its training."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from boltzmann.runs.machines import FILES, MachineEntry
from boltzmann.runs.names import trainer_words
from boltzmann.runs.recorder import FIGURES
from boltzmann.runs.store import RunStore

LOG = "figures.csv"


def export_machine(
    entry: MachineEntry,
    folder: Path,
    store: RunStore,
    title: str,
    command: str,
    evaluation: dict[str, Any] | None = None,
) -> None:
    """Write the machine of ``entry`` into ``folder``: its two files, the figures measured on the way, and a card.

    Args:
        entry: The machine.
        folder: Made if missing; files of the same names are replaced.
        store: The run store; of a run the measured figures become ``figures.csv``.
        title: The card's heading.
        command: The command that trained it, for the card.
        evaluation: What ``boltzmann lab evaluate --json`` printed, kept as ``evaluation.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(entry.folder / name, folder / name)
    kind, _, run_id = entry.key.partition(":")
    if kind == "run":
        history = {name: values for name, values in store.history(run_id).items() if any(v is not None for v in values)}
        with (folder / LOG).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(history)
            writer.writerows(zip(*history.values(), strict=True))
    if evaluation is not None:
        (folder / "evaluation.json").write_text(json.dumps(evaluation, indent=2) + "\n", "utf-8")
    (folder / "README.md").write_text(_card(entry, title, command), "utf-8")


def _card(entry: MachineEntry, title: str, command: str) -> str:
    config, trained = entry.config, entry.trained
    training = config.training
    figures = {name: trained.get(name, (trained.get("figures") or {}).get(name)) for name in FIGURES}
    rows = [
        ("Data", config.data.dataset.replace("_", " ")),
        ("Hidden units", f"{config.model.hidden:,}{', centred' if config.model.centred else ''}"),
        ("Trainer", trainer_words(config)),
        ("Learning rate", f"{training.learning_rate:g}, {training.learning_rate_schedule}"),
        ("Epochs, steps", f"{training.epochs:,}, {trained.get('step', 0):,}"),
        *(
            (name.replace("_", " ").capitalize(), f"{value:.4g}")
            for name, value in figures.items()
            if value is not None
        ),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"""# {title}

A restricted Boltzmann machine of the QRBM lab. `config.json` holds its settings, `weights.safetensors` its parameters,
`{LOG}` the figures measured while it was trained; likelihoods are in nats a row.

| | |
| --- | --- |
{table}

Made by `{command}`. `boltzmann lab evaluate` with this folder's name measures it anew.
"""
