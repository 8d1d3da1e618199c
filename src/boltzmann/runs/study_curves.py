"""The measured curves of a study's runs as arrays: each run's log is read once, and what has ended is kept in one file."""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from boltzmann.config import FIGURES
from boltzmann.runs.files import write_atomic
from boltzmann.runs.store import RunStore

FILE = "curves.safetensors"
COSTS = ("updates", "samples", "calls", "seconds")
COUNTS = ("step", "updates", "samples", "calls")
"""Whole numbers that 32 bits of a float do not hold."""
ANNEALER = ("beta", "beta_change", "data_energy", "model_energy", "hardware_beta", "chain_breaks")
CURVES = ("step", "epoch", *COSTS, *FIGURES, *ANNEALER)
KNOWN = {"columns": " ".join(CURVES)}
"""Kept with the curves of ended runs: logs are read again when there is more to read in them."""

KEPT_STUDIES = 2
"""Of which the curves stay in memory: some 25 MB each for a thousand runs of 300 measurements."""
WRITTEN_AFTER = 200
"""Runs that have ended since the file was last written, while others go on."""


@dataclass(frozen=True)
class RunCurves:
    """What was measured in one run.

    Args:
        columns: By name of :data:`CURVES` an array (points,), NaN where nothing was measured; names of which nothing was
            ever measured are left out.
        size: Bytes of the run's log when it was read.
        last: The last finite value of each column.
    """

    columns: dict[str, np.ndarray]
    size: int = 0
    last: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Mapping[str, np.ndarray], size: int = 0) -> RunCurves:
        """Curves with their last values."""
        known = {name: values for name, values in columns.items() if not np.isnan(values).all()}
        # Seven digits are what 32 bits hold.
        last = {
            name: float(end) if values.dtype == np.float64 else float(f"{end:.7g}")
            for name, values in known.items()
            for end in values[~np.isnan(values)][-1:]
        }
        return cls(known, size, last)

    def diverged(self, figure: str) -> bool:
        """Whether the figure was a number and is none at the end: numbers that are not finite are stored as null."""
        return figure in self.columns and bool(np.isnan(self.columns[figure][-1]))


