"""The fits of one panel as a table, and why some were refused."""

from __future__ import annotations

from typing import Any

from dash import html

from boltzmann.ui.components.parts import aria, attributes, help_mark, number
from boltzmann.ui.decay_figures import quoted
from boltzmann.ui.study_figures import swatch

COMPARED = "c of {} / c"
HEADS = (
    ("c [95%]", "Mode of the posterior density of the error that is left, and its 95% interval."),
    ("Over the runs", "95% interval of the mean over the runs, each fitted by itself. Errors of one run lie close together "
     "from epoch to epoch, which the posterior does not know: this interval is the more careful one."),
    (COMPARED, "How many times smaller this c is than that of the arm that is chosen above, with the 95% interval of the "
     "posterior."),
    ("Final error", "Sum of squared errors at the end: median and range of the runs."),
    ("Final log-likelihood", "Of held-out rows, nats a row: median and range of the runs."),
    ("R-hat", "Of the worst parameter. Up to 1.01 the chains agree."),
    ("Effective samples", "Of the worst parameter. 400 are enough."),
    ("Still to come", "95% interval of the share of the decay that the last epoch has not reached. Up to 5% a c is quoted."),
)  # fmt: skip
REFUSED = 3
"""Columns that a refused fit has nothing for: the first ones."""


def decay_table(
    groups: dict[str, dict[str, Any]], ratios: dict[str, dict[str, Any]], order: list[str], of: str
) -> html.Div:
    """A row for each arm that has a group.

    Args:
        groups: By arm.
        ratios: By arm, c of the arm ``of`` over its own, in this panel.
        order: Titles of the arms of the study.
        of: Title of the arm with which the others are compared.
    """
    heads = [(COMPARED.replace("{}", of) if title == COMPARED else title, words) for title, words in HEADS]
    head = html.Tr(
        [
            html.Th("Arm", scope="col"),
            *(html.Th([title, help_mark(f"{title}. {words}", words)], scope="col") for title, words in heads),
        ]
    )
    body = []
    for place, arm in enumerate(order):
        if arm in groups:
            title = html.Th(html.Span(arm, className="arm", style=swatch(place)), scope="row")
            body.append(html.Tr([title, *_cells(groups[arm], ratios.get(arm))]))
    table = html.Table([html.Thead(head), html.Tbody(body)], className="figures-table study-table decay-table")
    return html.Div(table, className="table-scroll", tabIndex=0, role="region", **aria(label="Fits of the arms"))


def refusals(panels: dict[str, dict[str, dict[str, Any]]], order: list[str]) -> Any:
    """Why no c is quoted: each reason once, with the arms that it holds for; nothing where all are quoted.

    Args:
        panels: By the panel's title the groups by arm.
        order: Titles of the arms of the study.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for panel, groups in panels.items():
        for arm in order:
            if arm in groups and not quoted(groups[arm]):
                reason = " ".join(groups[arm].get("reasons") or ["No reason was noted."])
                found.setdefault(reason, {}).setdefault(arm, []).append(panel)
    if not found:
        return None
    said = {
        reason: {
            arm: arm if len(where) == len(panels) else f"{arm} · {'; '.join(where)}" for arm, where in arms.items()
        }
        for reason, arms in found.items()
    }
    count = sum(len(where) for arms in found.values() for where in arms.values())
    words = f"{count} fit{'s' if count > 1 else ''} of {sum(len(groups) for groups in panels.values())} refused: why"
    return html.Details([html.Summary(words), _sentences(said, order)], className="fold", open=True)


def notes(groups: dict[str, dict[str, Any]], order: list[str]) -> Any:
    """What a fit says against its own figures: each sentence once, with the arms that it holds for; nothing without one.

    Args:
        groups: By arm.
        order: Titles of the arms of the study.
    """
    found: dict[str, dict[str, str]] = {}
    for arm in order:
        for note in groups.get(arm, {}).get("notes") or []:
            found.setdefault(note, {})[arm] = arm
    return _sentences(found, order) if found else None


def ratios_over_pauses(ratios: list[dict[str, Any]], panel: str) -> Any:
    """The ratios of c over all pauses of the panel's hidden beta, in sentences; nothing where there are none.

    Args:
        ratios: Those of a study's decays.
        panel: The title of the chosen panel.
    """
    told = [
        html.Li(
            f"c of {item['of']} is {number(_round(item['median']))} times that of {item['arm']}, {_pair(item['interval'])}, "
            f"in the geometric mean over {len(item['panels'])} pauses{_over(item)}."
        )
        for item in ratios
        if item["panel"] is None and panel in item["panels"] and item["median"] is not None and len(item["panels"]) > 1
    ]
    return html.Ul(told, className="decay-findings") if told else None


def _sentences(found: dict[str, dict[str, str]], order: list[str]) -> html.Dl:
    """Each sentence with what it holds for, by arm, in the arms' colours."""
    rows = []
    for sentence, arms in found.items():
        marks = [html.Span(name, className="arm", style=swatch(order.index(arm))) for arm, name in arms.items()]
        rows.append(html.Div([html.Dt(marks, className="arms"), html.Dd(sentence)]))
    return html.Dl(rows, className="findings")


