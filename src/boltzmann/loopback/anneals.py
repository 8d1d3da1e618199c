"""The parameters of a D-Wave problem: which there are, what they may be, and what the chip's time they take.

Access time in microseconds, the formula that ``solver.estimate_qpu_access_time`` of dwave-cloud-client reads from the
solver's ``problem_timing_data``::

    programming time + programming thermalisation + reads x (anneal + readout + delay + readout thermalisation)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

PROGRAMMING, READOUT, DELAY = 14_000.0, 25.0, 20.0
"""Microseconds, near those of a real chip."""
ANNEALING_TIME, PROGRAMMING_THERMALIZATION, READOUT_THERMALIZATION = 20.0, 1000.0, 0.0
READS_RANGE = (1, 10_000)
ANNEALING_RANGE = (0.5, 2000.0)
THERMALIZATION_RANGE = (0.0, 10_000.0)
DURATION_RANGE = (0.0, 1_000_000.0)
SCHEDULE_POINTS = 12

PARAMETERS = {
    "anneal_schedule": "Points (time in microseconds, anneal fraction) from (0, 0) to (end, 1).",
    "annealing_time": "Duration of one anneal in microseconds.",
    "answer_mode": "histogram (the default) or raw.",
    "auto_scale": "Whether h and J are scaled to fill their ranges: true by default.",
    "num_reads": "Number of anneals and answers, 1 by default.",
    "programming_thermalization": "Wait after programming, in microseconds.",
    "readout_thermalization": "Wait after each readout, in microseconds.",
}
PROPERTIES: dict[str, Any] = {
    "parameters": PARAMETERS,
    "num_reads_range": list(READS_RANGE),
    "annealing_time_range": list(ANNEALING_RANGE),
    "max_anneal_schedule_points": SCHEDULE_POINTS,
    "programming_thermalization_range": list(THERMALIZATION_RANGE),
    "readout_thermalization_range": list(THERMALIZATION_RANGE),
    "problem_run_duration_range": list(DURATION_RANGE),
    "default_annealing_time": ANNEALING_TIME,
    "default_programming_thermalization": PROGRAMMING_THERMALIZATION,
    "default_readout_thermalization": READOUT_THERMALIZATION,
    "problem_timing_data": {
        "version": "1.0.0",
        "typical_programming_time": PROGRAMMING,
        "reverse_annealing_with_reinit_prog_time_delta": 0.0,
        "reverse_annealing_without_reinit_prog_time_delta": 0.0,
        "default_programming_thermalization": PROGRAMMING_THERMALIZATION,
        "default_annealing_time": ANNEALING_TIME,
        "readout_time_model": "pwl_linear",
        "readout_time_model_parameters": [0.0, 10_000.0, READOUT, READOUT],
        "qpu_delay_time_per_sample": DELAY,
        "reverse_annealing_with_reinit_delay_time_delta": 0.0,
        "reverse_annealing_without_reinit_delay_time_delta": 0.0,
        "default_readout_thermalization": READOUT_THERMALIZATION,
        "decorrelation_max_nominal_anneal_time": 2000.0,
        "decorrelation_time_range": [0.0, 0.0],
    },
}
"""What the solver's properties say about all this."""


class Refused(ValueError):
    """The chip does not take the problem; the message goes back to the client."""


