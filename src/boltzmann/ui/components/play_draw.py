"""Draw: a pad whose digit the machine reads, reconstructs and completes while it is drawn."""

from __future__ import annotations

import random
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.play import example, recognised
from boltzmann.ui.components.parts import facts, help_mark, number
from boltzmann.ui.components.play_parts import ask, busy, pad, picture, refusal, register_pad, section, strokes_of, tile
from boltzmann.ui.services import Services

USUAL, RARE = 2.0, 4.0
"""Standard deviations off the mean of held-out free energies, to either side, within which an image looks usual, and beyond
which it looks strange: nothing drawn has a free energy far below that of digits, too."""


def layout() -> html.Div:
    """The section."""
    column = section(
        [
            html.H2("Your digit", className="title"),
            pad("draw-pad", "Draw a digit here"),
            dmc.Button("Use a test image instead", id="draw-example", variant="default", size="sm"),
            html.Div(id="draw-chosen"),
        ],
        className="card padded fields",
    )
    shown = html.Div(invitation(), id="draw-answer", className="drawn-answer")
    return html.Div([column, html.Div(shown, className="stack")], className="play")


def register(app: Dash, services: Services) -> None:
    """Read what is drawn."""
    register_pad(app, "draw-pad")
    app.clientside_callback(
        ClientsideFunction("pad", "wipe"),
        Output("draw-pad-name", "modified_timestamp"),
        Input("draw-example", "n_clicks"),
        State("draw-pad-name", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("draw-answer", "children"),
        Output("draw-pad-answered", "data"),
        Output("draw-pad-behind", "children"),
        Input("draw-pad-strokes", "data"),
        Input("draw-example", "n_clicks"),
        Input("play-ready", "data"),
        State("play-key", "data"),
        running=busy(),
        prevent_initial_call=True,
    )
    def read(sent: Any, clicks: Any, ready: Any, key: Any) -> Any:
        strokes, mark = strokes_of(sent)
        by_button = ctx.triggered_id == "draw-example" and clicks
        if not ready:
            return no_update, mark, no_update  # asked again as soon as it is
        if not by_button and not strokes:
            return (invitation(), mark, None) if mark else (no_update,) * 3
        behind, truth = None, None
        try:
            source: Any = strokes
            if by_button:
                found = ask(services, example, key, None, random.randrange(2**31))
                source, truth = found["index"], found["label"]
                behind = picture(found["image"], "The test image")
            answer = ask(services, recognised, key, source)
        except StoreError as error:
            return refusal(error), mark, no_update
        return result(answer, truth), mark, behind


def invitation() -> html.Section:
    """What stands beside an empty pad."""
    promise = html.Span("The machine answers while you draw.", className="promise")
    words = ["Draw a digit with the mouse, a pen or a finger. ", promise]
    return section(html.P(words, className="quiet invitation"), className="card center-card")


def result(answer: dict[str, Any], truth: Any = None) -> list[Any]:
    """What the machine makes of an image.

    Args:
        answer: Of :func:`boltzmann.runs.play.recognised`.
        truth: The class of a test image, where it is known.
    """
    cards: list[Any] = []
    probabilities = answer["probabilities"]
    if probabilities:
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        words = (
            "p(y | pixels) = softmax over the classes y of −F(pixels, y), the free energy with that label's unit at 1."
        )
        known = f" It is a {truth}." if truth is not None else ""
        cards.append(
            section(
                [
                    html.Div(
                        [
                            html.H2(f"A {best}, with probability {probabilities[best]:.0%}.{known}", className="title"),
                            help_mark(words, words),
                        ],
                        className="row",
                    ),
                    html.Div(
                        [_bar(label, p, label == best) for label, p in enumerate(probabilities)], className="bars"
                    ),
                ]
            )
        )
    off = abs(answer["free_energy"] - answer["typical"]) / max(answer["spread"], 1e-9)
    verdict = "ordinary" if off < USUAL else "unusual" if off < RARE else "strange"
    labels = answer["labels"] or [None] * len(answer["neighbours"])
    near = [
        tile(f"A {label}" if label is not None else f"Image {place}", image)
        for place, (image, label) in enumerate(zip(answer["neighbours"], labels, strict=True), 1)
    ]
    cards.append(
        section(
            [
                html.Div(
                    [
                        tile("As the machine sees it", answer["seen"]),
                        tile("Reconstruction", answer["reconstruction"]),
                        tile("Lower half filled in", answer["completed"]),
                    ],
                    className="tiles three",
                ),
                facts(
                    [
                        ("Free energy", f"{number(answer['free_energy'])} nats"),
                        ("Held-out images", f"{number(answer['typical'])} ± {number(answer['spread'])}"),
                        ("This one beside them", verdict),
                    ]
                ),
                html.H3("Nearest training images", className="group-title spaced"),
                html.Div(near, className="small-tiles"),
            ]
        )
    )
    return cards


def _bar(label: int, probability: float, best: bool) -> html.Div:
    return html.Div(
        [
            html.Span(str(label), className="bar-name"),
            html.Span(
                html.Span(className="bar-fill", style={"width": f"{100 * probability:.1f}%"}), className="bar-track"
            ),
            html.Span(f"{probability:.1%}", className="bar-value numbers"),
        ],
        className="bar is-best" if best else "bar",
    )
