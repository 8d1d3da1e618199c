"""Training as a job: from the last checkpoint to the end, a request to stop, or a failure, whatever is trained."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from boltzmann.runs.checkpoint_folder import remove_unfinished, save_checkpoint
from boltzmann.runs.failures import explain, full_report
from boltzmann.runs.recorder import Recorder
from boltzmann.runs.run_folders import checkpoint_step
from boltzmann.runs.run_sampler import run_sampler
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings
from boltzmann.training.events import CheckpointDue, Event, Finished

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from boltzmann.samplers.base import Sampler

ENDINGS = ("BudgetSpent", "Cancelled", "RecordEnds")
"""Errors with which a sampler ends a run in good order. Names, since their classes' module imports torch."""

STOP_SECONDS = 0.1
"""How often a training job looks whether it was asked to stop."""


class Training(Protocol):
    """What a job needs of a trainer: :class:`boltzmann.training.dvae.DvaeTraining` is one."""

    step: int
    seconds: float
    total_steps: int

    def events(self) -> Iterator[Event]:
        """Train to the end, saying what happens."""
        ...

    def save(self, folder: Path) -> None:
        """Write a complete checkpoint."""
        ...


class Start:
    """What a training begins with, made step by step so that the page can say which.

    Args:
        store: The run store.
        run_id: The run.
        settings: Where data and models lie.
        recorder: Of the run.
        opened: Closes what was opened, whatever happens.
    """

    def __init__(self, store: RunStore, run_id: str, settings: Settings, recorder: Recorder, opened: ExitStack) -> None:
        self.store, self.run_id, self.settings = store, run_id, settings
        self.checkpoint = store.resume_point(run_id)
        self._recorder, self._opened = recorder, opened
        remove_unfinished(store, run_id)
        self.step = checkpoint_step(self.checkpoint) if self.checkpoint else 0
        if store.read_events(run_id, limit=1)[0]:
            recorder.record({"kind": "rewound", "step": self.step})

    def say(self, message: str) -> None:
        """Show what is going on before the first step."""
        self._recorder.set(message=message)

    def sampler(self) -> Sampler:
        """The run's sampler. A service may be asked before there is a training: it is closed whatever happens."""
        config = self.store.any_config(self.run_id)
        return self._opened.enter_context(closing(run_sampler(self.store, self.run_id, config, self.step)))


def train(run_id: str, settings: Settings, begin: Callable[[Start], Training], apart: float = 0.0) -> str:
    """Train a run from its last checkpoint, if any, to its end, a request to stop, or a failure.

    All that happens is written to the run store; nothing is raised for a failure that could be written there.

    Args:
        run_id: The run.
        settings: Where things lie.
        begin: Makes the trainer.
        apart: Seconds between two checkpoints at least: one due earlier is left out, but never the first and the last.

    Returns:
        The final state: "finished", "stopped" or "failed".
    """
    store = RunStore(settings.runs)
    with Recorder(store, run_id) as recorder, ExitStack() as opened:
        recorder.set(state="starting", message="Starting", error=None, eta_seconds=None)
        training = None
        try:
            training = begin(Start(store, run_id, settings, recorder, opened))
            return _train(store, run_id, training, recorder, apart)
        except Exception as error:
            if training is not None and training.step:
                # Whatever can be saved is worth more than a second error.
                with suppress(Exception):
                    _save(store, run_id, training, recorder)
            if type(error).__name__ in ENDINGS:
                return _end(store, run_id, training, recorder, "stopped", error=_reason(error))
            recorder.fail(explain(error, "Training"), full_report(error))
            return "failed"


def _train(store: RunStore, run_id: str, training: Training, recorder: Recorder, apart: float) -> str:
    look_again = save_again = 0.0
    state = "finished"
    saved = None
    with closing(cast("Generator[Event]", training.events())) as events:
        for event in events:
            if isinstance(event, CheckpointDue):
                if time.monotonic() >= save_again:
                    _save(store, run_id, training, recorder)
                    saved = training.step
                    save_again = time.monotonic() + apart
                continue
            if not isinstance(event, Finished):
                recorder.record(event)
            if training.step < training.total_steps and time.monotonic() >= look_again:
                look_again = time.monotonic() + STOP_SECONDS
                if store.stop_requested(run_id):
                    state = "stopped"
                    break
    if training.step and saved != training.step:
        _save(store, run_id, training, recorder)
    return _end(store, run_id, training, recorder, state)


def _end(
    store: RunStore,
    run_id: str,
    training: Training | None,
    recorder: Recorder,
    state: str,
    error: dict[str, str] | None = None,
) -> str:
    # Without a training the run stands where it stood before.
    at = training or store.status(run_id)
    recorder.record({"kind": state, "step": at.step, "seconds": at.seconds})
    store.clear_stop(run_id)
    # A run may end before all its steps are done.
    recorder.end(state, step=at.step, total_steps=at.total_steps, error=error)
    return state


def _reason(error: Exception) -> dict[str, str] | None:
    return None if type(error).__name__ == "Cancelled" else explain(error, "Training")


def _save(store: RunStore, run_id: str, training: Training, recorder: Recorder) -> None:
    # The curve must reach the disk first: a checkpoint without the events before it would leave a gap when resumed.
    recorder.flush()
    folder = save_checkpoint(store, run_id, training.step, training.save)
    recorder.record({"kind": "checkpoint", "step": training.step, "folder": f"checkpoints/{folder.name}"})
