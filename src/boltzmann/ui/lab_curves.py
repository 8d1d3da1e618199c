"""The figures of a restricted Boltzmann machine over its run: what each means, and how it is drawn; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of, template

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class LabCurve:
    """One small figure.

    Args:
        title: Its heading.
        formula: What is measured.
        sentence: What that tells, plainly.
        lines: Fields of :class:`boltzmann.training.events.Measured` and the name of each; the second is drawn in the
            second colour.
        ticks: Plotly's format of the vertical axis.
    """

    title: str
    formula: str
    sentence: str
    lines: tuple[tuple[str, str], ...]
    ticks: str = ""


LAB_CURVES = {
    "kl": LabCurve(
        "KL divergence",
        "KL = Σ q(v) log (q(v) / p(v))",
        "How far the machine's law p is from the data's law q, in nats: 0 when they are the same.",
        (("kl", "KL"),),
    ),
    "log_likelihood": LabCurve(
        "Log-likelihood",
        "mean of log p(v) = −F(v) − log Z",
        "How probable the rows are under the machine, in nats a row: nearer to 0 is better.",
        (("log_likelihood", "training"), ("test_log_likelihood", "held-out")),
    ),
    "pseudo_likelihood": LabCurve(
        "Pseudo-likelihood",
        "mean of Σᵢ log p(vᵢ | all other pixels)",
        "How well each pixel of held-out rows follows from the others, in nats a row. It needs no Z (Besag 1975).",
        (("pseudo_likelihood", "held-out"),),
    ),
    "reconstruction_error": LabCurve(
        "Reconstruction error",
        "mean of (v − v′)² over v → h → v′",
        "How far held-out rows are from themselves after one way up and down. Small in machines that draw badly, too.",
        (("reconstruction_error", "held-out"),),
    ),
    "free_energy_gap": LabCurve(
        "Free-energy gap",
        "mean F(v) of held-out rows − of training rows",
        "Grows when the machine learns its training rows by heart (Hinton 2012). Nats a row.",
        (("free_energy_gap", "gap"),),
    ),
    "error_rate": LabCurve(
        "Error rate",
        "share of held-out rows with argmax p(y | v) ≠ y",
        "How often the label that the machine finds most probable is the wrong one.",
        (("error_rate", "held-out"),),
        ".1%",
    ),
    "mode": LabCurve(
        "Mode probability",
        "P(i) = Pₘₐₓ sigmoid(20 i / N − 6), γ = (−E₀ in the basis of spins) / (4 (n + 1) (m + 1)), from 0 to 1",
        "P, the chance that a step is a mode step: one that takes probability from the lowest energy, E₀. γ: the factor on "
        "the learning rate in the last mode step (Manukian et al. 2020). Marks on the axis: where mode steps were taken.",
        (("mode_rate", "γ"), ("mode_probability", "P")),
    ),
    "learning_rate": LabCurve(
        "Learning rate", "η", "The factor of each step's gradient.", (("learning_rate", "rate"),)
    ),
}
MEASURED = ("mode_steps", *(field for curve in LAB_CURVES.values() for field, _ in curve.lines))
"""Fields of a measurement that the curves need."""


def columns_of(points: Sequence[dict[str, Any]], x: str) -> Columns:
    """Measurements as columns: ``x`` ("step" or "seconds"), and each of :data:`MEASURED`."""
    return {"x": [point.get(x) for point in points], **{f: [point.get(f) for point in points] for f in MEASURED}}


def lab_figure(name: str, columns: Columns, *, x_title: str, log: bool, scheme: str, revision: str) -> go.Figure:
    """One of :data:`LAB_CURVES`.

    Args:
        name: Which.
        columns: Of :func:`columns_of`; {} for none.
        x_title: What x is, with its unit.
        log: Logarithmic vertical axis; ignored where a value is not positive.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
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
    values = [value for field, _ in curve.lines for value in columns.get(field, []) if value is not None]
    # Marks stand at the foot of the mode's curve.
    foot = 0.3 if name == "mode" else 0.02
    figure.update_layout(
        curve_layout(x_title, scheme, revision),
        height=164,
        showlegend=several,
        legend={"orientation": "h", "x": 1, "xanchor": "right", "y": foot, "yanchor": "bottom", "font": {"size": 11}},
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
    traces = [{"x": x, "y": columns.get(field, [])} for field, _ in LAB_CURVES[name].lines]
    if name != "mode":
        return traces
    counts = columns.get("mode_steps", [])
    new = [count - before for count, before in zip(counts, [mode_steps, *counts], strict=False)]
    marks = [0.0 if count > 0 else None for count in new]
    words = [f"{count:,} mode step{'' if count == 1 else 's'} since the last point" for count in new]
    # Plotly extends all traces by the same keys; the lines have no use for words.
    return [*({**trace, "text": words} for trace in traces), {"x": x, "y": marks, "text": words}]
