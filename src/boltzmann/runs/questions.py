"""Questions that a warm worker answers at once, one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from boltzmann.runs import jobs
from boltzmann.runs.files import StoreError
from boltzmann.runs.workforce import Workforce


class Questions:
    """The line of those who wait for an answer."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def ask(
        self,
        workers: Workforce | None,
        busy: Callable[[], bool],
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        timeout: float,
    ) -> Any:
        """See :meth:`boltzmann.runs.engine.Engine.ask`.

        Args:
            workers: Those that there are; None while there are none.
            busy: Whether the interactive worker has something else to do.
            function, arguments, timeout: The question.
        """
        begun = time.monotonic()
        if not self._turn.acquire(timeout=timeout):
            raise StoreError(f"other questions have been answered for {timeout:g} s: ask again in a moment")
        try:
            address = workers.free("interactive", ()) if workers and workers.ready else None
            if workers is None or address is None:
                raise StoreError("the worker that answers is still starting: ask again in a few seconds")
            future = workers.submit("interactive", address, jobs.answer, function, arguments)
            try:
                answer, error = future.result(timeout=max(0.0, begun + timeout - time.monotonic()))
            except TimeoutError:
                future.cancel()
                why = "a drawing or comparison is under way: wait for it, or cancel it"
                if not busy():
                    workers.kill(address)  # it would keep all that come after it waiting
                    why = "ask for less"
                raise StoreError(f"there was no answer within {timeout:g} s: {why}, then ask again") from None
            except Exception as failure:
                raise StoreError(
                    f"the worker ended before it answered ({type(failure).__name__}): ask again in a few seconds"
                ) from None
        finally:
            self._turn.release()
        if error:
            raise StoreError(error)
        return answer
