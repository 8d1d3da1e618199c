"""What can go wrong with a service, on demand."""

from __future__ import annotations

from dataclasses import dataclass

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
