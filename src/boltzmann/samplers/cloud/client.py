"""A service's client library, in a process of its own.

The libraries start threads that never end, write files and logs, keep no overall deadline, and one of them cannot be
cancelled. A process can be killed: no call outlives its deadline, and nothing of the library stays behind.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from boltzmann.redaction import hide, redact
from boltzmann.samplers.cloud.failures import Cancelled

LOOK_SECONDS = 0.05
LOADING_SECONDS = 120.0
"""Longest wait for the library to be loaded: seconds, on a machine that does nothing else."""

GIVE_UP = "give up"
"""Sent in the place of a call: cancel on the service what it is asked, and end."""
GIVE_UP_SECONDS = 0.5
"""What the process gets for that."""

LAST_WORDS = 400
"""Characters of the process's own output that a failure quotes."""


class Failure(Exception):
    """A call failed.

    Args:
        kind: A key of :data:`boltzmann.samplers.cloud.failures.WORDS`.
        cause: In words, without secrets.
    """

    def __init__(self, kind: str, cause: str) -> None:
        super().__init__(cause)
        self.kind = kind


class Client:
    """Calls to ``module`` in a child process, started with the first call and anew after one that was given up.

    Args:
        module: Name of a module with a class ``Service``; the methods of its one object are what can be called.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._end: weakref.finalize[..., Client] | None = None

    @property
    def running(self) -> bool:
        """Whether the process is alive, with what earlier calls have opened."""
        return self._process is not None and self._process.poll() is None

    def call(self, name: str, deadline: float, cancelled: Callable[[], bool], **arguments: Any) -> Any:
        """What the child's ``Service.name(**arguments)`` returns: plain values and numpy arrays.

        Args:
            name: A method of the module's ``Service``.
            deadline: Seconds until the process is ended.
            cancelled: Asked again and again; True ends the process, which cancels on the service what it can.

        Raises:
            Failure: the call failed, the process died, or the deadline has passed.
            Cancelled: the caller no longer waits.
        """
        self.start(cancelled)
        return self._exchange((name, arguments), deadline, cancelled)

    def start(self, cancelled: Callable[[], bool]) -> None:
        """Have the process ready, its library loaded: seconds that no deadline of a call counts. Raises as :meth:`call`."""
        if not self.running:
            self._start()
            try:
                self._exchange(None, LOADING_SECONDS, cancelled, late="loading")
            except Failure:
                self.close()
                raise

    def _exchange(self, message: Any, deadline: float, cancelled: Callable[[], bool], late: str = "deadline") -> Any:
        end = time.monotonic() + deadline
        connection = self._connection
        assert connection is not None
        try:
            connection.send(message)
            while not connection.poll(LOOK_SECONDS):
                if cancelled():
                    self._give_up(connection)
                    raise Cancelled("the call was cancelled")
                if time.monotonic() >= end:
                    self._give_up(connection)
                    raise Failure(late, f"no answer within {deadline:g} s")
            kind, answer, secrets = connection.recv()
        except (EOFError, OSError) as error:
            words = self._last_words()
            self.close()
            raise Failure("died", f"the client process ended: {words or type(error).__name__}") from error
        for name, value in secrets.items():
            hide(name, value)
        if kind == "answer":
            return answer
        raise Failure(kind, answer)

    def _give_up(self, connection: Connection) -> None:
        """Let the process cancel what the service would go on computing, and charge; then end it in any case."""
        with suppress(OSError):
            connection.send(GIVE_UP)
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GIVE_UP_SECONDS)
        self.close()

    def close(self) -> None:
        """Kill the process and remove what it wrote."""
        if self._end is not None:
            self._end()
        self._process = self._connection = self._folder = self._end = None

    def _start(self) -> None:
        self.close()
        # A folder of its own: the libraries write into the working directory.
        self._folder = tempfile.TemporaryDirectory(prefix="boltzmann-client-")
        ours, theirs = socket.socketpair()
        with theirs, (Path(self._folder.name) / "output").open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
                [sys.executable, "-m", "boltzmann.samplers.cloud.child", self.module, str(theirs.fileno())],
                cwd=self._folder.name,
                env={**os.environ, "PYTHONSAFEPATH": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
            )
        self._connection = Connection(ours.detach())
        # When the object is lost or the interpreter ends, whichever comes first.
        self._end = weakref.finalize(self, _kill, self._process, self._connection, self._folder)

    def _last_words(self) -> str:
        if self._folder is None:
            return ""
        with suppress(OSError):
            # Redacted before it is cut: half a secret would not be known.
            return redact((Path(self._folder.name) / "output").read_text("utf-8", "replace"))[-LAST_WORDS:].strip()
        return ""


def _kill(process: subprocess.Popen[bytes], connection: Connection, folder: tempfile.TemporaryDirectory[str]) -> None:
    process.kill()
    process.wait()
    with suppress(OSError):
        connection.close()
    folder.cleanup()
