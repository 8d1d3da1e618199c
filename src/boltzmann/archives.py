"""NPZ files from anyone: arrays are read without pickle, and only after their declared sizes were found small enough."""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib

import numpy as np

MEGABYTES = 64
"""Most that all arrays of a file may take together, unpacked."""

ARRAYS = 16


class ArchiveError(ValueError):
    """A file that is no NPZ of plain numbers. The message says what was wrong."""


def is_archive(content: bytes) -> bool:
    """Whether the file begins as a zip file does."""
    return content.startswith(b"PK")


def read_arrays(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file by name: whole numbers, floating-point numbers or truth values.

    Raises:
        ArchiveError: damaged, too large when unpacked, or with other contents.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > ARRAYS:
                raise ArchiveError(f"the NPZ file holds {len(members):,} arrays, more than {ARRAYS}")
            # zipfile never reads more of a member than its declared size.
            if (size := sum(member.file_size for member in members)) > MEGABYTES * 1_000_000:
                raise ArchiveError(
                    f"the NPZ file has {size / 1e6:,.0f} MB when unpacked, more than {MEGABYTES}: store the values as uint8"
                )
            if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
                raise ArchiveError("the NPZ file is compressed in an unusual way: write it with numpy.savez_compressed")
            return {
                member.filename.removesuffix(".npy"): _array(member.filename, archive.read(member))
                for member in members
            }
    except ArchiveError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ArchiveError("the NPZ file is damaged or encrypted") from error


def _array(name: str, content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, columns_first, kind = read(stream)
    except Exception as error:  # numpy raises whatever a wrong header makes it run into
        raise ArchiveError(f"{name[:40]!r} in the file is no array of numpy's") from error
    if kind.kind not in "biuf":
        raise ArchiveError(f"array {name[:40]!r} holds {str(kind)[:40]}, not numbers")
    # The header is believed only where it fits what is there.
    if math.prod(shape) * kind.itemsize != len(content) - stream.tell():
        raise ArchiveError(f"array {name[:40]!r} is damaged: its size is not what its header says")
    return np.frombuffer(content, kind, offset=stream.tell()).reshape(shape, order="F" if columns_first else "C")
