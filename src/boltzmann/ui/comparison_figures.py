"""The energies of compared samplers, each before the reference's, in common bins."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.figures import COLOURS, scheme_of, template

ROW, TITLE, AXIS = 92, 30, 56
"""Pixels of a sampler's histogram, of its name above it, and of the axis below the last."""


def energies_figure(report: dict[str, Any], scheme: str) -> go.Figure:
    """A row for each sampler that has answered: the reference as a grey area, the sampler as a line before it.

    Args:
        report: Of :func:`boltzmann.evaluation.comparison.compare`, as far as it has come.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    rows = [row for row in report.get("samplers") or [] if row.get("energies")]
    reference = (report.get("reference") or {}).get("energies")
    if not rows or not reference:
        return go.Figure(layout={"template": template(scheme), "height": AXIS})
    plotted = (ROW + TITLE) * len(rows) - TITLE
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=TITLE / plotted)
    for number, row in enumerate(rows, 1):
        name = sampler_title(row["sampler"])
        behind = _outline(reference, name="reference", fill="tozeroy", fillcolor=c["edge"], line={"width": 0})
        line = _outline(row["energies"], name=name, line={"color": c["up"], "width": 1.8})
        figure.add_traces([behind, line], rows=number, cols=1)
        # Plotly numbers the axes, but for the first.
        axis = "" if number == 1 else str(number)
        figure.add_annotation(
            text=name,
            x=0,
            y=1,
            xref=f"x{axis} domain",
            yref=f"y{axis} domain",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"size": 13, "color": c["ink"]},
        )
    figure.add_vline(0, line={"color": c["quiet"], "width": 1, "dash": "dash"}, opacity=0.6)
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_xaxes(title={"text": "energy above the mean at equilibrium"}, row=len(rows), col=1)
    figure.update_yaxes(showticklabels=False, showgrid=False, rangemode="tozero")
    figure.update_layout(
        template=template(scheme),
        height=plotted + TITLE + AXIS,
        margin={"l": 8, "r": 8, "t": TITLE, "b": AXIS},
        showlegend=False,
        hovermode="closest",
        uirevision="energies",
    )
    return figure


def _outline(histogram: dict[str, Any], **style: Any) -> go.Scatter:
    """A histogram's upper edge, from zero to zero."""
    width, first, shares = histogram["width"], histogram["first"], histogram["shares"]
    x = [round(first + (index - 1) * width, 4) for index in range(len(shares) + 2)]
    trace = {"mode": "lines", "hovertemplate": "%{y:.1%} at %{x:.3~g}<extra>" + style["name"] + "</extra>"}
    outline = {"shape": "hvh", **style.pop("line")}
    return go.Scatter(trace, x=x, y=[0.0, *shares, 0.0], line=outline, **style)
