"""Classify: how many held-out images are read rightly, and which are taken for which."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.pictures import grid
from boltzmann.runs.play import FITTED, behind, classified
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import facts
from boltzmann.ui.components.play_parts import BLANK, ask, png_url, refusal, section
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.play_figures import CONFUSION, confusion_figure
from boltzmann.ui.services import Services

PATIENCE = 120.0
"""Seconds for a logistic regression on the features of 10,000 images, on a busy machine."""

PROGRESS = "Reading the images: some seconds; half a minute on a busy machine."

METHODS = {
    "free energy": "Each image gets the class of least free energy F(pixels, y) over the label units.",
    "features": "The machine has no label units: its hidden probabilities are the features of a logistic regression, "
    f"fitted to at most {FITTED:,} training images, which then reads all held-out images. Truth has the figure with all.",
}


def layout(label_units: bool) -> html.Div:
    """The section; without label units reading takes longer."""
    method = METHODS["free energy" if label_units else "features"]
    return html.Div(
        [
            section(
                [
                    html.Div(
                        [
                            learn_title("Held-out images", "rbm"),
                            dmc.Button("Classify them", id="classify"),
                        ],
                        className="spread",
                    ),
                    html.P(method, className="quiet sampler-words"),
                    html.Div(id="classify-progress", className="quiet progress-words", role="status"),
                    html.Div(id="classify-facts"),
                ]
            ),
            html.Div(
                [
                    section(
                        [
                            html.H2("Confusion matrix", className="title"),
                            html.P("Click on a cell to see its images.", className="quiet sampler-words"),
                            dcc.Graph(id="confusion", figure=BLANK, config=CONFIG, style={"height": CONFUSION}),
                        ]
                    ),
                    section(
                        [
                            html.H2("Images of a cell", className="title"),
                            html.Div(html.P("None is chosen yet.", className="quiet"), id="confused"),
                        ]
                    ),
                ],
                id="classify-result",
                className="pair",
                style={"display": "none"},
            ),
            dcc.Store(id="classified"),
        ],
        className="stack",
    )


def register(app: Dash, services: Services) -> None:
    """Classify on a click, draw the matrix, show the images behind a cell."""

    @app.callback(
        Output("classified", "data"),
        Output("classify-facts", "children"),
        Input("classify", "n_clicks"),
        State("play-key", "data"),
        running=[
            (Output("classify", "loading"), True, False),
            (Output("classify-progress", "children"), PROGRESS, ""),
        ],
        prevent_initial_call=True,
    )
    def classify(clicks: Any, key: Any) -> Any:
        if not clicks:
            return no_update, no_update
        try:
            report = ask(services, classified, key, timeout=PATIENCE)
        except StoreError as error:
            return None, refusal(error)
        accuracy, wrong = report["accuracy"], round((1 - report["accuracy"]) * report["images"])
        shown = facts(
            [
                ("Accuracy", f"{accuracy:.2%} ± {report['standard_error']:.2%}"),
                ("Read wrongly", f"{wrong:,} of {report['images']:,}"),
                ("By", report["method"] + (f" of {report['fitted']:,} training images" if report["fitted"] else "")),
            ]
        )
        return {"key": key, "confusion": report["confusion"]}, shown

    @app.callback(
        Output("confusion", "figure"),
        Output("classify-result", "style"),
        Input("classified", "data"),
        Input("colour-scheme", "data"),
        prevent_initial_call=True,
    )
    def show(done: Any, scheme: Any) -> Any:
        if not isinstance(done, dict):
            return no_update, {"display": "none"}
        return confusion_figure(done["confusion"], scheme), {}

    @app.callback(
        Output("confused", "children"),
        Input("confusion", "clickData"),
        State("play-key", "data"),
        prevent_initial_call=True,
    )
    def look(click: Any, key: Any) -> Any:
        try:
            point = click["points"][0]
            truth, read = int(point["y"]), int(point["x"])
        except (TypeError, KeyError, IndexError, ValueError):
            return no_update
        try:
            found = ask(services, behind, key, truth, read, timeout=PATIENCE)
        except StoreError as error:
            return refusal(error)
        count, images = found["count"], found["images"]
        words = f"{count:,} image{'s' if count != 1 else ''} of a {truth}, read as a {read}"
        if not count:
            return html.P(f"No {truth} was read as a {read}.", className="quiet")
        more = f": {len(images)} of them." if len(images) < count else "."
        return [
            html.P(words + more, className="quiet"),
            html.Img(src=png_url(grid(images, 8)), alt=words, className="digits"),
        ]
