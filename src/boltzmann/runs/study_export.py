"""A finished study as a folder of its own: what it compared, its curves, its decays, and a card that says how it was made."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from boltzmann.runs.files import StoreError, to_json, write_atomic
from boltzmann.runs.store import installed_versions
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_costs import counted
from boltzmann.runs.study_curves import ANNEALER, COSTS, FILE, RunCurves, thinned, write_curves
from boltzmann.runs.study_decay import FILE as DECAY
from boltzmann.runs.study_decay import decay_of, is_current

POINTS = 150
"""Measurements of a run that are kept, about: as many as a plot shows."""
COARSE = (*ANNEALER, "seconds")
PLOTTED = ("sum_squares", "test_log_likelihood", "log_likelihood", "pseudo_likelihood", *ANNEALER)
KEPT = ("step", "epoch", *COSTS)


def export_study(studies: StudyStore, study_id: str, folder: Path, command: str) -> int:
    """Write a study into ``folder``: ``study.json``, ``name.txt``, ``members.json``, ``curves.safetensors``, ``decay.json``
    where there is one, and ``README.md``.

    Args:
        studies: The studies.
        study_id: The study, finished.
        folder: Made if missing; files of the same names are replaced.
        command: The command that made it, for the card.

    Returns:
        Bytes written.

    Raises:
        StoreError: runs of it have not ended, or its decays are not those of its runs.
    """
    source, status = studies.own(study_id, "export it"), studies.status(study_id)
    if status.state != "finished":
        raise StoreError(
            f"study {study_id} is {status.state}: resume it, and export it when all its runs have finished"
        )
    study, name, statuses = studies.config(study_id), studies.name(study_id), studies.statuses(study_id)
    decay = decay_of(studies, study_id)
    if study.analysis == "decay" and not is_current(decay, statuses):
        raise StoreError(
            f"the decays of study {study_id} are not fitted, or not of its runs as they are: fit them first"
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "study.json", to_json(study.model_dump(mode="json")))
    write_atomic(folder / "name.txt", name.encode())
    members = [asdict(member) for member, _ in statuses]
    write_atomic(folder / "members.json", json.dumps(members, separators=(",", ":")).encode())
    made = time.strftime("%Y-%m-%d", time.gmtime())
    measured = studies.curves(study_id, statuses)
    ended = [member.run for member, one in statuses if one and one.state == "finished" and member.run in measured]
    figures = {*KEPT, study.figure, *PLOTTED}
    curves = {run: _thinned(measured[run], figures) for run in ended}
    facts = {"made": made, "versions": json.dumps(installed_versions())}
    write_curves(folder / FILE, curves, facts, [name for name in COARSE if name != study.figure])
    if decay:
        shutil.copyfile(source / DECAY, folder / DECAY)
    card = _card(name, study.question, counted(status.total, "run"), status.seconds, command, made, decay)
    write_atomic(folder / "README.md", card.encode())
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def _thinned(curves: RunCurves, figures: set[str]) -> RunCurves:
    columns = {name: values for name, values in curves.columns.items() if name in figures}
    shown = thinned(columns.values(), POINTS)
    return RunCurves.of({name: values[shown] for name, values in columns.items()})


def _card(
    name: str, question: str, runs: str, seconds: float, command: str, made: str, decay: dict[str, Any] | None
) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in installed_versions().items())
    fits = ""
    if decay:
        lines = "\n".join(f"- {sentence}" for sentence in decay["words"])
        fits = f"\n`{DECAY}` holds the fits of the decay of the error, made from every measurement:\n\n{lines}\n"
    return f"""# {name}

{question} A study of the QRBM lab, which the page of comparisons opens at once: {runs}, {seconds / 3600:.1f} hours of
training in all.

`study.json` holds its settings, `members.json` its runs, `{FILE}` what was measured in them: some {POINTS} measurements of
each run, in 32 bits; {", ".join(name.replace("_", " ") for name in COARSE)} in 16 bits, exact to one part in 2,000. The runs
themselves and their machines are not kept: the same settings and seeds make them again.
{fits}
Made on {made} by `{command}`, with {versions}.
"""
