"""``boltzmann compare``: samplers side by side."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from boltzmann.cli.common import UsageError, answer, pairs, progress
from boltzmann.cli.models import find_model
from boltzmann.redaction import presentable
from boltzmann.runs.comparison_table import COLUMNS, best, caption, cells, notes
from boltzmann.runs.comparisons import request_of
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings


def compare(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Draw as many reads of a model from each sampler, and measure them beside parallel tempering."""
    from boltzmann.runs.comparison_job import steps

    entry = find_model(flags.model, settings, store)
    found = (
        Settings(settings.data, settings.runs, entry.folder.parent) if entry.key.startswith("shipped:") else settings
    )
    names = [name for part in flags.samplers.split(",") if (name := part.strip())]
    request = request_of(found, entry.key, names, flags.reads, flags.seed, _changes(flags.set))
    report: dict[str, Any] = {}
    for step in steps(request, found):
        progress(step.words)
        report = presentable(step.report)
    answer(flags, report, lambda: _show(report))
    return 0


def _changes(given: list[str]) -> dict[str, dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    for name, value in pairs(given).items():
        sampler, dot, field = name.partition(".")
        if not dot:
            raise UsageError(f"--set {name}: write SAMPLER.NAME=VALUE, such as annealing.sweeps=1000")
        changes.setdefault(sampler, {})[field] = value
    return changes


def _show(report: dict[str, Any]) -> None:
    rows = [row for row in report["samplers"] if not row["error"]]
    columns = [best(report), cells(report["reference"]), *(cells(row) for row in rows)]
    table = Table("", "best possible", "reference", *(row["sampler"] for row in rows))
    for (heading, _), *values in zip(COLUMNS, *columns, strict=True):
        table.add_row(heading, *values)
    console = Console(width=120)
    console.print(table)
    for row in report["samplers"]:
        if words := row["error"] or notes(row):
            console.print(f"{row['sampler']}: {escape(words)}")
    console.print(escape(caption(report)))
