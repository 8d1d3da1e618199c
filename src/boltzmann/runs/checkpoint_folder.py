"""Checkpoints on disk: complete or absent, and not too many."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from boltzmann.runs.run_folders import checkpoint_step
from boltzmann.runs.store import RunStore

KEPT = 50
RESUMABLE = 2
RESUME_FILES = ("training.safetensors", "training.json")


def save_checkpoint(store: RunStore, run_id: str, step: int, save: Callable[[Path], None]) -> Path:
    """Let ``save`` fill a folder, then give it its name ``step-00001234``. Older ones are thinned out.

    Args:
        store: The run store.
        run_id: The run.
        step: Training steps done.
        save: Writes all files of the checkpoint into the folder that it is given.
    """
    parent = store.folder(run_id) / "checkpoints"
    target = parent / f"step-{step:08d}"
    if target.exists():  # stopped or resumed at the very step that was saved before
        return target
    temporary = parent / f".new-{step:08d}"
    temporary.mkdir(parents=True)
    try:
        save(temporary)
        for file in temporary.iterdir():
            _sync(file)
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync(parent)
    thin_out(store.checkpoints(run_id))
    return target


def remove_unfinished(store: RunStore, run_id: str) -> None:
    """Remove what a killed job left half written."""
    for folder in (store.folder(run_id) / "checkpoints").glob(".new-*"):
        shutil.rmtree(folder, ignore_errors=True)


def thin_out(checkpoints: list[Path], kept: int = KEPT) -> None:
    """Keep what resuming needs for the newest two only, and at most ``kept`` checkpoints, evenly over the steps."""
    for folder in checkpoints[:-RESUMABLE]:
        for name in RESUME_FILES:
            (folder / name).unlink(missing_ok=True)
    checkpoints = list(checkpoints)
    while len(checkpoints) > kept:
        steps = [checkpoint_step(folder) for folder in checkpoints]
        middle = range(1, len(checkpoints) - RESUMABLE)
        closest = min(middle, key=lambda i: steps[i + 1] - steps[i - 1])
        shutil.rmtree(checkpoints.pop(closest))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
