"""Studies: fair comparisons of many runs of the lab, each a folder that names its runs.

Those of the store's owner have their runs in the run store; those that are shipped with the app bring their curves along.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from boltzmann.config import StudyConfig
from boltzmann.runs.files import (
    IDENTIFIER,
    StoreError,
    UnknownIdentifier,
    create_folder,
    folder_of,
    new_identifier,
    read_json,
    to_json,
    write_atomic,
)
from boltzmann.runs.models import SHIPPED_NAME
from boltzmann.runs.names import NAME_LENGTH, clean_name
from boltzmann.runs.run_folders import modified
from boltzmann.runs.status import Status
from boltzmann.runs.store import RunStore
from boltzmann.runs.study_curves import RunCurves, curves_of, shipped_curves
from boltzmann.runs.study_status import StudyMember, StudyStatus, ended_status, status_of
from boltzmann.settings import Settings

SHIPPED = "shipped:"


class StudyStore:
    """All studies below one folder: ``study.json``, ``members.json`` and ``name.txt`` each.

    Args:
        root: The folder; made with the first study.
        runs: The store of their runs.
        shipped: The folder of those that are shipped, which are called "shipped:NAME" and never change.
    """

    def __init__(self, root: Path, runs: RunStore, shipped: Path | None = None) -> None:
        self.root, self.runs, self.shipped = Path(root), runs, shipped
        self.trash = self.root / ".trash"

    @classmethod
    def beside(cls, runs: Path) -> StudyStore:
        """The studies that belong to the run store at ``runs``, and no shipped ones."""
        return cls(Path(runs) / "studies", RunStore(runs))

    @classmethod
    def of(cls, settings: Settings) -> StudyStore:
        """The studies of the app: its owner's and the shipped ones."""
        return cls(settings.runs / "studies", RunStore(settings.runs), settings.studies)

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

    def shipped_ids(self) -> list[str]:
        """The shipped studies, by name."""
        names = (entry.name for entry in self.shipped.iterdir()) if self.shipped and self.shipped.is_dir() else ()
        return [key for name in sorted(names) if self.exists(key := f"{SHIPPED}{name}")]

    def is_shipped(self, study_id: Any) -> bool:
        """Whether it is the name of a shipped study. Never raises."""
        return isinstance(study_id, str) and study_id.startswith(SHIPPED)

    def made(self, study_id: str) -> str:
        """The day on which a study was made: "2026-05-17"."""
        if self.is_shipped(study_id):
            return shipped_curves(self.folder(study_id))[1].get("made", "")
        return f"{study_id[:4]}-{study_id[4:6]}-{study_id[6:8]}"

    def folder(self, study_id: str) -> Path:
        """The folder of a study. Raises :class:`UnknownIdentifier` for anything that is not one."""
        if not self.is_shipped(study_id):
            return folder_of(self.root, study_id, "study")
        name = study_id.removeprefix(SHIPPED)
        if self.shipped and SHIPPED_NAME.fullmatch(name):
            folder = self.shipped / name
            inside = folder.resolve().is_relative_to(self.shipped.resolve())
            if inside and (folder / "study.json").is_file():
                return folder
        raise UnknownIdentifier(f"there is no study {study_id[:60]!r}: choose one from the list")

    def exists(self, study_id: Any) -> bool:
        """Whether there is such a study. Never raises."""
        try:
            return self.folder(study_id).is_dir()
        except StoreError:
            return False

    def own(self, study_id: str, deed: str) -> Path:
        """The folder of a study that may be changed.

        Raises:
            StoreError: it is shipped; the message names the ``deed``, "stop it", that was wanted.
        """
        if self.is_shipped(study_id):
            raise StoreError(f"{study_id} is shipped with the app: to {deed}, run it again as a study of your own")
        return self.folder(study_id)

    def config(self, study_id: str) -> StudyConfig:
        """What is compared. Raises :class:`StoreError` when its file is damaged or of another version."""
        path = self.folder(study_id) / "study.json"
        try:
            return _config(path, modified(path))
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
        write_atomic(self.own(study_id, "rename it") / "name.txt", name.encode())
        return name

    def members(self, study_id: str) -> list[StudyMember]:
        """Its runs, in the order in which they were queued; some may have been deleted since."""
        return _members(self.folder(study_id))

    def statuses(self, study_id: str) -> list[tuple[StudyMember, Status | None]]:
        """Its runs and how they are doing; None for one that is no longer there."""
        members = self.members(study_id)
        if self.is_shipped(study_id):
            curves = self.curves(study_id, [])
            return [(member, ended_status(study_id, curves.get(member.run))) for member in members]
        return [(member, self._status(member.run)) for member in members]

    def curves(self, study_id: str, statuses: list[tuple[StudyMember, Status | None]]) -> dict[str, RunCurves]:
        """What was measured in those runs of a study that have begun, by run.

        Args:
            study_id: The study.
            statuses: What :meth:`statuses` said of it.

        Raises:
            StoreError: the file that a shipped study brings is missing or damaged.
        """
        folder = self.folder(study_id)
        if self.is_shipped(study_id):
            curves, facts = shipped_curves(folder)
            if not facts:
                raise StoreError(f"the curves of {study_id} cannot be read: install the app again")
            return curves
        return curves_of(folder, self.runs, {member.run: not status.active for member, status in statuses if status})

    def status(self, study_id: str) -> StudyStatus:
        """How the study is doing."""
        return status_of([status for _, status in self.statuses(study_id)])

    def unfinished(self, study_id: str) -> list[str]:
        """Identifiers of the runs that are neither finished nor waited for nor trained.

        Raises:
            StoreError: it is a shipped one.
        """
        self.own(study_id, "train its runs")
        return [
            member.run
            for member, status in self.statuses(study_id)
            if status and not status.active and status.state != "finished"
        ]

    def delete(self, study_id: str) -> None:
        """Move a study that is not active to the trash with its runs, from where :meth:`restore` brings it back.

        Raises:
            StoreError: it is active, or shipped.
        """
        self.own(study_id, "delete it")
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


@lru_cache(maxsize=32)
def _config(path: Path, _modified: float) -> StudyConfig:
    return StudyConfig.model_validate(read_json(path))


def _members(folder: Path) -> list[StudyMember]:
    # Without the file, which is damaged or gone, there are no runs that could be compared.
    try:
        return [StudyMember(**values) for values in json.loads((folder / "members.json").read_bytes())]
    except (OSError, ValueError, TypeError):
        return []
