"""A trained machine as a folder of its own, with a card that says what it is and the log of its training."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boltzmann.config import FIGURES
from boltzmann.runs.machines import FILES, MachineEntry
from boltzmann.runs.names import trainer_words
from boltzmann.runs.store import RunStore

LOG = "figures.csv"
WORDS = {
    "ais": "AIS",
    "reverse_ais": "reverse AIS",
    "free_energy": "by free energy",
    "label_completion": "by completing the label",
    "features": "by logistic regression on the hidden units",
}


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
    (folder / "README.md").write_text(_card(entry, title, command, evaluation), "utf-8")


def _card(entry: MachineEntry, title: str, command: str, evaluation: dict[str, Any] | None) -> str:
    config, trained = entry.config, entry.trained
    training = config.training
    settings = [
        ("Data", f"{config.data.dataset.replace('_', ' ')}, {config.data.pixels}"),
        ("Hidden units", f"{config.model.hidden:,}{', centred' if config.model.centred else ''}"),
        ("Trainer", trainer_words(config)),
        ("Learning rate", f"{training.learning_rate:g}, {training.learning_rate_schedule}"),
        ("Epochs, steps", f"{training.epochs:,}, {trained.get('step', 0):,}"),
    ]
    last = trained.get("metrics") or {}
    figures = [(name.replace("_", " ").capitalize(), f"{last[name]:.4g}") for name in FIGURES if name in last]
    return f"""# {title}

A restricted Boltzmann machine of the QRBM lab. `config.json` holds its settings, `weights.safetensors` its parameters,
`{LOG}` the figures measured while it was trained, on at most 1,000 held-out rows; likelihoods are in nats a row.

{_table(settings + (list(_measured(evaluation)) if evaluation else figures))}

Made by `{command}`. `boltzmann lab evaluate` with this folder's name measures it anew.
"""


def _table(rows: list[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])


def _measured(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines of an evaluation that a person looks for first: see :func:`boltzmann.evaluation.rbm.evaluate`."""
    for name, found in report["log_likelihood"].items():
        spread = f" ± {found['error']:.2f}" if "error" in found else ""
        yield (
            f"Test log-likelihood, {WORDS.get(name, name)}",
            f"{found['test']:.1f}{spread} (training {found['train']:.1f})",
        )
    if report["binarisation"]:
        yield "Pixels", report["binarisation"]
    if half := (report["completion"] or {}).get("lower"):
        errors = (f"{half[name]['error']:.4f}" for name in ("machine", "mean_image", "nearest_neighbour"))
        words = "{}; the mean image {}, the nearest training neighbour {}".format(*errors)
        yield f"Lower half completed, squared error a pixel, {half['images']:,} images", words
    for name, found in (report["classification"] or {}).items():
        share, error = 100 * found["accuracy"], 100 * found["standard_error"]
        yield (
            f"Digits read rightly, {WORDS.get(name, name)}",
            f"{share:.2f} ± {error:.2f}% of {found['images']:,} test images",
        )
