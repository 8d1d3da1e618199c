"""The errors that the fitted decays leave, panel by panel and arm by arm, as they are quoted."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.decay_figures import BY, ERROR, Group, other_c, quoted
from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of
from boltzmann.ui.study_figures import arm_colour, blank_figure, escaped, plain, value_axis


def limits_figure(
    panels: dict[str, dict[str, Group]],
    order: list[str],
    *,
    x_title: str,
    scheme: Any,
    revision: str,
) -> go.Figure:
    """The error c that is left at the end of the decay, by panel and arm: what is quoted with its 95% interval, and the other
    interval as a thinner line with ends. Where it was refused, a hollow mark at the last measured error.

    Args:
        panels: By the words under the axis, the groups by arm.
        order: Titles of the arms that are drawn, at their places; None leaves a place out.
        x_title: What the panels differ in.
        scheme, revision: As for :func:`decay_figure`.
    """
    drawn = [index for index, title in enumerate(order) if any(title in groups for groups in panels.values())]
    shift = {index: 0.72 * ((place + 0.5) / len(drawn) - 0.5) for place, index in enumerate(drawn)}
    traces: list[go.Scatter] = []
    for index in drawn:
        title, colour = order[index], arm_colour(index, scheme)
        for place, groups in enumerate(panels.values()):
            group = groups.get(title) or {}
            mark = _limit if quoted(group) else _refused
            traces += mark(group, place + shift[index], title, colour)
    if not traces:
        return blank_figure()
    axis = _limits_axis(traces)
    figure = go.Figure(traces)
    figure.update_layout(curve_layout(x_title, scheme, revision), height=340, hovermode="closest",
                         yaxis={**axis, "title": {"text": f"c, {ERROR.lower()}"}})  # fmt: skip
    names = [escaped(words) for words in panels]
    figure.update_xaxes(range=[-0.5, len(names) - 0.5], tickvals=list(range(len(names))), ticktext=names,
                        showgrid=False, zeroline=False, rangemode="normal")  # fmt: skip
    c = COLOURS[scheme_of(scheme)]
    for place in range(1, len(names)):
        figure.add_vline(place - 0.5, line={"color": c["line"], "width": 1})
    return figure


def _limits_axis(traces: list[go.Scatter]) -> dict[str, Any]:
    """Logarithmic where the marks reach over a wide range above 0: an interval below 0 is then cut, out of sight."""
    values = [value for trace in traces for value in _reach(trace)]
    if min(value for trace in traces if trace.name for value in _reach(trace)) > 0:
        floor, top = 0.8 * min(value for value in values if value > 0), 1.25 * max(values)
        axis = value_axis([max(value, floor) for value in values])
        if axis["type"] == "log":
            for trace in traces:
                trace.y = [None if value is None else max(value, floor / 10) for value in trace.y or ()]
            return {**axis, "range": [math.log10(floor), math.log10(top)]}
    return {"rangemode": "tozero", "type": "linear"}


def _limit(group: Group, x: float, title: str, colour: str) -> list[go.Scatter]:
    said, other = group["quoted"], other_c(group)
    (low, high), value = said["c"], said["value"]
    words = f"{escaped(title)}<br>c {value:.4g}, 95% {BY[said['by']]} [{low:.4g}, {high:.4g}]"
    bar = {"x": [x, x], "hoverinfo": "skip", "showlegend": False}
    traces = []
    if other:
        by, (least, most) = other
        words += f"<br>{BY[by]} [{least:.4g}, {most:.4g}]"
        # Ends, since it may lie within the thick line.
        ends = {"symbol": "line-ew", "size": 11, "line": {"color": colour, "width": 1.6}}
        traces.append(go.Scatter(bar, y=plain([least, most]), mode="lines+markers", marker=ends,
                                 line={"color": colour, "width": 1.6}))  # fmt: skip
    traces.append(go.Scatter(bar, y=plain(said["c"]), mode="lines", line={"color": colour, "width": 5}))
    traces.append(
        go.Scatter(
            x=[x],
            y=plain([value]),
            mode="markers",
            name=title,
            marker={"color": colour, "size": 11},
            hovertemplate=words + "<extra></extra>",
        )
    )
    return traces


def _refused(group: Group, x: float, title: str, colour: str) -> list[go.Scatter]:
    final = (group.get("final") or {}).get("sum_squares") or {}
    last = next((value for value in reversed(group.get("mean") or []) if value is not None), final.get("median"))
    if last is None:
        return []
    reasons = "<br>".join(_wrapped(escaped(reason)) for reason in group.get("reasons") or [])
    mark = go.Scatter(
        x=[x],
        y=plain([last]),
        mode="markers",
        name=f"{title}, refused",
        marker={"symbol": "circle-open", "color": colour, "size": 10, "line": {"width": 2}},
        hovertemplate=f"{escaped(title)}: no c<br>{reasons}<br>last error {last:.4g}<extra></extra>",
    )
    return [mark]


def _wrapped(text: str, width: int = 44) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join([*lines, line])


def _reach(trace: go.Scatter) -> list[float]:
    return [value for value in trace.y or () if value is not None]
