"""``boltzmann runs`` and ``samplers``: what there is."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from boltzmann.cli.common import LOSSES, answer
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings


def runs(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """List the runs, newest first."""
    rows = [{"run": run_id, "name": store.name(run_id), **store.status(run_id).as_dict()} for run_id in store.ids()]

    def show() -> None:
        if not rows:
            print(f"no runs in {settings.runs} yet: boltzmann train --preset demo")
            return
        table = Table("run", "name", "state", "steps", "sampler", *LOSSES)
        for row in rows:
            losses = [f"{row['metrics'][key]:.4f}" if row["metrics"].get(key) is not None else "" for key in LOSSES]
            steps = f"{row['step']}/{row['total_steps']}"
            table.add_row(row["run"], _plain(row["name"]), row["state"], steps, row["sampler"], *losses)
        Console().print(table)

    answer(flags, rows, show)
    return 0


def samplers(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:  # noqa: ARG001 - one signature
    """List the samplers and what they can do."""
    from boltzmann.samplers import capabilities, names

    rows = [{"sampler": name, **asdict(capabilities(name))} for name in names()]

    def show() -> None:
        table = Table("sampler", "title", "what it does", "cost")
        for row in rows:
            table.add_row(row["sampler"], row["title"], row["description"], row["cost"])
        Console().print(table)

    answer(flags, rows, show)
    return 0


def _plain(name: str) -> str:
    # Square brackets are rich's markup; a run's name is only a name.
    return name.replace("[", "\\[")
