"""Figures of Learn: axes, legends and lines alike."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, scheme_of, template


def colours(scheme: str) -> dict[str, str]:
    """The house's colours in a scheme."""
    return COLOURS[scheme_of(scheme)]


def figure(traces: list[Any], scheme: str, height: int, x: str, y: str, **layout: Any) -> go.Figure:
    """``traces`` on one pair of axes with these titles; ``layout`` as Plotly's, ``xaxis_...`` and ``yaxis_...`` too."""
    made = go.Figure(traces)
    made.update_layout(
        template=template(scheme),
        height=height,
        margin={"l": 8, "r": 10, "t": 8, "b": 8},
        xaxis_title_text=x,
        yaxis_title_text=y,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
        uirevision="learn",
        hovermode="closest",
        bargap=0.25,
        dragmode=False,
    )
    made.update_layout(**layout)
    return made


def line(x: Any, y: Any, name: str, colour: str, **more: Any) -> go.Scatter:
    """A curve."""
    style = {"color": colour, "width": 2.4, **more.pop("line", {})}
    return go.Scatter(x=x, y=y, name=name, mode=more.pop("mode", "lines"), line=style, **more)


def mark(x: float, y: float, colour: str, name: str = "", **more: Any) -> go.Scatter:
    """Where the slider stands, as a dot."""
    style = {"color": colour, "size": 12, "line": {"width": 2, "color": "white"}}
    return go.Scatter(x=[x], y=[y], mode="markers", marker=style, name=name, showlegend=bool(name), **more)


def nothing(scheme: str, height: int) -> go.Figure:
    """An empty figure."""
    hidden = {"visible": False}
    return figure([], scheme, height, "", "", xaxis=hidden, yaxis=hidden)
