"""The settings of a drawing, and what is said about a finished one."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import Part
from boltzmann.runs.models import ModelEntry
from boltzmann.runs.sampler_words import inverse_temperature, measured, sampler_title
from boltzmann.ui.components.parts import aria, brief, facts, number, whole_number
from boltzmann.ui.components.sampler_panel import badges, words
from boltzmann.ui.components.settings_form import sampler_fields

COUNTS = {False: 64, True: 100}
"""Digits that are asked for at first: with classes, ten of each."""
HIDDEN = {"display": "none"}


def fine_tune(key: str) -> str:
    """The address of the Studio with settings that begin with a model's weights."""
    return f"/?from={key}"


def choices(form: str, models: list[ModelEntry], chosen: str, sampler: Part, most: int) -> list[Any]:
    """What to draw: model, digit, number, sampler, seed. Those of class ``presented`` are seen in presenter mode, too."""
    classes = next(model.config.model.class_conditional for model in models if model.key == chosen)
    model = dmc.Select(
        id="draw-model",
        label="Model",
        value=chosen,
        allowDeselect=False,
        data=[{"value": model.key, "label": _title(model)} for model in models],
        description="Shipped models, and your runs that have a checkpoint.",
    )
    tune = dmc.Anchor("Fine-tune it on another sampler", id="fine-tune", href=fine_tune(chosen), size="sm")
    digit = html.Div(
        [
            html.Div("Which digit", className="control-label"),
            dmc.SegmentedControl(
                id="draw-digit",
                value="all",
                data=[{"value": "all", "label": "All"}, *({"value": str(d), "label": str(d)} for d in range(10))],
                fullWidth=True,
                size="sm",
                className="digit-choice",
                **aria(label="Which digit"),
            ),
            html.Div("All: 0 to 9 in turn, a column for each.", className="control-help"),
        ],
        id="digit-choice",
        className="presented",
        style={} if classes else HIDDEN,
    )
    count = whole_number(
        1,
        most,
        id="draw-count",
        label="Number of digits",
        description=f"1 to {most:,}.",
        value=COUNTS[classes],
        step=16,
    )
    similar = html.Div(
        dmc.Switch(
            id="draw-similar",
            label="Similar digits side by side",
            description="Off: in the order in which they were drawn.",
            checked=False,
        ),
        id="similar-choice",
        style=HIDDEN if classes else {},
    )
    seed = html.Div(
        [
            dmc.Switch(
                id="random-seed",
                label="Random seed",
                description="Off: the same seed draws the same digits.",
                checked=True,
            ),
            whole_number(0, 2**31 - 1, id="draw-seed", value=0, disabled=True, **aria(label="Seed")),
        ],
        className="fields",
    )
    return [
        html.H1("Generate", className="title", style={"marginBottom": 18}),
        html.Div(
            [
                html.Div([model, tune], className="presented"),
                digit,
                count,
                similar,
                html.Div(sampler_fields(form, sampler), className="presented"),
                seed,
            ],
            className="fields",
            style={"gap": 20},
        ),
    ]


def _asked(values: dict[str, Any]) -> str:
    if values.get("digit") is not None:
        return f", all asked to be {values['digit']}"
    if values.get("in_turn"):
        return ", 0 to 9 in turn"
    return ", similar ones side by side" if values.get("similar") else ""


def _title(model: Any) -> str:
    return f"{model.title} (shipped)" if model.key.startswith("shipped:") else f"{model.title} (run {model.key[4:]})"


def invitation() -> html.Section:
    """What stands where the digits will be."""
    return html.Section(
        [
            html.H2("Digits appear here", className="title"),
            html.P(
                "Any sampler draws from any model: the one it was trained with is only where the choice starts.",
                className="quiet",
            ),
        ],
        className="card center-card",
    )


def result(drawing_id: str, values: dict[str, Any]) -> html.Section:
    """The facts of a finished drawing, and its downloads."""
    sampling, decoding = values.get("sampling_seconds") or 0.0, values.get("decoding_seconds") or 0.0
    count = values.get("count") or 0
    info, sampler = values.get("info") or {}, str(values.get("sampler"))
    pairs = [
        ("Sampler", sampler_title(sampler)),
        ("Sampling", brief(sampling)),
        ("Decoding", brief(decoding)),
        ("Digits per second", number(count / (sampling + decoding)) if sampling + decoding else "–"),
        ("Mean energy", number(values.get("mean_energy"))),
    ]
    temperature = inverse_temperature(info)
    if temperature[0] is not None:
        pairs.append(("Effective inverse temperature", measured(*temperature)))
    if info.get("engine"):
        pairs.append(("Engine", str(info["engine"])))
    report = html.Div(
        [html.Div(badges(info), className="row"), html.Div(words(info, sampler), className="sampler-words")]
    )
    arrays = html.A("Arrays (NPZ)", href=f"/files/drawings/{drawing_id}/digits.npz", download="", className="file")
    head = html.Div(
        [html.H2(f"{count:,} digits{_asked(values)}", className="title"), arrays],
        className="spread",
    )
    return html.Section([head, html.Div(facts(pairs), style={"margin": "14px 0"}), report], className="card padded")
