"""What both simulated services are made of."""

from __future__ import annotations

import queue
import threading
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Self

from boltzmann.loopback.faults import STANDING, Fault


class Service(ABC):
    """A port that can be shut and opened again, problems that wait their turn, and which of them are to be spoilt.

    One thread works through the problems, as one chip would. Subclasses speak the protocol and do the spoiling. Usable as
    a context manager that closes the service.

    Args:
        port: Of 127.0.0.1; 0 takes any free one.

    Attributes:
        port: Where it listens.
        problems: Number of problems received so far.
    """

    def __init__(self, port: int) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port is {port}; it must be from 1 to 65535, or 0 for any free one")
        self.port = port
        self.problems = 0
        self._fault: Fault | None = None
        self._changes, self._closed = 0, False
        self._changed = threading.Condition()
        self._port_lock, self._is_open = threading.Lock(), False
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._working = threading.Thread(target=self._work, name="loopback-chip")

    def start(self) -> None:
        """Open the port and begin to work."""
        self._want_port(True)
        self._working.start()

    def enqueue(self, problem: Any) -> None:
        """Let a problem wait for its turn in :meth:`solve`."""
        self._waiting.put(problem)

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
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The variables that lead the service's clients here."""

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
        self._waiting.put(None)
        self._working.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while (problem := self._waiting.get()) is not None:
            if not self._closed:
                self.solve(problem)

    def _want_port(self, wanted: bool) -> None:
        with self._port_lock:
            if wanted and not self._is_open and not self._closed:
                self.open_port()
                self._is_open = True
            elif not wanted and self._is_open:
                self.shut_port()
                self._is_open = False

    @abstractmethod
    def solve(self, problem: Any, /) -> None:
        """Work a problem to its end, whatever that is; raises nothing."""

    @abstractmethod
    def open_port(self) -> None:
        """Listen, on the same port as ever. Called once when the service starts and again when a refusal ends."""

    @abstractmethod
    def shut_port(self) -> None:
        """Stop listening and drop all connections, without waiting for the threads that serve them."""
