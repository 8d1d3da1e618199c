"""The grid of drawn digits, and the chosen one: large, with its spins on the chip's graph."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from PIL import Image

from boltzmann.graphs import Graph, uncoupled
from boltzmann.runs.models import resolve
from boltzmann.runs.pictures import GAP, generated_columns
from boltzmann.ui.components.parts import aria, facts, help_mark, number
from boltzmann.ui.figures import CONFIG, chip_figure, scheme_of
from boltzmann.ui.services import Services


def layout() -> html.Div:
    """Hidden until something is drawn."""
    what = (
        "Black and white: white where the decoder's mean image is above 1/2; the presets learn from such images. Grey: the "
        "mean image. It changes the grid shown here and its PNG, not the arrays."
    )
    head = html.Div(
        [
            html.Div(
                [
                    dmc.SegmentedControl(
                        id="sharpness",
                        value="binary",
                        size="xs",
                        data=[{"value": "binary", "label": "Black and white"}, {"value": "grey", "label": "Grey"}],
                        **aria(label="Sharpness"),
                    ),
                    help_mark(f"Sharpness. {what}", what),
                ],
                className="row",
            ),
            html.A("Grid (PNG)", id="grid-file", href="", className="file"),
        ],
        className="spread",
        style={"marginBottom": 14},
    )
    grid = html.Section(
        [
            head,
            html.Div(
                [
                    html.Img(id="grid", className="digits", alt="The grid of generated digits", draggable="false"),
                    html.Div(id="grid-mark", className="mark", style={"display": "none"}),
                ],
                id="picker",
                className="picker",
                tabIndex=0,
                role="group",
                **aria(label="Generated digits. Click one, or move with the arrow keys, to see its spins."),
            ),
            html.P(
                "Click a digit, or move with the arrow keys, to see the spins that it was decoded from.",
                className="quiet",
                style={"fontSize": 14, "margin": "12px 0 0"},
            ),
        ],
        className="card padded",
    )
    index = dmc.NumberInput(
        id="digit-index", label="Digit", value=0, min=0, max=0, w=120, size="sm", allowDecimal=False
    )
    chosen = html.Section(
        [
            html.Div(
                [
                    html.H2("The digit and its spins", className="title"),
                    dmc.Anchor("Look inside this model", id="look-inside", href="/inside", size="sm"),
                ],
                className="spread",
            ),
            html.Div(
                [
                    html.Img(id="digit", className="big-digit", alt="The chosen digit, enlarged"),
                    html.Div([index, html.Div(id="digit-facts")], className="fields"),
                ],
                className="detail",
            ),
            dcc.Graph(id="chip", figure={}, config=CONFIG, style={"height": 400}),
        ],
        className="card padded",
    )
    return html.Div([grid, chosen], id="drawn-parts", className="drawn", style={"display": "none"})


def geometry(images: np.ndarray, in_turn: bool = False) -> dict[str, int]:
    """Where the digits of a grid picture stand, in its pixels: what turns a click into an index.

    Args:
        images, in_turn: As given to :func:`boltzmann.runs.pictures.generated_grid`.
    """
    count, side = len(images), images.shape[-1]
    columns = generated_columns(count, in_turn)
    rows = math.ceil(count / columns)
    pitch = side + GAP
    return {
        "count": count,
        "columns": columns,
        "side": side,
        "pitch": pitch,
        "margin": GAP,
        "width": columns * pitch + GAP,
        "height": rows * pitch + GAP,
    }


def register(app: Dash, services: Services) -> None:
    """Show the grid, mark the chosen digit, draw its graph."""
    drawings = services.drawings

    @app.callback(
        Output("grid", "src"),
        Output("grid-file", "href"),
        Output("grid-file", "download"),
        Input("drawn", "data"),
        Input("sharpness", "value"),
        prevent_initial_call=True,
    )
    def show_pixels(drawn: Any, sharpness: Any) -> Any:
        if not drawn:
            return no_update, no_update, no_update
        name = drawings.folder(drawn["id"]).name
        src = f"/files/drawings/{name}/grid.png" + ("?pixels=binary" if sharpness == "binary" else "")
        return src, src, f"digits-{name}.png"

    @app.callback(
        Output("picker", "data-grid"),
        Output("drawn-parts", "style"),
        Output("digit-index", "max"),
        Output("digit-index", "value"),
        Output("digit-index", "description"),
        Output("look-inside", "href"),
        Input("drawn", "data"),
        prevent_initial_call=True,
    )
    def show_grid(drawn: Any) -> Any:
        last = drawn["grid"]["count"] - 1
        inside = f"/inside?model={drawings.request(drawn['id']).model_key}"
        return json.dumps(drawn["grid"]), {}, last, 0, f"0 to {last:,}", inside

    @app.callback(
        Output("digit", "src"),
        Output("digit-facts", "children"),
        Output("chip", "figure"),
        Input("digit-index", "value"),
        Input("drawn", "data"),
        Input("colour-scheme", "data"),
        prevent_initial_call=True,
    )
    def show_digit(index: Any, drawn: Any, scheme: Any) -> Any:
        if not drawn:
            return "", None, {}
        arrays = drawings.arrays(drawn["id"])
        index = min(max(index, 0), len(arrays["images"]) - 1) if isinstance(index, int) else 0
        spins = arrays["spins"][index]
        pairs = [("Energy", number(float(arrays["energies"][index]))), ("Magnetisation", number(float(spins.mean())))]
        if "labels" in arrays:
            pairs.insert(0, ("Asked for", str(arrays["labels"][index])))
        return _picture(arrays["images"][index]), facts(pairs), _chip(drawn["id"], index, scheme_of(scheme))

    @services.cache.memoize()
    def _chip(drawing_id: str, index: int, scheme: str) -> Any:
        model = resolve(drawings.request(drawing_id).model_key, services.settings, services.store)
        graph = Graph.load(model.folder / "graph.safetensors")
        spins = drawings.arrays(drawing_id)["spins"][index]
        hidden = uncoupled(graph, model.config.model.hidden_spins)
        return chip_figure(graph.positions, graph.edges, spins, graph.nodes, scheme, hidden)

    app.clientside_callback(
        ClientsideFunction("studio", "markDigit"),
        Output("grid-mark", "style"),
        Input("digit-index", "value"),
        Input("drawn", "data"),
    )


def _picture(image: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
