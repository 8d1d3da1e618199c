"""Figures of the play page, as pure functions of plain values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of, template

WIDTHS = 5
"""Steps of a weight line's width: lines of one width and colour are one trace."""

NARROW, BROAD = 0.6, 7.0
MACHINE, CONFUSION, ENERGIES, MATRIX, CURVE_HEIGHT = 440, 460, 230, 150, 190
"""Heights in pixels. The page keeps a place of that height: a hidden figure would find none when it is drawn."""


def confusion_figure(confusion: list[list[int]], scheme: str) -> go.Figure:
    """A heat map of truth (rows) against reading (columns), coloured by the share of the row.

    Args:
        confusion: Counts, classes x classes.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    names = [str(label) for label in range(len(counts))]
    figure = go.Figure(
        go.Heatmap(
            # A square root lets the rare mistakes be seen beside the many right readings.
            z=np.sqrt(shares).round(4).tolist(),
            x=names,
            y=names,
            text=counts.tolist(),
            texttemplate="%{text}",
            customdata=(100 * shares).round(2).tolist(),
            hovertemplate="a %{y} read as %{x}: %{text} (%{customdata}%)<extra></extra>",
            colorscale=[[0, c["card"]], [1, c["up"]]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(
        template=template(scheme),
        height=CONFUSION,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"title": {"text": "read as"}, "type": "category", "showgrid": False, "fixedrange": True},
        yaxis={
            "title": {"text": "truth"},
            "type": "category",
            "autorange": "reversed",
            "showgrid": False,
            "fixedrange": True,
        },
        uirevision="confusion",
    )
    return figure


def energies_figure(edges: list[float], data: list[float], model: list[float], scheme: str) -> go.Figure:
    """Free energies of held-out rows (grey area) and of drawn ones (line), in common bins.

    Args:
        edges: Edges of the bins, ascending, nats.
        data, model: Share of rows in each bin.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    x = [edges[0], *edges[:-1], edges[-1]]
    figure = go.Figure(
        [
            go.Scatter(
                x=x,
                y=[0, *shares, 0],
                name=name,
                line={"shape": "hv", "width": width, "color": colour},
                mode="lines",
                fill=fill,
                fillcolor=c["edge"],
                hovertemplate="%{y:.1%} at %{x:.4~g}<extra>" + name + "</extra>",
            )
            for name, shares, width, colour, fill in (
                ("held-out images", data, 0, c["quiet"], "tozeroy"),
                ("these samples", model, 2, c["up"], None),
            )
        ]
    )
    figure.update_layout(
        curve_layout("free energy F(v), nats", scheme, "energies"),
        height=ENERGIES,
        hovermode="closest",
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        yaxis={"showticklabels": False, "rangemode": "tozero"},
        xaxis={"rangemode": "normal"},
    )
    return figure


