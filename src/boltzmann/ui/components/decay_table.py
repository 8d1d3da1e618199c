"""The fits of one panel as a table, and why some were refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dash import html

from boltzmann.ui.components.parts import aria, attributes, help_mark, number
from boltzmann.ui.decay_figures import BY, other_c, quoted
from boltzmann.ui.study_figures import swatch

HEADS = (
    ("c [95%]", "The error that is left, with its 95% interval as it is quoted: of the posterior, with its mode; or over the "
     "runs, each fitted by itself, with their mean, where errors of one run depend on those before, which the posterior does "
     "not know. Below it, the other one."),
    ("c against {}", "This c over that of the arm that is chosen above, with its 95% interval. Below 1, this arm's errors "
     "tend to less."),
    ("Final error", "Sum of squared errors at the end: median and range of the runs."),
    ("Final error against {}", "The final error over that of the arm that is chosen above, run by run of one seed: geometric "
     "mean with its 95% interval. Below 1, this arm ends with less. It needs no fit."),
    ("Final log-likelihood", "Of held-out rows, nats a row: median and range of the runs."),
    ("R-hat", "Of the worst parameter. Up to 1.01 the chains agree."),
    ("Effective samples", "Of the worst parameter. 400 are enough."),
    ("Still to come", "95% interval of the share of the decay that the last epoch has not reached. Up to 5% a c is quoted."),
)  # fmt: skip
REFUSED = 2
"""Columns that a refused fit has nothing for: the first ones."""
CHANCE = "may be chance"
MANY = 7
"""Reasons that are shown at once; more are folded, since the table has those of its panel."""
TO_THE_RIGHT = {"justifyContent": "flex-end", "flexWrap": "nowrap"}


def decay_table(
    groups: dict[str, dict[str, Any]],
    ratios: dict[str, dict[str, Any]],
    finals: dict[str, dict[str, Any]],
    order: list[str],
    of: str,
) -> html.Div:
    """A row for each arm that has a group.

    Args:
        groups: By arm.
        ratios: By arm, its c over that of the arm ``of``, in this panel.
        finals: By arm, its final error over that of the arm ``of``, in this panel.
        order: Titles of the arms of the study.
        of: Title of the arm with which the others are compared.
    """
    heads = [(title.replace("{}", of), words) for title, words in HEADS]
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
            body.append(html.Tr([title, *_cells(groups[arm], ratios.get(arm), finals.get(arm))]))
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
    return html.Details([html.Summary(words), _sentences(said, order)], className="fold", open=len(found) <= MANY)


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


def over_pauses(ratios: list[dict[str, Any]], finals: list[dict[str, Any]], panel: str) -> Any:
    """The ratios over all pauses of the panel's hidden beta, in sentences; nothing where there are none.

    Args:
        ratios: Of c, those of a study's decays.
        finals: Of the final errors.
        panel: The title of the chosen panel.
    """

    def over(items: list[dict[str, Any]], value: str) -> list[dict[str, Any]]:
        return [item for item in items if item["panel"] is None and panel in item["panels"] and item[value] is not None]

    told = [
        f"The final error of {item['arm']} is {_times(item['ratio'], item['interval'])} times that of {item['over']}, "
        f"{_paired(item)}, in the geometric mean over {len(item['panels'])} pauses{_doubt(item['interval'], '; it ')}."
        for item in over(finals, "ratio")
    ]
    for item in over(ratios, "median"):
        value, span, other = _of_c(item)
        beside = f" ({other})" if other else ""
        told.append(
            f"c of {item['of']} is {_times(value, span)} times that of {item['arm']}, {_span(span)} {BY[item['by']]}{beside},"
            f" in the geometric mean over {len(item['panels'])} pauses{_doubt(span, '; it ')}."
        )
    return html.Ul([html.Li(words) for words in told], className="decay-findings") if told else None


def _sentences(found: dict[str, dict[str, str]], order: list[str]) -> html.Dl:
    """Each sentence with what it holds for, by arm, in the arms' colours."""
    rows = []
    for sentence, arms in found.items():
        marks = [html.Span(name, className="arm", style=swatch(order.index(arm))) for arm, name in arms.items()]
        rows.append(html.Div([html.Dt(marks, className="arms"), html.Dd(sentence)]))
    return html.Dl(rows, className="findings")


