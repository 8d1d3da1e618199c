"""How a run is doing: what its job writes a few times a second and the page reads."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from boltzmann.runs.files import read_json

STATES = ("queued", "starting", "running", "stopping", "finished", "stopped", "failed", "interrupted")
ACTIVE = ("queued", "starting", "running", "stopping")
SILENCE = 10.0
"""Seconds without a heartbeat after which an active run counts as interrupted."""

INTERRUPTED = {
    "title": "Training was interrupted",
    "cause": "The process that trained this run ended before its work was done: the app was closed, or the process was "
    "killed (often for lack of memory).",
    "mend": "Press Resume: training goes on from the last checkpoint.",
}


@dataclass(frozen=True)
class Status:
    """How a run is doing.

    Args:
        state: One of :data:`STATES`.
        step: Training steps done.
        total_steps: Steps when finished; 0 while unknown.
        steps_per_epoch: 0 while unknown.
        epoch: Epochs done, as a fraction.
        epochs: Epochs when finished.
        seconds: Seconds of training, summed over resumptions.
        eta_seconds: Seconds that remain at the present speed; None while unknown.
        heartbeat: Unix time of the last sign of life.
        message: What is going on before the first step ("downloading MNIST: 40%").
        sampler: Name of the sampler; empty for a run of the lab that asks none.
        metrics: Last values of ``mse``, ``mmd``, ``kl``, ``nll``, ``total``; earlier versions had no ``kl``. For a run of the
            lab the last figures of :class:`boltzmann.training.events.Measured`.
        error: ``title``, ``cause`` and ``mend`` of what went wrong, or None.
        kind: "dvae" for a run of the Studio, "rbm" for one of the lab.
        study: Identifier of the study that it belongs to, or "".
    """

    state: str = "queued"
    step: int = 0
    total_steps: int = 0
    steps_per_epoch: int = 0
    epoch: float = 0.0
    epochs: int = 0
    seconds: float = 0.0
    eta_seconds: float | None = None
    heartbeat: float = 0.0
    message: str = ""
    sampler: str = ""
    metrics: dict[str, float | None] = field(default_factory=dict)
    error: dict[str, str] | None = None
    kind: str = "dvae"
    study: str = ""

    @property
    def active(self) -> bool:
        """Whether a job works on it, or will."""
        return self.state in ACTIVE

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Status:
        """The status in ``values``; what it does not know is left out."""
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})

    def seen_at(self, now: float | None = None) -> Status:
        """This status as it must be read at ``now``: interrupted when an active run has gone silent."""
        if self.active and (now or time.time()) - self.heartbeat > SILENCE:
            return replace(self, state="interrupted", error=self.error or INTERRUPTED, eta_seconds=None)
        return self


SETTLED_SECONDS = 1.0
"""Age from which a file's time tells it from the one that took its place: clocks of file systems tick in milliseconds."""


def written_status(path: Path) -> Status:
    """What ``status.json`` says; a missing or damaged one is of an interrupted run. Read again only when it has changed."""
    try:
        found = path.stat()
    except OSError:
        return Status(state="interrupted")
    settled = time.time() - found.st_mtime > SETTLED_SECONDS
    return (_kept if settled else _read)(path, (found.st_mtime_ns, found.st_ino, found.st_size))


def _read(path: Path, _stamp: tuple[int, ...]) -> Status:
    values = read_json(path)
    return Status.of(values) if values else Status(state="interrupted")


_kept = lru_cache(maxsize=4096)(_read)
