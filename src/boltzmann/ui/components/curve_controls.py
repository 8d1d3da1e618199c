"""The one bar of controls for all curves of a page, and what the marks on them mean. A browser keeps what it is set to."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, State, dcc, html

from boltzmann.ui.components.parts import aria, attributes, help_mark, icon
from boltzmann.ui.curve_marks import KINDS
from boltzmann.ui.curves import axis_of, factor_of
from boltzmann.ui.figures import scheme_of

CONTROLS = (
    Input("smoothing", "value"),
    Input("log-axis", "checked"),
    Input("log-x", "checked"),
    Input("x-axis", "value"),
    Input("colour-scheme", "data"),
)
"""What the callback that draws a page's curves listens to, in the order of :func:`view_of`. The identifiers are the same on
every page, so that what is set on one of them holds on all."""
SMOOTHED = {"studio": 0.9, "lab": 0.0}
"""Smoothing of a browser that has never changed it. Kept for each room by itself: a step's loss is that of one batch, a
measurement of the lab is that of a thousand rows."""
KEPT: dict[str, Any] = {"persistence": True, "persistence_type": "local"}
AXES_FOR_ALL = (
    "The horizontal axis, Log y and Log x are those of all curves. One with a value of 0 or below stays linear upwards"
)
WORDS = {
    "studio": "The exponential moving average of each loss, free of the bias of its start, before the raw values. Reports of "
    f"digits and sampler are few: they are not smoothed. {AXES_FOR_ALL}; the Frechet distance is always logarithmic.",
    "lab": "The exponential moving average of each figure, free of the bias of its start, before the measured values. "
    f"Reports of the sampler are few: they are not smoothed. {AXES_FOR_ALL}.",
}
"""What the controls apply to, by room."""


def curve_controls(room: str = "studio", marks: bool = True, more: Any = None, file: str = "run") -> html.Section:
    """Smoothing, logarithmic axes, what the curves are drawn over, marks, and all curves as one picture.

    Args:
        room: One of :data:`SMOOTHED`.
        marks: Whether a browser that has never changed it shows the marks; needs :func:`register_marks`. It keeps the choice
            for pages that begin with them, and by itself for pages that begin without.
        more: What stands below the controls.
        file: What all curves as one picture are called; needs :func:`register_bar`.
    """
    slider = dmc.Slider(
        id="smoothing",
        value=SMOOTHED[room],
        min=0,
        max=0.99,
        step=0.01,
        thumbLabel="Smoothing (EMA)",
        size="sm",
        **{**KEPT, "persistence": room},
    )
    help_words = help_mark(f"Smoothing: {WORDS[room]}", WORDS[room])
    axis = dmc.SegmentedControl(
        id="x-axis",
        value="step",
        size="xs",
        data=[{"value": v, "label": w} for v, w in (("step", "Step"), ("epoch", "Epoch"), ("seconds", "Time"))],
        **KEPT,
        **aria(label="Horizontal axis"),
    )
    switches = [
        dmc.Switch(id="log-axis", label="Log y", checked=False, size="sm", **KEPT),
        dmc.Switch(id="log-x", label="Log x", checked=False, size="sm", **KEPT),
        dmc.Switch(
            id="marks-shown",
            label="Marks",
            checked=marks,
            size="sm",
            **{**KEPT, "persistence": "shown" if marks else "on demand"},
        ),
    ]
    picture = dmc.Button(
        "PNG",
        id="curves-png",
        leftSection=icon("down"),
        size="compact-sm",
        variant="subtle",
        **attributes(data_file=file),
        **aria(label="Save all curves as one picture (PNG)"),
    )
    children = [
        html.Div([html.Div(["Smoothing (EMA)", help_words], className="curve-title"), slider], className="smoothing"),
        axis,
        html.Div(switches, className="row keep-wide"),
        picture,
    ]
    return html.Section(
        [html.Div(children, className="curve-controls"), _legend(), more],
        className="card curve-bar",
        **aria(label="Controls of the curves"),
    )


def view_of(smoothing: Any, log: Any, log_x: Any, x: Any, scheme: Any) -> dict[str, Any]:
    """The values of :data:`CONTROLS` as curves are drawn with them, whatever was sent."""
    return {
        "smoothing": factor_of(smoothing),
        "log": bool(log),
        "log_x": bool(log_x),
        "x": axis_of(x),
        "scheme": scheme_of(scheme),
    }


def register_bar(app: Dash) -> None:
    """Let the browser show and hide the marks, and save all curves of a page as one picture: once for all pages."""
    app.clientside_callback(ClientsideFunction("curves", "switchMarks"), Input("marks-shown", "checked"))
    app.clientside_callback(
        ClientsideFunction("curves", "savePicture"), Input("curves-png", "n_clicks"), State("curves-png", "data-file")
    )


def register_marks(app: Dash, stream: str) -> None:
    """Let the browser draw the marks that the store ``stream`` of a page holds under "marks"."""
    app.clientside_callback(ClientsideFunction("curves", "keepMarks"), Input(stream, "data"))


def curve(identifier: Any, figure: Any, height: int, config: Any) -> dcc.Graph:
    """A graph whose pointer moves with those of all other curves of the page that are drawn over the same axis."""
    return dcc.Graph(id=identifier, figure=figure, config=config, style={"height": height}, className="curve")


def _legend() -> html.Ul:
    """What each kind of mark is; the browser shows those that there are."""
    items = [html.Li(words, className=f"mark-{kind}", **attributes(data_kind=kind)) for kind, words in KINDS.items()]
    return html.Ul(items, className="mark-legend")
