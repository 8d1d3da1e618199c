"""How the figures of a restricted Boltzmann machine over its run are drawn; pure functions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of, template
from boltzmann.ui.lab_curves import LAB_CURVES, Columns


def lab_figure(
    name: str,
    columns: Columns,
    *,
    x_title: str,
    log: bool,
    scheme: str,
    revision: str,
    hidden: float | None = None,
) -> go.Figure:
    """One of :data:`LAB_CURVES`.

    Args:
        name: Which.
        columns: Of :func:`columns_of`; {} for none.
        x_title: What x is, with its unit.
        log: Logarithmic vertical axis; ignored where a value is not positive.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
        hidden: The inverse temperature of a simulated chip, for the figure "beta".
    """
    curve, c = LAB_CURVES[name], COLOURS[scheme_of(scheme)]
    figure = go.Figure()
    several = len(curve.lines) > 1
    shape = "%{y:.2%}" if curve.ticks else "%{y:.4g}"
    for (_, title), colour, values in zip(curve.lines, ("up", "down"), _traces(name, columns), strict=False):
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
    if name == "mode":
        figure.add_trace(
            go.Scatter(
                **_traces(name, columns)[-1],
                mode="markers",
                name="mode steps",
                showlegend=False,
                marker={"symbol": "line-ns-open", "size": 9, "color": c["quiet"]},
                hovertemplate="%{text}<extra></extra>",
            )
        )
    if curve.error:
        edge = {"mode": "lines", "line": {"width": 0}, "connectgaps": True, "showlegend": False, "hoverinfo": "skip"}
        low, high = _traces(name, columns)[-2:]
        figure.add_trace(go.Scatter(**low, **edge))
        figure.add_trace(go.Scatter(**high, **edge, fill="tonexty", fillcolor=c["edge"]))
    if name == "beta" and hidden is not None:
        figure.add_hline(hidden, line={"color": c["quiet"], "width": 1.4, "dash": "dash"})
    values = [value for field, _ in curve.lines for value in columns.get(field, []) if value is not None]
    figure.update_layout(
        curve_layout(x_title, scheme, revision),
        height=164,
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
    traces = _traces(name, columns, mode_steps)
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


def _traces(name: str, columns: Columns, mode_steps: int = 0) -> list[Columns]:
    """The values of each trace, all under the same keys."""
    x = columns.get("x", [])
    curve = LAB_CURVES[name]
    traces = [{"x": x, "y": columns.get(field, [])} for field, _ in curve.lines]
    if curve.error:
        pairs = list(zip(columns.get(curve.lines[0][0], []), columns.get(curve.error, []), strict=True))
        # Plotly fills what lies between a trace and the one before it.
        traces += [
            {"x": x, "y": [None if None in pair else pair[0] + side * pair[1] for pair in pairs]} for side in (-1, 1)
        ]
    if name != "mode":
        return traces
    counts = columns.get("mode_steps", [])
    new = [count - before for count, before in zip(counts, [mode_steps, *counts], strict=False)]
    marks = [0.0 if count > 0 else None for count in new]
    words = [f"{count:,} mode step{'' if count == 1 else 's'} since the last point" for count in new]
    # Plotly extends all traces by the same keys; the lines have no use for words.
    return [*({**trace, "text": words} for trace in traces), {"x": x, "y": marks, "text": words}]
