"""The frames of a run's checkpoints, put together for the page: histograms on common bins, sheets of pictures, a GIF."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from boltzmann.runs.animation import animation
from boltzmann.runs.files import read_json, to_json, write_atomic
from boltzmann.runs.pictures import arranged, png
from boltzmann.runs.run_folders import checkpoint_step
from boltzmann.runs.store import RunStore

FOLDER = "frames"
VERSION = 1
"""Part of a frame's name: frames of another version are made anew."""

FILM = "film.json"
GENERATED, RECONSTRUCTED, ANIMATION = "generated.png", "reconstructed.png", "generated.gif"
DRAWN, COLUMNS = 50, 10
BINS = 48
TAIL = 0.001
"""Share of the values of a histogram that its end bins take in, at either end."""


def frame_file(checkpoint: Path) -> str:
    """The name of a checkpoint's frame. Raises :class:`FileNotFoundError` when the checkpoint is there no more."""
    # A checkpoint that was removed and made again is another one.
    return f"{checkpoint.name}-{(checkpoint / 'weights.safetensors').stat().st_mtime_ns:x}-{VERSION}.safetensors"


def missing(store: RunStore, run_id: str) -> list[Path]:
    """The checkpoints that have no frame yet, first step first."""
    folder = store.folder(run_id) / FOLDER
    have = {path.name for path in folder.glob("step-*.safetensors")}
    return [checkpoint for checkpoint, name in _frames(store, run_id).items() if name not in have]


def film(store: RunStore, run_id: str) -> dict[str, Any] | None:
    """The film of all checkpoints that a run has now, or None where it is still to be made.

    Returns:
        ``version``, which changes with any frame; ``steps``, one for each frame; ``sheets``, of each kind of picture the
        ``width`` and ``height`` of a frame in dots, as they lie below one another in its file; ``energies`` per spin with
        ``edges`` (49,), ``encoded`` and ``sampled`` (frames, 48), in percent of the strings; ``couplings`` and ``fields``
        with ``edges`` and ``values`` likewise.
    """
    found = last_film(store, run_id)
    return found if found and found.get("version") == film_version(store, run_id) else None


def film_version(store: RunStore, run_id: str) -> str:
    """A text that changes with the checkpoints of a run."""
    return _hash(_frames(store, run_id))


def last_film(store: RunStore, run_id: str) -> dict[str, Any] | None:
    """The film that was made last, whatever checkpoints have come since, or None."""
    return read_json(store.folder(run_id) / FOLDER / FILM)


def assemble(store: RunStore, run_id: str) -> bool:
    """Put all frames together: :func:`film`, two sheets of pictures and an animation, in the folder of the frames.

    Returns:
        Whether all could be read; those that could not are removed, to be made anew.
    """
    folder, names = store.folder(run_id) / FOLDER, _frames(store, run_id)
    frames = [_read(folder / name) for name in names.values()]
    if not names or not all(frames):
        return False
    steps = [checkpoint_step(checkpoint) for checkpoint in names]
    read = {key: [frame[key] for frame in frames if frame] for key in frames[0] or {}}
    generated = [arranged(images, COLUMNS) for images in read["generated"]]
    # One below the other: each digit above what the checkpoint makes of it.
    pairs = zip(read["originals"], read["reconstructed"], strict=True)
    reconstructed = [arranged(np.concatenate(pair), len(pair[0])) for pair in pairs]
    couplings, fields = (np.stack(read[key]) for key in ("couplings", "fields"))
    energies = np.stack([read["encoded"], read["sampled"]])
    common = _edges(energies)
    content = {
        "version": _hash(names),
        "steps": steps,
        "sheets": {name: _size(sheets) for name, sheets in ((GENERATED, generated), (RECONSTRUCTED, reconstructed))},
        "energies": {
            "edges": _rounded(common),
            "encoded": _histograms(energies[0], common),
            "sampled": _histograms(energies[1], common),
        },
        "couplings": _spread(couplings),
        "fields": _spread(fields),
    }
    write_atomic(folder / GENERATED, png(np.concatenate(generated)), durable=False)
    write_atomic(folder / RECONSTRUCTED, png(np.concatenate(reconstructed)), durable=False)
    captions = [f"step {step:,}" for step in steps]
    write_atomic(folder / ANIMATION, animation(generated, captions), durable=False)
    write_atomic(folder / FILM, to_json(content), durable=False)
    for old in folder.glob("step-*.safetensors"):
        if old.name not in names.values():
            old.unlink(missing_ok=True)
    return True


def _frames(store: RunStore, run_id: str) -> dict[Path, str]:
    """Each checkpoint and the name of its frame, first step first."""
    found = {}
    for checkpoint in store.checkpoints(run_id):
        with suppress(FileNotFoundError):  # thinned out meanwhile
            found[checkpoint] = frame_file(checkpoint)
    return found


def _hash(names: dict[Path, str]) -> str:
    return hashlib.sha256("\n".join(names.values()).encode()).hexdigest()[:16]


def _read(path: Path) -> dict[str, np.ndarray] | None:
    try:
        return load_file(path)
    except FileNotFoundError:
        return None
    except SafetensorError:
        path.unlink(missing_ok=True)
        return None


def _size(sheets: list[np.ndarray]) -> dict[str, int]:
    height, width = sheets[0].shape
    return {"width": width, "height": height}


def _edges(values: np.ndarray) -> np.ndarray:
    low, high = np.quantile(values, [TAIL, 1 - TAIL])
    margin = 0.02 * (high - low) or 0.5
    return np.linspace(low - margin, high + margin, BINS + 1)


def _spread(values: np.ndarray) -> dict[str, Any]:
    """Histograms of coefficients (frames, k), on bins that lie evenly about 0."""
    edges = _edges(np.concatenate([values, -values]))
    return {"edges": _rounded(edges), "values": _histograms(values, edges)}


def _histograms(values: np.ndarray, edges: np.ndarray) -> list[list[float]]:
    """Percent of each row of ``values`` (frames, k) in each bin; the end bins take in what lies beyond."""
    inside = values.clip(edges[0], edges[-1])
    return [_rounded(100 * np.histogram(row, edges)[0] / len(row)) for row in inside]


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.4g}") for value in values]
