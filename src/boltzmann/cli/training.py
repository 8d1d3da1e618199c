"""``boltzmann train`` and ``resume``: train in this process, with a progress bar, until done or Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from boltzmann.cli.common import LOSSES, UsageError, answer, pairs, progress
from boltzmann.cli.models import find_model
from boltzmann.config import (
    CLOUD_SAMPLERS,
    PRESETS,
    changed,
    validate_json,
    validate_sampler,
)
from boltzmann.runs.estimate_words import run_words
from boltzmann.runs.models import fine_tuning, starting_folder
from boltzmann.runs.sampler_words import sampler_words, verdict
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

SHOWN = (*LOSSES, "log_likelihood", "pseudo_likelihood", "reconstruction_error", "error_rate")


def train(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train a new run."""
    if flags.replay:
        if flags.set:
            raise UsageError("--replay repeats a run as it was recorded: --set does not go with it")
        return follow(store.create_replay(flags.replay, flags.name), flags, settings, store)
    if flags.start:
        config, name = fine_tuning(entry := find_model(flags.start, settings, store)), f"{entry.title}, fine-tuned"
    elif flags.config:
        config, name = validate_json(Path(flags.config).read_text("utf-8")), Path(flags.config).stem
    else:
        config, name = PRESETS[flags.preset], flags.preset
    config = changed(config, pairs(flags.set))
    starting_folder(config, settings, store)  # says at once what does not fit
    if config.sampler.name in CLOUD_SAMPLERS:
        progress(run_words(config))
    run_id = store.create(config, flags.name or name)
    return follow(run_id, flags, settings, store)


def resume(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Go on with a run that was stopped, interrupted or finished."""
    if store.status(flags.run).active:
        raise UsageError(f"run {flags.run} is being trained now: stop it first")
    if flags.epochs:
        store.extend(flags.run, flags.epochs)
    if flags.sampler or flags.set:
        present = store.any_config(flags.run).sampler
        values = present.model_dump() if flags.sampler in (None, present.name) else {"name": flags.sampler}
        changes = {name.removeprefix("sampler."): value for name, value in pairs(flags.set).items()}
        store.change_sampler(flags.run, validate_sampler({**values, **changes}))
    store.clear_stop(flags.run)
    return follow(flags.run, flags, settings, store)


def follow(run_id: str, flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train, then answer how it ended. Returns the exit status."""
    chains = _train_here(run_id, settings, store)
    status = store.status(run_id)
    facts = {"run": run_id, "state": status.state, "steps": status.step, "seconds": round(status.seconds, 2)}
    facts |= {"figures" if status.kind == "rbm" else "losses": status.metrics, "chains": chains, "error": status.error}

    def show() -> None:
        if status.error:
            print(f"{status.error['title']}: {status.error['cause']}\n{status.error['mend']}", file=sys.stderr)
        print(f"run {run_id}: {status.state} after {status.step} steps, {status.seconds:.1f} s; {store.folder(run_id)}")

    answer(flags, facts, show)
    return {"finished": 0, "stopped": 130}.get(status.state, 1)


def _train_here(run_id: str, settings: Settings, store: RunStore) -> str | None:
    """Train in a thread with a progress bar; Ctrl-C stops it at a checkpoint. Returns the sampler's last verdict."""
    from boltzmann.runs.jobs import train_run
    from boltzmann.runs.rbm_jobs import train_rbm

    job = train_rbm if store.kind(run_id) == "rbm" else train_run
    worker = threading.Thread(target=job, args=(run_id, settings), name="training")
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[losses]}")
    console = Console(stderr=True)
    with (
        Progress(
            *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
        ) as bar,
        _stopping_on_ctrl_c(store, run_id),
    ):
        task = bar.add_task("starting", total=None, losses="")
        chains, cursor = None, store.read_events(run_id)[1]
        worker.start()
        while worker.is_alive():
            worker.join(0.2)
            events, cursor = store.read_events(run_id, cursor)
            chains = _say_news(events, chains, console)
            status = store.status(run_id)
            losses = "  ".join(f"{key} {status.metrics[key]:.4f}" for key in SHOWN if status.metrics.get(key))
            running = status.step and status.state != "stopping"
            words = f"epoch {status.epoch:.1f}/{status.epochs}" if running else status.message or status.state
            bar.update(task, description=words, completed=status.step, total=status.total_steps or None, losses=losses)
    return chains


def _say_news(events: Iterable[dict[str, Any]], before: str | None, console: Console) -> str | None:
    """Print notices, and the sampler's verdict where it differs from the one ``before``. Returns the last verdict."""
    for event in events:
        info = (event.get("info") or {}) if event.get("kind") == "sampler" else {}
        found = verdict(info)
        words = event["message"] if event.get("kind") == "notice" else ""
        if found and found != before:
            words, before = sampler_words(info, "gibbs"), found
        if words:
            console.print(f"step {event['step']:,}: {words}", markup=False, highlight=False, soft_wrap=True)
    return before


@contextmanager
def _stopping_on_ctrl_c(store: RunStore, run_id: str) -> Iterator[None]:
    """The first Ctrl-C asks the run to stop at a checkpoint; a second one ends the process."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's signature
        store.request_stop(run_id)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
