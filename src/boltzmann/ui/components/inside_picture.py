"""The picture of "Look inside": an image becomes spins and an image again, above what the prior draws by itself."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import dcc, html

from boltzmann.ui.components.loss_panel import meaning
from boltzmann.ui.components.parts import aria, attributes, help_mark, number
from boltzmann.ui.components.play_parts import BLANK, data_url, pad
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.inside_figures import HISTOGRAM, mosaic, signed

PLAIN: Any = {**CONFIG, "displayModeBar": False}
DIGITS = [{"value": "any", "label": "Any digit"}, *({"value": str(d), "label": f"A {d}"} for d in range(10))]
SEAM = 70
"""Grey between maps."""

PICKS = 10
"""Sampled digits that can be chosen."""

WORDS = {
    "image": ("Test digit x", "An image that the model was not trained on, or one that you draw.", "x ∈ [0, 1], H × H"),
    "encoder": (
        "Encoder",
        "Two layers look for strokes in the image and say for each spin how likely it points up.",
        "l = W₃ ReLU(W₂ ReLU(W₁ x)), one logit lᵢ a spin",
    ),
    "encoded": (
        "Encoded spins q(z | x)",
        "Each spin of the string is drawn with its own probability; the string lies on the qubits of the chip.",
        "q(zᵢ = +1 | x) = σ(lᵢ)",
    ),
    "decoder": (
        "Decoder",
        "The spins become rough strokes, these become finer ones, these become pixels.",
        "x′ = σ(D(z)), D: one dense layer, then transposed convolutions",
    ),
    "output": (
        "Decoded x′",
        "What the decoder makes of the string: the digit again, as far as its spins tell it.",
        "x′ = σ(D(z))",
    ),
    "prior": (
        "The prior p(z)",
        "A Boltzmann machine on the chip's graph: it knows which strings are digits, without any image.",
        "p(z) = exp(−E(z)) / Z,  E(z) = Σ hᵢ zᵢ + Σ Jᵢⱼ zᵢ zⱼ",
    ),
    "sampled": (
        "Sampled spins p(z)",
        "A string drawn from the Boltzmann machine, as an annealer would draw it, on the same qubits.",
        "z ~ p(z) = exp(−E(z)) / Z",
    ),
    "generated": (
        "Generated digit",
        "A digit that nobody wrote: decoded from the sampled string.",
        "x′ = σ(D(z)), z ~ p(z)",
    ),
}


def picture(digit: str) -> html.Section:
    """Both rows, empty until the callbacks fill them; ``digit`` is the class that is chosen at first."""
    upper = [
        _stage("x", "image", _chooser(digit)),
        _flow("a1"),
        _stage("enc", "encoder", html.Div(id="inside-encoder", className="maps")),
        _flow("a2"),
        _stage("chip", "encoded", _chip("upper"), view_toggle()),
        _flow("a3"),
        _stage("dec", "decoder", html.Div(id="upper-decoder", className="maps")),
        _flow("a4"),
        _stage(
            "out",
            "output",
            [_image("upper-output", "The decoded digit"), html.Div(id="upper-words", className="caption numbers")],
        ),
    ]
    lower = [
        _stage("law", "prior", _prior()),
        _flow("a2"),
        _stage("chip", "sampled", _chip("lower")),
        _flow("a3"),
        _stage("dec", "decoder", html.Div(id="lower-decoder", className="maps")),
        _flow("a4"),
        _stage("out", "generated", [_image("lower-output", "The generated digit"), _strip()]),
    ]
    return html.Section(
        [
            html.H2("An image becomes spins, and an image again", className="inside-row-title"),
            html.Div(upper, className="inside-row"),
            html.Div(id="inside-between", className="between", role="group", **aria(label="What pulls both together")),
            html.H2("The prior draws spins by itself, and they become a digit", className="inside-row-title"),
            html.Div(lower, className="inside-row is-lower"),
        ],
        className="card inside-picture",
    )


def between(objective: str, metrics: dict[str, Any], lit: bool) -> list[Any]:
    """The two arrows between the chips, with their last values; ``lit`` while the model trains."""
    pull = "kl" if objective == "elbo" else "mmd"
    return [
        _arrow("down", "nll", objective, "the prior follows the encoder", metrics.get("nll"), lit),
        _arrow("up", pull, objective, "the encoder follows the prior", metrics.get(pull), lit),
    ]


def encoder_pictures(maps: dict[str, Any]) -> list[Any]:
    """The encoder's maps as pictures with their words, from the image to the spins."""
    words = maps["words"]
    fields = mosaic(signed(maps["fields"]), 4, ground=SEAM)
    return [
        _map(fields, "Receptive fields", words["fields"], "large"),
        _map(maps["first"], "Layer 1", words["first"], "small"),
        _map(maps["second"], "Layer 2", words["second"], "small"),
    ]


