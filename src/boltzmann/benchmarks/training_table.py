"""What `boltzmann bench training` found, as text at most 100 columns wide."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from boltzmann.benchmarks.table import machine_words, number, titled

MOMENTS = (1, 2, 5, 10, 20, 40, 80, 120, 240, 480)
"""Seconds of training after which the test MSE is shown."""


def show(found: dict[str, Any], console: Console) -> None:
    """Print what :func:`boltzmann.benchmarks.training.measure` returned."""
    console.print(machine_words(found["machine"]), highlight=False)
    console.print(_figures(found))
    console.print(_curves(found))


def _figures(found: dict[str, Any]) -> Table:
    ours, peer = found["rows"]
    threads = found["machine"]["threads"]
    table = titled(f"Training, {threads} {'thread' if threads == 1 else 'threads'}", "")
    for title in ("ours", "public demo's recipe", "ours to it"):
        table.add_column(title, justify="right", no_wrap=True)

    def add(name: str, *cells: str) -> None:
        table.add_row(name, *cells)

    add("pixels", *(f"{row['image_size']} x {row['image_size']}" for row in (ours, peer)))
    add("spins", *(str(row["latents"]) for row in (ours, peer)))
    add("weights of the encoder", *(f"{row['parameters']['encoder']:,}" for row in (ours, peer)))
    add("weights of the decoder", *(f"{row['parameters']['decoder']:,}" for row in (ours, peer)))
    add("images a step, strings an image", *(f"{row['batch']}, {row['replicas']}" for row in (ours, peer)))
    add("steps a second", *(number(row["steps_per_second"]) for row in (ours, peer)))
    add(
        "images a second",
        *(number(row["images_per_second"]) for row in (ours, peer)),
        f"{number(found['images_per_second_ratio'])} x",
    )
    for target in ours["seconds_to_test_mse"]:
        add(f"seconds to a test MSE of {target}", *(_reached(row, target) for row in (ours, peer)))
    add("trained, seconds", *(number(row["seconds"]) for row in (ours, peer)))
    add("trained, epochs", *(number(row["epochs"]) for row in (ours, peer)))
    add("test MSE then", *(f"{row['curve'][-1][1]:.4f}" for row in (ours, peer)))
    add("Frechet distance of 2,000 digits then", *(number(row["frechet_distance"]) for row in (ours, peer)))
    add("the same of 2,000 real images", *(number(row["frechet_floor"]) for row in (ours, peer)))
    return table


def _curves(found: dict[str, Any]) -> Table:
    moments = [moment for moment in MOMENTS if moment <= max(row["seconds"] for row in found["rows"])]
    table = titled(f"Test MSE ({found['test_images']:,} images) after seconds of training", "")
    for moment in moments:
        table.add_column(str(moment), justify="right")
    for row in found["rows"]:
        table.add_row(row["recipe"], *(_after(row, moment) for moment in moments))
    return table


def _reached(row: dict[str, Any], target: str) -> str:
    seconds = row["seconds_to_test_mse"][target]
    return f"not in {row['seconds']:.0f} s" if seconds is None else number(seconds)


def _after(row: dict[str, Any], moment: int) -> str:
    """The last test MSE seen until then; nothing where training had ended or nothing was seen yet."""
    seen = [mse for seconds, mse in row["curve"] if seconds <= moment]
    return f"{seen[-1]:.4f}" if seen and moment <= row["seconds"] else ""
