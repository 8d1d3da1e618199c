"""What the commands share: the error for a bad request, settings given as NAME=VALUE, answers as words or JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LOSSES = ("mse", "mmd", "kl", "nll")


class UsageError(ValueError):
    """What was asked for cannot be done; the message says why and what can."""


def pairs(changes: Sequence[str]) -> dict[str, Any]:
    """The values of ``--set`` by their names; a value that is not JSON is taken as text.

    Raises:
        UsageError: for one without an equals sign.
    """
    found = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise UsageError(f"--set {change!r}: write NAME=VALUE, such as training.epochs=5")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def answer(flags: argparse.Namespace, facts: Any, show: Callable[[], None]) -> None:
    """Print ``facts`` as one line of JSON where ``--json`` asks for it, else ``show`` them in words."""
    if flags.json:
        print(json.dumps(facts), flush=True)
    else:
        show()


def progress(line: str) -> None:
    """Say on the error stream how far a long command is; the answer alone goes to standard output."""
    print(line, file=sys.stderr, flush=True)


def read_json(path: str) -> Any:
    """What the JSON file at ``path`` holds. Raises :class:`UsageError` where it is none."""
    try:
        return json.loads(Path(path).read_text("utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is no JSON file: {error}") from None
