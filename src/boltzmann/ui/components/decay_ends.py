"""Where the curves of a study's decays come to, as a table: for those who cannot see the plots."""

from __future__ import annotations

from typing import Any

from dash import html

from boltzmann.ui.components.parts import aria, number
from boltzmann.ui.study_figures import swatch

CURVES = {
    "beta": "Beta that is set",
    "hardware_beta": "Hardware beta, estimated",
    "beta_change": "Step of beta",
    "data_energy": "Energy in the data",
    "model_energy": "Energy in the reads",
    "sum_squares": "Sum of squared errors",
    "test_log_likelihood": "Log-likelihood of held-out rows, nats",
}
RESIDUAL = "Greatest residual of the fit"


def ends_table(groups: dict[str, dict[str, Any]], order: list[str]) -> html.Div:
    """Median and range of the runs at the last epoch that was measured, and how far the fitted curve is from the means.

    Args:
        groups: By arm, as ``boltzmann.runs.study_decay`` writes them.
        order: Titles of the arms of the study.
    """
    shown = [name for name in CURVES if any(group.get(name) for group in groups.values())]
    heads = ["Arm", *(CURVES[name] for name in shown), RESIDUAL]
    rows = []
    for place, arm in enumerate(order):
        if arm in groups:
            cells = [html.Td(_end(groups[arm].get(name))) for name in shown]
            title = html.Th(html.Span(arm, className="arm", style=swatch(place)), scope="row")
            rows.append(html.Tr([title, *cells, html.Td(_greatest(groups[arm].get("residuals")))]))
    head = html.Tr([html.Th(words, scope="col") for words in heads])
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="figures-table study-table decay-table")
    label = aria(label="The curves at the last epoch")
    return html.Div(table, className="table-scroll", tabIndex=0, role="region", **label)


def _end(band: dict[str, list[Any]] | None) -> Any:
    known = [place for place, value in enumerate((band or {}).get("median", ())) if value is not None]
    if not band or not known:
        return "–"
    middle, low, high = (number(band[name][known[-1]]) for name in ("median", "low", "high"))
    return [html.Strong(middle), html.Span(f" [{low}, {high}]", className="quiet")]


def _greatest(residuals: list[float | None] | None) -> str:
    known = [value for value in residuals or () if value is not None]
    return f"{number(max(map(abs, known)))}" if known else "–"