def thinned(values: Iterable[np.ndarray], points: int) -> np.ndarray:
    """Places (p,) of about ``points`` of N measurements, the last among them, and of all rare ones.

    Args:
        values: (N,) each: one that is mostly NaN was measured rarely and loses nothing.
        points: How many, where none is rare.
    """
    columns = list(values)
    total = len(columns[0])
    # Backwards from the last, which the tables show.
    kept = np.zeros(total, bool)
    kept[:: -max(1, -(-total // points))] = True
    for column in columns:
        known = ~np.isnan(column)
        if known.sum() <= total / 4:
            kept |= known
    return np.flatnonzero(kept)


def curves_of(folder: Path, runs: RunStore, ended: Mapping[str, bool]) -> dict[str, RunCurves]:
    """The curves of a study's runs that have any.

    Args:
        folder: Of the study; the curves of ended runs are kept there.
        runs: The store of the runs.
        ended: The runs that are still there, and whether each has ended.
    """
    with _lock:
        known, written = _kept.pop(folder, None) or _from_file(folder)
        fresh = False
        for run_id, over in ended.items():
            size = _size(runs, run_id)
            if run_id not in known or known[run_id].size != size:
                known[run_id] = _parsed(runs, run_id, size)
                fresh = fresh or over
        for run_id in known.keys() - ended.keys():
            del known[run_id]
        done = {run_id: known[run_id] for run_id, over in ended.items() if over}
        if len(done) - written >= WRITTEN_AFTER or (len(done) == len(ended) and (fresh or len(done) != written)):
            written = len(done)
            with suppress(OSError):  # read again by the next process
                write_curves(folder / FILE, done, KNOWN)
        _kept[folder] = known, written
        while len(_kept) > KEPT_STUDIES:
            _kept.popitem(last=False)
        return {run_id: curves for run_id, curves in known.items() if curves.columns}


def shipped_curves(folder: Path) -> tuple[dict[str, RunCurves], dict[str, str]]:
    """The curves of a shipped study and the facts of their file; none of a file that is missing or damaged."""
    with _lock:
        stamp = _stamp(folder / FILE)
        kept = _shipped.pop(folder, None)
        # Another export may have replaced it.
        found = kept[1] if kept and kept[0] == stamp else read_curves(folder / FILE)
        _shipped[folder] = stamp, found
        while len(_shipped) > KEPT_STUDIES:
            _shipped.popitem(last=False)
        return found


def write_curves(
    path: Path, curves: Mapping[str, RunCurves], facts: Mapping[str, str] | None = None, coarse: Iterable[str] = ()
) -> None:
    """Write curves into one file.

    Args:
        path: The file, replaced as a whole.
        curves: By run.
        facts: Words that are kept with them.
        coarse: Columns that are kept in 16 bits, as exact as a plot shows: to one part in 2,000.
    """
    lengths = [len(run.columns["step"]) if run.columns else 0 for run in curves.values()]
    tensors: dict[str, np.ndarray] = {"lengths": np.array(lengths, np.int64)}
    for name in sorted({name for run in curves.values() for name in run.columns}):
        parts = [
            run.columns.get(name, np.full(length, np.nan)) for run, length in zip(curves.values(), lengths, strict=True)
        ]
        # Runs of the same settings are measured at the same steps.
        shared = len(parts) > 1 and all(np.array_equal(part, parts[0]) for part in parts[1:])
        whole = parts[0] if shared else np.concatenate(parts)
        # safetensors writes a strided view's memory as it lies.
        tensors[name] = np.ascontiguousarray(whole, np.float16 if name in coarse else None)
    runs = {"runs": json.dumps(list(curves)), "sizes": json.dumps([run.size for run in curves.values()])}
    write_atomic(path, save(tensors, {**(facts or {}), **runs}))


def read_curves(path: Path) -> tuple[dict[str, RunCurves], dict[str, str]]:
    """The curves in a file of :func:`write_curves` and its facts; of a missing or damaged file none."""
    try:
        with safe_open(path, framework="np") as file:
            facts = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        runs, sizes = json.loads(facts.pop("runs")), json.loads(facts.pop("sizes"))
        lengths = tensors.pop("lengths")
        total, edges = int(lengths.sum()), np.cumsum(lengths)[:-1]
        parts: dict[str, list[np.ndarray]] = {}
        for name, values in tensors.items():
            wide = values.astype(np.float32) if values.dtype == np.float16 else values
            parts[name] = np.split(wide if len(wide) == total else np.tile(wide, len(runs)), edges)
        return {
            run_id: RunCurves.of({name: part[place] for name, part in parts.items()}, size)
            for place, (run_id, size) in enumerate(zip(runs, sizes, strict=True))
        }, facts
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, IndexError):
        return {}, {}


_lock = threading.Lock()
_kept: OrderedDict[Path, tuple[dict[str, RunCurves], int]] = OrderedDict()
_shipped: OrderedDict[Path, tuple[tuple[int, ...], tuple[dict[str, RunCurves], dict[str, str]]]] = OrderedDict()


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _from_file(folder: Path) -> tuple[dict[str, RunCurves], int]:
    found, facts = read_curves(folder / FILE)
    return (found, len(found)) if facts == KNOWN else ({}, 0)


def _size(runs: RunStore, run_id: str) -> int:
    # Not the store's own way to the folder, which looks at every part of its path.
    try:
        return os.path.getsize(f"{runs.root}/{run_id}/events.jsonl")
    except OSError:  # not begun
        return 0


def _parsed(runs: RunStore, run_id: str, size: int) -> RunCurves:
    if not size:
        return RunCurves({})
    history: dict[str, list[Any]] = runs.history(run_id)
    return RunCurves.of(
        {
            name: np.array(history[name], np.float64 if name in COUNTS else np.float32)
            for name in CURVES
            if any(value is not None for value in history[name])
        },
        size,
    )
