"""What can go wrong with a service, on demand."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Self

MODES = {
    "slow": "answers after some seconds",
    "hung": "never answers",
    "half": "returns half of the reads",
    "garbage": "returns an answer that cannot be decoded",
    "unauthorised": "refuses the key",
    "forbidden": "knows the key but allows it nothing",
    "server_error": "fails with an internal error",
    "offline": "has taken its solver offline",
    "cancelled": "cancels the problem",
    "broken": "drops the connection in the middle of the answer",
    "refused": "closes its port until the fault is cleared",
}
STANDING = {"hung", "unauthorised", "forbidden", "server_error", "offline"}
"""Modes that spoil more than problems: lists of solvers, new sessions, whatever else a client begins with."""


@dataclass(frozen=True)
class Fault:
    """A way to fail.

    Args:
        mode: A name of ``MODES``.
        after: How many further problems are answered well first.
        times: How many problems are spoilt then; None: all, until the fault is changed.
        seconds: The delay of "slow".

    Raises:
        ValueError: for an unknown mode, a negative number, or a number of times for "refused", which hears of no problems.
    """

    mode: str
    after: int = 0
    times: int | None = None
    seconds: float = 3.0

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"unknown fault {self.mode!r}: choose {', '.join(MODES)}")
        if self.after < 0 or self.seconds < 0 or (self.times is not None and self.times < 1):
            raise ValueError(f"{self}: after and seconds must be 0 or more, times 1 or more")
        if self.mode == "refused" and self.times is not None:
            raise ValueError("a closed port cannot count problems: leave times out and clear the fault instead")


class FaultyService(ABC):
    """A port that can be shut and opened again, a count of problems, and which of them are to be spoilt.

    Subclasses open the port in :meth:`open_port` and do the spoiling. Usable as a context manager that closes the service.

    Attributes:
        problems: Number of problems received so far.
    """

    def __init__(self) -> None:
        self.problems = 0
        self._fault: Fault | None = None
        self._changes, self._closed = 0, False
        self._changed = threading.Condition()
        self._port_lock, self._is_open = threading.Lock(), False

    @property
    def fault(self) -> Fault | None:
        """What goes wrong, counted down as problems come in; None: nothing (any more)."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        with self._changed:
            self._fault = fault
            self._changes += 1
            self._changed.notify_all()
        self._want_port(fault is None or fault.mode != "refused" or fault.after > 0)

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def next_problem(self) -> Fault | None:
        """Count one problem; returns the fault that spoils it, None where it is to be answered well."""
        with self._changed:
            self.problems += 1
            fault = self._fault
            if fault is None:
                return None
            if fault.after:
                self._fault = replace(fault, after=fault.after - 1)
                return None
            if fault.times is not None:
                self._fault = replace(fault, times=fault.times - 1) if fault.times > 1 else None
        if fault.mode == "refused":
            self._want_port(False)
        return fault

    def standing(self) -> str:
        """The mode that spoils a client's first questions at present; empty: none."""
        fault = self._fault
        return fault.mode if fault is not None and not fault.after and fault.mode in STANDING else ""

    def sit_out(self, seconds: float | None = None) -> bool:
        """Block for so long, or until the fault is changed or the service closed; returns whether the time ran out."""
        with self._changed:
            began = self._changes
            return not self._changed.wait_for(lambda: self._closed or self._changes != began, seconds)

    def close(self) -> None:
        """Shut the port, drop all connections, end all threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._want_port(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _want_port(self, wanted: bool) -> None:
        with self._port_lock:
            if wanted and not self._is_open and not self._closed:
                self.open_port()
                self._is_open = True
            elif not wanted and self._is_open:
                self.shut_port()
                self._is_open = False

    @abstractmethod
    def open_port(self) -> None:
        """Listen, on the same port as ever. Called once when the service starts and again when a refusal ends."""

    @abstractmethod
    def shut_port(self) -> None:
        """Stop listening and drop all connections, without waiting for the threads that serve them."""
