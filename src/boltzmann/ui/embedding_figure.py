"""A minor embedding as a figure: the qubits of each unit of a machine, and the couplers between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, SVG_EDGES, scheme_of, template

LISTED = 16
"""Most qubits of a chain that are named."""
Layout = dict[str, Any]
"""As :func:`boltzmann.runs.chip_layouts.chip_layout` gives it."""


def unit_names(visible: int, units: int) -> list[str]:
    """What each unit is called: "Visible 1", ..., "Hidden 1", ..."""
    return [f"Visible {i + 1}" if i < visible else f"Hidden {i - visible + 1}" for i in range(units)]


def embedding_figure(layout: Layout, scheme: str) -> go.Figure:
    """Qubits in the colour of their layer, chains as lines, the other couplers faint behind.

    The last two traces are empty: in them the browser draws the chain that a person chooses, from the figure's ``meta``:
    for each unit its ``words`` and the lines and points of its chain.

    Args:
        layout: The embedding.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    places, edges = layout["positions"].round(4), layout["edges"]
    of_edge = np.where(layout["inside"], layout["units"][edges[:, 0]], -1)
    hidden = layout["units"] >= layout["visible"]
    units = int(layout["units"].max()) + 1
    names = unit_names(layout["visible"], units)
    lengths = np.bincount(layout["units"], minlength=units)
    kind = go.Scatter if len(edges) <= SVG_EDGES else go.Scattergl
    size = float(np.clip(150 / np.sqrt(len(places)), 3, 12))

    def lines(chosen: np.ndarray, colour: str, width: float) -> Any:
        x, y = _lines(places, edges[chosen])
        return kind(x=x, y=y, mode="lines", line={"color": colour, "width": width}, hoverinfo="skip", showlegend=False)

    def qubits(chosen: np.ndarray, name: str, colour: str) -> Any:
        whose = layout["units"][chosen].tolist()
        numbers = layout["nodes"][chosen].tolist()
        return kind(
            x=places[chosen, 0].tolist(),
            y=places[chosen, 1].tolist(),
            mode="markers",
            name=f"{name} ({len(numbers):,} qubits)",
            customdata=whose,
            text=[f"{names[i]}, a chain of {lengths[i]}<br>qubit {q}" for i, q in zip(whose, numbers, strict=True)],
            marker={"color": colour, "size": size, "line": {"width": 0}},
            hovertemplate="%{text}<extra></extra>",
        )

    inside_hidden = of_edge >= layout["visible"]
    chosen_line = {"color": c["ink"], "width": 3}
    chosen_mark = {"color": c["ink"], "size": size + 3, "symbol": "circle-open", "line": {"width": 2}}
    empty: dict[str, Any] = {"x": [], "y": [], "hoverinfo": "skip", "showlegend": False}
    figure = go.Figure(
        [
            lines(of_edge < 0, c["edge"], 1.2),
            lines((of_edge >= 0) & ~inside_hidden, c["up"], 1.6),
            lines(inside_hidden, c["down"], 1.6),
            qubits(~hidden, "visible units", c["up"]),
            qubits(hidden, "hidden units", c["down"]),
            kind(**empty, mode="lines", line=chosen_line),
            kind(**empty, mode="markers", marker=chosen_mark),
        ]
    )
    unseen = {"visible": False}
    figure.update_layout(
        template=template(scheme),
        height=460,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        # Not to scale: machines fill long strips of a chip.
        xaxis=unseen,
        yaxis=unseen,
        legend={"orientation": "h", "x": 0, "y": -0.02, "yanchor": "top"},
        hovermode="closest",
        uirevision="embedding",
        dragmode="pan",
        meta=[_chain(layout, places, of_edge, unit, names[unit], int(lengths[unit])) for unit in range(units)],
    )
    return figure


def _chain(
    layout: Layout, places: np.ndarray, of_edge: np.ndarray, unit: int, name: str, length: int
) -> dict[str, Any]:
    own = layout["units"] == unit
    x, y = _lines(places, layout["edges"][of_edge == unit])
    numbers = layout["nodes"][own].tolist()
    kind = "one qubit" if length == 1 else f"a chain of {length} qubits"
    listed = ", ".join(map(str, numbers[:LISTED])) + (", …" if length > LISTED else "")
    return {
        "words": f"{name}: {kind}, {listed}",
        "lines": [x, y],
        "points": places[own].T.tolist(),
    }


def _lines(places: np.ndarray, edges: np.ndarray) -> tuple[list[float | None], list[float | None]]:
    """The edges (c, 2) as one broken line."""
    x, y = ([value for a, b in edges for value in (axis[a], axis[b], None)] for axis in places.T.tolist())
    return x, y
