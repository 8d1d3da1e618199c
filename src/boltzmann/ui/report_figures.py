"""Reports of sampler and quality over a run, as small figures: columns of plain values in, a figure or its extension out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from boltzmann.runs.sampler_words import inverse_temperature, is_number, measured, verdict
from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class ReportCurve:
    """One small figure.

    Args:
        title: Its heading.
        help: What it means.
        last: From a report to the text above the curve.
        include: Values that the vertical axis always shows, so that noise does not fill it.
        reference: Where a dashed line stands, or None.
        named: What stands beside that line.
        source: "reports" for :func:`report_columns`, "quality" for :func:`quality_columns`.
        ticks: Plotly's format of the vertical axis.
        log: Whether that axis is logarithmic whatever the controls say.
    """

    title: str
    help: str
    last: Callable[[dict[str, Any]], str]
    include: tuple[float, ...]
    reference: float | None = None
    named: str | None = None
    source: str = "reports"
    ticks: str = ""
    log: bool = False


def _last_temperature(info: dict[str, Any]) -> str:
    return measured(*inverse_temperature(info))


def _last_r_hat(info: dict[str, Any]) -> str:
    value = (info.get("mixing") or {}).get("spin_r_hat")
    return f"{value:.2f}" if is_number(value) else ("infinite" if verdict(info) else "–")


def _last_prefactor(info: dict[str, Any]) -> str:
    value = info.get("prefactor")
    return f"{value:.3g}" if is_number(value) else "–"


def _last_distance(report: dict[str, Any]) -> str:
    value = report.get("frechet_distance")
    return f"{value:.3g}" if is_number(value) else "–"


def _last_share(report: dict[str, Any]) -> str:
    value = report.get("read_as_asked")
    return f"{value:.1%}" if is_number(value) else "–"


PUBLIC_DEMO = 76.0
"""Frechet distance of 10,000 digits of its best model (256 spins on real QPUs, 40 epochs), in a LeNet's features."""

AT = " at %{x:,.6~g}<extra></extra>"
"""Ends what a point says: reports are rare, and the pointer shows the nearest."""
DECADES = [1, 3, 10, 30, 100, 300, 1000]

REPORT_CURVES = {
    "temperature": ReportCurve(
        "Effective β",
        "The effective inverse temperature: what the samples look drawn at, with its standard error. 1 is the model's own. "
        "Estimates that mean nothing are left out.",
        _last_temperature,
        (0.78, 1.22),
        1.0,
    ),
    "prefactor": ReportCurve(
        "Prefactor",
        "The scale of the programmed problem. Left empty in the settings, it is led to where the samples come out at "
        "inverse temperature 1.",
        _last_prefactor,
        (0.0,),
    ),
    "r_hat": ReportCurve(
        "R-hat",
        "How much chains disagree: 1 when all tell the same story. Solid: the spins, coloured by the verdict. Dotted: what "
        "the energy alone would say.",
        _last_r_hat,
        (0.98, 1.22),
        1.0,
    ),
    "frechet": ReportCurve(
        "Frechet distance",
        "How far the law of the drawn digits is from that of MNIST's test images, in the features of a classifier of digits. "
        "Dotted: as many real training images, the best that can be reached. Dashed: the best model of the well-known public "
        "demo, 76 in the features of another classifier, whose real images lie at 1.1.",
        _last_distance,
        (),
        PUBLIC_DEMO,
        "public demo",
        source="quality",
        log=True,
    ),
    "asked": ReportCurve(
        "Read as asked",
        "The share of the drawn digits that a classifier reads as the digit that was asked for.",
        _last_share,
        (0.0, 1.0),
        source="quality",
        ticks=".0%",
    ),
}


def report_columns(events: Iterable[dict[str, Any]]) -> Columns:
    """One value for each sampler event among ``events``; None for what it does not tell."""
    columns: Columns = {key: [] for key in ("x", "beta", "error", "prefactor", "spin_r_hat", "energy_r_hat", "verdict")}
    for event in events:
        if event.get("kind") != "sampler":
            continue
        info = event.get("info") or {}
        mixing = info.get("mixing") or {}
        beta, error = inverse_temperature(info)
        values = (event.get("step"), beta, error, info.get("prefactor"), mixing.get("spin_r_hat"),
                  mixing.get("energy_r_hat"), verdict(info))  # fmt: skip
        for key, value in zip(columns, values, strict=True):
            columns[key].append(value)
    return columns


def quality_columns(events: Iterable[dict[str, Any]]) -> Columns:
    """One value for each quality event among ``events``; None for what it does not tell."""
    reports = [(event.get("step"), event.get("report") or {}) for event in events if event.get("kind") == "quality"]
    names = {"frechet": "frechet_distance", "floor": "frechet_floor", "asked": "read_as_asked"}
    return {
        "x": [step for step, _ in reports],
        **{column: [report.get(name) for _, report in reports] for column, name in names.items()},
    }


