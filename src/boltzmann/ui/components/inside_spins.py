"""The upper row of "Look inside": a digit is encoded, its spins are flipped, held and decoded; what each flip would do."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import Dash, Input, Output, State, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.look_inside import decoded, encoded, example, flip_effects
from boltzmann.ui.components.inside_picture import decoder_pictures, encoder_pictures
from boltzmann.ui.components.parts import number
from boltzmann.ui.components.play_parts import ask, data_url, refusal, register_pad
from boltzmann.ui.services import Services

PIECE = 256
"""Flips that are tried at a time: between two pieces the worker answers others, and the heat map fills."""

BUSY = [(Output("inside-busy", "children"), "The model is at work …", "")]
HINT = "Draw with the mouse, a pen or a finger."


def register(app: Dash, services: Services) -> None:
    """Encode, decode, try each flip; what is flipped and held the browser decides (inside_browser.py)."""
    register_pad(app, "inside-pad")

    @app.callback(
        Output("inside-begun", "data"),
        Output("inside-probabilities", "data"),
        Output("inside-image", "src"),
        Output("inside-image-words", "children"),
        Output("inside-encoder", "children"),
        Output("inside-pad-answered", "data"),
        Output("inside-error", "children", allow_duplicate=True),
        Input("inside-graph", "data"),
        Input("inside-source", "data"),
        State("inside-begun", "data"),
        running=BUSY,
        prevent_initial_call=True,
    )
    def see(graph: Any, source: Any, before: Any) -> Any:
        if not isinstance(graph, dict) or not isinstance(source, dict):
            return (no_update,) * 7
        key, seed, mark = graph.get("key"), source.get("seed", 0), source.get("asked")
        kept = no_update if mark is None else mark
        drawn = source.get("drawn") is True
        strokes = source.get("strokes")
        if drawn and not strokes:
            return (*(no_update,) * 3, HINT, no_update, kept, None)
        try:
            what: Any = strokes if drawn else ask(services, example, key, digit_of(source.get("digit")), seed)["index"]
            found = ask(services, encoded, key, what, seed)
        except StoreError as error:
            return (*(no_update,) * 5, kept, refusal(error))
        begun = {name: found[name] for name in ("text", "digit", "energy", "error")}
        begun |= {"key": key, "version": graph.get("version"), "of": [mark, seed] if drawn else [what, seed]}
        begun["again"] = _again(begun, before)
        chances = np.round(found["probabilities"] * 100).astype(int).tolist()
        image = no_update if drawn else data_url(found["image"])
        return begun, chances, image, _source_words(found, what), encoder_pictures(found["encoder"]), kept, None

    @app.callback(
        Output("upper-output", "src"),
        Output("upper-echo", "src"),
        Output("upper-output", "alt"),
        Output("upper-decoder", "children"),
        Output("upper-words", "children"),
        Output("decode-answered", "data"),
        Output("inside-error", "children", allow_duplicate=True),
        Input("decode-asked", "data"),
        State("inside-begun", "data"),
        prevent_initial_call=True,
    )
    def decode(asked: Any, begun: Any) -> Any:
        if not isinstance(asked, dict):
            return (no_update,) * 7
        try:
            found = ask(services, decoded, asked.get("key"), asked.get("text"), asked.get("digit"))
        except StoreError as error:
            return (*(no_update,) * 5, asked.get("at"), refusal(error))
        alt = "The decoded digit" + ("" if found["digit"] is None else f", under the law of a {found['digit']}")
        words = energy_words(found["energy"], asked, begun)
        image = data_url(found["output"])
        return image, image, alt, decoder_pictures(found["decoder"]), words, asked.get("at"), None

    @app.callback(
        Output("effects-answered", "data"),
        Output("inside-error", "children", allow_duplicate=True),
        Input("effects-asked", "data"),
        prevent_initial_call=True,
    )
    def effects(asked: Any) -> Any:
        if not isinstance(asked, dict):
            return no_update, no_update
        key, text, digit, first = (asked.get(name) for name in ("key", "text", "digit", "first"))
        left = len(text) - first if isinstance(text, str) and isinstance(first, int) else 0
        try:
            found = ask(services, flip_effects, key, text, digit, first, min(PIECE, left))
        except StoreError as error:
            return {"at": asked.get("at")}, refusal(error)
        changes = {
            "pixels": (found["pixels"] * 1000).round(3).tolist(),
            "energies": found["energies"].round(3).tolist(),
        }
        return {"at": asked.get("at"), "first": first, **changes}, None


def digit_of(choice: Any) -> int | None:
    """The digit that a select names, or None for any."""
    return int(choice) if isinstance(choice, str) and len(choice) == 1 and choice.isdecimal() else None


def _again(begun: dict[str, Any], before: Any) -> bool:
    """Whether this is the digit that was seen ``before``, at another checkpoint of the same run."""
    if not isinstance(before, dict) or before.get("version") == begun["version"]:
        return False
    return all(before.get(name) == begun[name] for name in ("key", "of"))


def energy_words(energy: float, asked: dict[str, Any], begun: Any) -> list[Any]:
    """The energy of a string; of the encoded one also its error, of another by how much its energy differs from that."""
    words: list[Any] = [html.Div(f"E(z) = {number(energy)}")]
    try:
        same, law = asked.get("text") == begun["text"], asked.get("digit") == begun["digit"]
        change, error = energy - float(begun["energy"]), float(begun["error"])
    except (TypeError, KeyError, ValueError):
        return words
    if same:
        words.append(html.Div(f"Pixel error {number(error)}"))
    elif law:
        words.append(
            html.Div(f"{'+' if change > 0 else ''}{number(round(change, 3))} by the flips", className="change")
        )
    return words


def _source_words(found: dict[str, Any], index: Any) -> str:
    if found["label"] is None:
        return "Your digit" + ("" if found["digit"] is None else f", read as a {found['digit']}")
    return f"A {found['label']}, test digit {index:,}"
