"""A chip in few words: what it lacks of a perfect one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boltzmann import graphs


def chip_facts(
    solver: str,
    topology: str,
    size: int,
    qubits: Iterable[int] | None = None,
    couplers: Iterable[tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """A chip as plain values.

    Args:
        solver: Its name, "" for a chip in software.
        topology, size: As for :func:`boltzmann.graphs.topology`.
        qubits: Numbers of those that work; None: all.
        couplers: Those that work, as pairs of qubits in either order; None: all.

    Returns:
        ``solver``, ``topology``, ``size``, the numbers of working ``qubits`` and ``couplers``, the ``missing_qubits``, and
        the ``missing_couplers`` between two qubits that work.

    Raises:
        ValueError: for a topology or size that there is none of.
    """
    whole = graphs.topology(topology, size)
    working = set(whole.nodes) if qubits is None else set(map(int, qubits)) & set(whole.nodes)
    possible = {_ascending(*edge) for edge in whole.edges if working.issuperset(edge)}
    present = possible if couplers is None else possible & {_ascending(int(a), int(b)) for a, b in couplers}
    return {
        "solver": solver,
        "topology": topology,
        "size": size,
        "qubits": len(working),
        "couplers": len(present),
        "missing_qubits": sorted(set(whole.nodes) - working),
        "missing_couplers": [list(pair) for pair in sorted(possible - present)],
    }


def _ascending(a: int, b: int) -> tuple[int, int]:
    return min(a, b), max(a, b)
