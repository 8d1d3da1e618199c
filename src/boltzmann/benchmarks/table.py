"""A benchmark's findings as text, at most 100 columns wide."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

NAMES = {
    "compiled": "ours",
    "compiled, tempered": "ours, tempered",
    "torch": "ours, torch engine",
    "block_sampler": "BlockSampler",
    "simulated_annealing": "simulated annealing",
}


def show(found: dict[str, Any], console: Console) -> None:
    """Print what :func:`boltzmann.benchmarks.samplers.measure` returned."""
    console.print(machine_words(found["machine"]), highlight=False)
    threads = found["machine"]["threads"]
    tables = _updates(found["rows"], threads), _fresh(found), _effective(found), _accuracy(found["accuracy"])
    for table in tables:
        if table.row_count:
            console.print(table)
    console.print(summary(found["rows"], threads), highlight=False)


def summary(rows: list[dict[str, Any]], threads: int) -> str:
    """The least of our ratios on Zephyr graphs, in a sentence."""
    ours = [row for row in rows if row["engine"] == "compiled" and row["graph"].startswith("zephyr")]
    single = [row for row in ours if row["threads"] == 1]
    block, annealing, share = (
        min(row[key] for row in single if row[key] is not None)
        for key in ("ratio_to_block_sampler", "ratio_to_simulated_annealing", "share_of_limit")
    )
    words = (
        f"One thread on Zephyr graphs: at least {block:.0f} times BlockSampler, {annealing:.0f} times simulated annealing "
        f"and {share:.0%} of the limit"
    )
    if threads > 1:
        speedup = min(row["speedup_of_threads"] for row in ours if row["threads"] == threads)
        words += f"; {threads} threads at least {speedup:.2f} times one"
    return words + "."


def machine_words(machine: dict[str, Any]) -> str:
    accelerator = machine["accelerator"] or "no GPU"
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"{machine['processor']} ({machine['architecture']}), {machine['cores']} cores, {accelerator}\n"
        f"{machine['system']}, Python {machine['python']}, {versions}"
    )


def _updates(rows: list[dict[str, Any]], threads: int) -> Table:
    several = f"{threads}\nthreads"
    columns = {
        ("limit", "cpu", 1): "limit",
        ("compiled", "cpu", 1): "ours",
        ("compiled", "cpu", threads): f"ours,\n{several}",
        ("torch", "cpu", 1): "ours,\ntorch",
        ("torch", "cuda", 1): "ours,\nGPU",
        ("block_sampler", "cpu", 1): "Block\nSampler",
        ("simulated_annealing", "cpu", 1): "SA",
    }
    cases: dict[tuple[str, int], dict[tuple[str, str, int], dict[str, Any]]] = {}
    for row in rows:
        case = cases.setdefault((row["graph"], row["chains"]), {})
        case[row["engine"], row["device"], row["threads"]] = row
    measured = {key: title for key, title in columns.items() if any(key in case for case in cases.values())}
    table = titled("Million spin updates a second; one thread, where nothing else is said", "graph")
    table.padding = 0  # twelve columns, thirteen with a GPU
    for title in ("chains", *measured.values(), "ours\nto\nBlock", "ours\nto SA", "ours\nto\nlimit"):
        table.add_column(title, justify="right", no_wrap=True)
    if threads > 1:
        table.add_column(f"{several}\nto one", justify="right")
    for (graph, chains), case in cases.items():
        single = case["compiled", "cpu", 1]
        cells = [number(case[key]["million_updates_per_second"]) if key in case else "" for key in measured]
        cells += [number(single[key]) for key in ("ratio_to_block_sampler", "ratio_to_simulated_annealing")]
        cells.append(f"{single['share_of_limit']:.0%}")
        if threads > 1:
            cells.append(number(case["compiled", "cpu", threads]["speedup_of_threads"]))
        table.add_row(graph, str(chains), *cells)
    return table


def _fresh(found: dict[str, Any]) -> Table:
    table = titled("Fresh equilibrated samples from a new sampler", "model")
    for title in ("spins", "samples", "threads", "milliseconds"):
        table.add_column(title, justify="right")
    table.add_column("path")
    for row in found["fresh_samples_ms"]:
        counts = (str(row[key]) for key in ("n", "reads", "threads"))
        table.add_row(row["model"], *counts, number(row["milliseconds"]), f"{row['path']}: {row['verdict']}")
    return table


def _effective(found: dict[str, Any]) -> Table:
    table = titled("Effective samples a second on the trained prior, one thread", "engine")
    for title in ("a second", "autocorrelation, sweeps", "sweeps looked at"):
        table.add_column(title, justify="right")
    for row in found["effective_samples_per_second"]:
        time = row["autocorrelation_sweeps"]
        told = (number(row["effective_samples_per_second"]), number(time)) if time else ("", "too long to tell")
        table.add_row(NAMES[row["engine"]], *told, f"{row['sweeps']:,}")
    return table


def _accuracy(accuracy: dict[str, Any]) -> Table:
    table = titled(f"Distance from the exact distribution, {accuracy['n']} spins", "engine")
    table.add_column("total variation", justify="right")
    for row in accuracy["engines"]:
        table.add_row(NAMES[row["engine"]], f"{row['total_variation']:.4f}")
    floor = f"{accuracy['floor_mean']:.4f} ± {accuracy['floor_standard_deviation']:.4f}"
    table.add_row(f"{accuracy['samples']:,} independent exact samples", floor)
    return table


def titled(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    return table


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}".rstrip(".")