def report_figure(
    name: str,
    columns: Columns,
    *,
    scheme: str,
    revision: str,
    x_title: str = "step",
    log: bool = False,
    log_x: bool = False,
) -> go.Figure:
    """One of :data:`REPORT_CURVES`.

    Args:
        name: Which.
        columns: Of the function that the curve's ``source`` names; {} for none.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
        x_title: What the column x is.
        log: Logarithmic y axis; ignored where a value is not positive.
        log_x: Logarithmic x axis.
    """
    curve, c = REPORT_CURVES[name], COLOURS[scheme_of(scheme)]
    data, _ = _data(name, columns, scheme)
    line = {"color": c["up"], "width": 1.6}
    first: dict[str, Any] = {"mode": "lines+markers", "marker": {"size": 4, "color": c["up"]}, "line": line}
    traces = [{**first, "hovertemplate": f"%{{y:.3g}}{AT}"}]
    if name == "temperature":
        # Without a template of ours, plotly writes the error behind the value.
        bars = {"thickness": 1, "width": 0, "color": c["quiet"]}
        traces = [{**first, "error_y": bars, "hoverinfo": "x+y"}]
    elif name == "r_hat":
        quiet = {"mode": "lines", "line": {"color": c["quiet"], "width": 1.4, "dash": "dot", "shape": "hv"}}
        traces = [
            {**first, "line": {**line, "shape": "hv"}, "hovertemplate": f"spins %{{y:.2f}}: %{{text}}{AT}"},
            {**quiet, "hovertemplate": "energy alone %{y:.2f}<extra></extra>"},
        ]
    elif name == "frechet":
        quiet = {"mode": "lines", "line": {"color": c["quiet"], "width": 1.4, "dash": "dot"}}
        traces += [{**quiet, "hovertemplate": "real images %{y:.3g}<extra></extra>"}]
    elif name == "asked":
        traces = [{**first, "hovertemplate": f"%{{y:.1%}}{AT}"}]
    figure = go.Figure()
    for trace, values in zip(traces, data, strict=True):
        figure.add_trace(go.Scatter(trace).update(_nested(values)))
    seen = [value for values in data for value in values["y"] if value is not None]
    log = curve.log or bool(log and seen and min(seen) > 0)
    if curve.reference is not None:
        figure.add_hline(curve.reference, line={"color": c["quiet"], "width": 1, "dash": "dash"}, opacity=0.6)
        if curve.named:
            # On a logarithmic axis a line stands at its value, but words at the value's logarithm.
            height = math.log10(curve.reference) if log else curve.reference
            place = {
                "x": 1,
                "xref": "x domain",
                "xanchor": "right",
                "y": height,
                "yanchor": "bottom",
                "showarrow": False,
            }
            figure.add_annotation(place, text=curve.named, font={"size": 10, "color": c["quiet"]})
    figure.update_layout(
        curve_layout(x_title, scheme, revision, log_x),
        height=132,
        hoverdistance=-1,
        yaxis={
            "type": "log" if log else "linear",
            "autorangeoptions": {"include": [value for value in curve.include if value > 0 or not log]},
            "hoverformat": ".3f",
            "tickformat": curve.ticks,
            **({"tickvals": DECADES, "ticktext": DECADES} if curve.log else {"nticks": 5}),
        },
    )
    return figure


def report_extension(name: str, columns: Columns, scheme: str) -> list[Any]:
    """New values of a curve, as ``dcc.Graph.extendData`` takes them."""
    data, keys = _data(name, columns, scheme)
    return [{key: [values[key] for values in data] for key in keys}, list(range(len(data)))]


def _data(name: str, columns: Columns, scheme: str) -> tuple[list[dict[str, list[Any]]], list[str]]:
    """The values of each trace under plotly's dotted names, and all names."""
    c = COLOURS[scheme_of(scheme)]
    x = columns.get("x", [])
    match name:
        case "temperature":
            data = [{"x": x, "y": columns.get("beta", []), "error_y.array": columns.get("error", [])}]
        case "prefactor" | "asked":
            data = [{"x": x, "y": columns.get(name, [])}]
        case "frechet":
            data = [{"x": x, "y": columns.get(key, [])} for key in ("frechet", "floor")]
        case _:
            verdicts = columns.get("verdict", [])
            # Plotly extends all traces by the same keys; the energy's line has no use for the last two.
            both = {
                "marker.color": [c[found or "quiet"] for found in verdicts],
                "text": [found or "not examined" for found in verdicts],
            }
            data = [{"x": x, "y": columns.get(key, []), **both} for key in ("spin_r_hat", "energy_r_hat")]
    return data, list(data[0])


def _nested(values: dict[str, list[Any]]) -> dict[str, Any]:
    """``{"error_y.array": v}`` as ``{"error_y": {"array": v}}``."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *parents, last = key.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return nested