def machine_figure(
    weights: np.ndarray, v: np.ndarray, h: np.ndarray, p_v: np.ndarray | None, p_h: np.ndarray | None, scheme: str
) -> go.Figure:
    """Every unit as a circle, filled where it is 1; every weight as a line, its colour the sign, its width the size.

    Args:
        weights: (n, m).
        v, h: States, (n,) and (m,), each 0 or 1.
        p_v, p_h: The chances that they were drawn with, or None where they were not drawn.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    n, m = weights.shape
    tall = max(n, m)
    rows = [(tall - count) / 2 + np.arange(count) for count in (n, m)]
    largest = max(float(np.abs(weights).max(initial=0.0)), 1e-9)
    traces: list[Any] = []
    steps = np.ceil(np.abs(weights) / largest * WIDTHS).astype(int)
    for sign, colour in ((1, c["up"]), (-1, c["down"])):
        for step in range(1, WIDTHS + 1):
            i, j = np.nonzero((steps == step) & (np.sign(weights) == sign))
            gaps = np.full(len(i), np.nan)
            x = np.stack([np.zeros(len(i)), np.ones(len(i)), gaps], 1).ravel()
            y = np.stack([rows[0][i], rows[1][j], gaps], 1).ravel()
            width = NARROW + (BROAD - NARROW) * (step - 1) / (WIDTHS - 1)
            traces.append(
                go.Scatter(x=x, y=y, mode="lines", line={"color": colour, "width": width}, hoverinfo="skip",
                           opacity=0.25 + 0.5 * step / WIDTHS)
            )  # fmt: skip
    for side, letter, state, chance, place in ((0, "v", v, p_v, "middle left"), (1, "h", h, p_h, "middle right")):
        words = ["" if chance is None else f"{value:.2f} " for value in (state if chance is None else chance)]
        names = [f"{letter}<sub>{index + 1}</sub> = {int(value)}" for index, value in enumerate(state)]
        traces.append(
            go.Scatter(
                x=[side] * len(state),
                y=rows[side],
                mode="markers+text",
                text=[f" {word} " for word in words],
                textposition=place,
                textfont={"color": c["quiet"], "size": 12},
                customdata=names,
                hovertemplate="%{customdata}<br>chance of a 1: %{text}<extra></extra>"
                if chance is not None
                else "%{customdata}<extra></extra>",
                marker={
                    "size": min(26, 420 / tall),
                    "color": [c["ink"] if value else c["card"] for value in state],
                    "line": {"width": 2, "color": c["ink"]},
                },
            )
        )
    figure = go.Figure(traces)
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        template=template(scheme),
        height=MACHINE,
        margin={"l": 0, "r": 0, "t": 24, "b": 0},
        showlegend=False,
        hovermode="closest",
        xaxis={**hidden, "range": [-0.28, 1.28]},
        yaxis={**hidden, "autorange": "reversed"},
        annotations=[
            {"x": side, "y": 1, "yref": "paper", "yanchor": "bottom", "text": text, "showarrow": False,
             "font": {"size": 13, "color": c["quiet"]}}
            for side, text in ((0, "visible"), (1, "hidden"))
        ],
    )  # fmt: skip
    return figure


def matrix_figure(matrix: np.ndarray, largest: float, scheme: str) -> go.Figure:
    """A matrix of the size of W as a heat map: orange below 0, the card's colour at 0, blue above.

    Args:
        matrix: (n, m).
        largest: The absolute value at which the colour is full.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    figure = go.Figure(
        go.Heatmap(
            z=np.round(matrix, 6).tolist(),
            zmin=-largest,
            zmax=largest,
            colorscale=[[0, c["down"]], [0.5, c["card"]], [1, c["up"]]],
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="v %{y}, h %{x}: %{z:.3~g}<extra></extra>",
            x=[str(index + 1) for index in range(matrix.shape[1])],
            y=[str(index + 1) for index in range(matrix.shape[0])],
        )
    )
    hidden = {"visible": False, "fixedrange": True, "type": "category"}
    figure.update_layout(
        template=template(scheme),
        height=MATRIX,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis=hidden,
        yaxis={**hidden, "autorange": "reversed"},
    )
    return figure


def divergence_figure(steps: list[int], values: list[float], scheme: str) -> go.Figure:
    """The exact KL divergence over training steps; its axis is logarithmic where the values span a factor of ten."""
    c = COLOURS[scheme_of(scheme)]
    figure = go.Figure(
        go.Scatter(
            x=steps,
            y=values,
            mode="lines+markers",
            line={"color": c["up"], "width": 2},
            marker={"size": 5},
            hovertemplate="%{y:.4g} nats after %{x} steps<extra></extra>",
        )
    )
    figure.update_layout(
        curve_layout("training steps", scheme, "divergence"),
        height=CURVE_HEIGHT,
        hovermode="closest",
        # A few steps would have ticks between them.
        xaxis={"dtick": 1} if steps and steps[-1] < 10 else {},
        yaxis={"title": {"text": "nats"}, **_nats_axis(values)},
    )
    return figure


def _nats_axis(values: list[float]) -> dict[str, Any]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if low > 0 and high >= 10 * low:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        heads = (1, 2, 5) if len(decades) <= 3 else (1,)
        # Plotly's own would name 2 beside 0.1 as they are, digits of a decade without their power.
        ticks = [head * 10.0**power for power in decades for head in heads]
        return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    # A step that changes next to nothing shall look like that, and not ask for ticks of nine digits.
    middle, half = (low + high) / 2, max(0.55 * (high - low), 0.02 * abs(high), 1e-6)
    return {"type": "linear", "nticks": 5, "tickformat": ".3~g", "range": [middle - half, middle + half]}
