"""How the figures of a restricted Boltzmann machine over its run are drawn; pure functions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of, template
from boltzmann.ui.lab_curves import LAB_CURVES, Columns, smoothed_name

COLOURED = ("up", "down")
"""The colours of a figure's first and second line."""


def lab_figure(
    name: str,
    columns: Columns,
    *,
    x_title: str,
    log: bool,
    scheme: str,
    revision: str,
    log_x: bool = False,
    hidden: float | None = None,
) -> go.Figure:
    """One of :data:`LAB_CURVES`, the measured values faint behind where they are smoothed.

    Args:
        name: Which.
        columns: As :mod:`~boltzmann.ui.lab_stream` makes them; {} for none.
        x_title: What x is, with its unit.
        log: Logarithmic vertical axis; ignored where a value is not positive.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
        log_x: Logarithmic horizontal axis.
        hidden: The inverse temperature of a simulated chip, for the figure "beta".
    """
    curve, c = LAB_CURVES[name], COLOURS[scheme_of(scheme)]
    figure = go.Figure()
    several = len(curve.lines) > 1
    shape = "%{y:.2%}" if curve.ticks else "%{y:.4g}"
    traces = _traces(name, columns)
    for (_, title), colour, values in zip(curve.lines, COLOURED, traces["lines"], strict=False):
        said = f"{title} {shape}" if several else shape
        figure.add_trace(
            go.Scatter(
                **values,
                mode="lines+markers",
                name=title,
                line={"color": c[colour], "width": 2},
                marker={"size": 4, "color": c[colour]},
                # Not every measurement has every figure.
                connectgaps=True,
                hovertemplate=said + " at %{x:,.6~g}<extra></extra>",
            )
        )
    for values in traces["steps"]:
        figure.add_trace(
            go.Scatter(
                **values,
                mode="markers",
                name="mode steps",
                showlegend=False,
                marker={"symbol": "line-ns-open", "size": 9, "color": c["quiet"]},
                hovertemplate="%{text}<extra></extra>",
            )
        )
    if curve.error:
        edge = {"mode": "lines", "line": {"width": 0}, "connectgaps": True, "showlegend": False, "hoverinfo": "skip"}
        low, high = traces["band"]
        figure.add_trace(go.Scatter(**low, **edge))
        figure.add_trace(go.Scatter(**high, **edge, fill="tonexty", fillcolor=c["edge"]))
    for colour, values in zip(COLOURED, traces["raw"], strict=False):
        faint = {"color": c[colour], "width": 1}
        figure.add_trace(
            go.Scatter(
                **values, mode="lines", line=faint, opacity=0.4, connectgaps=True, showlegend=False, hoverinfo="skip"
            )
        )
    if name == "beta" and hidden is not None:
        figure.add_hline(hidden, line={"color": c["quiet"], "width": 1.4, "dash": "dash"})
    values = [value for field, _ in curve.lines for value in columns.get(field, []) if value is not None]
    figure.update_layout(
        curve_layout(x_title, scheme, revision, log_x),
        height=164,
        hoverdistance=-1,
        showlegend=several,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom", "font": {"size": 11}},
        yaxis={
            "type": "log" if log and values and min(values) > 0 else "linear",
            "tickformat": curve.ticks,
            # Around a constant rate an axis would reach below 0.
            "rangemode": "tozero" if name in ("learning_rate", "mode") else "normal",
        },
    )
    return figure


def lab_extension(name: str, columns: Columns, mode_steps: int) -> list[Any]:
    """New points of a curve, as ``dcc.Graph.extendData`` takes them.

    Args:
        name: Which.
        columns: The new ones.
        mode_steps: Taken before them.
    """
    traces = [trace for group in _traces(name, columns, mode_steps).values() for trace in group]
    return [{key: [trace[key] for trace in traces] for key in traces[0]}, list(range(len(traces)))]


def energies_figure(edges: list[float], data: list[float], model: list[float], scheme: str) -> go.Figure:
    """Free energies of held-out rows and of free samples, as two histograms on the same bins.

    Args:
        edges: Edges of the bins, nats.
        data, model: Share of rows in each bin.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    centres = [(low + high) / 2 for low, high in pairwise(edges)]
    widths = [high - low for low, high in pairwise(edges)]
    figure = go.Figure(
        [
            go.Bar(
                x=centres,
                y=shares,
                width=widths,
                name=title,
                opacity=0.55,
                marker={"color": c[colour], "line": {"width": 0}},
                hovertemplate=f"{title}: %{{y:.1%}} of rows at F ≈ %{{x:.4g}}<extra></extra>",
            )
            for title, colour, shares in (("held-out data", "up", data), ("machine's samples", "down", model))
        ]
    )
    figure.update_layout(
        template=template(scheme),
        barmode="overlay",
        bargap=0,
        height=210,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": {"text": "free energy F(v), nats"}},
        yaxis={"tickformat": ".0%"},
    )
    return figure


def _traces(name: str, columns: Columns, mode_steps: int = 0) -> dict[str, list[Columns]]:
    """The values of each trace, all under the same keys, group by group in the order in which they are drawn."""
    x = columns.get("x", [])
    curve = LAB_CURVES[name]
    fields = [field for field, _ in curve.lines]
    raw = [{"x": x, "y": columns.get(field, [])} for field in fields]
    averages = [columns[smoothed_name(field)] for field in fields if smoothed_name(field) in columns]
    traces: dict[str, list[Columns]] = {
        "lines": [{"x": x, "y": values} for values in averages] or raw,
        "steps": [],
        "band": [],
        "raw": raw if averages else [],
    }
    if curve.error:
        pairs = list(zip(columns.get(fields[0], []), columns.get(curve.error, []), strict=True))
        # Plotly fills what lies between a trace and the one before it.
        traces["band"] = [
            {"x": x, "y": [None if None in pair else pair[0] + side * pair[1] for pair in pairs]} for side in (-1, 1)
        ]
    if name != "mode":
        return traces
    counts = columns.get("mode_steps", [])
    new = [count - before for count, before in zip(counts, [mode_steps, *counts], strict=False)]
    marks = [0.0 if count > 0 else None for count in new]
    words = [f"{count:,} mode step{'' if count == 1 else 's'} since the last point" for count in new]
    traces["steps"] = [{"x": x, "y": marks}]
    # Plotly extends all traces by the same keys; the lines have no use for words.
    return {group: [{**trace, "text": words} for trace in found] for group, found in traces.items()}
