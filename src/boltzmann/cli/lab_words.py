"""What the lab's commands found, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from boltzmann.runs.estimate_words import duration

WIDTH = 140


def show_study(facts: dict[str, Any]) -> None:
    """Print a row for each arm of each panel, and what they come to.

    Args:
        facts: ``panels`` of :func:`boltzmann.runs.study_results.table`, each row with its ``reference``; ``study``,
            ``verdicts`` by panel; ``study``, ``state``, ``figure`` and ``seeds``.
    """
    heads = ("panel", "arm", facts["figure"].replace("_", " "), "reference", "ratio", "updates", "samples", "calls")
    table = Table(*heads, "time", "seeds")
    for panel, rows in facts["panels"].items():
        for row in rows:
            failed = f", {row['failed']} failed" if row["failed"] else ""
            table.add_row(
                escape(panel),
                escape(row["arm"]),
                _spread(row),
                _spread(row["reference"]),
                "–" if row["ratio"] is None else f"{row['ratio']:.2f}",
                *("–" if row[cost] is None else f"{row[cost]:,.0f}" for cost in ("updates", "samples", "calls")),
                "–" if row["seconds"] is None else duration(row["seconds"]),
                f"{row['finished']} of {facts['seeds']}{failed}",
            )
        table.add_section()
    console = Console(width=WIDTH)
    console.print(table)
    for panel, words in facts["verdicts"].items():
        console.print(f"{escape(panel)}: {escape(words)}")
    console.print(f"study {facts['study']}: {facts['state']}")


def show_evaluation(report: dict[str, Any]) -> None:
    """Print each figure of :func:`boltzmann.evaluation.rbm.evaluate` with its name; tables, such as the confusion matrix, are
    in the JSON only."""
    table = Table("figure", "value")
    for name, value in _flat(report):
        table.add_row(name.replace("_", " "), escape(f"{value:,.5g}" if isinstance(value, float) else str(value)))
    Console(width=WIDTH).print(table)


def _flat(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{path}, ")
        elif value is not None and not isinstance(value, list):
            yield path, value


def _spread(figures: dict[str, Any] | None) -> str:
    if not figures or figures["median"] is None:
        return "–"
    known = figures["low"] is not None and figures["high"] is not None
    return f"{figures['median']:.4g}" + (escape(f" [{figures['low']:.3g}, {figures['high']:.3g}]") if known else "")
