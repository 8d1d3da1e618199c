"""What the pictures show: runs and a comparison, trained here and now, and an app on them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from boltzmann.config import PRESETS, RBM_PRESETS, changed
from boltzmann.config.studies import READY_MADE, narrowed
from boltzmann.runs.store import RunStore
from boltzmann.runs.studies import StudyStore
from boltzmann.settings import ROOT, Settings

OTHERS: dict[str, dict[str, Any]] = {
    "64 spins": {"model.n_latents": 64, "training.epochs": 4},
    "Simulated QPU": {"sampler.name": "simulated_qpu", "training.epochs": 4},
}
"""Runs that the first one is compared with: a name, and the settings that differ."""


@dataclass(frozen=True)
class Trained:
    """Identifiers of a run of the Studio, of others to compare it with, of a run and a comparison of the lab."""

    run: str | None
    others: list[str]
    lab: str | None
    study: str | None


def train(settings: Settings) -> Trained:
    """Train them all. Ends the program with the reason when one of them fails."""
    from boltzmann.runs.jobs import train_run
    from boltzmann.runs.rbm_jobs import train_rbm

    store, studies = RunStore(settings.runs), StudyStore.beside(settings.runs)
    mnist = (settings.data / "MNIST").is_dir()
    preset = PRESETS["demo"] if mnist else changed(PRESETS["demo"], {"data.dataset": "digits"})
    lab = store.create(RBM_PRESETS["mnist" if mnist else "digits"], "Strokes")
    others = {store.create(changed(preset, changes), name): name for name, changes in OTHERS.items()}
    run = store.create(preset, "My first run")
    study = READY_MADE["mode-assisted"]
    study_id = studies.create(narrowed(study, [panel.title for panel in study.panels[2:4]], 5))
    names = {run: "My first run", lab: "Strokes", **others}
    names |= {member.run: f"Run of the comparison {study.title}" for member in studies.members(study_id)}
    for number, (run_id, name) in enumerate(names.items(), 1):
        print(f"Training what will be shown, {number} of {len(names)}: {name}.", flush=True)
        state = (train_run if run_id == run or run_id in others else train_rbm)(run_id, settings)
        if state != "finished":
            sys.exit(f"{name} {state}, where it should have come to its end: {store.status(run_id).message}")
    return Trained(run, list(others), lab, study_id)


@contextmanager
def own_app(settings: Settings) -> Iterator[str]:
    """An app on those runs and a free port; its address."""
    command = [sys.executable, "app.py", "--port", "0", "--data", str(settings.data), "--runs", str(settings.runs)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    line = process.stdout.readline()
    if "http://" not in line:
        sys.exit("The app did not start: try make run to see why.")
    try:
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait(timeout=60)
