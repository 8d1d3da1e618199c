"""Drawings: one generation of digits each, asked for by the page and made by the interactive worker."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, ValidationError
from safetensors.numpy import load_file

from boltzmann.config import GibbsConfig, Part, SamplerConfig
from boltzmann.redaction import presentable
from boltzmann.runs.files import IDENTIFIER, StoreError, create_folder, folder_of, read_json, to_json, write_atomic

KEPT = 50
SILENCE = 10.0
ACTIVE = ("queued", "running")

INTERRUPTED = {
    "title": "Drawing was interrupted",
    "cause": "The process that drew the digits ended before its work was done.",
    "mend": "Draw again.",
}


class DrawingRequest(Part):
    """What to draw.

    Args:
        model_key: "shipped:NAME" or "run:ID".
        sampler: Any sampler, not only the one that the model was trained with.
        count: Number of digits.
        seed: Of the sampler.
        digit: Which digit, where the model's prior has class fields. None: each in turn.
        similar: Whether similar digits are to stand side by side. Digits in turn, or all of one class, stay as drawn.
    """

    model_key: str = Field(max_length=120)
    sampler: SamplerConfig = GibbsConfig()
    count: int = Field(64, ge=1, le=1024)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    digit: int | None = Field(default=None, ge=0, le=9)
    similar: bool = False


@dataclass(frozen=True)
class DrawingStatus:
    """How a drawing is doing.

    Args:
        state: "queued", "running", "finished", "failed" or "cancelled".
        facts: Once finished: ``sampler``, ``model``, ``count``, ``sampling_seconds``, ``decoding_seconds``,
            ``mean_energy``, ``effective_inverse_temperature`` (None when not estimated),
            ``info`` (the sampler's own), ``digit`` (the one asked for, or None), ``in_turn`` (whether the digits are 0 to 9
            in turn), ``similar`` (whether similar ones stand side by side).
        error: ``title``, ``cause`` and ``mend`` when it failed.
        heartbeat: Unix time of the last sign of life.
    """

    state: str = "queued"
    facts: dict[str, Any] = field(default_factory=dict)
    error: dict[str, str] | None = None
    heartbeat: float = 0.0

    @property
    def active(self) -> bool:
        """Whether it is still to be waited for."""
        return self.state in ACTIVE


class DrawingStore:
    """The last drawings below one folder.

    Args:
        root: The folder; made with the first drawing. ``DrawingStore.beside(settings.runs)`` finds the app's.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    @classmethod
    def beside(cls, runs: Path) -> DrawingStore:
        """The drawings that belong to the run store at ``runs``."""
        return cls(Path(runs) / "drawings")

    def create(self, request: DrawingRequest) -> str:
        """A new drawing, queued; the oldest beyond the last 50 are removed. Returns its identifier."""
        status = DrawingStatus(heartbeat=time.time())
        files = {"request.json": to_json(request.model_dump(mode="json")), "status.json": to_json(asdict(status))}
        drawing_id = create_folder(self.root, files)
        for old in self.ids()[KEPT:]:
            shutil.rmtree(self.root / old, ignore_errors=True)
        return drawing_id

    def ids(self) -> list[str]:
        """All drawings, newest first."""
        names = (entry.name for entry in self.root.iterdir()) if self.root.is_dir() else ()
        return sorted((name for name in names if IDENTIFIER.fullmatch(name)), reverse=True)

    def folder(self, drawing_id: str) -> Path:
        """The folder of a drawing: ``grid.png`` and ``drawing.safetensors`` once finished.

        Raises:
            UnknownIdentifier: when there is none.
        """
        return folder_of(self.root, drawing_id, "drawing")

    def request(self, drawing_id: str) -> DrawingRequest:
        """What was asked for."""
        try:
            return DrawingRequest.model_validate(read_json(self.folder(drawing_id) / "request.json"))
        except ValidationError:
            raise StoreError(f"the request of drawing {drawing_id} cannot be read: draw again") from None

    def status(self, drawing_id: str) -> DrawingStatus:
        """How the drawing is doing; an active one that has gone silent has failed."""
        folder = self.folder(drawing_id)
        known = {item.name for item in fields(DrawingStatus)}
        values = read_json(folder / "status.json") or {"state": "failed", "error": INTERRUPTED}
        status = DrawingStatus(**{key: value for key, value in values.items() if key in known})
        alive = folder / "alive"
        last = max(status.heartbeat, alive.stat().st_mtime if alive.exists() else 0.0)
        if status.active and time.time() - last > SILENCE:
            return replace(status, state="failed", error=INTERRUPTED)
        return replace(status, heartbeat=last)

    def write_status(self, drawing_id: str, status: DrawingStatus) -> None:
        """Write the status, atomically, with the present time as heartbeat."""
        values = presentable(asdict(replace(status, heartbeat=time.time())))
        write_atomic(self.folder(drawing_id) / "status.json", to_json(values))

    def beat(self, drawing_id: str) -> None:
        """Show that an active drawing is still waited for."""
        (self.folder(drawing_id) / "alive").touch()

    def arrays(self, drawing_id: str) -> dict[str, np.ndarray]:
        """A finished drawing: ``spins`` int8 (N, n), ``images`` uint8 (N, H, W), ``energies`` float64 (N,), and
        ``labels`` int64 (N,), the digits asked for, where the model has classes.

        Raises:
            StoreError: when it is not finished.
        """
        path = self.folder(drawing_id) / "drawing.safetensors"
        if not path.is_file():
            raise StoreError(f"drawing {drawing_id} has no digits: wait until it has finished, or draw again")
        return load_file(path)
