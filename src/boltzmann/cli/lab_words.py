"""What the lab's commands found, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
            ``verdicts`` by panel; ``study``, ``state``, ``figure`` and ``seeds``; ``decay``, or None.
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
    if facts["decay"]:
        _show_decay(facts["decay"], console)
    console.print(f"study {facts['study']}: {facts['state']}")


def _show_decay(found: dict[str, Any], console: Console) -> None:
    """What the errors of each arm tend to, K exp(-alpha i) + c, as :func:`boltzmann.runs.study_decay.analyse` has it."""
    heads = (
        "panel",
        "arm",
        "c",
        "95%, posterior",
        "95%, over runs",
        "final error",
        "final log-likelihood",
        "ratio, first to it",
    )
    table, panel = Table(*heads, title="Decay of the error"), None
    ratios = {(ratio["panel"], ratio["arm"]): ratio for ratio in found["ratios"]}
    for group in found["groups"]:
        if panel not in (None, group["panel"]):
            table.add_section()
        panel, quoted = group["panel"], group["verdict"] == "quoted"
        ratio = ratios.get((panel, group["arm"])) or {"median": None}
        table.add_row(
            escape(panel),
            escape(group["arm"]),
            f"{group['mode']['c']:.4g}" if quoted else "refused",
            _interval(group["interval"]["c"]) if quoted else "–",
            _interval(group["over_runs"].get("c")) if quoted else "–",
            _spread(group["final"].get("sum_squares")),
            _spread(group["final"].get("test_log_likelihood")),
            "–" if ratio["median"] is None else f"{ratio['median']:.3g} {_interval(ratio['interval'])}",
        )
    console.print(table)
    for group in found["groups"]:
        if group["verdict"] == "refused":
            console.print(escape(f"{group['panel']}, {group['arm']}: refused. {' '.join(group['reasons'])}"))
    for words in found["words"]:
        console.print(escape(words))


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


def _interval(ends: Sequence[float] | None) -> str:
    return "–" if ends is None else escape(f"[{ends[0]:.4g}, {ends[1]:.4g}]")


def _spread(figures: dict[str, Any] | None) -> str:
    if not figures or figures["median"] is None:
        return "–"
    known = figures["low"] is not None and figures["high"] is not None
    return f"{figures['median']:.4g}" + (escape(f" [{figures['low']:.3g}, {figures['high']:.3g}]") if known else "")
