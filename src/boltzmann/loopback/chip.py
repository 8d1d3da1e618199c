"""A simulated chip: its working qubits and couplers, the coefficients it accepts and how it scales them.

Names and meaning are those of D-Wave's documentation, "QPU Solver Properties" and, for ``auto_scale``, "QPU Solver
Parameters".
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Hashable
from typing import TypeVar

import numpy as np

from boltzmann.graphs import topology as lattice
from boltzmann.loopback import anneals
from boltzmann.loopback.anneals import Refused

SHAPES = {"zephyr": (12, lambda m: [m, 4]), "pegasus": (16, lambda m: [m]), "chimera": (16, lambda m: [m, m, 4])}
"""Default size of each topology, and the shape that its size means."""
H_RANGE, J_RANGE, EXTENDED_J_RANGE = (-4.0, 4.0), (-1.0, 1.0), (-2.0, 1.0)
COUPLING_RANGES = {
    "zephyr": ("per_group_coupling_range", (-13.0, 10.0)),
    "pegasus": ("per_qubit_coupling_range", (-18.0, 15.0)),
    "chimera": ("per_qubit_coupling_range", (-9.0, 6.0)),
}
"""What the couplings at a qubit may add up to; at either half of its couplers where the chip is a Zephyr."""

Part = TypeVar("Part", bound=Hashable)


class Chip:
    """Working graph, properties and checks.

    Args:
        topology: "zephyr", "pegasus" or "chimera".
        size: Its parameter m; None: 12 for zephyr, 16 for the others.
        broken_qubits, broken_couplers: Those that do not work, or their share, drawn by ``seed``.
        seed: See above.

    Attributes:
        name: Of the solver, "loopback_zephyr" say.
        graph_id: A short text that differs where the working graph differs.
        qubits: int64 (n,), ascending.
        couplers: int64 (m, 2), each row ascending, rows sorted.
        properties: As a real solver's, JSON values only.

    Raises:
        ValueError: for an unknown topology, a size below 1, or broken parts that the chip never had.
    """

    def __init__(
        self,
        topology: str,
        size: int | None,
        broken_qubits: float | Collection[int],
        broken_couplers: float | Collection[tuple[int, int]],
        seed: int,
    ) -> None:
        if topology not in SHAPES:
            raise ValueError(f"unknown topology {topology!r}: choose {', '.join(SHAPES)}")
        default, shape = SHAPES[topology]
        self.topology, self.size, self.name = topology, default if size is None else size, f"loopback_{topology}"
        whole, rng = lattice(topology, self.size), np.random.default_rng(seed)
        qubits = _broken(sorted(whole.nodes), broken_qubits, rng)
        couplers = _broken(sorted(map(_ascending, whole.edges)), broken_couplers, rng)
        working = lattice(topology, self.size, qubits, couplers)
        self.qubits = np.array(sorted(working.nodes), dtype=np.int64)
        self.couplers = np.array(sorted(map(_ascending, working.edges)), dtype=np.int64).reshape(-1, 2)
        self.graph_id = f"{zlib.crc32(self.qubits.tobytes() + self.couplers.tobytes()):08x}"
        # Pegasus also numbers the qubits around its fabric, which never work.
        self.num_qubits = 24 * self.size * (self.size - 1) if topology == "pegasus" else len(whole)
        limit, self._limit = COUPLING_RANGES[topology]
        self.properties = {
            "category": "qpu",
            "chip_id": self.name,
            "tags": ["loopback", "simulated"],
            "topology": {"type": topology, "shape": shape(self.size)},
            "num_qubits": self.num_qubits,
            "qubits": self.qubits.tolist(),
            "couplers": self.couplers.tolist(),
            "h_range": list(H_RANGE),
            "j_range": list(J_RANGE),
            "extended_j_range": list(EXTENDED_J_RANGE),
            limit: list(self._limit),
            "quota_conversion_rate": 1,
            "supported_problem_types": ["ising"],
            **anneals.PROPERTIES,
        }

    def scale(self, linear: np.ndarray, couplers: np.ndarray, quadratic: np.ndarray) -> float:
        """The number by which ``auto_scale`` divides a problem so that it fills the chip's ranges.

        Args:
            linear: h of the active qubits.
            couplers: int64 (m, 2), qubit numbers.
            quadratic: J, (m,).
        """
        totals = self._totals(couplers, quadratic)
        parts = ((linear, H_RANGE), (quadratic, EXTENDED_J_RANGE), (totals, self._limit))
        factors = [float(values.min() / low) for values, (low, _) in parts if len(values)]
        factors += [float(values.max() / high) for values, (_, high) in parts if len(values)]
        largest = max(factors, default=0.0)
        return largest if largest > 0 else 1.0

    def check(self, linear: np.ndarray, couplers: np.ndarray, quadratic: np.ndarray) -> None:
        """See :meth:`scale` for the arguments.

        Raises:
            Refused: where a coefficient, or a sum of couplings, is outside its range.
        """
        limit = COUPLING_RANGES[self.topology][0]
        named = (
            ("h", linear, "h_range", H_RANGE),
            ("J", quadratic, "extended_j_range", EXTENDED_J_RANGE),
            ("sum of J", self._totals(couplers, quadratic), limit, self._limit),
        )
        for what, values, name, (low, high) in named:
            # Sums of doubles may end a rounding error outside the range.
            wrong = values[(values < low - 1e-9) | (values > high + 1e-9)]
            if len(wrong):
                raise Refused(f"{what} value {wrong[0]:g} is out of {name} [{low:g}, {high:g}] ({len(wrong)} such)")

    def _totals(self, couplers: np.ndarray, quadratic: np.ndarray) -> np.ndarray:
        """Sums of the couplings at each qubit, or at either half of its couplers."""
        here, there = np.concatenate([couplers, couplers[:, ::-1]]).T
        group = here * 2 + (_half(here, there, self.size) if self.topology == "zephyr" else 0)
        return np.bincount(group, np.tile(quadratic, 2))


def _half(here: np.ndarray, there: np.ndarray, m: int) -> np.ndarray:
    """To which half of a qubit's couplers each belongs, 0 or 1: the rule of ``dwave.system.coupling_groups``."""
    (u0, _, j0, z0), (u1, w1, j1, z1) = _zephyr(here, m), _zephyr(there, m)
    external, odd = (z1 - z0) // 2 % 2, z0 + j0 - z1
    return np.where(u0 != u1, 2 * z0 + j0 + 1 - w1, np.where(j0 != j1, odd, external)) % 2


def _zephyr(qubits: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates u, w, j, z of qubit numbers z + m (j + 2 (k + 4 (w + (2 m + 1) u)))."""
    u, w = qubits // (8 * m) // (2 * m + 1), qubits // (8 * m) % (2 * m + 1)
    return u, w, qubits // m % 2, qubits % m


def _ascending(pair: tuple[int, int]) -> tuple[int, int]:
    return min(pair), max(pair)


def _broken(parts: list[Part], broken: float | Collection[Part], rng: np.random.Generator) -> list[Part]:
    if not isinstance(broken, int | float):
        return list(broken)
    if not 0 <= broken < 1:
        raise ValueError(f"the share of broken parts is {broken}; it must be from 0 to below 1")
    return [parts[i] for i in rng.choice(len(parts), round(broken * len(parts)), replace=False)]
