"""Complete: a part of an image is hidden, the machine fills it in beside two ways that know no law."""

from __future__ import annotations

import random
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import Dash, Input, Output, State, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.play import CHAINS, SCORED, STEPS, completed, completion_score, example
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import aria, help_mark, number
from boltzmann.ui.components.play_parts import (
    ask,
    busy,
    pad,
    picture,
    refusal,
    register_pad,
    section,
    shown_if,
    strokes_of,
    tile,
)
from boltzmann.ui.services import Services

WAYS = {"machine": "The machine", "mean_image": "The mean image", "nearest_neighbour": "The nearest neighbour"}
UNKNOWN = np.array([224, 138, 30], np.uint8)
"""Colour of the pixels that nobody tells the machine: the orange of spins that are down."""

PATIENCE = 180.0
"""Seconds that a score may take: the nearest of 60,000 images is looked for a thousand times."""

LOADING = "A test image is being completed. The first time, the machine and its data are loaded: some seconds."


def layout(masks: tuple[str, ...], digits: bool, known: bool = False) -> html.Div:
    """The section.

    Args:
        masks: The halves that can be hidden, see :func:`boltzmann.runs.play.masks_for`.
        digits: Whether the data are digits, which have classes and can be drawn.
        known: Whether every test image is a training image, too.
    """
    classes = [{"value": "any", "label": "Any class"}, *({"value": str(c), "label": f"A {c}"} for c in range(10))]
    chosen = [
        dmc.SegmentedControl(
            id="complete-kind",
            value="test",
            fullWidth=True,
            data=[{"value": "test", "label": "Test image"}, {"value": "drawn", "label": "Drawn"}],
            style=shown_if(digits),
            **aria(label="Which image"),
        ),
        html.Div(
            [
                dmc.Select(
                    id="complete-class",
                    value="any",
                    data=classes,
                    allowDeselect=False,
                    flex=1,
                    style=shown_if(digits),
                    **aria(label="Class of the test image"),
                ),
                dmc.Button("Another image", id="complete-another", variant="default"),
            ],
            id="complete-test",
            className="row",
        ),
        html.Div(pad("complete-pad", "Draw a digit here"), id="complete-drawn", style={"display": "none"}),
    ]
    hidden = [
        dmc.SegmentedControl(
            id="complete-mask",
            value=masks[-1],
            fullWidth=True,
            size="sm",
            data=[
                *({"value": mask, "label": mask.capitalize()} for mask in reversed(masks)),
                {"value": "painted", "label": "Paint"},
            ],
            **aria(label="What is hidden"),
        ),
        html.Div(pad("mask-pad", "Paint what is hidden", brush=True), id="complete-painted", style={"display": "none"}),
    ]
    what = "Pixels that the machine is not told. It is told the others, which its chains hold fixed."
    column = html.Div(
        [
            section([html.H2("Image", className="title"), *chosen], className="card padded fields"),
            section(
                [
                    html.Div([learn_title("Hidden", "rbm"), help_mark(f"Hidden. {what}", what)], className="row"),
                    *hidden,
                ],
                className="card padded fields",
            ),
        ],
        className="stack",
    )
    score = section(
        [
            html.Div(
                [
                    html.H2("Over the test set", className="title"),
                    dmc.Button("Score them", id="complete-score", variant="default", size="sm"),
                ],
                className="spread",
            ),
            html.P(
                "These data are listed in full: every test image is a training image, and the nearest neighbour has seen it."
                if known
                else f"Hides that part of test images that the machine has not seen, at most {SCORED:,} of them, and "
                "compares how well it is filled in.",
                className="quiet sampler-words",
            ),
            html.Div(id="complete-progress", className="quiet progress-words", role="status"),
            html.Div(id="complete-scores"),
        ]
    )
    shown = html.Div(
        [html.Div(_words(LOADING), id="complete-result"), score, dcc.Store(id="complete-source")], className="stack"
    )
    return html.Div([column, shown], className="play")


