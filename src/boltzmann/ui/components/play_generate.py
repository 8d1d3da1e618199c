"""Generate: free samples, or samples of a class, after a number of Gibbs steps."""

from __future__ import annotations

import random
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import Dash, Input, Output, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.pictures import enlarged, grid
from boltzmann.runs.play import MOST_SAMPLES, generated
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import aria, help_mark
from boltzmann.ui.components.play_parts import BLANK, ask, busy, png_url, refusal, section, shown_if
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.play_figures import ENERGIES, energies_figure
from boltzmann.ui.services import Services

COLUMNS = 10
LINE_COLUMNS = 4
"""Of images of one line, which stand under one another."""
SIDE = 56
"""Dots of an image in the grid, at least."""

POWERS = 3
"""The slider's end: 10 to the power of it Gibbs steps."""


def layout(label_units: bool) -> html.Div:
    """The section; a class can be asked for where there are ``label_units``."""
    classes = [
        {"value": "free", "label": "Free samples"},
        {"value": "all", "label": "Every class in turn"},
        *({"value": str(label), "label": f"A {label}"} for label in range(10)),
    ]
    what = (
        "Updates of both layers of each chain, from random hidden units. A chain forgets its start with them: the more "
        "steps, the closer the samples are to the machine's law."
    )
    column = section(
        [
            html.H2("Samples", className="title"),
            dmc.Select(
                id="generate-label",
                label="Class",
                value="all" if label_units else "free",
                data=classes if label_units else classes[:1],
                allowDeselect=False,
                description="A class: its label's unit is held at 1."
                if label_units
                else "This machine has no label units.",
                disabled=not label_units,
            ),
            html.Div(
                [
                    html.Div(
                        [html.Span("Gibbs steps", className="control-label"), help_mark(f"Gibbs steps. {what}", what)],
                        className="row",
                    ),
                    dmc.Slider(
                        id="generate-steps",
                        value=2,
                        min=0,
                        max=POWERS,
                        step=1,
                        label=None,
                        marks=[{"value": power, "label": f"{10**power:,}"} for power in range(POWERS + 1)],
                        thumbLabel="Gibbs steps, as a power of ten",
                        mb=24,
                        mt=8,
                        mx=10,
                    ),
                ]
            ),
            dmc.Button("Draw again", id="generate-again", variant="default"),
        ],
        className="card padded fields",
    )
    shown = html.Div(
        [
            html.Div(id="generate-error"),
            section(
                [
                    html.Div(
                        [
                            html.H2(f"{MOST_SAMPLES} chains", className="title"),
                            html.Span(id="generate-words", className="quiet numbers", role="status"),
                        ],
                        className="spread",
                        style={"marginBottom": 14},
                    ),
                    html.Img(id="generate-grid", className="digits", alt="The samples"),
                ]
            ),
            section(
                [
                    learn_title("Free energies", "rbm"),
                    dcc.Graph(id="generate-energies", figure=BLANK, config=CONFIG, style={"height": ENERGIES}),
                ],
                id="generate-energies-card",
                style=shown_if(False),
            ),
            dcc.Store(id="generated"),
        ],
        className="stack",
    )
    return html.Div([column, shown], className="play", **aria(label="Samples of the machine"))


def register(app: Dash, services: Services) -> None:
    """Draw when the section is opened and whenever something is changed."""

    @app.callback(
        Output("generated", "data"),
        Output("generate-grid", "src"),
        Output("generate-words", "children"),
        Output("generate-error", "children"),
        Input("play-tabs", "value"),
        Input("play-key", "data"),
        Input("play-ready", "data"),
        Input("generate-again", "n_clicks"),
        Input("generate-label", "value"),
        Input("generate-steps", "value"),
        running=[(Output("generate-again", "loading"), True, False), *busy()],
    )
    def draw(tab: Any, key: Any, ready: Any, _clicks: Any, label: Any, power: Any) -> Any:
        if tab != "generate" or not ready:
            return (no_update,) * 4
        steps = 10**power if isinstance(power, int) and 0 <= power <= POWERS else power
        wanted = int(label) if isinstance(label, str) and len(label) == 1 and label.isdecimal() else label
        try:
            found = ask(services, generated, key, wanted, steps, MOST_SAMPLES, random.randrange(2**31))
        except StoreError as error:
            return None, no_update, "", refusal(error)
        words = f"after {steps:,} step{'s' if steps != 1 else ''}"
        if found["read"] is not None and wanted != "free":
            meant = [place % COLUMNS if wanted == "all" else wanted for place in range(len(found["read"]))]
            right = sum(one == other for one, other in zip(meant, found["read"], strict=True))
            words += f"; {right} of {len(meant)} read as the class that was asked for"
        energies = {name: found[name] for name in ("edges", "data", "model")}
        return energies, png_url(_sheet(found["images"])), words, None

    @app.callback(
        Output("generate-energies", "figure"),
        Output("generate-energies-card", "style"),
        Input("generated", "data"),
        Input("colour-scheme", "data"),
        prevent_initial_call=True,
    )
    def show(found: Any, scheme: Any) -> Any:
        if not isinstance(found, dict):
            return no_update, shown_if(False)
        return energies_figure(found["edges"], found["data"], found["model"], scheme), {}


def _sheet(images: np.ndarray) -> bytes:
    """``images`` uint8 (count, H, W) in so many dots that the gaps of the grid are narrow beside them, as PNG."""
    if images.shape[1] == 1:
        return grid(enlarged(images, len(images)), LINE_COLUMNS)
    scale = -(-SIDE // max(images.shape[1:]))
    return grid(images.repeat(scale, 1).repeat(scale, 2), COLUMNS)
