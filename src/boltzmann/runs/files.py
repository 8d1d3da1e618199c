"""What the stores share: identifiers of our making, folders that stay inside the root, files written whole or not."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Any

IDENTIFIER = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


class StoreError(ValueError):
    """A request to a store that was refused. The message says what was wrong and how to mend it."""


class UnknownIdentifier(StoreError, LookupError):
    """No such run, drawing or model."""


def new_identifier() -> str:
    """``YYYYMMDD-HHMMSS-ffffff`` in universal time; the microseconds keep the order of creation when sorted."""
    now = time.time_ns() // 1000
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime(now // 1_000_000)) + f"-{now % 1_000_000:06d}"


def folder_of(root: Path, identifier: str, what: str) -> Path:
    """The folder of ``identifier`` below ``root``.

    Raises:
        UnknownIdentifier: when it is not of our making or does not exist.
    """
    if isinstance(identifier, str) and IDENTIFIER.fullmatch(identifier):
        folder = root / identifier
        # Without a separator in its name only a link leads out of the root.
        if folder.is_dir() and (not folder.is_symlink() or folder.resolve().is_relative_to(root.resolve())):
            return folder
    shown = repr(identifier)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    raise UnknownIdentifier(f"there is no {what} {shown}: choose one from the list")


def create_folder(root: Path, files: dict[str, bytes], identifier: str = "", durable: bool = True) -> str:
    """A new folder with ``files``, visible only when complete. Returns its identifier.

    Args:
        root: Where; made if missing.
        files: Contents by name.
        identifier: Of :func:`new_identifier`, where it had to be known before; a new one when not given.
        durable: Wait until the disk has each file. Without, a power cut may leave a folder whose files are not whole.
    """
    root.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=root))
    new.chmod(0o755)
    for name, content in files.items():
        write_atomic(new / name, content) if durable else (new / name).write_bytes(content)
    while True:
        name = identifier or new_identifier()
        try:
            new.rename(root / name)
        except OSError:
            if identifier or not (root / name).exists():
                raise
            continue  # two were made within one microsecond
        return name


def write_atomic(path: Path, content: bytes, durable: bool = True) -> None:
    """Write ``content`` so that a reader, or a crash at any moment, finds the old file or the new one, complete.

    Args:
        path: The file.
        content: What it shall hold.
        durable: Wait until the disk has it. Without, a power cut may leave a file that is not whole.
    """
    handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def to_json(value: Any) -> bytes:
    """``value`` as indented JSON."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in ``path``, or None when there is none that can be read."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
