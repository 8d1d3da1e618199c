"""What the sections of the play page share: a pad, images with words, questions to the interactive worker."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from PIL import Image

from boltzmann.runs.files import StoreError
from boltzmann.ui.components.parts import aria, attributes, error_card
from boltzmann.ui.services import Services

PAD = 280
"""Side of a pad's canvas in dots."""

PATIENCE = 45.0
"""Seconds to wait for an answer: the first one of a machine loads it and its data, on a busy machine slowly."""

LINE = 5
"""An image is drawn at least a fifth as high as it is wide."""

BLANK: Any = {
    "layout": {
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
}
"""What stands where a figure will be: nothing, instead of empty axes."""


def ask(services: Services, function: Callable[..., Any], *arguments: Any, timeout: float = PATIENCE) -> Any:
    """The interactive worker's answer to ``function(settings, *arguments)``.

    Raises:
        StoreError: what was asked is not possible, or nobody can answer now.
    """
    return services.engine.ask(function, services.settings, *arguments, timeout=timeout)


def starting() -> dmc.Alert:
    """Why nothing is answered yet."""
    return dmc.Alert(
        "It loads what it needs, which takes some seconds after the app's start. What you ask is answered as soon as it is "
        "ready.",
        title="The worker is starting",
        color="accent",
        radius="md",
    )


def busy() -> list[Any]:
    """For a callback's ``running``: says that the worker is at work, in the line that the page has for that."""
    return [(Output("play-busy", "children"), "The machine is at work …", "")]


def refusal(error: StoreError) -> Any:
    """A question that had no answer: why, and what to do."""
    cause, _, mend = str(error).partition(": ")
    return error_card({"title": "No answer", "cause": f"{_sentence(cause)}", "mend": _sentence(mend) if mend else ""})


def picture(image: np.ndarray, alt: str, **more: Any) -> html.Img:
    """An image, uint8 (H, W) or (H, W, 3), with hard pixels; a line of pixels is made broad enough to be seen."""
    height, width = image.shape[:2]
    broad = np.repeat(image, max(1, width // (LINE * height)), 0)
    return html.Img(src=data_url(broad), alt=alt, className="tile-image", **more)


def data_url(image: np.ndarray) -> str:
    """``image`` as the address of a PNG."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(stream, "PNG")
    return png_url(stream.getvalue())


def png_url(content: bytes) -> str:
    """A PNG as an address."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def shown_if(seen: bool) -> dict[str, str]:
    """The style of what is there only at times."""
    return {} if seen else {"display": "none"}


def tile(title: str, image: np.ndarray, note: Any = None, best: bool = False) -> html.Figure:
    """An image under its title, with a line of words below."""
    caption = [html.Strong(title), *([html.Span(note, className="quiet numbers")] if note else [])]
    return html.Figure([picture(image, title), html.Figcaption(caption)], className="tile is-best" if best else "tile")


def pad(name: str, label: str, brush: bool = False) -> html.Div:
    """A pad to draw on; its strokes arrive in the store ``{name}-strokes`` as ``{"strokes", "asked"}``.

    Args:
        name: Identifier of its canvas.
        label: What it is for, for screen readers.
        brush: Whether it paints a mask over an image rather than a digit on black.
    """
    return html.Div(
        [
            html.Div(
                [
                    html.Div(id=f"{name}-behind", className="pad-behind"),
                    html.Canvas(
                        id=name,
                        className="pad-canvas brush" if brush else "pad-canvas",
                        width=PAD,
                        height=PAD,
                        **attributes(role="img"),
                        **aria(label=label),
                    ),
                    html.Span(label, className="pad-hint", **aria(hidden="true")),
                ],
                id=f"{name}-frame",
                className="pad-frame blank",
            ),
            html.Div(
                "No answer yet: the machine is being loaded, or busy with an earlier question, such as a score. It answers "
                "this one next.",
                className="pad-wait",
                **aria(live="polite"),
            ),
            html.Div(
                [
                    dmc.Button("Undo", size="xs", variant="default", **attributes(data_pad=name, data_deed="undo")),
                    dmc.Button("Clear", size="xs", variant="default", **attributes(data_pad=name, data_deed="clear")),
                ],
                className="row",
            ),
            dcc.Store(id=f"{name}-strokes"),
            dcc.Store(id=f"{name}-answered"),
            dcc.Store(id=f"{name}-name", data=name),
        ],
        className="pad",
    )


def register_pad(app: Dash, name: str) -> None:
    """Tell the pad that its last strokes were answered; the callback that does gives their ``asked`` to
    ``{name}-answered``."""
    app.clientside_callback(
        ClientsideFunction("pad", "answered"),
        Output(f"{name}-answered", "modified_timestamp"),
        Input(f"{name}-answered", "data"),
        State(f"{name}-name", "data"),
        prevent_initial_call=True,
    )


def strokes_of(sent: Any) -> tuple[list[Any], Any]:
    """The strokes in a pad's store, and its mark for the answer; nothing where it sent nothing."""
    if not isinstance(sent, dict) or not isinstance(sent.get("strokes"), list):
        return [], None
    return sent["strokes"], sent.get("asked")


def section(children: Any, className: str = "card padded", **more: Any) -> html.Section:
    """A card."""
    return html.Section(children, className=className, **more)


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