def decoder_pictures(maps: dict[str, Any]) -> list[Any]:
    """The decoder's maps as pictures with their words, from the spins to the image."""
    words = maps["words"]
    # Few channels are very active; the square root lets the others be seen beside them.
    quarter, half = (np.sqrt(maps[name] / 255) * 255 for name in ("quarter", "half"))
    return [
        _map(maps["hidden"], "Layer 1", words["hidden"], "small"),
        _map(mosaic(quarter, _columns(len(quarter), 8), ground=SEAM), "Rough strokes", words["quarter"], "small"),
        _map(mosaic(half[:16], 4, ground=SEAM), "Finer strokes", words["half"], "large"),
    ]


def class_words(fields: bool, couplings: bool) -> str:
    """Where the digit acts in the prior, which has a field hᵢ of each digit for each qubit, and a coupling Jᵢⱼ likewise."""
    if not fields:
        return "One law for all digits: no digit can be asked for."
    # No line ends within an equation.
    field, coupling = (
        equation.replace(" ", "\N{NO-BREAK SPACE}") for equation in ("hᵢ = hᵢ⁰ + hᵢᶜ", "Jᵢⱼ = Jᵢⱼ⁰ + Jᵢⱼᶜ")
    )
    if couplings:
        return f"A digit c acts on every qubit and every coupling: {field}, {coupling}."
    return f"A digit c acts on every qubit, {field}; all digits share the couplings Jᵢⱼ."


def view_toggle() -> dmc.SegmentedControl:
    """Whether the upper chip shows the drawn string or the probabilities that it was drawn with."""
    return dmc.SegmentedControl(
        id="inside-view",
        value="drawn",
        size="xs",
        data=[{"value": "drawn", "label": "Drawn"}, {"value": "probability", "label": "Probability"}],
        **aria(label="What the encoded spins show"),
    )


def _stage(place: str, name: str, children: Any, more: Any = None) -> html.Div:
    title, sentence, formula = WORDS[name]
    tip = html.Div([html.Div(sentence), html.Div(formula, style={"fontWeight": 600, "marginTop": 6})])
    head: list[Any] = [html.H3(title, className="stage-title"), help_mark(f"{title}: {sentence} {formula}", tip)]
    body = children if isinstance(children, list) else [children]
    return html.Div(
        [
            html.Div(
                [*head, *([html.Div(more, className="stage-more")] if more is not None else [])], className="stage-head"
            ),
            *body,
        ],
        className=f"stage at-{place}",
    )


def _flow(place: str) -> html.Div:
    return html.Div(className=f"flow at-{place}", **aria(hidden="true"))


def _image(name: str, alt: str) -> html.Img:
    return html.Img(id=name, alt=alt, className="stage-image", draggable="false")


def _chooser(digit: str) -> list[Any]:
    choice = dmc.Select(
        id="inside-digit", value=digit, data=DIGITS, allowDeselect=False, size="xs", **aria(label="Which test digit")
    )
    another = dmc.Button("Another", id="inside-another", size="xs", variant="default")
    draw = dmc.Button("Draw one", id="inside-draw", size="xs", variant="default")
    return [
        html.Div(_image("inside-image", "The test digit"), id="inside-test"),
        html.Div(pad("inside-pad", "Draw a digit here"), id="inside-drawing", style={"display": "none"}),
        html.Div(id="inside-image-words", className="caption"),
        html.Div([choice, html.Div([another, draw], className="pair-of-buttons")], className="chooser"),
    ]


