"""Studies: fair comparisons of many runs of the lab, each a folder that names its runs."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from boltzmann.config import StudyConfig
from boltzmann.runs.files import (
    IDENTIFIER,
    StoreError,
    create_folder,
    folder_of,
    new_identifier,
    read_json,
    to_json,
    write_atomic,
)
from boltzmann.runs.names import NAME_LENGTH, clean_name
from boltzmann.runs.run_folders import modified
from boltzmann.runs.status import Status
from boltzmann.runs.store import RunStore


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


class StudyStore:
    """All studies below one folder: ``study.json``, ``members.json`` and ``name.txt`` each.

    Args:
        root: The folder; made with the first study.
        runs: The store of their runs.
    """

    def __init__(self, root: Path, runs: RunStore) -> None:
        self.root, self.runs = Path(root), runs
        self.trash = self.root / ".trash"

    @classmethod
    def beside(cls, runs: Path) -> StudyStore:
        """The studies that belong to the run store at ``runs``."""
        return cls(Path(runs) / "studies", RunStore(runs))

    def create(self, config: StudyConfig, name: str = "") -> str:
        """A new study with all its runs, queued. Without a name it has the title of ``config``. Returns its identifier.

        The study is there when all its runs are; when the app ends before, those that were made are runs like any other.
        """
        name = clean_name(name or config.title)
        study_id = new_identifier()
        members = []
        for member in config.members():
            title = f"{member.arm}, {member.panel}, seed {member.config.seed}"
            # Hundreds of runs that have not begun: to wait for the disk each time would take many seconds.
            run_id = self.runs.create(member.config, title[:NAME_LENGTH], study_id, durable=False)
            members.append(asdict(StudyMember(member.panel, member.arm, member.config.seed, run_id)))
        files = {
            "study.json": to_json(config.model_dump(mode="json")),
            "name.txt": name.encode(),
            "members.json": to_json(members),
        }
        return create_folder(self.root, files, study_id)

    def ids(self) -> list[str]:
        """All studies, newest first."""
        names = (entry.name for entry in self.root.iterdir()) if self.root.is_dir() else ()
        return sorted((name for name in names if IDENTIFIER.fullmatch(name)), reverse=True)

    def folder(self, study_id: str) -> Path:
        """The folder of a study. Raises :class:`UnknownIdentifier` for anything that is not one."""
        return folder_of(self.root, study_id, "study")

    def exists(self, study_id: Any) -> bool:
        """Whether there is such a study. Never raises."""
        try:
            return self.folder(study_id).is_dir()
        except StoreError:
            return False

    def config(self, study_id: str) -> StudyConfig:
        """What is compared. Raises :class:`StoreError` when its file is damaged or of another version."""
        try:
            return StudyConfig.model_validate(read_json(self.folder(study_id) / "study.json"))
        except ValidationError:
            raise StoreError(f"the settings of study {study_id} cannot be read: compare again") from None

    def name(self, study_id: str) -> str:
        """What its owner calls it: any text, to be shown as text only."""
        try:
            return (self.folder(study_id) / "name.txt").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return study_id

    def rename(self, study_id: str, name: str) -> str:
        """Give a study another name. Returns the name as kept; raises :class:`StoreError` for an empty one."""
        name = clean_name(name)
        write_atomic(self.folder(study_id) / "name.txt", name.encode())
        return name

    def members(self, study_id: str) -> list[StudyMember]:
        """Its runs, in the order in which they were queued; some may have been deleted since."""
        return _members(self.folder(study_id))

    def statuses(self, study_id: str) -> list[tuple[StudyMember, Status | None]]:
        """Its runs and how they are doing; None for one that is no longer there."""
        return [(member, self._status(member.run)) for member in self.members(study_id)]

    def status(self, study_id: str) -> StudyStatus:
        """How the study is doing."""
        statuses = [status for _, status in self.statuses(study_id)]
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
            1.0 if status.state == "finished" else status.step / max(1, status.total_steps)
            for status in statuses
            if status
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

    def unfinished(self, study_id: str) -> list[str]:
        """Identifiers of the runs that are neither finished nor waited for nor trained."""
        return [
            member.run
            for member, status in self.statuses(study_id)
            if status and not status.active and status.state != "finished"
        ]

    def delete(self, study_id: str) -> None:
        """Move a study that is not active to the trash with its runs, from where :meth:`restore` brings it back.

        Raises:
            StoreError: it is active.
        """
        members = self.statuses(study_id)
        if any(status and status.active for _, status in members):
            raise StoreError(f"study {study_id} is running: stop it first, then delete it")
        for member, status in members:
            if status:
                self.runs.delete(member.run)
        self.trash.mkdir(exist_ok=True)
        os.utime(self.folder(study_id).rename(self.trash / study_id))

    def restore(self, study_id: str) -> None:
        """Bring a deleted study back, with those of its runs that are still in the trash."""
        folder = folder_of(self.trash, study_id, "deleted study")
        for member in _members(folder):
            if (self.runs.trash / member.run).is_dir():
                self.runs.restore(member.run)
        folder.rename(self.root / study_id)

    def empty_trash(self, older_than: float = 0.0) -> None:
        """Remove for good what was deleted more than ``older_than`` seconds ago."""
        for folder in self.trash.iterdir() if self.trash.is_dir() else ():
            if time.time() - modified(folder) >= older_than:
                shutil.rmtree(folder)

    def _status(self, run_id: str) -> Status | None:
        try:
            return self.runs.status(run_id)
        except StoreError:
            return None


def _members(folder: Path) -> list[StudyMember]:
    # Without the file, which is damaged or gone, there are no runs that could be compared.
    try:
        return [StudyMember(**values) for values in json.loads((folder / "members.json").read_bytes())]
    except (OSError, ValueError, TypeError):
        return []
