"""The settings of a drawing, and what is said about a finished one."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import Part
from boltzmann.runs.models import ModelEntry
from boltzmann.runs.sampler_words import inverse_temperature, measured
from boltzmann.ui.components.parts import aria, brief, facts, number, sampler_title
from boltzmann.ui.components.sampler_panel import badges, words
from boltzmann.ui.components.settings_form import sampler_fields


def choices(form: str, models: list[ModelEntry], chosen: str, sampler: Part, most: int) -> list[Any]:
    """What to draw: model, sampler, number, seed."""
    model = dmc.Select(
        id="draw-model",
        label="Model",
        value=chosen,
        allowDeselect=False,
        data=[{"value": model.key, "label": _title(model)} for model in models],
        description="Shipped models, and your runs that have a checkpoint.",
    )
    count = dmc.NumberInput(
        id="draw-count",
        label="Number of digits",
        description=f"1 to {most:,}.",
        value=64,
        min=1,
        max=most,
        step=16,
        clampBehavior="none",
        allowDecimal=False,
    )
    seed = html.Div(
        [
            dmc.Switch(
                id="random-seed",
                label="Random seed",
                description="Off: the same seed draws the same digits.",
                checked=True,
            ),
            dmc.NumberInput(
                id="draw-seed",
                value=0,
                min=0,
                max=2**31 - 1,
                clampBehavior="none",
                allowDecimal=False,
                disabled=True,
                **aria(label="Seed"),
            ),
        ],
        className="fields",
    )
    return [
        html.H1("Generate", className="title", style={"marginBottom": 18}),
        html.Div([model, count, sampler_fields(form, sampler), seed], className="fields", style={"gap": 20}),
    ]


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
    links = [
        html.A(
            "Grid (PNG)",
            href=f"/files/drawings/{drawing_id}/grid.png",
            download=f"digits-{drawing_id}.png",
            className="file",
        ),
        html.A("Arrays (NPZ)", href=f"/files/drawings/{drawing_id}/digits.npz", download="", className="file"),
    ]
    head = html.Div(
        [html.H2(f"{count:,} digits", className="title"), html.Div(links, className="row", style={"gap": 18})],
        className="spread",
    )
    return html.Section([head, html.Div(facts(pairs), style={"margin": "14px 0"}), report], className="card padded")
