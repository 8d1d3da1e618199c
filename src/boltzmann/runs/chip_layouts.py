"""Where a machine of the lab lies on a chip, as plain values: what the page asks of the interactive worker, since it takes
seconds the first time."""

from __future__ import annotations

from typing import Any

from boltzmann.samplers.embeddings import SIZES, embedding


def chip_layout(n: int, m: int, topology: str) -> dict[str, Any]:
    """The minor embedding of a machine that the simulated chip uses.

    Args:
        n, m: Visible and hidden units.
        topology: "chimera", "pegasus" or "zephyr".

    Returns:
        ``topology`` and ``size`` of the chip, ``visible`` (n); of the q qubits in use their numbers ``nodes`` (q,),
        ``positions`` (q, 2) in the unit square, y upwards, and ``units`` (q,), the unit that each serves, visible ones
        first; of the couplers in use ``edges`` (c, 2), indices into the qubits, and ``inside`` (c,), whether both ends
        serve one unit. Or ``why`` alone: no place was found.
    """
    try:
        found = embedding(n, m, topology)
    except ValueError as error:
        return {"why": str(error)}
    return {
        "topology": topology,
        "size": SIZES[topology],
        "visible": n,
        "nodes": found.graph.nodes,
        "positions": found.graph.positions,
        "units": found.units,
        "edges": found.graph.edges,
        "inside": found.inside,
    }
