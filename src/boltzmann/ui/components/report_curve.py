"""A small curve of reports over a run, with its meaning and its last value."""

from __future__ import annotations

from dash import html

from boltzmann.ui.components.curve_controls import curve as graph
from boltzmann.ui.components.parts import aria, help_mark
from boltzmann.ui.figures import picture_config
from boltzmann.ui.report_figures import REPORT_CURVES, report_figure


def report_curve(name: str, prefix: str = "", file: str = "run") -> html.Div:
    """One of :data:`~boltzmann.ui.report_figures.REPORT_CURVES`, empty; the stream of the page whose ids begin with
    ``prefix`` fills it. ``file`` begins the name of a saved picture."""
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
            graph(
                {"type": f"{prefix}report-curve", "name": name},
                report_figure(name, {}, scheme="light", revision=""),
                132,
                picture_config(f"{file}-{name}"),
            ),
        ],
        role="group",
        **aria(label=f"{curve.title} over the run"),
    )