def _over(ratio: dict[str, Any]) -> str:
    return f"; over the runs {_pair(ratio['over_runs'])}" if ratio.get("over_runs") else ""


def _cells(group: dict[str, Any], ratio: dict[str, Any] | None) -> list[html.Td]:
    final = group.get("final") or {}
    ends = [html.Td(_spread(final.get(name))) for name in ("sum_squares", "test_log_likelihood")]
    worst = [_worst(group.get("rhat"), max), _worst(group.get("effective"), min)]
    chains = [html.Td(number(round(worst[0], 3)) if worst[0] is not None else "–"),
              html.Td(f"{worst[1]:,.0f}" if worst[1] is not None else "–")]  # fmt: skip
    left = group.get("remaining")
    tail = [*ends, *chains, html.Td(" to ".join(dict.fromkeys(map(_share, left))) if left else "–")]
    if not quoted(group):
        why = html.Div([html.Strong("Refused. "), " ".join(group.get("reasons") or [])])
        return [html.Td(why, className="why", **attributes(colSpan=REFUSED)), *tail]
    over = (group.get("over_runs") or {}).get("c")
    return [
        html.Td(_interval(group["mode"]["c"], group["interval"]["c"])),
        html.Td(_pair(over) if over else "–"),
        html.Td(_ratio(ratio)),
        *tail,
    ]


def _ratio(ratio: dict[str, Any] | None) -> Any:
    if ratio is None:
        return "–"
    if ratio.get("median") is None:
        reason = ratio.get("reason") or "It cannot be told."
        return ["none ", help_mark(f"No ratio. {reason}", reason)]
    over = ratio.get("over_runs")
    more = [html.Div(f"over the runs {_pair(over)}", className="quiet")] if over else []
    return [*_interval(ratio["median"], ratio["interval"]), *more]


def _worst(values: dict[str, float] | None, pick: Any) -> float | None:
    known = [value for value in (values or {}).values() if value is not None]
    return pick(known) if known else None


def _spread(values: dict[str, float | None] | None) -> Any:
    if not values or values.get("median") is None:
        return "–"
    return _interval(values["median"], [values.get("low"), values.get("high")])


def _interval(value: float | None, interval: list[float | None] | None) -> list[Any]:
    strong = html.Strong(number(_round(value)))
    return [strong, html.Span(f" {_pair(interval)}", className="quiet")] if interval else [strong]


def _pair(values: list[float | None]) -> str:
    return f"[{', '.join(number(_round(value)) for value in values)}]"


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _share(value: float) -> str:
    return f"{100 * value:.1f}%" if value >= 0.001 else "<0.1%" if value > 0 else "0%"