def _cells(group: dict[str, Any], ratio: dict[str, Any] | None, final: dict[str, Any] | None) -> list[html.Td]:
    ends = group.get("final") or {}
    worst = [_worst(group.get("rhat"), max), _worst(group.get("effective"), min)]
    left = group.get("remaining")
    tail = [
        html.Td(_spread(ends.get("sum_squares"))),
        html.Td(_final_ratio(final)),
        html.Td(_spread(ends.get("test_log_likelihood"))),
        html.Td(number(round(worst[0], 3)) if worst[0] is not None else "–"),
        html.Td(f"{worst[1]:,.0f}" if worst[1] is not None else "–"),
        html.Td(" to ".join(dict.fromkeys(map(_share, left))) if left else "–"),
    ]
    if not quoted(group):
        why = html.Div([html.Strong("Refused. "), " ".join(group.get("reasons") or [])])
        return [html.Td(why, className="why", **attributes(colSpan=REFUSED)), *tail]
    said, other = group["quoted"], other_c(group)
    under = f"{BY[other[0]]} {_pair(other[1])}" if other else ""
    return [
        html.Td(_lines(_interval(said["value"], said["c"]), BY[said["by"]], under)),
        html.Td(_ratio(ratio)),
        *tail,
    ]


def _lines(first: list[Any], *more: str) -> list[html.Div]:
    """What is quoted, and below it by what, and what is not quoted."""
    return [html.Div(first), *(html.Div(words, className="quiet") for words in more if words)]


def _ratio(ratio: dict[str, Any] | None) -> Any:
    if ratio is None:
        return "–"
    if ratio.get("median") is None:
        reason = ratio.get("reason") or "It cannot be told."
        return html.Div(["none", help_mark(f"No ratio. {reason}", reason)], className="row", style=TO_THE_RIGHT)
    value, span, other = _of_c(ratio)
    return _lines(_marked(value, span), f"{BY[ratio['by']]}{_doubt(span, ', ')}", other)


def _final_ratio(item: dict[str, Any] | None) -> Any:
    if item is None or item["ratio"] is None:
        return "–"
    doubt = _doubt(item["interval"], ", ") if item["interval"] else ", no interval"
    return _lines(_marked(item["ratio"], item["interval"]), f"{_seeds(item)}{doubt}")


def _marked(value: float, interval: list[float] | None) -> list[Any]:
    strong = html.Strong(_times(value, interval))
    return [strong, html.Span(f" {_span(interval)}", className="quiet")] if interval else [strong]


def _of_c(item: dict[str, Any]) -> tuple[float, list[float], str]:
    """A ratio of c and its interval as they are quoted, and the other interval in words.

    Over the runs the value is the geometric middle of the interval, which is symmetric in the logarithm.
    """
    over = item["over_runs"]
    if item["by"] == "runs":
        return math.sqrt(over[0]) * math.sqrt(over[1]), over, f"{BY['posterior']} {_span(item['interval'])}"
    return item["median"], item["interval"], f"{BY['runs']} {_span(over)}" if over else ""


def _paired(item: dict[str, Any]) -> str:
    return f"{_span(item['interval'])} paired by {_seeds(item)}" if item["interval"] else f"of only {_seeds(item)}"


def _seeds(item: dict[str, Any]) -> str:
    return f"{item['seeds']} seed{'s' if item['seeds'] > 1 else ''}"


def _doubt(interval: list[float] | None, before: str) -> str:
    """A doubt where an interval does not exclude that the ratio is 1."""
    return "" if interval and not interval[0] <= 1 <= interval[1] else f"{before}{CHANCE}"


def _span(interval: list[float]) -> str:
    return f"[{', '.join(_times(value, interval) for value in interval)}]"


def _times(value: float, interval: list[float] | None) -> str:
    """With as many digits as show on which side of 1 the interval's ends are."""
    digits = next((n for n in (3, 4, 5) if all(float(f"{end:.{n}g}") != 1 for end in interval or ())), 6)
    return number(value) if abs(value) >= 1000 else f"{value:.{digits}g}"


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


def _pair(values: Sequence[float | None]) -> str:
    return f"[{', '.join(number(_round(value)) for value in values)}]"


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _share(value: float) -> str:
    return f"{100 * value:.1f}%" if value >= 0.001 else "<0.1%" if value > 0 else "0%"