def _chip(row: str) -> list[Any]:
    upper = row == "upper"
    what = "Encoded spins. Arrow keys choose a spin, Enter flips or holds it." if upper else "Sampled spins."
    keys: dict[str, Any] = {"tabIndex": 0, "role": "application"} if upper else {"role": "group"}
    zoom = [
        html.Button(
            sign,
            className="zoom-button",
            type="button",
            title=words,
            **attributes(data_row=row, data_zoom=factor),
            **aria(label=f"{words}, {row} chip"),
        )
        for sign, words, factor in (("+", "Zoom in", "1.6"), ("−", "Zoom out", "0.625"))
    ]
    canvas = html.Canvas(id=f"{row}-chip", className="chip-canvas", **aria(hidden="true"))
    tip = html.Div(className="chip-tip numbers", **aria(hidden="true"))
    frame = html.Div([canvas, tip], id=f"{row}-frame", className="chip-frame", **keys, **aria(label=what))
    live = aria(live="polite") if upper else {}
    return [
        html.Div([frame, html.Div(zoom, className="zoom")], className="chip-place"),
        html.Div(id=f"{row}-legend", className="chip-legend numbers", **live),
    ]


def _prior() -> list[Any]:
    return [
        html.P(["E(z) = Σ hᵢ zᵢ + Σ Jᵢⱼ zᵢ zⱼ", html.Br(), "p(z) = exp(−E(z)) / Z"], className="formula numbers"),
        html.Div(id="inside-classes", className="caption numbers"),
        html.Div(
            dcc.Graph(id="inside-energies", figure=BLANK, config=PLAIN, style={"height": HISTOGRAM}),
            role="img",
            **aria(label="Energies of the sampled strings, the shown one and the encoded string marked"),
        ),
        html.Div(id="inside-energy-words", className="caption numbers"),
        dmc.Button("Draw again", id="inside-again", size="xs", variant="default", className="again"),
    ]


def _strip() -> html.Div:
    return html.Div(
        [
            html.Button(
                html.Img(id={"type": "inside-thumb", "index": index}, alt=""),
                id={"type": "inside-pick", "index": index},
                className="thumb-button",
                type="button",
                **aria(label=f"Sampled digit {index + 1}"),
            )
            for index in range(PICKS)
        ],
        className="thumbs",
        role="group",
        **aria(label="Sampled digits"),
    )


def _arrow(way: str, loss: str, objective: str, words: str, value: Any, lit: bool) -> html.Div:
    name, formula, sentence = meaning(loss, objective)
    tip = html.Div([html.Div(sentence), html.Div(formula, style={"fontWeight": 600, "marginTop": 6})])
    known = isinstance(value, int | float) and not isinstance(value, bool)
    head = [html.Strong(name), *([html.Span(number(value), className="numbers")] if known else [])]
    return html.Div(
        [
            html.Span(className=f"pull-line {way}", **aria(hidden="true")),
            html.Div(
                [
                    html.Div([*head, help_mark(f"{name}: {sentence} {formula}", tip)], className="pull-head"),
                    html.Div(words, className="pull-words"),
                ]
            ),
        ],
        className=f"pull {way} is-lit" if lit else f"pull {way}",
    )


def _map(image: np.ndarray, title: str, sentence: str, size: str) -> html.Figure:
    return html.Figure(
        [html.Img(src=data_url(image), alt=f"{title}. {sentence}", title=sentence), html.Figcaption(title)],
        className=f"map is-{size}",
    )


def _columns(count: int, most: int) -> int:
    """So many columns that the picture is nearly twice as broad as high."""
    return min(most, max(1, round((2 * count) ** 0.5)))
