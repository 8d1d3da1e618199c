"""Fitted decays of the error: curves with their bands, residuals, and posterior densities.

A group is one arm in one panel, as ``boltzmann.runs.study_decay`` writes it. Of a group whose fit was refused, nothing is
drawn that the fit says of its limit.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of
from boltzmann.ui.study_figures import (
    arm_colour,
    band_traces,
    blank_figure,
    decimals,
    escaped,
    faint,
    plain,
)

ERROR = "Sum of squared errors"
BANDS = {"credible": "95% credible", "prediction": "95% prediction", "runs": "Range of the runs"}
"""Bands that can be drawn around a decay, with their names."""
BY = {"posterior": "posterior", "runs": "over the runs"}
"""What an interval of c is made of."""
Group = dict[str, Any]


def quoted(group: Group) -> bool:
    """Whether the fit of a group may be quoted."""
    return group.get("verdict") == "quoted"


def other_c(group: Group) -> tuple[str, list[float]] | None:
    """The interval of c that a fit has and does not quote, and by what it is, "posterior" or "runs"; None without one."""
    if group["quoted"]["by"] == "runs":
        return "posterior", group["interval"]["c"]
    over = (group.get("over_runs") or {}).get("c")
    return ("runs", over) if over else None


def decay_figure(
    groups: dict[str, Group], order: list[str], *, bands: list[str], log: bool, scheme: Any, revision: str
) -> go.Figure:
    """Measured means as dots, the posterior curves as lines (dashed where the fit was refused), and bands around them.

    Args:
        groups: By arm; one without a fit is left out.
        order: The titles of all arms of the study: an arm keeps its colour in every figure.
        bands: Names of :data:`BANDS`.
        log: Logarithmic y axis; ignored where a mean is not positive.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
    """
    measured = [value for title in order for value in groups.get(title, {}).get("mean") or () if value is not None]
    logarithmic = bool(log and measured and min(measured) > 0)
    # A band may reach below 0, where a logarithmic axis has no place.
    floor = 0.3 * min(measured) if logarithmic else None
    behind: list[go.Scatter] = []
    dots: list[go.Scatter] = []
    lines: list[go.Scatter] = []
    for index, title in enumerate(order):
        group = groups.get(title, {})
        if not group.get("mean"):
            continue
        x, colour, name = group["epochs"], arm_colour(index, scheme), escaped(title)
        for kind, share in (("runs", 0.12), ("prediction", 0.14), ("credible", 0.4)):
            band = group if kind == "runs" else group.get(kind) or {}
            if kind in bands and band.get("low") and (kind == "runs" or quoted(group)):
                behind += band_traces(x, _above(band["low"], floor), _above(band["high"], floor), faint(colour, share))
        dots.append(
            go.Scatter(
                x=x,
                y=plain(group["mean"]),
                mode="markers",
                name=f"{title}, mean of the runs",
                marker={"color": colour, "size": 4, "opacity": 0.55},
                hovertemplate="%{y:.4~g} at epoch %{x}<extra>" + f"{name}, mean of {group.get('runs')}</extra>",
            )
        )
        if group.get("curve"):
            said = name if quoted(group) else f"{name}, fit refused"
            lines.append(
                go.Scatter(
                    x=x,
                    y=plain(group["curve"]),
                    mode="lines",
                    name=title,
                    line={"color": colour, "width": 2.2, "dash": "solid" if quoted(group) else "dash"},
                    hovertemplate="%{y:.4~g} at epoch %{x}<extra>" + said + "</extra>",
                )
            )
    if not dots:
        return blank_figure()
    figure = go.Figure([*behind, *dots, *lines])
    figure.update_xaxes(range=_epochs(groups))
    axis = {"type": "log", **decimals(min(measured), max(measured))} if logarithmic else {"type": "linear"}
    figure.update_layout(curve_layout("Epoch", scheme, revision), height=380, hovermode="closest",
                         yaxis={**axis, "title": {"text": ERROR}})  # fmt: skip
    return figure


def residuals_figure(groups: dict[str, Group], order: list[str], *, scheme: Any, revision: str) -> go.Figure:
    """Measured mean less posterior curve, by epoch: what the exponential does not say. Arguments as above."""
    lines = []
    for index, title in enumerate(order):
        group = groups.get(title, {})
        if group.get("residuals"):
            lines.append(
                go.Scatter(
                    x=group["epochs"],
                    y=plain(group["residuals"]),
                    mode="lines",
                    name=title,
                    line={"color": arm_colour(index, scheme), "width": 1.4},
                    hovertemplate="%{y:+.3~g} at epoch %{x}<extra>" + escaped(title) + "</extra>",
                )
            )
    if not lines:
        return blank_figure()
    c = COLOURS[scheme_of(scheme)]
    figure = go.Figure(lines)
    figure.update_xaxes(range=_epochs(groups))
    figure.update_layout(curve_layout("Epoch", scheme, revision), height=200, hovermode="closest",
                         yaxis={"title": {"text": "Mean less curve"}})  # fmt: skip
    figure.add_hline(0, line={"color": c["quiet"], "width": 1})
    return figure


def density_figure(
    groups: dict[str, Group],
    order: list[str],
    name: str,
    *,
    x_title: str,
    centred: bool,
    scheme: Any,
    revision: str,
) -> go.Figure:
    """Posterior densities of a parameter, each in units of its peak, since narrow ones would hide the others.

    Args:
        groups, order, scheme, revision: As for :func:`decay_figure`; groups whose fit was refused are left out.
        name: "alpha", "K" or "c".
        x_title: What it is, with its unit.
        centred: Each density around its own mode: widths are compared, not places.
    """
    traces = []
    for index, title in enumerate(order):
        group = groups.get(title, {})
        density = (group.get("density") or {}).get(name) if quoted(group) else None
        if not density or not max(density["y"], default=0) > 0:
            continue
        peak, colour = max(density["y"]), arm_colour(index, scheme)
        low, high = group["interval"][name]
        centre = group["mode"][name] if centred else 0.0
        said = f"{escaped(title)}<br>mode {group['mode'][name]:.4g}, 95% [{low:.4g}, {high:.4g}]"
        traces.append(
            go.Scatter(
                x=plain([value - centre for value in density["x"]]),
                y=[round(value / peak, 4) for value in density["y"]],
                mode="lines",
                name=title,
                line={"color": colour, "width": 1.8},
                fill="tozeroy",
                fillcolor=faint(colour, 0.14),
                hovertemplate=said + "<extra></extra>",
            )
        )
    if not traces:
        return blank_figure()
    figure = go.Figure(traces)
    figure.update_layout(curve_layout(x_title, scheme, revision), height=200, hovermode="closest",
                         yaxis={"title": {"text": "Density / its peak"}, "range": [0, 1.08], "dtick": 0.5})  # fmt: skip
    figure.update_xaxes(rangemode="normal", nticks=5, exponentformat="power")
    return figure


def _epochs(groups: dict[str, Group]) -> list[float]:
    """The range of the axis, so that curves and residuals stand below each other."""
    return [0, 1.01 * max(group["epochs"][-1] for group in groups.values() if group.get("epochs"))]


def _above(values: list[Any], floor: float | None) -> list[float | None]:
    known = plain(values)
    return known if floor is None else [None if value is None else max(value, floor) for value in known]
