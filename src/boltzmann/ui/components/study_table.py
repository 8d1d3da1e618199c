"""The table of a study's final figures, with what each arm cost and what the literature's setting gives."""

from __future__ import annotations

from typing import Any

from dash import html

from boltzmann.runs.estimate_words import duration
from boltzmann.runs.study_references import Reference
from boltzmann.runs.study_words import FIGURES, positive, times_words
from boltzmann.ui.components.parts import aria, attributes, help_mark, number
from boltzmann.ui.study_figures import swatch

HEADS = (
    ("Median [range]", "At the end of each run, so far as it has come. In brackets the least and the greatest of the seeds."),
    ("Against the first", "How this arm's median stands to the first arm's: as a ratio, or as a difference where a ratio has "
     "no meaning. Once both have ended."),
    ("Updates", "Updates of a unit in the Gibbs chains of the negative phase and in anneals for the mode, the median of the "
     "seeds. What enumeration and other samplers do is not in them."),
    ("Samples", "Rows drawn for the negative phase and the mode, the median of the seeds."),
    ("Calls", "Calls of the sampler, the median of the seeds."),
    ("Time", "Seconds of training of one run, the median of the seeds. Runs side by side share the machine's cores."),
    ("Seeds", "Finished of those asked for. A run that failed or diverged is counted here, and not in the median."),
)  # fmt: skip
REFERENCE = (
    "Reference [range]",
    "Median and range over five seeds of an independent implementation in the setting of Manukian et al. (2020). Only for "
    "runs that are set up exactly so.",
)


def figures_table(
    panels: dict[str, list[dict[str, Any]]], figure: str, references: dict[tuple[str, str], Reference], seeds: int
) -> html.Div:
    """Rows of arms below a row for each panel.

    Args:
        panels: By title the rows of :func:`boltzmann.runs.study_results.table`.
        figure: Which of :data:`~boltzmann.runs.study_words.FIGURES` is shown.
        references: By panel and arm.
        seeds: Runs of each arm that were asked for.
    """
    kind = FIGURES[figure]
    heads = list(HEADS)
    if figure == "kl" and references:
        heads.insert(1, REFERENCE)
    else:
        references = {}
    costs = [
        cost for cost in ("updates", "samples", "calls") if any(row[cost] for arms in panels.values() for row in arms)
    ]
    heads = [
        item for item in heads if item[0].lower() not in ("updates", "samples", "calls") or item[0].lower() in costs
    ]
    unit = f", {kind.unit}" if kind.unit else ""
    first = html.Th(f"{kind.title}{unit}", scope="col")
    head = html.Tr(
        [first, *(html.Th([title, help_mark(f"{title}. {words}", words)], scope="col") for title, words in heads)]
    )
    body = []
    for panel, rows in panels.items():
        if len(panels) > 1:
            body.append(
                html.Tr(html.Th(panel, scope="rowgroup", **attributes(colSpan=len(heads) + 1)), className="panel-row")
            )
        for place, row in enumerate(rows):
            cells = _cells(row, rows[0], figure, references.get((panel, row["arm"])), bool(references), costs, seeds)
            title = html.Th(html.Span(row["arm"], className="arm", style=swatch(place)), scope="row")
            body.append(html.Tr([title, *(html.Td(cell) for cell in cells)]))
    table = html.Table([html.Thead(head), html.Tbody(body)], className="figures-table study-table")
    return html.Div(
        table, className="table-scroll", tabIndex=0, role="region", **aria(label="Final figures of the arms")
    )


def _cells(
    row: dict[str, Any],
    first: dict[str, Any],
    figure: str,
    known: Reference | None,
    referred: bool,
    costs: list[str],
    seeds: int,
) -> list[Any]:
    cells: list[Any] = [_band(row["median"], row["low"], row["high"])]
    if referred:
        cells.append(_band(known.median, known.low, known.high) if known else "–")
    # Arms that stand at different steps are not compared: the finding tells how they stand at a common one.
    ended = all(one["finished"] + one["failed"] >= seeds for one in (row, first))
    cells.append(_against(row, first, figure) if ended else "–")
    cells += [_count(row[cost]) for cost in costs]
    cells.append(duration(row["seconds"]) if row["seconds"] is not None else "–")
    seen = f"{row['finished']} of {seeds}"
    if row["failed"]:
        seen = html.Span(f"{seen}, {row['failed']} failed", className="failed-seeds")
    return [*cells, seen]


def _band(median: float | None, low: float | None, high: float | None) -> Any:
    if median is None:
        return "–"
    if low is None or high is None:
        return html.Strong(number(median))
    return [
        html.Strong(number(_round(median))),
        html.Span(f" [{number(_round(low))}, {number(_round(high))}]", className="quiet"),
    ]


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def _against(row: dict[str, Any], first: dict[str, Any], figure: str) -> str:
    if row is first or row["median"] is None or first["median"] is None:
        return "–"
    if FIGURES[figure].ratio and positive(row["median"], first["median"]):
        return times_words(row["median"], first["median"])
    difference = row["median"] - first["median"]
    return f"{'+' if difference > 0 else ''}{number(_round(difference))}"


def _count(value: float | None) -> str:
    if not value:
        return "–"
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= limit:
            return f"{value / (limit if unit != 'k' else 1e3):.3g} {unit}"
    return f"{value:,.0f}"
