"""Dropped tables: a CSV or NPZ file of 0/1 rows, read with suspicion and kept as safetensors.

Without torch: the web process reads them, and trains with none. ``rows`` uint8 (N, n), and where there are any ``labels``
int64 (N,) and ``shape`` int64 (2,), height and width of a row as an image.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from safetensors.numpy import save

from boltzmann.archives import ArchiveError, is_archive, read_arrays

MEGABYTES = 5
COLUMNS = (2, 4096)
ROWS = (4, 100_000)
CLASSES = 10

_MEND = "Expected is a CSV file, or an NPZ file with an array named rows: one row a line, every value 0 or 1."
_ROW_NAMES, _LABEL_NAMES, _LABEL_HEADINGS = ("rows", "x", "train"), ("labels", "y"), ("label", "class")
_BITS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1}
_LABELS = {text: label for label in range(CLASSES) for text in (str(label), f"{label}.0")}
_WRONG = 255


class TableError(ValueError):
    """A dropped file that is no table of 0 and 1. The message says what was wrong, what is expected, how to mend it."""


@dataclass(frozen=True)
class Table:
    """Rows of 0 and 1.

    Args:
        rows: uint8 of shape (N, n).
        labels: int64 of shape (N,), 0 to 9, or None.
        shape: Height and width of a row as an image, or None.
    """

    rows: np.ndarray
    labels: np.ndarray | None = None
    shape: tuple[int, int] | None = None

    def to_bytes(self) -> bytes:
        """As safetensors."""
        arrays = {"rows": self.rows}
        if self.labels is not None:
            arrays["labels"] = self.labels
        if self.shape is not None:
            arrays["shape"] = np.array(self.shape, dtype=np.int64)
        return save(arrays)


def parse(content: bytes) -> Table:
    """The table in a file.

    A CSV has commas, semicolons, tabs or spaces between its values and may begin with a line of names; a last column named
    "label" or "class" holds labels. An NPZ has an array "rows", "x" or "train", or just one with two or three dimensions,
    and may have "labels" or "y"; three dimensions are rows, height and width. Otherwise a square number of columns is
    taken for a square image.

    Raises:
        TableError: too large, too small, no table, or a value other than 0 and 1.
    """
    if len(content) > MEGABYTES * 1_000_000:
        raise TableError(
            f"the file has {len(content) / 1e6:.1f} MB, more than {MEGABYTES}: drop fewer rows, or an NPZ file written by "
            "numpy.savez_compressed"
        )
    table = _from_archive(content) if is_archive(content) else _from_text(content)
    return table if table.shape else Table(table.rows, table.labels, _square(table.rows.shape[1]))


def _from_archive(content: bytes) -> Table:
    try:
        arrays = read_arrays(content)
    except ArchiveError as error:
        raise TableError(f"{error}. {_MEND}") from error
    name = next((name for name in _ROW_NAMES if name in arrays), None)
    if name is None:
        candidates = [name for name, array in arrays.items() if array.ndim in (2, 3)]
        if len(candidates) != 1:
            raise TableError(f"the NPZ file has {len(candidates)} arrays that could be the rows. {_MEND}")
        name = candidates[0]
    array = arrays[name]
    if array.ndim not in (2, 3):
        raise TableError(f"array {name} has {array.ndim} dimensions, not 2 or 3: rows and columns, or rows of images")
    shape = (array.shape[1], array.shape[2]) if array.ndim == 3 else None
    _check_size(array.shape[0], math.prod(array.shape[1:]))
    bits = array.reshape(len(array), -1)
    wrong = (bits != 0) & (bits != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        _refuse_bit(f"row {row + 1}", column, str(bits[row, column]))
    labels = next((arrays[name] for name in _LABEL_NAMES if name in arrays), None)
    if labels is not None:
        if labels.shape != (len(bits),):
            raise TableError(
                f"the labels have the shape {labels.shape}, not ({len(bits)},): give one label for each row"
            )
        wrong = ~np.isin(labels, np.arange(CLASSES))
        if wrong.any():
            row = int(wrong.argmax())
            _refuse_label(f"row {row + 1}", str(labels[row]))
        labels = labels.astype(np.int64)
    return Table(bits.astype(np.uint8), labels, shape)


def _from_text(content: bytes) -> Table:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise TableError(f"the file is neither text nor NPZ. {_MEND}")
    if not text.strip():
        raise TableError(f"the file is empty. {_MEND}")
    lines = _values(text)
    number, first = next(lines)
    labelled = first[-1].lower() in _LABEL_HEADINGS
    columns = len(first) - labelled
    _check_size(ROWS[0], columns)
    bits, labels, numbers = bytearray(), [], []
    if not (labelled or _is_header(first)):
        lines = _again(number, first, lines)
    for number, values in lines:
        if len(values) != len(first):
            raise TableError(
                f"line {number} has {len(values)} values, but the first line has {len(first)}: make them even"
            )
        if len(numbers) == ROWS[1]:
            raise TableError(f"the table has more than {ROWS[1]:,} rows: drop fewer")
        if labelled:
            labels.append(_LABELS.get(values[-1], _WRONG))
            if labels[-1] == _WRONG:
                _refuse_label(f"line {number}", values[-1])
        row = bytes(_BITS.get(value, _WRONG) for value in values[:columns])
        if _WRONG in row:
            column = row.index(_WRONG)
            _refuse_bit(f"line {number}", column, values[column])
        bits += row
        numbers.append(number)
    _check_size(len(numbers), columns)
    rows = np.frombuffer(bytes(bits), dtype=np.uint8).reshape(-1, columns)
    return Table(rows, np.array(labels, dtype=np.int64) if labelled else None)


def _values(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and values of each line that has any."""
    lines = [line.strip() for line in text.splitlines()]
    first = next(line for line in lines if line)
    separator = next((mark for mark in (",", ";", "\t") if mark in first), " ")
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    try:
        for values in reader:
            if values:
                yield reader.line_num, [value.strip() for value in values]
    except csv.Error as error:
        raise TableError(f"line {reader.line_num} cannot be read as CSV ({error}). {_MEND}") from error


def _again(number: int, first: list[str], rest: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield number, first
    yield from rest


def _is_header(values: list[str]) -> bool:
    """Whether the first line holds names: no numbers at all, or 0, 1, 2, ... as pandas numbers its columns."""
    counted = len(values) > 2 and values == [str(index) for index in range(len(values))]
    return counted or not any(_is_number(value) for value in values)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _check_size(rows: int, columns: int) -> None:
    for count, (least, most), what in ((columns, COLUMNS, "columns"), (rows, ROWS, "rows")):
        if not least <= count <= most:
            raise TableError(f"the table has {count:,} {what}, but {least} to {most:,} are possible. {_MEND}")


def _refuse_bit(where: str, column: int, value: str) -> NoReturn:
    raise TableError(
        f"{where}, column {column + 1} holds {_shown(value)}, but every value must be 0 or 1: write grey or other values "
        "as 0 or 1 first"
    )


def _refuse_label(where: str, value: str) -> NoReturn:
    raise TableError(f"{where} has the label {_shown(value)}, but labels are whole numbers from 0 to {CLASSES - 1}")


def _shown(value: str) -> str:
    return repr(value if len(value) <= 20 else value[:17] + "...")


def _square(columns: int) -> tuple[int, int] | None:
    side = math.isqrt(columns)
    return (side, side) if side * side == columns else None
