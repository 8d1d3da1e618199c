"""What the browser does alone on "Look inside", in assets/inside*.js: spins turn at once."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State

DEEDS = ("flip", "undo", "back", "hold", "certain", "release")
"""Buttons that change the string or what of it is held."""

LINES = ("decode", "effects", "sample")
"""Questions to the server, of each of which one at a time is asked."""


def register(app: Dash) -> None:
    """The chain: digit, string, question to the server; and the colours of both chips."""

    def alone(space: str, name: str, *arguments: Any) -> None:
        app.clientside_callback(ClientsideFunction(space, name), *arguments, prevent_initial_call=True)

    graph, begun, text = (_data(name) for name in ("graph", "begun", "string"))
    alone(
        "inside",
        "source",
        Output("inside-source", "data"),
        Output("inside-test", "style"),
        Output("inside-drawing", "style"),
        Output("inside-draw", "children"),
        Input("inside-digit", "value"),
        *(Input(f"inside-{name}", "n_clicks") for name in ("another", "draw")),
        Input("inside-pad-strokes", "data"),
        State("inside-source", "data"),
    )
    alone(
        "inside",
        "touch",
        *(Output(*_data(name)) for name in ("string", "past", "held")),
        Output("inside-spin", "value"),
        *(Input(*_data(name)) for name in ("begun", "click", "box")),
        *(Input(f"inside-{deed}", "n_clicks") for deed in DEEDS),
        Input("inside-frame", "value"),
        *(State(*_data(name)) for name in ("string", "past", "held")),
        State("inside-spin", "value"),
        State("inside-show", "value"),
        *(State(*_data(name)) for name in ("way", "probabilities")),
    )
    alone(
        "inside",
        "askDecoded",
        Output("decode-asked", "data"),
        *(Input(*text), Input("inside-show", "value"), Input("decode-answered", "data")),
        *(State(*begun), State(*graph), State("decode-asked", "data")),
    )
    alone(
        "inside",
        "queue",
        Output("sample-asked", "data"),
        Input("sample-wanted", "data"),
        Input("sample-answered", "data"),
        State("sample-asked", "data"),
    )
    alone("effects", "take", Input("effects-answered", "data"))
    alone(
        "effects",
        "gather",
        Output(*_data("effects")),
        Output("effects-asked", "data"),
        Output("inside-tried", "style"),
        Output("inside-tried-bar", "value"),
        Output("inside-tried-words", "children"),
        *(Input(*_data("changed")), Input("inside-show", "value"), Input(*_data("piece"))),
        *(State(*text), State(*begun), State(*graph), State("effects-asked", "data"), State(*_data("effects"))),
    )
    alone(
        "effects",
        "news",
        Output("inside-news", "children"),
        Input(*begun),
        *(State(*_data(name)) for name in ("graph", "past", "held")),
        *(State(f"inside-{name}", "value") for name in ("show", "frame")),
    )
    chip = [Input(*graph), Input(*_data("levels")), Input("colour-scheme", "data")]
    alone(
        "chip",
        "paintUpper",
        Output("upper-legend", "children"),
        *(Output(f"inside-scale-{end}", "children") for end in ("low", "high")),
        Output("inside-scale-bar", "className"),
        *chip,
        *(Input(*_data(name)) for name in ("string", "begun", "probabilities", "held")),
        *(Input(f"inside-{name}", "value") for name in ("spin", "view", "show")),
        Input(*_data("effects")),
        Input("inside-effect", "value"),
    )
    alone(
        "chip",
        "paintLower",
        Output("lower-legend", "children"),
        *chip,
        *(Input(*_data(name)) for name in ("drawn", "pick")),
    )
    alone("inside", "limits", Output("inside-spin", "max"), Output("inside-law-choice", "style"), Input(*graph))
    app.clientside_callback(
        ClientsideFunction("inside", "group"),
        Output({"type": "inside-group", "name": ALL}, "style"),
        Output("inside-spin-choice", "style"),
        Input("inside-show", "value"),
    )


def _data(name: str) -> tuple[str, str]:
    return f"inside-{name}", "data"
