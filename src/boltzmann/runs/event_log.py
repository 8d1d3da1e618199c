"""An append-only file of events, one JSON object a line, that a crash at any byte cannot spoil.

A torn last line is not an event: readers pass over it, the next writer cuts it off. A cursor is the number of bytes
of complete lines read so far.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from boltzmann.redaction import presentable

CHUNK = 1 << 16


def append(path: Path, events: Iterable[dict[str, Any]], durable: bool = False) -> None:
    """Add ``events`` in one write.

    Args:
        path: The file; made when missing, its folder must exist.
        events: JSON objects. Secrets are redacted; numbers that are not finite become null.
        durable: Wait until the disk has them.

    Raises:
        OSError: when the disk refuses; the file is then as it was.
    """
    lines = (json.dumps(event, allow_nan=False, separators=(",", ":")) + "\n" for event in presentable(list(events)))
    content = "".join(lines).encode()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        end = _mend(handle)
        try:
            written = 0
            while written < len(content):
                written += os.pwrite(handle, content[written:], end + written)
        except OSError:
            os.ftruncate(handle, end)
            raise
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path, cursor: int = 0, limit: int | None = None) -> tuple[list[dict[str, Any]], int]:
    """The events after ``cursor`` (at most ``limit``) and the cursor to go on with.

    A cursor inside a line moves on to the next line; a line that holds no JSON object is passed over.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            cursor = max(0, min(int(cursor), size))
            file.seek(max(cursor - 1, 0))
            if cursor and file.read(1) != b"\n":
                cursor += len(file.readline())
            content = file.read()
    except FileNotFoundError:
        return [], 0
    events: list[dict[str, Any]] = []
    start = 0
    while limit is None or len(events) < limit:
        end = content.find(b"\n", start)
        if end < 0:
            break
        try:
            event = json.loads(content[start:end])
        except ValueError:
            event = None
        if isinstance(event, dict):
            events.append(event)
        start = end + 1
    return events, cursor + start


def without_rewound(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """``events`` as if no step had been taken twice: what a "rewound" event took back is left out, and so is it."""
    kept: list[dict[str, Any]] = []
    for event in events:
        if event.get("kind") == "rewound":
            kept = [old for old in kept if old.get("step", 0) <= event["step"]]
        else:
            kept.append(event)
    return kept


def _mend(handle: int) -> int:
    """Cut off a torn last line. Returns the size of the file."""
    size = os.fstat(handle).st_size
    end = size
    while end > 0:
        start = max(0, end - CHUNK)
        newline = os.pread(handle, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != size:
        os.ftruncate(handle, end)
    return end
