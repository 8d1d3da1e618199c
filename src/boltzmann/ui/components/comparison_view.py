"""What a comparison shows: digits side by side, the table of figures; and before that, what there will be."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from boltzmann.config import SAMPLER_CONFIGS
from boltzmann.runs.comparison_table import COLUMNS, best, caption, cells, notes
from boltzmann.runs.comparisons import FEWEST_READS, MOST_READS
from boltzmann.runs.models import ModelEntry
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.components.parts import aria, attributes, help_mark, whole_number
from boltzmann.ui.components.sampler_panel import badges
from boltzmann.ui.figures import CONFIG

HIDDEN = {"visibility": "hidden", "height": 0, "overflow": "hidden", "padding": 0, "border": 0}
"""As wide as when shown: a figure that is drawn without a place takes a width of its own."""
SEEN = (
    ("Digits", "A small grid of each sampler's, beside the reference's."),
    ("Frechet distance", "How far the digits are from MNIST's test images."),
    (
        "Edge correlations",
        "How far the mean products of neighbouring spins are off, and what even perfect reads would be.",
    ),
    ("Energies", "Histograms in common bins, and the temperature that the reads look drawn at."),
    ("Distinct reads", "Whether a sampler repeats itself."),
    ("Time and cost", "Seconds of sampling, of access to a QPU, and what that costs."),
)
STAND_INS = {"replay": "replay, no service asked", "simulated_service": "simulated service"}


def choices(models: list[ModelEntry], model: str, samplers: list[str], reads: int) -> list[Any]:
    """What to compare: model, samplers, number of reads. Those of class ``presented`` are seen in presenter mode, too."""
    return [
        html.H1("Compare samplers", className="title", style={"marginBottom": 18}),
        html.Div(
            [
                dmc.Select(
                    id="compare-model",
                    label="Model",
                    value=model,
                    allowDeselect=False,
                    data=[
                        {"value": entry.key, "label": f"{entry.title} ({entry.key.replace(':', ' ')})"}
                        for entry in models
                    ],
                    className="presented",
                    description="Its own sampler keeps the settings of its training; the others take their defaults.",
                ),
                whole_number(
                    FEWEST_READS,
                    MOST_READS,
                    id="compare-reads",
                    label="Reads of each",
                    description=f"{FEWEST_READS} to {MOST_READS:,}. The Frechet distance takes at least 200.",
                    value=reads,
                    step=500,
                ),
                dmc.CheckboxGroup(
                    [
                        dmc.Checkbox(value=name, label=sampler_title(name), description=(part.__doc__ or "").strip())
                        for name, part in SAMPLER_CONFIGS.items()
                    ],
                    id="compare-samplers",
                    label="Samplers",
                    value=samplers,
                    className="sampler-choices presented",
                ),
            ],
            className="fields",
            style={"gap": 20},
        ),
    ]


def invitation() -> html.Section:
    """What stands where the results will be."""
    return html.Section(
        [
            html.H2("One model, many samplers", className="title", style={"fontSize": 22}),
            html.P(
                "Every sampler draws as many reads of the same model. The judge is parallel tempering, which passes over "
                "the barriers that hold other chains. Choose the samplers and press Compare.",
                className="quiet invitation",
            ),
            html.Dl([html.Div([html.Dt(name), html.Dd(words)]) for name, words in SEEN], className="seen"),
        ],
        className="card center-card",
    )


def energies() -> html.Section:
    """The place of the histograms, hidden until there are some."""
    return html.Section(
        [
            html.H2("Energies", className="title"),
            html.P(
                "Grey area: the reference. Line: the sampler. Each read's energy is counted from the mean that its own law "
                "has at equilibrium, in units of the temperature.",
                className="quiet sampler-words",
            ),
            dcc.Graph(id="compare-energies", config=CONFIG),
        ],
        id="compare-energies-card",
        className="card padded",
        style=HIDDEN,
    )


def result(comparison_id: str, report: dict[str, Any]) -> list[Any]:
    """Digits and table of a comparison, as far as it has come.

    Args:
        comparison_id: In the comparison store.
        report: With a reference.
    """
    reference, rows = report["reference"], report["samplers"]
    grids = [_digits(comparison_id, "reference", "Parallel tempering", [html.Span("the reference", className="quiet")])]
    for row in rows:
        if not row["error"]:
            marks = [*badges(row["info"])[:1], *_stand_ins(row["info"])]
            grids.append(_digits(comparison_id, row["sampler"], sampler_title(row["sampler"]), marks))
    figures = html.A("Figures (JSON)", href=f"/files/comparisons/{comparison_id}/figures.json", className="file")
    return [
        html.Section(
            [html.H2(f"Digits of {report['title']}", className="title"), html.Div(grids, className="compared")],
            className="card padded",
        ),
        html.Section(
            [
                html.Div([html.H2("Figures", className="title"), figures], className="spread"),
                html.Div(_table(reference, rows, report), className="table-scroll", tabIndex=0, role="region",
                         **aria(label="Figures of the samplers")),
                html.P(caption(report), className="quiet sampler-words"),
                *_notes(rows),
            ],
            className="card padded",
        ),
    ]  # fmt: skip


def _digits(comparison_id: str, name: str, title: str, marks: list[Any]) -> html.Figure:
    picture = html.Img(
        src=f"/files/comparisons/{comparison_id}/{name}.png", className="digits", alt=f"Digits drawn by {title}"
    )
    return html.Figure([html.Figcaption([html.Strong(title), *marks], className="row"), picture])


def _stand_ins(info: dict[str, Any]) -> list[Any]:
    """Marks of answers that no real service gave."""
    return [
        dmc.Badge(words, variant="light", tt="none", color="orange", className="stand-in")
        for key, words in STAND_INS.items()
        if info.get(key)
    ]


def _notes(rows: list[dict[str, Any]]) -> list[html.P]:
    said = [(sampler_title(row["sampler"]), words) for row in rows if (words := notes(row))]
    return [html.P([html.Strong(title), f": {words}"], className="quiet sampler-words") for title, words in said]


def _table(reference: dict[str, Any], rows: list[dict[str, Any]], report: dict[str, Any]) -> html.Table:
    head = [html.Th([heading, help_mark(f"{heading}. {words}", words)], scope="col") for heading, words in COLUMNS]
    body = [
        _row("Best possible", best(report), "quiet"),
        _row("The reference", cells(reference), "quiet"),
    ]
    for row in rows:
        title = sampler_title(row["sampler"])
        if row["error"]:
            why = html.Td(
                html.Div(row["error"][:1].upper() + row["error"][1:]),
                **attributes(colSpan=len(COLUMNS)),
                className="why",
            )
            body.append(html.Tr([html.Th(title, scope="row"), why]))
        else:
            body.append(_row(title, cells(row)))
    return html.Table(
        [html.Thead(html.Tr([html.Th("Sampler", scope="col"), *head])), html.Tbody(body)], className="figures-table"
    )


def _row(title: str, values: list[str], style: str = "") -> html.Tr:
    return html.Tr([html.Th(title, scope="row"), *(html.Td(value) for value in values)], className=style)
