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

from boltzmann.redaction import hidden, redact
from boltzmann.samplers.cloud.client import GIVE_UP, GIVE_UP_SECONDS, Failure


def main(module: str, descriptor: int) -> None:
    """Answer calls until the parent gives up or closes its end; then cancel what the service is asked, and end."""
    connection = Connection(descriptor)
    worker = _Worker(module, connection)
    worker.start()
    call = None
    while call != GIVE_UP:
        try:
            call = connection.recv()
        except (EOFError, OSError):
            break
        worker.calls.put(call)
    # In a thread of its own: whatever the library is doing, the end comes.
    farewell = threading.Thread(target=worker.cancel, daemon=True)
    farewell.start()
    farewell.join(GIVE_UP_SECONDS)
    os._exit(0)


class _Worker(threading.Thread):
    def __init__(self, module: str, connection: Connection) -> None:
        super().__init__(daemon=True)
        self.calls: SimpleQueue[Any] = SimpleQueue()
        self._module, self._connection = module, connection
        self._service: Any = None

    def cancel(self) -> None:
        """``Service.cancel()``, where the service is there and has one."""
        getattr(self._service, "cancel", lambda: None)()

    def run(self) -> None:
        while (call := self.calls.get()) != GIVE_UP:
            self._connection.send((*self._answer(call), hidden()))

    def _answer(self, call: tuple[str, dict[str, Any]] | None) -> tuple[str, Any]:
        try:
            self._service = self._service or import_module(self._module).Service()
            return "answer", getattr(self._service, call[0])(**call[1]) if call else None
        except Failure as failure:
            return failure.kind, redact(str(failure))
        except Exception as error:
            # A library that fails in a way we did not foresee: its traceback is the process's last word.
            print(redact(traceback.format_exc()), file=sys.stderr, flush=True)
            words = redact("".join(traceback.format_exception_only(error)).strip().splitlines()[-1])
            return "garbage" if self._service else "died", words


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
