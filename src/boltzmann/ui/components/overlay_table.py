"""The table beside laid-over curves: the settings in which runs differ, and where the runs stand."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from boltzmann.config import RBMConfig, RunConfig
from boltzmann.runs.estimate_words import duration
from boltzmann.runs.status import Status
from boltzmann.ui.components.loss_panel import MEANING
from boltzmann.ui.components.parts import aria, attributes, number
from boltzmann.ui.components.setting_lines import differing
from boltzmann.ui.curves import LOSSES
from boltzmann.ui.lab_curves import LAB_CURVES
from boltzmann.ui.overlay import Columns
from boltzmann.ui.study_figures import swatch

QUALITY = {"frechet": ("Frechet distance, last", "{:.3g}"), "asked": ("Read as asked, last", "{:.1%}")}
FIGURES = {
    **{loss: MEANING[loss][0] for loss in LOSSES},
    **{
        field: curve.title if len(curve.lines) == 1 else f"{curve.title}, {words}"
        for curve in LAB_CURVES.values()
        for field, words in curve.lines
        if field != "kl"
    },
}
"""What the last values in a run's status are called."""


def overlay_table(
    names: Sequence[str],
    hrefs: Sequence[str],
    configs: Sequence[RunConfig | RBMConfig | None],
    statuses: Sequence[Status],
    columns: Sequence[dict[str, Columns]],
) -> html.Div:
    """A column for each run, all arguments in the same order; ``hrefs`` lead to the runs."""
    rows: list[tuple[str, list[str]]] = differing(configs)
    heads = [
        html.Th(html.A(name, href=href, className="arm run-of", style=swatch(place + 1)), scope="col")
        for place, (name, href) in enumerate(zip(names, hrefs, strict=True))
    ]
    same = "None: these runs were asked for with the same settings and the same seed." if len(names) > 1 else ""
    body = [_part("Settings in which they differ", len(names)), *(_row(*row) for row in rows)] if len(names) > 1 else []
    if not rows and same:
        body.append(html.Tr(html.Td(same, className="why", **attributes(colSpan=len(names) + 1))))
    body += [_part("Where they stand", len(names)), *(_row(*row) for row in _standing(statuses, columns))]
    table = html.Table(
        [html.Thead(html.Tr([html.Th("Run", scope="col"), *heads])), html.Tbody(body)],
        className="figures-table study-table overlay-table",
    )
    return html.Div(
        table, className="table-scroll", tabIndex=0, role="region", **aria(label="How the runs differ and stand")
    )


def _standing(statuses: Sequence[Status], columns: Sequence[dict[str, Columns]]) -> list[tuple[str, list[str]]]:
    rows = [
        ("State", [status.state for status in statuses]),
        ("Steps", [f"{status.step:,}" for status in statuses]),
        ("Training", [duration(status.seconds) for status in statuses]),
    ]
    for name, title in FIGURES.items():
        values = [status.metrics.get(name) for status in statuses]
        if any(value is not None for value in values):
            rows.append((f"{title}, last", [number(value) for value in values]))
    for name, (title, shape) in QUALITY.items():
        lasts = [next((v for v in reversed(of["quality"].get(name, [])) if v is not None), None) for of in columns]
        if any(value is not None for value in lasts):
            rows.append((title, ["–" if value is None else shape.format(value) for value in lasts]))
    return rows


def _part(title: str, count: int) -> html.Tr:
    return html.Tr(html.Th(title, scope="rowgroup", **attributes(colSpan=count + 1)), className="panel-row")


def _row(label: str, texts: list[str]) -> html.Tr:
    return html.Tr([html.Th(label, scope="row"), *(html.Td(text) for text in texts)])