def register(app: Dash, services: Services) -> None:
    """Choose an image, hide a part, fill it in."""
    for name in ("complete-pad", "mask-pad"):
        register_pad(app, name)

    @app.callback(
        Output("complete-test", "style"),
        Output("complete-drawn", "style"),
        Output("complete-painted", "style"),
        Input("complete-kind", "value"),
        Input("complete-mask", "value"),
    )
    def offer(kind: Any, mask: Any) -> Any:
        return shown_if(kind != "drawn"), shown_if(kind == "drawn"), shown_if(mask == "painted")

    @app.callback(
        Output("complete-source", "data"),
        Output("complete-result", "children", allow_duplicate=True),
        Input("play-key", "data"),
        Input("play-ready", "data"),
        Input("complete-another", "n_clicks"),
        Input("complete-class", "value"),
        running=busy(),
        prevent_initial_call="initial_duplicate",
    )
    def choose(key: Any, ready: Any, _clicks: Any, label: Any) -> Any:
        if not ready or not key:
            return no_update, no_update
        wanted = int(label) if isinstance(label, str) and label in "0123456789" and len(label) == 1 else None
        try:
            found = ask(services, example, key, wanted, random.randrange(2**31))
        except StoreError as error:
            return no_update, refusal(error)
        return {"index": found["index"], "label": found["label"], "key": key}, no_update

    @app.callback(
        Output("complete-result", "children"),
        Output("mask-pad-behind", "children"),
        Output("complete-pad-answered", "data"),
        Output("mask-pad-answered", "data"),
        Input("complete-source", "data"),
        Input("complete-kind", "value"),
        Input("complete-mask", "value"),
        Input("complete-pad-strokes", "data"),
        Input("mask-pad-strokes", "data"),
        State("play-key", "data"),
        running=busy(),
        prevent_initial_call=True,
    )
    def fill(source: Any, kind: Any, mask: Any, drawn: Any, painted: Any, key: Any) -> Any:
        drawn, drawn_mark = strokes_of(drawn)
        painted, painted_mark = strokes_of(painted)
        label = None
        if kind == "drawn":
            wanted: Any = drawn
            if not drawn:
                return (
                    _words("Draw a digit on the pad: it is completed while you draw."),
                    None,
                    drawn_mark,
                    painted_mark,
                )
        else:
            if not isinstance(source, dict) or source.get("key") != key:
                return no_update, no_update, drawn_mark, painted_mark
            wanted, label = source.get("index"), source.get("label")
        nothing = mask == "painted" and not painted
        # Without a mask yet, the image alone is wanted, to paint on.
        hidden = "left" if nothing else painted if mask == "painted" else mask
        try:
            found = ask(services, completed, key, wanted, hidden, random.randrange(2**31))
        except StoreError as error:
            return refusal(error), no_update, drawn_mark, painted_mark
        behind = picture(found["original"], "The image")
        if nothing:
            words = _words("Paint over the part of the image that the machine shall fill in.")
            return words, behind, drawn_mark, painted_mark
        return result(found, label), behind, drawn_mark, painted_mark

    @app.callback(
        Output("complete-scores", "children"),
        Input("complete-score", "n_clicks"),
        State("play-key", "data"),
        State("complete-mask", "value"),
        State("mask-pad-strokes", "data"),
        running=[
            (Output("complete-score", "loading"), True, False),
            (Output("complete-progress", "children"), "Completing and comparing: up to a minute.", ""),
        ],
        prevent_initial_call=True,
    )
    def score(clicks: Any, key: Any, mask: Any, painted: Any) -> Any:
        if not clicks:
            return no_update
        hidden = strokes_of(painted)[0] if mask == "painted" else mask
        try:
            return scores(ask(services, completion_score, key, hidden, timeout=PATIENCE), str(mask))
        except StoreError as error:
            return refusal(error)


def result(found: dict[str, Any], label: Any) -> html.Section:
    """The completions of one image beside each other.

    Args:
        found: Of :func:`boltzmann.runs.play.completed`.
        label: The image's class, or None.
    """
    given = np.repeat(found["original"][..., None], 3, 2)
    given[found["mask"]] = UNKNOWN
    best = min(found["errors"], key=found["errors"].get)
    tiles = [
        tile("Original", found["original"], f"a {label}" if label is not None else None),
        tile("What is given", given, f"{found['mask'].mean():.0%} hidden"),
        *(
            tile(title, found["images"][way], f"error {number(found['errors'][way])}", way == best)
            for way, title in WAYS.items()
        ),
    ]
    chains = [picture(image, f"Chain {place}") for place, image in enumerate(found["chains"], 1)]
    return section(
        [
            html.H2("Filled in", className="title"),
            html.Div(tiles, className="tiles"),
            html.P(
                f"Error: mean squared error of a hidden pixel. The machine: mean of {CHAINS} Gibbs chains of {STEPS} steps "
                "that hold the given pixels fixed. Nearest neighbour: the training image closest on the given pixels.",
                className="quiet sampler-words",
            ),
            html.H3(f"The {CHAINS} chains one by one", className="group-title"),
            html.Div(chains, className="small-tiles"),
        ]
    )


def scores(report: dict[str, Any], mask: str) -> html.Div:
    """The table of a completion's score."""
    best = min(WAYS, key=lambda way: report[way]["error"])
    rows = [
        html.Tr(
            [
                html.Th(title, scope="row"),
                html.Td(f"{report[way]['error']:.4f} ± {report[way]['standard_error']:.4f}"),
                html.Td("best" if way == best else ""),
            ]
        )
        for way, title in WAYS.items()
    ]
    head = html.Thead(
        html.Tr([html.Th("Filled in by", scope="col"), html.Th("Squared error", scope="col"), html.Th("")])
    )
    hidden = "painted part" if mask == "painted" else f"{mask} half"
    return html.Div(
        [
            html.Table([head, html.Tbody(rows)], className="figures-table narrow"),
            html.P(
                f"Of a hidden pixel, {hidden}: mean over {report['images']:,} test images ± standard error.",
                className="quiet sampler-words",
            ),
        ]
    )


def _words(text: str) -> html.Section:
    return section(html.P(text, className="quiet invitation"), className="card center-card")
