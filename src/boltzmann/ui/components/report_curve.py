"""A small curve of reports over a run, with its meaning and its last value."""

from __future__ import annotations

from dash import dcc, html

from boltzmann.ui.components.parts import aria, help_mark
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.report_figures import REPORT_CURVES, report_figure


def report_curve(name: str, prefix: str = "") -> html.Div:
    """One of :data:`~boltzmann.ui.report_figures.REPORT_CURVES`, empty; the stream of the page whose ids begin with
    ``prefix`` fills it."""
    curve = REPORT_CURVES[name]
    return html.Div(
        [
            html.Div(
                [
                    html.H3(curve.title, className="title", style={"fontSize": 14}),
                    help_mark(f"{curve.title}: {curve.help}", curve.help),
                    html.Span("–", id={"type": f"{prefix}report-value", "name": name}, className="loss-value"),
                ],
                className="loss-head",
            ),
            dcc.Graph(
                id={"type": f"{prefix}report-curve", "name": name},
                figure=report_figure(name, {}, scheme="light", revision=""),
                config=CONFIG,
                style={"height": 132},
            ),
        ],
        role="group",
        **aria(label=f"{curve.title} over the run"),
    )
