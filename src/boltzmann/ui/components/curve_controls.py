"""The one bar of controls for all curves of a page, and what the marks on them mean. A browser keeps what it is set to."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, State, dcc, html

from boltzmann.ui.components.parts import aria, attributes, help_mark, icon
from boltzmann.ui.curve_marks import KINDS
from boltzmann.ui.curves import axis_of, factor_of
from boltzmann.ui.figures import scheme_of

KEPT: dict[str, Any] = {"persistence": True, "persistence_type": "local"}
SMOOTHING = "The exponential moving average of the values, free of the bias of its start, before the raw values."


def curve_controls(
    prefix: str = "", smoothing: float = 0.9, marks: bool = True, more: Any = None, file: str = "run"
) -> html.Section:
    """Smoothing, logarithmic axes, what the curves are drawn over, and where asked for the marks.

    Args:
        prefix: What the ids ``smoothing``, ``log-axis``, ``log-x`` and ``x-axis`` begin with.
        smoothing: Of a browser that has never changed it, 0 to 0.99.
        marks: Whether the page marks what happened to its run; needs :func:`register_marks`.
        more: What stands below the controls.
        file: What all curves as one picture are called; needs :func:`register_picture`.
    """
    slider = dmc.Slider(
        id=f"{prefix}smoothing",
        value=smoothing,
        min=0,
        max=0.99,
        step=0.01,
        thumbLabel="Smoothing (EMA)",
        size="sm",
        **KEPT,
    )
    title = html.Div(["Smoothing (EMA)", help_mark(f"Smoothing: {SMOOTHING}", SMOOTHING)], className="curve-title")
    axis = dmc.SegmentedControl(
        id=f"{prefix}x-axis",
        value="step",
        size="xs",
        data=[{"value": v, "label": w} for v, w in (("step", "Step"), ("epoch", "Epoch"), ("seconds", "Time"))],
        **KEPT,
        **aria(label="Horizontal axis"),
    )
    switches = [
        dmc.Switch(id=f"{prefix}log-axis", label="Log y", checked=False, size="sm", **KEPT),
        dmc.Switch(id=f"{prefix}log-x", label="Log x", checked=False, size="sm", **KEPT),
    ]
    if marks:
        switches.append(dmc.Switch(id="marks-shown", label="Marks", checked=True, size="sm", **KEPT))
    picture = dmc.Button(
        "PNG",
        id=f"{prefix}curves-png",
        leftSection=icon("down"),
        size="compact-sm",
        variant="subtle",
        **attributes(data_file=file),
        **aria(label="Save all curves as one picture (PNG)"),
    )
    children = [
        html.Div([title, slider], className="smoothing"),
        axis,
        html.Div(switches, className="row keep-wide"),
        picture,
    ]
    return html.Section(
        [html.Div(children, className="curve-controls"), *([_legend()] if marks else []), more],
        className="card curve-bar",
        **aria(label="Controls of the curves"),
    )


def view_of(smoothing: Any, log: Any, log_x: Any, x: Any, scheme: Any) -> dict[str, Any]:
    """The controls' values as curves are drawn with them, whatever was sent."""
    return {
        "smoothing": factor_of(smoothing),
        "log": bool(log),
        "log_x": bool(log_x),
        "x": axis_of(x),
        "scheme": scheme_of(scheme),
    }


def register_marks(app: Dash, stream: str) -> None:
    """Let the browser draw the marks that the store ``stream`` of a run's page holds."""
    app.clientside_callback(
        ClientsideFunction("curves", "showMarks"), Input(stream, "data"), Input("marks-shown", "checked")
    )


def register_picture(app: Dash, prefix: str = "") -> None:
    """Let the browser save all curves of the page whose ids begin with ``prefix`` as one picture."""
    app.clientside_callback(
        ClientsideFunction("curves", "savePicture"),
        Input(f"{prefix}curves-png", "n_clicks"),
        State(f"{prefix}curves-png", "data-file"),
    )


def curve(identifier: Any, figure: Any, height: int, config: Any) -> dcc.Graph:
    """A graph whose pointer moves with those of all other curves of the page that are drawn over the same axis."""
    return dcc.Graph(id=identifier, figure=figure, config=config, style={"height": height}, className="curve")


def _legend() -> html.Ul:
    """What each kind of mark is; the browser shows those that there are."""
    items = [html.Li(words, className=f"mark-{kind}", **attributes(data_kind=kind)) for kind, words in KINDS.items()]
    return html.Ul(items, className="mark-legend")
