"""Where the files of runs lie: folders, checkpoints, a service's answers."""

from __future__ import annotations

import re
from pathlib import Path

from boltzmann.config import CLOUD_SAMPLERS
from boltzmann.runs.files import IDENTIFIER, StoreError, folder_of

SEALED = "sealed"
CHECKPOINT = re.compile(r"step-[0-9]{8,}")


class RunFolders:
    """All runs below one folder.

    Args:
        root: The folder; made when the first run is.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.trash = self.root / ".trash"

    def ids(self) -> list[str]:
        """All runs, newest first."""
        names = (entry.name for entry in self.root.iterdir()) if self.root.is_dir() else ()
        return sorted((name for name in names if IDENTIFIER.fullmatch(name)), reverse=True)

    def folder(self, run_id: str) -> Path:
        """The folder of a run. Raises :class:`UnknownIdentifier` for anything that is not one."""
        return folder_of(self.root, run_id, "run")

    def exists(self, run_id: str) -> bool:
        """Whether there is such a run. Never raises."""
        try:
            return self.folder(run_id).is_dir()
        except StoreError:
            return False

    def answers(self, run_id: str, sampler: str) -> Path:
        """The folder in which the answers of the service ``sampler`` are kept for a run."""
        return self.folder(run_id) / "answers" / sampler

    def recording(self, run_id: str, sampler: str, step: int) -> bool:
        """Whether answers from ``step`` on continue a record that begins with the run."""
        folder = self.answers(run_id, sampler)
        begun = (folder / "run.json").is_file() if step else True
        return begun and not (folder / SEALED).exists()

    def recorded(self, run_id: str) -> str | None:
        """The service whose answers, from the first step on, can be replayed; None: there is none."""
        for sampler in sorted(CLOUD_SAMPLERS):
            folder = self.answers(run_id, sampler)
            if (folder / "run.json").is_file() and any(folder.glob("[0-9]*.safetensors")):
                return sampler
        return None

    def checkpoints(self, run_id: str) -> list[Path]:
        """Folders of the complete checkpoints, first step first."""
        folder = self.folder(run_id) / "checkpoints"
        found = [entry for entry in folder.iterdir() if CHECKPOINT.fullmatch(entry.name)] if folder.is_dir() else []
        return sorted(found, key=checkpoint_step)

    def latest_checkpoint(self, run_id: str) -> Path | None:
        """The last complete checkpoint, or None."""
        return next(reversed(self.checkpoints(run_id)), None)

    def resume_point(self, run_id: str) -> Path | None:
        """The last checkpoint that training can go on from, or None."""
        wanted = ("training.json", "training.safetensors")
        complete = (c for c in reversed(self.checkpoints(run_id)) if all((c / name).is_file() for name in wanted))
        return next(complete, None)


def checkpoint_step(folder: Path) -> int:
    """The training step of a checkpoint's folder."""
    return int(folder.name.removeprefix("step-"))


def modified(path: Path) -> float:
    """When ``path`` was last changed, seconds since 1970; 0 where it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
