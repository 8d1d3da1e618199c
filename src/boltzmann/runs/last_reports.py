"""What the last calls of each sampler measured, as the run store remembers it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from boltzmann.runs import event_log
from boltzmann.runs.files import StoreError
from boltzmann.runs.sampler_words import inverse_temperature, is_number, measured
from boltzmann.runs.store import RunStore

TAIL = 1 << 18
"""Bytes at the end of a run's events in which its last report mostly lies."""


def last_reports(store: RunStore, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The last sampler report of the newest run of each sampler that has one.

    Args:
        store: The run store.
        names: Of the samplers.

    Returns:
        By the sampler's name: ``run``, ``name`` (the run's), ``step``, ``when`` (seconds since 1970), ``seconds`` of that
        call, and its ``info``.
    """
    wanted, found = set(names), {}
    for run_id in store.ids():
        if not wanted:
            break
        try:
            status = store.status(run_id)
            report = _last(store.folder(run_id) / "events.jsonl") if status.sampler in wanted else None
        except (StoreError, OSError):
            continue
        if report:
            wanted.remove(status.sampler)
            found[status.sampler] = {
                "run": run_id,
                "name": store.name(run_id),
                "step": report.get("step"),
                "when": status.heartbeat,
                "seconds": report.get("seconds"),
                "info": report["info"],
            }
    return found


def report_pairs(report: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers of a report of :func:`last_reports` as names and values in words, the same on the page and elsewhere."""
    info = report["info"]
    value, error = inverse_temperature(info)
    pairs = [("Effective inverse temperature", measured(value, error))]
    if is_number(report.get("seconds")):
        pairs.append(("Sampling, last step", _seconds(report["seconds"])))
    time = "Wall time of calls" if info.get("seconds_are") == "wall" else "Access time"
    for key, label in (("qpu_seconds", f"{time}, last step"), ("total_qpu_seconds", f"{time}, whole run")):
        if is_number(info.get(key)):
            pairs.append((label, _seconds(info[key])))
    if is_number(info.get("clipped")):
        pairs.append(("Clipped coefficients", f"{info['clipped']:,}"))
    if is_number(info.get("chain_break_fraction")):
        pairs.append(("Broken chains", f"{info['chain_break_fraction']:.1%}"))
    if isinstance(info.get("placement"), dict):
        pairs.append(("Placement on the chip", str(info["placement"].get("summary", "")).rstrip(".")))
    return pairs


def _last(path: Path) -> dict[str, Any] | None:
    start = max(0, os.path.getsize(path) - TAIL)
    for cursor in {start: None, 0: None}:
        for event in reversed(event_log.read(path, cursor)[0]):
            if event.get("kind") == "sampler" and isinstance(event.get("info"), dict):
                return event
    return None


def _seconds(value: float) -> str:
    return f"{1000 * value:.3g} ms" if value < 0.9995 else f"{value:,.3g} s"
