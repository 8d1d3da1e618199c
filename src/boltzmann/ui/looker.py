"""Looks at the samplers from outside this process, which loads neither torch nor a service's client."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from boltzmann.config import CLOUD_SAMPLERS, SAMPLER_CONFIGS

FRESH_SECONDS = 60.0
PATIENCE_SECONDS = 75.0
"""After which the process is killed: more than a client may take to start and its service to answer."""

Row = dict[str, Any]


class Looker:
    """What ``boltzmann samplers --json`` says, kept for a minute.

    Each service is looked at by a process of its own, so that one that hangs holds up no other sampler.

    Args:
        ask: From names of samplers to their rows, as the command prints them.
    """

    def __init__(self, ask: Callable[[list[str]], list[Row]] | None = None) -> None:
        self._ask = ask or ask_command_line
        self._rows: dict[str, Row] = {}
        self._asked: dict[str, float] = {}
        self._under_way: set[str] = set()
        self._lock = threading.Lock()

    def look(self, again: bool = False) -> None:
        """Begin to look at each sampler whose row is missing or old; with ``again``, at every one. Returns at once."""
        local = [name for name in SAMPLER_CONFIGS if name not in CLOUD_SAMPLERS]
        for names in (local, *([name] for name in SAMPLER_CONFIGS if name in CLOUD_SAMPLERS)):
            with self._lock:
                age = time.monotonic() - self._asked.get(names[0], float("-inf"))
                # What runs on this machine does not change.
                old = names[0] not in self._rows or (names != local and (again or age > FRESH_SECONDS))
                if not old or names[0] in self._under_way:
                    continue
                self._under_way.update(names)
            threading.Thread(target=self._work, args=(names,), name=f"look at {names[0]}", daemon=True).start()

    def row(self, name: str) -> Row | None:
        """The last that was seen of the sampler ``name``; None before anything was."""
        return self._rows.get(name)

    def looking(self, name: str) -> bool:
        """Whether it is being looked at now."""
        return name in self._under_way

    def mark(self, name: str) -> list[Any]:
        """When it was last seen, and whether it is being looked at: differs where a page would show something else."""
        return [self._asked.get(name), self.looking(name)]

    def _work(self, names: list[str]) -> None:
        try:
            rows = {row["sampler"]: row for row in self._ask(names)}
        except Exception as error:
            rows = {name: unseen(name, error) for name in names}
        with self._lock:
            self._rows |= rows
            self._asked |= dict.fromkeys(names, time.monotonic())
            self._under_way.difference_update(names)


def ask_command_line(names: list[str]) -> list[Row]:
    """The rows of ``boltzmann samplers NAMES --json``.

    Raises:
        subprocess.SubprocessError: the command failed or took too long; then it is killed.
    """
    command = [sys.executable, "-m", "boltzmann.cli", "samplers", *names, "--json"]
    done = subprocess.run(  # noqa: S603 - this interpreter and registered names
        command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True, stdin=subprocess.DEVNULL
    )
    return json.loads(done.stdout.splitlines()[-1])


def unseen(name: str, error: Exception) -> Row:
    """A row for a sampler that could not be looked at."""
    late = isinstance(error, subprocess.TimeoutExpired)
    why = f"it took longer than {PATIENCE_SECONDS:g} s" if late else type(error).__name__
    access = {
        "available": False,
        "state": "unreachable",
        "why": f"Nobody could look at this sampler: {why}.",
        "mend": f"Press Look again; boltzmann samplers {name} says more.",
    }
    return {"sampler": name, "access": access}
