"""Curves of a study: for each arm the median over its seeds, and the band from the least to the greatest."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from boltzmann.runs.study_references import Reference
from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of

PALETTES = {
    "light": ("#55616f", "#0b7f94", "#c9620b", "#7a4fb5", "#2b8a3e", "#b3266b", "#8a6d00", "#2f5fd0", "#9c3b1c", "#3f7d7a",
              "#6b6b00", "#a0468f"),
    "dark": ("#a3b0be", "#48b4c6", "#f3a64b", "#b79af0", "#69c97c", "#f07fb4", "#d9c04a", "#8aa9ff", "#f09a7c", "#7fd0cb",
             "#c9c95a", "#e29ad8"),
}  # fmt: skip
"""A colour for each arm: the first arm, with which the others are compared, is grey."""
HEIGHT = 260
POINTS = 150
"""Of a curve, about: more are not seen at its width, and are sent again with every look."""
WIDE_RANGE = 12
"""From this ratio of greatest to least on, positive values are drawn on a logarithmic axis."""


def blank_figure() -> go.Figure:
    """What stands in a plot's place before its first points."""
    hidden = {"visible": False}
    clear = "rgba(0,0,0,0)"
    return go.Figure(layout={"paper_bgcolor": clear, "plot_bgcolor": clear, "xaxis": hidden, "yaxis": hidden})


def arm_colour(index: int, scheme: Any) -> str:
    """The colour of the arm that stands at ``index`` in its study."""
    palette = PALETTES[scheme_of(scheme)]
    return palette[index % len(palette)]


def study_figure(
    arms: dict[str, dict[str, list[Any]]],
    order: list[str],
    *,
    x: str,
    x_title: str,
    y_title: str,
    log: bool,
    scheme: Any,
    revision: str,
    end: float | None = None,
    references: dict[str, Reference] | None = None,
) -> go.Figure:
    """One panel.

    Args:
        arms: By title, columns of equal length: ``x`` and ``median``, ``low``, ``high``, ``count``; None leaves a gap.
        order: The titles of all arms of the study: an arm keeps its colour in every panel.
        x: Name of the column along the horizontal axis.
        x_title, y_title: What the axes are, with their units.
        log: Logarithmic y axis; ignored where a value is not positive.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
        end: Where the x axis ends; at the last point, when not given.
        references: By arm its figure of reference, drawn as a diamond with its range at ``end``.
    """
    traces: list[go.Scatter] = []
    positive = True
    for index, title in enumerate(order):
        band = arms.get(title)
        if not band or not band.get(x):
            continue
        colour = arm_colour(index, scheme)
        low, high = plain(band["low"]), plain(band["high"])
        positive = positive and all(value > 0 for value in low if value is not None)
        traces += band_traces(band[x], low, high, faint(colour))
        traces.append(
            go.Scatter(
                x=band[x],
                y=plain(band["median"]),
                mode="lines",
                name=title,
                line={"color": colour, "width": 2.2},
                customdata=list(zip(low, high, band["count"], strict=True)),
                hovertemplate="%{y:.4~g} [%{customdata[0]:.3~g}, %{customdata[1]:.3~g}], %{customdata[2]} seeds"
                f"<extra>{escaped(title)}</extra>",
            )
        )
        if end and references and title in references:
            traces.append(_diamond(end, references[title], title, colour))
    # The bands lie behind all medians; the sort keeps the two edges of a band side by side.
    traces.sort(key=lambda trace: trace.name is not None)
    if not traces:
        return blank_figure()
    c = COLOURS[scheme_of(scheme)]
    figure = go.Figure(traces)
    logarithmic = bool(log and positive)
    drawn = [value for trace in traces for value in trace.y or () if value is not None]
    figure.update_layout(
        curve_layout(x_title, scheme, revision),
        height=HEIGHT,
        hovermode="x unified",
        hoverlabel={"bgcolor": c["card"], "bordercolor": c["line"], "font": {"color": c["ink"], "size": 12}},
        yaxis={
            "type": "log" if logarithmic else "linear",
            "title": {"text": y_title},
            **(decimals(min(drawn), max(drawn)) if logarithmic else {}),
        },
    )
    if end:
        figure.update_xaxes(range=[0, 1.02 * end])
    return figure


def thinned_arms(arms: dict[str, dict[str, list[Any]]], points: int = POINTS) -> dict[str, dict[str, list[Any]]]:
    """Curves of about ``points`` steps, the same ones in every arm, and the last of each.

    Args:
        arms: By title, columns of equal length, ``step`` among them, as for :func:`study_figure`.
        points: How many.
    """
    steps = sorted({step for band in arms.values() for step in band["step"]})
    kept = set(steps[:: -max(1, -(-len(steps) // points))])
    found = {}
    for title, band in arms.items():
        last = len(band["step"]) - 1
        places = [place for place, step in enumerate(band["step"]) if step in kept or place == last]
        found[title] = {name: [values[place] for place in places] for name, values in band.items()}
    return found


def band_traces(x: list[Any], low: list[Any], high: list[Any], colour: str) -> list[go.Scatter]:
    """The area between two curves over ``x``, which must stay side by side: two lines without a width."""
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    return [go.Scatter(edge, y=low), go.Scatter(edge, y=high, fill="tonexty", fillcolor=colour)]


def _diamond(x: float, reference: Reference, title: str, colour: str) -> go.Scatter:
    median, low, high = reference
    spread: dict[str, Any] = {"visible": False}
    if low is not None and high is not None:
        spread = {"array": [high - median], "arrayminus": [median - low]}
    return go.Scatter(
        x=[x],
        y=[median],
        mode="markers",
        name=f"{title}, reference",
        marker={"symbol": "diamond-open", "color": colour, "size": 9, "line": {"width": 2}},
        error_y={"type": "data", "color": colour, "thickness": 1.4, "width": 4, **spread},
        hovertemplate="%{y:.3~g}<extra>" + escaped(f"{title}, reference") + "</extra>",
        cliponaxis=False,
    )


def decimals(low: float, high: float) -> dict[str, Any]:
    """Marks of a logarithmic axis as plain numbers, 0.01 rather than powers; the narrower the range, the closer."""
    decades = math.log10(high / low)
    leads = (1, 2, 5) if decades < 1.2 else (1, 3) if decades < 2.6 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [lead * 10.0**power for power in powers for lead in leads]
    return {"tickmode": "array", "tickvals": values, "ticktext": [f"{value:.6g}" for value in values]}


def value_axis(values: list[float]) -> dict[str, Any]:
    """The type of an axis of ``values``: logarithmic, with its marks, where positive ones reach over a wide range."""
    if values and min(values) > 0 and max(values) > WIDE_RANGE * min(values):
        return {"type": "log", **decimals(min(values), max(values))}
    return {"type": "linear"}


def plain(values: list[Any]) -> list[float | None]:
    """``values`` to five digits, with gaps where there is no finite number."""
    return [None if value is None or not math.isfinite(value) else float(f"{value:.5g}") for value in values]


def faint(colour: str, share: float = 0.16) -> str:
    """A colour "#rrggbb" as glass in front of what lies behind; ``share`` is how much of it is seen."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def escaped(text: str) -> str:
    """As Plotly's text, which reads tags: a title is data."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")


def swatch(index: int) -> dict[str, str]:
    """The style of an arm's name in HTML: its colour in both schemes, as the browser chooses."""
    return {"--arm": f"light-dark({arm_colour(index, 'light')}, {arm_colour(index, 'dark')})"}
