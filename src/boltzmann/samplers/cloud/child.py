"""The child process of :class:`boltzmann.samplers.cloud.client.Client`: ``python -m ... MODULE DESCRIPTOR``."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from importlib import import_module
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from boltzmann.redaction import redact
from boltzmann.samplers.cloud.client import Failure


def main(module: str, descriptor: int) -> None:
    """Answer calls until the parent closes its end; then end at once, whatever the library is doing."""
    connection = Connection(descriptor)
    calls: SimpleQueue[tuple[str, dict[str, Any]] | None] = SimpleQueue()
    threading.Thread(target=_work, args=(module, connection, calls), daemon=True).start()
    while True:
        try:
            calls.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)


def _work(module: str, connection: Connection, calls: SimpleQueue[tuple[str, dict[str, Any]] | None]) -> None:
    service = None
    while True:
        call = calls.get()
        try:
            service = service or import_module(module).Service()
            answer = ("answer", getattr(service, call[0])(**call[1]) if call else None)
        except Failure as failure:
            answer = (failure.kind, redact(str(failure)))
        except Exception as error:
            # A library that fails in a way we did not foresee: its traceback is the process's last word.
            print(redact(traceback.format_exc()), file=sys.stderr, flush=True)
            answer = ("garbage", redact(f"{type(error).__name__}: {error}"))
        connection.send(answer)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
