"""What `boltzmann bench lab` found, as text at most 100 columns wide."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from boltzmann.benchmarks.table import machine_words, number, titled


def show(found: dict[str, Any], console: Console) -> None:
    """Print what :func:`boltzmann.benchmarks.lab.measure` returned."""
    console.print(machine_words(found["machine"]), highlight=False)
    epoch, bars, threads = found["epoch"], found["bars"], found["machine"]["threads"]
    units = f"{epoch['visible']} x {epoch['hidden']} units, batches of {epoch['batch']}"
    title = f"An epoch of {epoch['images']:,} images ({epoch['data']}), {units}"
    table = titled(
        f"{title}\n{threads} {'thread' if threads == 1 else 'threads'}, ours on {epoch['device']}", "trainer"
    )
    for heading in ("precision", "seconds", "range", "ours to it"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in epoch["rows"]:
        table.add_row(
            row["trainer"], row["precision"], number(row["seconds"]), _range(row["range"]), number(row["ours_to_it"])
        )
    console.print(table)
    console.print(
        f"Mode-assisted training on shifting bars, 9 + 9 units, {bars['steps']:,} steps: {number(bars['seconds'])} s "
        f"({_range(bars['range'])}), {number(bars['whole_seconds'])} s with figures and pictures.",
        highlight=False,
    )


def _range(ends: list[float]) -> str:
    return " to ".join(number(end) for end in ends)
