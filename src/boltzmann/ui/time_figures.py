"""Figures of a run through time: its losses, and what its prior was at a checkpoint.

The browser draws a line at the checkpoint that is shown and replaces the histograms by itself; axes stay as they are, so that
nothing jumps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from boltzmann.ui.curves import smooth, stride, thin
from boltzmann.ui.figures import COLOURS, scheme_of, template

SMOOTHING = 0.9
SHOWN_SHARE = 0.98
"""Of the values of a loss that its axis has room for."""
LOSSES_HEIGHT, HISTOGRAM_HEIGHT = 348, 190
HISTOGRAMS = {
    "energies": ("energy per spin", ("encoded", "sampled")),
    "couplings": ("coupling J", ("values",)),
    "fields": ("field h", ("values",)),
}
"""The histograms of a film: what lies along their axis, and which rows of values they show."""


def loss_curves(history: dict[str, list[Any]], losses: Sequence[str], steps: Sequence[int]) -> dict[str, Any]:
    """The smoothed losses of a run, thinned out to be drawn, and what they are at its checkpoints.

    Args:
        history: Of :meth:`boltzmann.runs.store.RunStore.history`.
        losses: Names of curves there.
        steps: Of the checkpoints.

    Returns:
        ``x``, the steps of the points drawn, and ``curves``, as many values of each loss; ``at``, for each loss and
        "epoch" one value a checkpoint: that of the last point up to its step, None before the first.
    """
    every = stride(len(history["step"]))
    curves = {name: _smoothed(history[name]) for name in losses}
    places = np.searchsorted(history["step"], steps, side="right")
    # With None for "no point yet" in front, a place of 0 leads there.
    known = {name: [None, *curve] for name, curve in {**curves, "epoch": history["epoch"]}.items()}
    return {
        "x": thin(history["step"], every),
        "curves": {name: thin(curve, every) for name, curve in curves.items()},
        "at": {name: [curve[place] for place in places] for name, curve in known.items()},
    }


def losses_figure(found: dict[str, Any], titles: dict[str, str], scheme: str) -> go.Figure:
    """The smoothed losses below one another, over the steps.

    Args:
        found: Of :func:`loss_curves`.
        titles: Of each loss.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    figure = make_subplots(rows=len(titles), shared_xaxes=True, vertical_spacing=0.05)
    for row, (name, title) in enumerate(titles.items(), 1):
        y = found["curves"][name]
        curve = go.Scatter(
            x=found["x"],
            y=y,
            mode="lines",
            line={"color": c["up"], "width": 2},
            hovertemplate=f"{title} %{{y:.4g}} at step %{{x:,}}<extra></extra>",
        )
        figure.add_trace(curve, row, 1)
        figure.update_yaxes(title={"text": title, "standoff": 6}, nticks=4, range=_range(y), row=row, col=1)
    figure.update_xaxes(title={"text": "step"}, row=len(titles), col=1)
    figure.update_layout(**_layout(scheme, LOSSES_HEIGHT))
    return figure


def histogram_figure(film: dict[str, Any], part: str, index: int, scheme: str) -> go.Figure:
    """One of :data:`HISTOGRAMS` at frame ``index`` of a film.

    Args:
        film: Of :func:`boltzmann.runs.checkpoint_film.film`.
        part: Which one.
        index: From 0; -1 is the last.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    title, rows = HISTOGRAMS[part]
    edges = np.array(film[part]["edges"])
    figure = go.Figure()
    for row in rows:
        colour, dash = (c["down"], "dash") if row == "encoded" else (c["up"], "solid")
        figure.add_scatter(
            x=(edges[1:] + edges[:-1]) / 2,
            y=film[part][row][index],
            mode="lines",
            name=row,
            line={"color": colour, "width": 2, "dash": dash, "shape": "hvh"},
            fill="tozeroy",
            fillcolor=_faint(colour),
            hovertemplate="%{y:.3g}% at %{x:.3g}<extra>" + (row if len(rows) > 1 else "") + "</extra>",
        )
    top = _top([values for row in rows for values in film[part][row]])
    figure.update_layout(
        **_layout(scheme, HISTOGRAM_HEIGHT),
        xaxis={"range": [edges[0], edges[-1]], "nticks": 6, "title": {"text": title, "standoff": 4}},
        yaxis={"range": [0, top], "nticks": 4, "ticksuffix": "%"},
    )
    return figure


def _layout(scheme: str, height: int) -> dict[str, Any]:
    margin = {"l": 8, "r": 8, "t": 8, "b": 8}
    return {
        "template": template(scheme),
        "height": height,
        "margin": margin,
        "showlegend": False,
        "uirevision": "film",
        "dragmode": False,
    }


def _smoothed(curve: Sequence[float | None]) -> list[float | None]:
    """The moving average, which stays where it was at steps that have no value."""
    kept: list[float | None] = []
    for value in smooth(curve, SMOOTHING)[0]:
        kept.append(value if value is not None else (kept[-1] if kept else None))
    return kept


def _range(curve: Sequence[float | None]) -> list[float] | None:
    """Of an axis without the first steps, which are so much worse that they would flatten all that comes later."""
    values = np.array([value for value in curve if value is not None])
    if not len(values):
        return None
    low, high = values.min(), np.quantile(values, SHOWN_SHARE)
    margin = 0.08 * (high - low) or abs(high) / 10 or 1.0
    return [float(low - margin), float(high + margin)]


def _top(rows: Sequence[Sequence[float]]) -> float:
    """Of an axis that shows most frames whole; what is much higher, as fields before they have learned, is cut off."""
    return 1.35 * float(np.median([max(row) for row in rows]))


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},.18)"
