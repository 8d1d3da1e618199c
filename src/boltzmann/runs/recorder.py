"""Writes what a trainer says into the run store, in a thread of its own so that training does not wait for the disk."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

from boltzmann.config import FIGURES
from boltzmann.runs.pictures import enlarged, generated_grid, reconstruction_grid
from boltzmann.runs.store import RunStore
from boltzmann.training.events import Event, Measured, Metrics, Picture, Started, Working

BATCH_SECONDS = 0.1
STATUS_SECONDS = 0.5
RESERVE_BYTES = 1 << 16
CRITIC_COST = 2.0
"""Time of a step with a critic, in that of one without: 1.8 with two threads, 2.4 with one."""
LOSSES = ("mse", "mmd", "kl", "nll", "total", "critic")


class Recorder:
    """Keeps events and status of one run on disk while its job works; a context manager.

    Args:
        store: The run store.
        run_id: The run. Only one recorder may work on it.
        batch_seconds: Events are written together at most this often.
    """

    def __init__(self, store: RunStore, run_id: str, batch_seconds: float = BATCH_SECONDS) -> None:
        self.store, self.run_id = store, run_id
        self._batch_seconds = batch_seconds
        self._waiting: list[Event | dict[str, Any]] = []
        self._changes: dict[str, Any] = {}
        self._state = threading.Lock()
        self._disk = threading.Lock()
        self._done = threading.Event()
        self._error: OSError | None = None
        self._started: tuple[float, Started] | None = None
        self._lab = store.kind(run_id) == "rbm"
        self._figures: dict[str, float | None] = {}
        # Space set aside, so that a full disk can still be reported.
        self._reserve = store.folder(run_id) / "reserve"
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def __enter__(self) -> Recorder:
        self._reserve.write_bytes(b"." * RESERVE_BYTES)
        self._write_status()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._reserve.unlink(missing_ok=True)

    def record(self, event: Event | dict[str, Any]) -> None:
        """Take note of an event; it reaches the disk within a tenth of a second.

        Raises:
            OSError: when earlier events could not be written.
        """
        if self._error:
            raise self._error
        with self._state:
            if not isinstance(event, Working):
                self._waiting.append(event)
            if isinstance(event, Started):
                self._started = time.monotonic(), event
                self._changes |= {
                    "state": "running",
                    "message": "",
                    "step": event.step,
                    "total_steps": event.total_steps,
                    "steps_per_epoch": event.steps_per_epoch,
                    "epoch": event.step / event.steps_per_epoch,
                }
            elif isinstance(event, Metrics | Measured | Working):
                self._changes |= self._progress(event)
        if isinstance(event, Started):
            self._write_status()

    def set(self, **changes: Any) -> None:
        """Change fields of the status; on disk when this returns."""
        with self._state:
            self._changes |= changes
        self._write_status()

    def flush(self) -> None:
        """Wait until all events so far are on the disk."""
        self._write_events(durable=True)

    def end(self, state: str, **changes: Any) -> None:
        """Write the remaining events, then the final ``state``."""
        self.flush()
        self.set(state=state, eta_seconds=None, message="", **changes)

    def fail(self, error: dict[str, str], report: str) -> None:
        """Write ``error`` to the status, ``report`` to ``error.log``, and what events can still be written."""
        self._done.set()
        self._thread.join()
        self._reserve.unlink(missing_ok=True)
        self.set(state="failed", error=error, eta_seconds=None, message="")
        (self.store.folder(self.run_id) / "error.log").write_text(report, "utf-8")
        with self._state:
            self._waiting.append({"kind": "failed", "step": self._changes.get("step", 0), "error": error})
        with suppress(OSError):
            self.flush()

    def _progress(self, event: Metrics | Measured | Working) -> dict[str, Any]:
        if isinstance(event, Metrics):
            told = ((name, getattr(event, name)) for name in LOSSES)
            self._figures = {name: value for name, value in told if value is not None}
        elif isinstance(event, Measured):
            # Not all are measured each time.
            self._figures = self._figures | {
                name: value for name in FIGURES if (value := getattr(event, name)) is not None
            }
        eta = None
        if self._started and event.step > self._started[1].step:
            begun, started = self._started
            before, now, after = (_cost(step, started) for step in (started.step, event.step, started.total_steps))
            eta = (time.monotonic() - begun) / (now - before) * (after - now)
        return {
            "step": event.step,
            "epoch": event.epoch,
            "seconds": event.seconds,
            "eta_seconds": eta,
            "metrics": self._figures,
        }

    def _work(self) -> None:
        status_due = time.monotonic() + STATUS_SECONDS
        while not self._done.wait(self._batch_seconds):
            try:
                self._write_events()
                if time.monotonic() >= status_due:
                    self._write_status()
                    status_due = time.monotonic() + STATUS_SECONDS
            except OSError as error:
                self._error = error
                return

    def _write_events(self, durable: bool = False) -> None:
        with self._disk:
            with self._state:
                waiting, self._waiting = self._waiting, []
            if waiting or durable:
                self.store.append(self.run_id, [self._as_dict(event) for event in waiting], durable)

    def _write_status(self) -> None:
        with self._disk:
            with self._state:
                changes = dict(self._changes)
            self.store.write_status(self.run_id, **changes)

    def _as_dict(self, event: Event | dict[str, Any]) -> dict[str, Any]:
        if isinstance(event, dict):
            return event
        if isinstance(event, Picture):
            file = f"images/{event.name}-{event.step:08d}.png"
            path = self.store.folder(self.run_id) / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self._grid(event))
            return {"kind": event.kind, "step": event.step, "name": event.name, "file": file}
        return {"kind": event.kind, **vars(event)}

    def _grid(self, event: Picture) -> bytes:
        images = enlarged(event.images) if self._lab else event.images
        if event.name == "reconstructed":
            return reconstruction_grid(images)
        in_turn = not self._lab and self.store.config(self.run_id).model.class_conditional
        return generated_grid(images[: len(images) // 10 * 10] if in_turn else images, in_turn)


def _cost(step: int, started: Started) -> float:
    """What ``step`` steps cost, in the time of one without a critic."""
    with_critic = 0 if started.critic_from is None else max(0, step - started.critic_from)
    return step + (CRITIC_COST - 1) * with_critic
