"""One figure with the curves of several runs, and the marks of what happened to them, as pure functions."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.curve_marks import Mark
from boltzmann.ui.curves import AXES, smooth, stride, thin
from boltzmann.ui.figures import COLOURS, curve_layout
from boltzmann.ui.overlay import Columns, Overlay
from boltzmann.ui.report_figures import DECADES
from boltzmann.ui.study_figures import arm_colour, escaped

HEIGHT = 250


def overlay_figure(
    curve: Overlay, runs: list[tuple[int, str, dict[str, Columns]]], view: dict[str, Any], revision: str
) -> go.Figure:
    """The curve of each run in its colour, the raw values faint behind where they are smoothed.

    Args:
        curve: Which.
        runs: Of each its place among all runs, which gives its colour, its name, and its columns.
        view: As :func:`~boltzmann.ui.components.curve_controls.view_of` gives it.
        revision: As long as it stays the same, a user's zoom is kept.
    """
    c = COLOURS[view["scheme"]]
    factor = view["smoothing"] if curve.source == "points" else 0.0
    shape = "%{y:.2%}" if curve.ticks else "%{y:.4~g}"
    behind: list[go.Scatter] = []
    before: list[go.Scatter] = []
    seen: list[float] = []
    for place, name, columns in runs:
        colour, of = arm_colour(place + 1, view["scheme"]), columns[curve.source]
        for position, (field, words) in enumerate(curve.lines):
            pairs = [pair for pair in zip(of[view["x"]], of.get(field, []), strict=False) if None not in pair]
            if not pairs:
                continue
            every = stride(len(pairs))
            x = thin([pair[0] for pair in pairs], every)
            raw = [pair[1] for pair in pairs]
            drawn = thin(smooth(raw, factor)[0], every)
            seen += [value for value in drawn if value is not None]
            dash = "solid" if position == len(curve.lines) - 1 else "dot"
            line = {"color": colour, "width": 2, "dash": dash}
            title = escaped(f"{name}, {words}" if words and len(curve.lines) > 1 else name)
            mode = "lines" if len(x) > 30 else "lines+markers"
            shown = f"{title}: {shape} at %{{x:,.6~g}}<extra></extra>"
            before.append(
                go.Scatter(
                    x=x,
                    y=drawn,
                    mode=mode,
                    name=title,
                    line=line,
                    marker={"size": 4},
                    hovertemplate=shown,
                    hoverlabel={"bordercolor": colour},
                )
            )
            if factor:
                faint = {"color": colour, "width": 1}
                behind.append(
                    go.Scatter(x=x, y=thin(raw, every), mode="lines", line=faint, opacity=0.22, hoverinfo="skip")
                )
    figure = go.Figure([*behind, *before])
    log = bool((curve.log or view["log"]) and seen and min(seen) > 0)
    figure.update_layout(
        curve_layout(AXES[view["x"]], view["scheme"], revision, view["log_x"]),
        height=HEIGHT,
        hoverdistance=-1,
        hoverlabel={"bgcolor": c["card"], "font": {"color": c["ink"], "size": 12}},
        yaxis={
            "tickformat": curve.ticks,
            "type": "log" if log else "linear",
            "autorangeoptions": {"include": [value for value in curve.include if value > 0 or not log]},
            **({"tickvals": DECADES, "ticktext": DECADES} if curve.log and log else {}),
        },
    )
    if curve.ticks == ".0%" and not log:  # a share of all
        figure.update_yaxes(range=[0, 1.05])
    if curve.reference is not None:
        figure.add_hline(curve.reference, line={"color": c["quiet"], "width": 1, "dash": "dash"}, opacity=0.6)
    return figure


def overlay_marks(runs: list[tuple[int, str, dict[str, Columns]]], view: dict[str, Any]) -> list[Mark]:
    """What happened to each run, on the axis of its curves and in its colour; arguments as of :func:`overlay_figure`.

    Returns:
        Marks as those of one run, each with ``run``, its ``colour``, and ``lane``, the run's place among those drawn.
    """
    found: list[Mark] = []
    for lane, (place, name, of) in enumerate(runs):
        run = {"run": name, "colour": arm_colour(place + 1, view["scheme"]), "lane": lane}
        marks = of["marks"]
        columns = zip(marks["step"], marks["kind"], marks["text"], marks[view["x"]], strict=True)
        found += [{"step": step, "kind": kind, "text": text, "x": x, **run} for step, kind, text, x in columns]
    return found