@dataclass(frozen=True)
class Anneals:
    """What to do with a programmed problem; times in microseconds."""

    reads: int
    annealing_time: float
    histogram: bool
    auto_scale: bool
    programming_thermalization: float
    readout_thermalization: float

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Anneals:
        """From a problem's ``params``.

        Raises:
            Refused: for one that is unknown or out of its range, or where all reads would take the chip too long.
        """
        unknown = [name for name in given if name not in PARAMETERS]
        if unknown:
            raise Refused(f"unknown parameter {unknown[0]!r}; this solver takes {', '.join(PARAMETERS)}")
        if "annealing_time" in given and "anneal_schedule" in given:
            raise Refused("annealing_time and anneal_schedule exclude each other")
        time = _number(given, "annealing_time", ANNEALING_TIME, ANNEALING_RANGE)
        if "anneal_schedule" in given:
            time = _length(given["anneal_schedule"])
        mode, scale = given.get("answer_mode", "histogram"), given.get("auto_scale", True)
        if mode not in ("histogram", "raw"):
            raise Refused(f"answer_mode is {mode!r}; it must be histogram or raw")
        if not isinstance(scale, bool):
            raise Refused(f"auto_scale is {scale!r}; it must be true or false")
        reads = _number(given, "num_reads", 1, READS_RANGE)
        if reads != int(reads):
            raise Refused(f"num_reads is {reads}; it must be a whole number")
        before = _number(given, "programming_thermalization", PROGRAMMING_THERMALIZATION, THERMALIZATION_RANGE)
        after = _number(given, "readout_thermalization", READOUT_THERMALIZATION, THERMALIZATION_RANGE)
        duration = before + reads * (time + after)
        if duration > DURATION_RANGE[1]:
            raise Refused(
                f"the problem would run for {duration:.0f} us, longer than problem_run_duration_range allows "
                f"({DURATION_RANGE[1]:.0f} us): ask for fewer reads or shorter anneals"
            )
        return cls(int(reads), time, mode == "histogram", scale, before, after)

    def timing(self) -> dict[str, float]:
        """The ``timing`` of an answer: see the module for the formula."""
        programming = PROGRAMMING + self.programming_thermalization
        delay = DELAY + self.readout_thermalization
        sampling = self.reads * (self.annealing_time + READOUT + delay)
        return {
            "qpu_sampling_time": sampling,
            "qpu_anneal_time_per_sample": self.annealing_time,
            "qpu_readout_time_per_sample": READOUT,
            "qpu_delay_time_per_sample": delay,
            "qpu_programming_time": programming,
            "qpu_access_time": programming + sampling,
            "qpu_access_overhead_time": 1000.0,
            "total_post_processing_time": 1.0,
            "post_processing_overhead_time": 1.0,
        }


def _number(given: Mapping[str, Any], name: str, default: float, allowed: tuple[float, float]) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not allowed[0] <= value <= allowed[1]:
        raise Refused(f"{name} is {value!r}; it must be a number from {allowed[0]} to {allowed[1]}")
    return value


def _length(schedule: Any) -> float:
    """Duration of a forward anneal's schedule, checked by the rules of D-Wave's parameter ``anneal_schedule``."""
    try:
        points = [(float(time), float(fraction)) for time, fraction in schedule]
    except (TypeError, ValueError) as error:
        raise Refused("anneal_schedule must be a list of pairs (time in us, anneal fraction)") from error
    if not 2 <= len(points) <= SCHEDULE_POINTS:
        raise Refused(f"anneal_schedule has {len(points)} points; it takes 2 to {SCHEDULE_POINTS}")
    if points[0] != (0.0, 0.0) or points[-1][1] != 1.0:
        raise Refused("anneal_schedule must begin at (0, 0) and end at fraction 1: this solver only anneals forward")
    for (t0, s0), (t1, s1) in pairwise(points):
        # The slope's limit is that of the shortest anneal; times come rounded to digits of a nanosecond.
        if not t1 > t0 or not 0 <= s1 - s0 <= (t1 - t0) / ANNEALING_RANGE[0] * (1 + 1e-9):
            raise Refused(
                f"anneal_schedule goes from {(t0, s0)} to {(t1, s1)}: times must rise, fractions must not fall, "
                f"by at most {1 / ANNEALING_RANGE[0]:g} per us"
            )
    if not math.isfinite(points[-1][0]) or points[-1][0] > ANNEALING_RANGE[1]:
        raise Refused(f"anneal_schedule lasts {points[-1][0]} us; it may last {ANNEALING_RANGE[1]} us")
    return points[-1][0]
