"""How a study and its runs are doing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from boltzmann.config import FIGURES
from boltzmann.runs.status import Status
from boltzmann.runs.study_curves import RunCurves


@dataclass(frozen=True)
class StudyMember:
    """One run of a study: its panel's and its arm's title, its seed, the run's identifier."""

    panel: str
    arm: str
    seed: int
    run: str


@dataclass(frozen=True)
class StudyStatus:
    """How a study is doing.

    Args:
        state: "running" while a run is waited for or trained; else "finished" when all are finished or failed,
            "interrupted" when one is, "stopped".
        total: Runs.
        finished, failed, working, waiting: How many of them; the others were stopped, interrupted or deleted.
        progress: Share of all training steps that are done, 0 to 1.
        seconds: Seconds of training, summed over the runs.
    """

    state: str
    total: int
    finished: int
    failed: int
    working: int
    waiting: int
    progress: float
    seconds: float

    @property
    def active(self) -> bool:
        """Whether a run of it is waited for or trained."""
        return self.state == "running"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def status_of(statuses: Sequence[Status | None]) -> StudyStatus:
    """How a study is doing whose runs do so; None for one that was deleted."""
    states = [status.state if status else "deleted" for status in statuses]
    finished, failed, waiting = (states.count(state) for state in ("finished", "failed", "queued"))
    working = sum(states.count(state) for state in ("starting", "running", "stopping"))
    if working or waiting:
        state = "running"
    elif states and finished + failed == len(states):
        state = "finished"
    else:
        state = "interrupted" if "interrupted" in states else "stopped"
    done = sum(
        1.0 if status.state == "finished" else status.step / max(1, status.total_steps) for status in statuses if status
    )
    return StudyStatus(
        state,
        len(states),
        finished,
        failed,
        working,
        waiting,
        done / max(1, len(states)),
        sum(status.seconds for status in statuses if status),
    )


def ended_status(study_id: str, curves: RunCurves | None) -> Status:
    """How a shipped run ended; one that has no curves had failed."""
    if curves is None:
        return Status(state="failed", kind="rbm", study=study_id)
    last = curves.last
    return Status(
        "finished",
        step=int(last["step"]),
        total_steps=int(last["step"]),
        epoch=last.get("epoch", 0.0),
        seconds=last.get("seconds", 0.0),
        metrics={name: last.get(name) for name in FIGURES if name in last},
        kind="rbm",
        study=study_id,
    )
