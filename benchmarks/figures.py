"""How the figures of a benchmark are asked for and printed."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def show(description: str, measure: Callable[[Path], Mapping[str, float | int | str]]) -> None:
    """Measure in a folder that is removed afterwards; print a table, or with ``--json`` one line of JSON."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    if flags.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):45} {value}")
