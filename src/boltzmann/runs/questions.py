"""Questions that a warm worker answers while the asker waits; they stand in line with its other jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from boltzmann.runs import jobs
from boltzmann.runs.files import StoreError
from boltzmann.runs.workforce import Job


class Question:
    """A call of a function that somebody waits for.

    Args:
        function, arguments: The call.
    """

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.call = (jobs.answer, function, arguments)
        self.job: Job | None = None
        self._begun = threading.Event()

    def begin(self, job: Job) -> None:
        """``job`` answers it."""
        self.job = job
        self._begun.set()

    def give_up(self) -> None:
        """There is no worker any more, or it has ended: whoever waits for one need not."""
        self._begun.set()

    def answer(self, timeout: float) -> Any:
        """What the function returned.

        Raises:
            StoreError: the function raised an error, it took longer than ``timeout`` seconds with all that was before it,
                or its worker ended.
        """
        asked, late = time.monotonic(), f"there was no answer within {timeout:g} s"
        if not self._begun.wait(timeout):
            why = "what was asked before it, a drawing, a comparison or another question, is still under way"
            raise StoreError(f"{late}, since {why}: wait for that, or cancel it, then ask again")
        try:
            if self.job is None:
                raise ConnectionError
            answer, error = self.job.future.result(timeout=max(0.0, asked + timeout - time.monotonic()))
        except TimeoutError:
            raise StoreError(f"{late}: ask for less, then ask again") from None
        except Exception as failure:
            name = type(failure).__name__
            raise StoreError(f"the worker ended before it answered ({name}): ask again in a few seconds") from None
        if error:
            raise StoreError(error)
        return answer


class Questions:
    """The questions that are open, by names that no drawing and no comparison has."""

    def __init__(self) -> None:
        self._open: dict[str, Question] = {}
        self._numbers = count()

    def get(self, name: str) -> Question | None:
        """The open question of that name, or None."""
        return self._open.get(name)

    def ask(
        self,
        question: Question,
        timeout: float,
        stand_in_line: Callable[[str], Any],
        leave: Callable[[str], None],
    ) -> Any:
        """Wait for an answer as :meth:`Question.answer` does.

        Args:
            question, timeout: What to wait for, and how long.
            stand_in_line: Given the question's name: see that it is begun.
            leave: Given the name: nobody waits for it any more.
        """
        name = f"question-{next(self._numbers)}"
        self._open[name] = question
        try:
            stand_in_line(name)
            return question.answer(timeout)
        finally:
            leave(name)
            del self._open[name]
