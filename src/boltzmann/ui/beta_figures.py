"""Curves of an annealer's inverse temperature: what each scheme sets, what the samples say, and what moves it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of
from boltzmann.ui.study_figures import arm_colour, band_traces, blank_figure, escaped, faint, plain, value_axis

HEIGHT = 250


def bands_figure(
    columns: dict[str, dict[str, Any]],
    order: list[str],
    *,
    y_title: str,
    scheme: Any,
    revision: str,
    level: float | None = None,
    level_name: str = "",
    spread: bool = True,
) -> go.Figure:
    """A figure of every arm over the epochs: the median of its runs, and the band of them.

    Args:
        columns: By arm ``epochs``, ``median``, ``low``, ``high``, lists of equal length.
        order: The titles of all arms of the study: an arm keeps its colour in every figure.
        y_title: What is drawn, with its unit.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
        level: A value to which the curves are compared, drawn as a dashed line.
        level_name: What is written of it above the plot.
        spread: Whether the bands are drawn, rather than thin lines only: where all arms lie on each other, bands hide them.
    """
    behind: list[go.Scatter] = []
    lines: list[go.Scatter] = []
    for index, title in enumerate(order):
        band = columns.get(title)
        if not band or not band.get("epochs"):
            continue
        colour, name = arm_colour(index, scheme), escaped(title)
        low, high = plain(band["low"]), plain(band["high"])
        behind += band_traces(band["epochs"], low, high, faint(colour, 0.14)) if spread else []
        lines.append(
            go.Scatter(
                x=band["epochs"],
                y=plain(band["median"]),
                mode="lines",
                name=title,
                line={"color": colour, "width": 2.2 if spread else 1.3},
                customdata=list(zip(low, high, strict=True)),
                hovertemplate="%{y:.4~g} [%{customdata[0]:.3~g}, %{customdata[1]:.3~g}]<extra>" + name + "</extra>",
            )
        )
    return _finished([*behind, *lines], y_title, scheme, revision, level, level_name)


def energies_figure(
    columns: dict[str, dict[str, dict[str, Any]]], order: list[str], *, scheme: Any, revision: str
) -> go.Figure:
    """Mean energies E_DW of the data (solid) and of the reads (dotted), arm by arm; their difference is the likelihood's
    step of beta.

    Args:
        columns: By arm "data" and "model", each with ``epochs`` and ``median``.
        order, scheme, revision: As for :func:`bands_figure`.
    """
    lines = []
    for index, title in enumerate(order):
        for kind, words, dash in (("data", "data", "solid"), ("model", "reads", "dot")):
            band = columns.get(title, {}).get(kind)
            if band and band.get("epochs"):
                lines.append(
                    go.Scatter(
                        x=band["epochs"],
                        y=plain(band["median"]),
                        mode="lines",
                        name=f"{title}, {words}",
                        line={"color": arm_colour(index, scheme), "width": 1.8, "dash": dash},
                        hovertemplate="%{y:.4~g} at epoch %{x}<extra>" + escaped(f"{title}, {words}") + "</extra>",
                    )
                )
    figure = _finished(lines, "Mean E_DW", scheme, revision, None, "")
    figure.update_layout(hovermode="closest")
    return figure


def _finished(
    traces: list[go.Scatter], y_title: str, scheme: Any, revision: str, level: float | None, level_name: str
) -> go.Figure:
    if not traces:
        return blank_figure()
    c = COLOURS[scheme_of(scheme)]
    figure = go.Figure(traces)
    drawn = [value for trace in traces for value in trace.y or () if value is not None]
    drawn += [] if level is None else [level]
    figure.update_layout(
        curve_layout("Epoch", scheme, revision),
        height=HEIGHT,
        hovermode="x unified",
        hoverlabel={"bgcolor": c["card"], "bordercolor": c["line"], "font": {"color": c["ink"], "size": 12}},
        yaxis={**value_axis(drawn), "title": {"text": y_title}},
    )
    if level is not None:
        figure.add_hline(level, line={"color": c["ink"], "dash": "dash", "width": 1.4})
        # Above the plot, where no curve crosses it.
        name = {"text": escaped(level_name), "font": {"size": 12, "color": c["ink"]}, "showarrow": False}
        figure.add_annotation(name, xref="paper", x=1, xanchor="right", yref="paper", y=1, yanchor="bottom")
        figure.update_layout(margin={"t": 22})
    return figure
