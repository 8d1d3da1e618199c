"""``boltzmann runs`` and ``samplers``: what there is."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from boltzmann.cli.common import LOSSES, UsageError, answer
from boltzmann.runs.last_reports import last_reports, report_pairs
from boltzmann.runs.store import RunStore
from boltzmann.samplers.cloud.access_steps import NOTES, STATES, STEPS, TRY
from boltzmann.settings import Settings

WIDE = 140
"""Columns in which the losses have room beside the rest."""


def runs(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """List the runs, newest first."""
    rows = [{"run": run_id, "name": store.name(run_id), **store.status(run_id).as_dict()} for run_id in store.ids()]

    def show() -> None:
        if not rows:
            print(f"no runs in {settings.runs} yet: boltzmann train --preset demo")
            return
        console = Console()
        # Other commands take the whole identifier. A file has any width.
        shown = LOSSES if console.width >= WIDE or not console.is_terminal else ()
        console.width = console.width if console.is_terminal else WIDE
        table = Table(Column("run", no_wrap=True), "name", "room", "state", "steps", "sampler", *shown)
        for row in rows:
            losses = [f"{row['metrics'][key]:.4f}" if row["metrics"].get(key) is not None else "" for key in shown]
            steps = f"{row['step']}/{row['total_steps']}"
            room = "lab" if row["kind"] == "rbm" else "Studio"
            table.add_row(row["run"], _plain(row["name"]), room, row["state"], steps, row["sampler"], *losses)
        console.print(table)

    answer(flags, rows, show)
    return 0


def samplers(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:  # noqa: ARG001 - one signature
    """List the samplers: whether each can be used from here or why not, what it can do, what its last calls measured."""
    from boltzmann.samplers import capabilities, names
    from boltzmann.samplers.cloud.access import look

    chosen = flags.names or names()
    unknown = [name for name in chosen if name not in names()]
    if unknown:
        raise UsageError(f"there is no sampler {unknown[0]!r}: choose of {', '.join(names())}")
    able = {name: capabilities(name) for name in chosen}
    last = last_reports(store, chosen)
    # Side by side: one that hangs would hold up the others.
    with ThreadPoolExecutor(len(chosen)) as threads:
        access = dict(zip(chosen, threads.map(look, chosen), strict=True))
    rows = [{"sampler": name, **asdict(able[name]), "access": access[name], "last": last.get(name)} for name in chosen]

    def show() -> None:
        table = Table("sampler", "title", "state", "cost", "the last calls measured")
        for row in rows:
            numbers = "nothing yet"
            if row["last"]:
                pairs = ", ".join(f"{label.lower()} {value}" for label, value in report_pairs(row["last"]))
                numbers = f"{pairs} (run {row['last']['run']})"
            table.add_row(row["sampler"], row["title"], STATES[row["access"]["state"]], row["cost"], numbers)
        Console().print(table)
        for name in chosen:
            if name in STEPS:
                _show_access(able[name].title, name, access[name])
                print(able[name].lacks)

    answer(flags, rows, show)
    return 0


def _show_access(title: str, name: str, access: dict[str, Any]) -> None:
    print(f"\n{title}: {STATES[access['state']]}. {access['why']} {access['mend']}".rstrip())
    for solver in access["solvers"]:
        print(f"     {', '.join(f'{key} {value}' for key, value in solver.items())}")
    if access["available"]:
        return
    for number, step in enumerate((*STEPS[name], TRY[name]), 1):
        print(f"{number}. {step.words}{f' {step.link}' if step.link else ''}")
        for line in step.lines.splitlines():
            print(f"     {line}")
    print(NOTES[name])


def _plain(name: str) -> str:
    # Square brackets are rich's markup; a run's name is only a name.
    return name.replace("[", "\\[")
