"""A problem on its way through the simulated D-Wave service, and the "qp" format of questions and answers.

Questions: ``lin`` holds doubles over all working qubits, NaN where one is inactive, ``quad`` over the couplers whose ends
are both active. Answers: one bit a qubit, the first in the highest bit, each read filled up to a byte. All numbers are
little-endian, all arrays in base64 (``dwave.cloud.coders``).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from boltzmann.loopback.anneals import Anneals, Refused
from boltzmann.loopback.chip import Chip
from boltzmann.loopback.faults import Fault
from boltzmann.loopback.sampling import SWEEPS, boltzmann_samples

SWEEPS_A_MICROSECOND = 2
"""Of a larger problem's anneal: as many as the simulated QPU's."""


@dataclass
class Problem:
    """One submitted problem.

    Args:
        qubits: int64 (n,), the active ones.
        linear: h, (n,).
        edges: int64 (m, 2), indices into ``qubits``.
        quadratic: J, (m,).
        anneals: What to do with it.
        identity: Of the solver.
        label: The client's.
        fault: What spoils its answer.
    """

    qubits: np.ndarray
    linear: np.ndarray
    edges: np.ndarray
    quadratic: np.ndarray
    anneals: Anneals
    identity: dict[str, Any]
    label: str | None = None
    fault: Fault | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    status: str = "PENDING"
    submitted: str = field(default_factory=lambda: _now())
    solved: str | None = None
    error: str | None = None
    answer: dict[str, Any] | None = None

    @property
    def pending(self) -> bool:
        """Whether it has not ended yet."""
        return self.status == "PENDING"

    def end(self, status: str, error: str | None = None, answer: dict[str, Any] | None = None) -> None:
        """COMPLETED with an answer, FAILED with an error, or CANCELLED. What has ended stays as it is."""
        if self.pending:
            self.solved, self.error, self.answer = _now(), error, answer
            self.status = status

    def message(self, with_answer: bool = False) -> dict[str, Any]:
        """What the service says about it."""
        told = {
            "id": self.id,
            "type": "ising",
            "solver": self.identity,
            "label": self.label,
            "status": self.status,
            "submitted_on": self.submitted,
            "solved_on": self.solved,
            "error_message": self.error,
            "answer": self.answer if with_answer else None,
        }
        return {name: value for name, value in told.items() if value is not None}


def parse(job: Mapping[str, Any], chip: Chip) -> Problem:
    """A submitted job.

    Raises:
        Refused: where it is not one that the chip takes.
    """
    if job.get("solver", {}).get("name") != chip.name:
        raise Refused(f"there is no solver {job.get('solver')!r} here, only {chip.name}")
    data = job.get("data", {})
    if job.get("type") != "ising" or data.get("format") != "qp":
        raise Refused("this solver takes problems of type ising in the format qp")
    spread, quadratic = _doubles(data, "lin"), _doubles(data, "quad")
    if len(spread) != len(chip.qubits):
        raise Refused(f"lin has {len(spread)} values; the solver has {len(chip.qubits)} working qubits")
    active = ~np.isnan(spread)
    if not active.any():
        raise Refused("the problem is empty")
    edges = np.searchsorted(chip.qubits, chip.couplers)
    between = active[edges].all(axis=1)
    if len(quadratic) != between.sum():
        raise Refused(f"quad has {len(quadratic)} values; the active qubits have {between.sum()} couplers")
    linear = spread[active]
    if not (np.isfinite(linear).all() and np.isfinite(quadratic).all()):
        raise Refused("the problem has coefficients that are no finite numbers")
    used = quadratic != 0
    anneals = Anneals.parse(job.get("params", {}))
    if not anneals.auto_scale:
        chip.check(linear, chip.couplers[between][used], quadratic[used])
    return Problem(
        qubits=chip.qubits[active],
        linear=linear,
        edges=(np.cumsum(active) - 1)[edges[between][used]],
        quadratic=quadratic[used],
        anneals=anneals,
        identity={"name": chip.name, "version": {"graph_id": chip.graph_id}},
        label=job.get("label"),
    )


def solve(problem: Problem, chip: Chip, beta: float, noise: float, rng: np.random.Generator) -> dict[str, Any]:
    """Program the chip, anneal, and encode the answer.

    Args:
        problem, chip: What to solve on what.
        beta: Inverse temperature of the programmed problem.
        noise: Standard deviation of the error on every programmed h and J.
        rng: Of the errors and the reads.
    """
    anneals, h, j = problem.anneals, problem.linear, problem.quadratic
    divisor = chip.scale(h, problem.qubits[problem.edges], j) if anneals.auto_scale else 1.0
    linear = h / divisor + noise * rng.standard_normal(len(h))
    quadratic = j / divisor + noise * rng.standard_normal(len(j))
    seed = int(rng.integers(2**62))
    sweeps = max(SWEEPS, round(SWEEPS_A_MICROSECOND * anneals.annealing_time))
    spins = boltzmann_samples(linear, problem.edges, quadratic, beta, anneals.reads, seed, sweeps)
    if problem.fault is not None and problem.fault.mode == "half":
        spins = spins[: len(spins) // 2]
    counts = np.ones(len(spins), np.int32)
    if anneals.histogram:
        spins, counts = np.unique(spins, axis=0, return_counts=True)
    states = spins.astype(np.float64)
    ends = states[:, problem.edges]
    energies = states @ h + (ends[..., 0] * ends[..., 1]) @ j
    if anneals.histogram:
        order = np.argsort(energies, kind="stable")
        spins, counts, energies = spins[order], counts[order], energies[order]
    return {
        "format": "qp",
        "num_variables": chip.num_qubits,
        "active_variables": _text(problem.qubits, "<i4"),
        "energies": _text(energies, "<f8"),
        "solutions": base64.b64encode(np.packbits(spins > 0, axis=1).tobytes()).decode(),
        "num_occurrences": _text(counts, "<i4"),
        "timing": anneals.timing(),
    }


def _doubles(data: Mapping[str, Any], name: str) -> np.ndarray:
    try:
        return np.frombuffer(base64.b64decode(data[name], validate=True), "<f8")
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Refused(f"{name} is no base64 text of doubles") from error


def _text(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode()


def _now() -> str:
    return datetime.now(UTC).isoformat()
