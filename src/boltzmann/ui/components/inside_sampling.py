"""The lower row of "Look inside": strings that the prior draws at a temperature, or around spins that are held."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.inside_walks import resampled, sampled
from boltzmann.runs.look_inside import decoded
from boltzmann.ui.components.inside_dock import COLDEST, HOTTEST
from boltzmann.ui.components.inside_picture import PICKS, decoder_pictures
from boltzmann.ui.components.parts import number
from boltzmann.ui.components.play_parts import ask, data_url, refusal
from boltzmann.ui.figures import scheme_of
from boltzmann.ui.inside_figures import histogram_figure
from boltzmann.ui.services import Services

STRINGS = 60
"""Strings drawn at a time: six of each digit where these come in turn."""

THUMBS = {"type": "inside-thumb", "index": ALL}


def register(app: Dash, services: Services) -> None:
    """Draw strings, decode the chosen one, show the energies."""
    app.clientside_callback(
        ClientsideFunction("inside", "wantSample"),
        Output("sample-wanted", "data"),
        Output("inside-temperature-words", "children"),
        Input("inside-graph", "data"),
        Input("inside-begun", "data"),
        Input("inside-temperature", "value"),
        Input("inside-law", "value"),
        Input("inside-again", "n_clicks"),
        Input("inside-resample", "n_clicks"),
        State("inside-string", "data"),
        State("inside-held", "data"),
        State("sample-wanted", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("inside", "pick"),
        Output("inside-pick", "data"),
        Input({"type": "inside-pick", "index": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("inside", "markPick"),
        Output({"type": "inside-pick", "index": ALL}, "className"),
        Input("inside-pick", "data"),
    )

    @app.callback(
        Output("inside-drawn", "data"),
        Output(THUMBS, "src"),
        Output("sample-answered", "data"),
        Output("inside-error", "children", allow_duplicate=True),
        Input("sample-asked", "data"),
        prevent_initial_call=True,
    )
    def sample(asked: Any) -> Any:
        kept = [no_update] * PICKS
        if not isinstance(asked, dict):
            return no_update, kept, no_update, no_update
        key, digit, seed = (asked.get(name) for name in ("key", "digit", "seed"))
        text, held = asked.get("text"), asked.get("held")
        try:
            at = 1 / temperature(asked.get("temperature"))
            if held is None:
                found = ask(services, sampled, key, digit, at, STRINGS, seed)
            else:
                found = ask(services, resampled, key, text, held, digit, at, STRINGS, seed)
        except StoreError as error:
            return no_update, kept, asked.get("at"), refusal(error)
        drawn = {
            "key": key,
            "texts": found["texts"][:PICKS],
            "energies": found["energies"].round(3).tolist(),
            "labels": found["labels"] and found["labels"][:PICKS],
            "held": held,
            "digit": digit,
            "temperature": asked.get("temperature"),
        }
        return drawn, [data_url(image) for image in found["images"][:PICKS]], asked.get("at"), None

    @app.callback(
        Output("lower-output", "src"),
        Output("lower-echo", "src"),
        Output("lower-output", "alt"),
        Output("lower-decoder", "children"),
        Output("inside-error", "children", allow_duplicate=True),
        Input("inside-drawn", "data"),
        Input("inside-pick", "data"),
        prevent_initial_call=True,
    )
    def decode(drawn: Any, pick: Any) -> Any:
        try:
            text, label = drawn["texts"][pick], drawn["labels"][pick] if drawn["labels"] else None
        except (TypeError, KeyError, IndexError):
            return (no_update,) * 5
        try:
            found = ask(services, decoded, drawn.get("key"), text, label)
        except StoreError as error:
            return (*(no_update,) * 4, refusal(error))
        alt = "The generated digit" + ("" if label is None else f", asked to be a {label}")
        image = data_url(found["output"])
        return image, image, alt, decoder_pictures(found["decoder"]), None

    @app.callback(
        Output("inside-energies", "figure"),
        Output("inside-energy-words", "children"),
        Input("inside-drawn", "data"),
        Input("inside-pick", "data"),
        Input("colour-scheme", "data"),
        State("inside-begun", "data"),
        prevent_initial_call=True,
    )
    def show_energies(drawn: Any, pick: Any, scheme: Any, begun: Any) -> Any:
        try:
            energies, chosen = [float(value) for value in drawn["energies"]], float(drawn["energies"][pick])
            # Only under one law do two energies compare.
            comparable = begun["key"] == drawn["key"] and begun["digit"] == drawn["digit"]
            start = float(begun["energy"]) if comparable else None
        except (TypeError, KeyError, IndexError, ValueError):
            return no_update, no_update
        return histogram_figure(energies, chosen, start, scheme_of(scheme)), _words(drawn, chosen, start)


def temperature(value: Any) -> float:
    """What the slider says, in units of the prior's own temperature.

    Raises:
        StoreError: it is no number of the slider's range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not COLDEST <= value <= HOTTEST:
        raise StoreError(f"the temperature is {str(value)[:20]}: choose one of {COLDEST:g} to {HOTTEST:g}")
    return float(value)


def _words(drawn: dict[str, Any], chosen: float, start: float | None) -> str:
    what = "around the held spins" if drawn.get("held") else "from the prior"
    if drawn.get("labels") and drawn.get("digit") is None:
        what += ", each under its digit's law"
    elif drawn.get("digit") is not None:
        what += f"'s law of a {drawn['digit']}" if not drawn.get("held") else f", law of a {drawn['digit']}"
    words = (
        f"{len(drawn['energies'])} strings {what}, T = {number(drawn.get('temperature'))}. Shown: E = {number(chosen)}"
    )
    return words + (f"; encoded (dashed): {number(start)}" if start is not None else "")
