"""Walk, on "Look inside": from the encoded string to another digit's, a spin at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.inside_walks import walk
from boltzmann.runs.look_inside import encoded, example
from boltzmann.ui.components.inside_dock import FRAMES
from boltzmann.ui.components.inside_spins import BUSY, digit_of
from boltzmann.ui.components.play_parts import ask, data_url, refusal
from boltzmann.ui.figures import scheme_of
from boltzmann.ui.inside_figures import path_figure
from boltzmann.ui.services import Services


def register(app: Dash, services: Services) -> None:
    """Find the way when the group is open, show it, play it."""

    @app.callback(
        Output("inside-way", "data"),
        Output("inside-goal", "src"),
        Output("inside-goal", "alt"),
        Output("inside-frame", "value"),
        Output("inside-stride", "disabled"),
        Output("inside-error", "children", allow_duplicate=True),
        Input("inside-show", "value"),
        Input("inside-begun", "data"),
        Input("inside-target", "value"),
        Input("inside-goal-another", "n_clicks"),
        State("inside-way", "data"),
        running=BUSY,
        prevent_initial_call=True,
    )
    def find(show: Any, begun: Any, target: Any, clicks: Any, way: Any) -> Any:
        if show != "walk" or not isinstance(begun, dict):
            return (*(no_update,) * 4, True, no_update)
        key, seed = begun.get("key"), clicks if isinstance(clicks, int) else 0
        mark = [key, begun.get("text"), target, seed]
        if isinstance(way, dict) and way.get("mark") == mark:
            return (*(no_update,) * 4, True, no_update)
        try:
            goal = ask(services, example, key, _other(digit_of(target), begun.get("digit"), seed), seed)
            end = ask(services, encoded, key, goal["index"], seed)
            found = ask(services, walk, key, begun.get("text"), end["text"], FRAMES, begun.get("digit"), end["digit"])
        except StoreError as error:
            return (*(no_update,) * 4, True, refusal(error))
        steps = {name: np.round(found[name], 3).tolist() for name in ("flips", "energies", "path")}
        return (
            {**steps, "texts": found["texts"], "mark": mark, "mean": end["digit"] is not None},
            data_url(goal["image"]),
            f"A {goal['label']}",
            0,
            True,
            None,
        )

    @app.callback(
        Output("inside-path", "figure"),
        Input("inside-way", "data"),
        Input("colour-scheme", "data"),
        prevent_initial_call=True,
    )
    def show_path(way: Any, scheme: Any) -> Any:
        try:
            parts = [[float(value) for value in way[name]] for name in ("flips", "energies", "path")]
        except (TypeError, KeyError, ValueError):
            return no_update
        mean = way.get("mean") is True
        return path_figure([round(flip) for flip in parts[0]], parts[1], parts[2], mean, scheme_of(scheme))

    app.clientside_callback(
        ClientsideFunction("inside", "frame"),
        Output("inside-walk-words", "children"),
        Input("inside-frame", "value"),
        Input("inside-way", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("inside", "stride"),
        Output("inside-frame", "value", allow_duplicate=True),
        Output("inside-stride", "disabled", allow_duplicate=True),
        Input("inside-stride", "n_intervals"),
        State("inside-frame", "value"),
        State("inside-frame", "max"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("inside", "play"),
        Output("inside-stride", "disabled", allow_duplicate=True),
        Output("inside-frame", "value", allow_duplicate=True),
        Input("inside-walk", "n_clicks"),
        State("inside-stride", "disabled"),
        State("inside-frame", "value"),
        State("inside-frame", "max"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("inside", "playName"), Output("inside-walk", "children"), Input("inside-stride", "disabled")
    )


def _other(target: int | None, digit: Any, seed: int) -> int | None:
    """The digit to walk to: the one that is asked for, else one that differs from ``digit``."""
    if target is not None or digit not in range(10):
        return target
    return (digit + 1 + seed * 3 % 9) % 10
