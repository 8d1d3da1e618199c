"""What the decays of a study come to, in sentences that are made of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from statistics import geometric_mean
from typing import Any

from boltzmann.runs.study_words import short

PUBLISHED = {
    ("max_likelihood", "printed"): {"start": 1.5, "rate": None},
    ("min_entropy", None): {"start": 1.5, "rate": None},
    ("linear", None): {"start": 1.5, "end": 3.0},
}
"""Schemes of Xu and Oates (2021) with what is published of them, the one of the least published error first, as far as each
is printed."""
LINE = "MaxLL < MinSE < linear"
CHANCE = "it may be chance"

Groups = list[dict[str, Any]]
Doubt = Callable[[str, str], bool]


def decay_words(groups: Groups, finals: list[dict[str, Any]]) -> list[str]:
    """The scheme of the least final error and whether the published order came out, for each place, how many runs diverged,
    and how many asymptotes were refused.

    Args:
        groups: As :func:`boltzmann.runs.decay_groups.group_facts` has them. Several panels of one place count as one by the
            geometric mean of their arms' median final errors: of the arms that have a finished run in each.
        finals: As :func:`boltzmann.runs.decay_ratios.final_ratios` has them: whether a difference may be chance.
    """
    places = dict.fromkeys(group["place"] for group in groups)
    said = [words for place in places if (words := _finding(groups, finals, place))]
    if diverged := sum(group["diverged"] for group in groups):
        runs = "1 finished run diverged: it is" if diverged == 1 else f"{diverged} finished runs diverged: they are"
        said.append(f"{runs} in no fit and in no final error.")
    refused = [group for group in groups if group["verdict"] == "refused"]
    if refused:
        count = "the only fit" if len(groups) == 1 else f"{len(refused)} of {len(groups)} fits"
        if len(refused) == len(groups) > 1:
            count = f"all {len(groups)} fits"
        said.append(f"The asymptotic error c is refused in {count}; each says why.")
    if any(group["runs"] == 1 for group in groups):
        said.append("Some arms have only one finished run, which says nothing of chance: run at least two seeds.")
    return said


def _finding(every: Groups, finals: list[dict[str, Any]], place: str) -> str:
    groups = [group for group in every if group["place"] == place]
    hidden, panels = groups[0]["hidden_beta"], list(dict.fromkeys(group["panel"] for group in groups))
    errors = _by_arm(groups, panels, lambda group: (group["final"]["sum_squares"] or {}).get("median"))
    if len(errors) < 2:
        return ""
    # Where a hidden beta says no more and no less than the place.
    told = hidden is not None and all((group["hidden_beta"] == hidden) == (group["place"] == place) for group in every)
    where = f"Hidden beta {hidden:g}" if told else "; ".join(panels)
    over = f" (over {len(panels)} pauses)" if len(panels) > 1 else ""
    paired = {(item["arm"], item["over"]): item for item in finals if item["panels"] == panels}
    first, second = sorted(errors, key=lambda arm: errors[arm])[:2]
    words = f"{where}{over}: {first} ends with the least error, {short(errors[first])}, before {second}, "
    words += f"{short(errors[second])}{_below(paired.get((first, second)))}."
    return f"{words}{_missing(every, groups, panels, errors)}{_order(groups, panels, errors, paired)}"


def _below(pair: dict[str, Any] | None) -> str:
    """By how much the first of a pair is below the second, with a doubt."""
    if pair is None or pair["interval"] is None:
        return f" (without two common seeds: {CHANCE})"
    middle, least, most = (100 * (1 - value) for value in (pair["ratio"], *reversed(pair["interval"])))
    paired = f"paired by {pair['seeds']} seeds"
    if least <= 0:
        return f" ({paired}, {_percent(least)} to {_percent(most)} below it: {CHANCE})"
    return f": {_percent(middle)} below it, [{_percent(least)}, {_percent(most)}], {paired}"


def _missing(every: Groups, groups: Groups, panels: list[str], errors: dict[str, float]) -> str:
    """Arms that are not compared, and those of which not all runs are."""
    words = ""
    lacking = [arm for arm in dict.fromkeys(group["arm"] for group in every) if arm not in errors]
    if lacking:
        each = " in each pause" if len(panels) > 1 else ""
        words = f" Without a final error{each}, and not compared: {', '.join(lacking)}."
    partly = []
    for arm in errors:
        runs, planned = (sum(group[name] for group in groups if group["arm"] == arm) for name in ("runs", "planned"))
        partly += [f"{arm} {runs} of {planned}"] if runs < planned else []
    return words + (f" Not all runs ended with a final error: {', '.join(partly)}." if partly else "")


def _order(
    groups: Groups, panels: list[str], errors: dict[str, float], paired: dict[tuple[str, str], dict[str, Any]]
) -> str:
    """Whether the published order came out, by the final error and, where no fit of these arms was refused, by c."""
    arms = [next((group["arm"] for group in groups if _published(group, *scheme)), None) for scheme in PUBLISHED]
    known = [arm for arm in arms if arm in errors]
    if len(known) < len(PUBLISHED):
        return ""

    def doubt(left: str, right: str) -> bool:
        pair = paired.get((left, right))
        apart = pair and pair["interval"] and not pair["interval"][0] <= 1 <= pair["interval"][1]
        return not apart or (pair["ratio"] < 1) != (errors[left] < errors[right])  # type: ignore[index]

    came, listed = _came_out(known, errors, doubt)
    words = f" The published order {LINE} {came} in the final errors: {listed}."
    compared = [group for group in groups if group["arm"] in known]
    refused = [group for group in compared if group["verdict"] == "refused"]
    if refused:
        return f"{words} Of c it cannot be told: {len(refused)} of the {len(compared)} fits are refused."
    asymptotes = _by_arm(compared, panels, lambda group: group["quoted"]["value"])
    if any(asymptotes.get(arm, 0.0) <= 0 for arm in known):
        return f"{words} Of c it cannot be told: not all are above 0."
    came, listed = _came_out(known, asymptotes, lambda left, right: _overlap(compared, asymptotes, left, right))
    return f"{words} In c it {came}: {listed}."


def _published(group: dict[str, Any], scheme: str, direction: str | None) -> bool:
    of = group["scheme"], group["direction"]
    return of == (scheme, direction) and all(group["led"][name] == value for name, value in PUBLISHED[of].items())


def _by_arm(groups: Groups, panels: list[str], figure: Callable[[dict[str, Any]], float | None]) -> dict[str, float]:
    """The geometric mean over the panels of a figure, 0 where it is not above 0 in one; without arms that lack it in one."""
    found = {}
    for arm in dict.fromkeys(group["arm"] for group in groups):
        values = {group["panel"]: figure(group) for group in groups if group["arm"] == arm}
        known = [value for value in values.values() if value is not None]
        if len(known) == len(panels):
            found[arm] = geometric_mean(known) if min(known) > 0 else 0.0
    return found


def _came_out(arms: list[str], values: dict[str, float], doubt: Doubt) -> tuple[str, str]:
    """Whether the values of ``arms`` ascend, and the values in words; with a doubt where a neighbour of theirs, or all that
    are out of order, may be so by chance."""
    listed = ", ".join(f"{arm} {short(values[arm])}" for arm in sorted(arms, key=lambda arm: values[arm]))
    wrong = [pair for pair in pairwise(arms) if not values[pair[0]] < values[pair[1]]]
    chance = all(doubt(*pair) for pair in wrong) if wrong else any(doubt(*pair) for pair in pairwise(arms))
    return "did not come out" if wrong else "came out", f"{listed}; {CHANCE}" if chance else listed


def _overlap(groups: Groups, values: dict[str, float], left: str, right: str) -> bool:
    """Whether in a panel the interval of c of the arm of less does not lie below the other's."""
    less, more = (left, right) if values[left] < values[right] else (right, left)
    spans = {(group["panel"], group["arm"]): group["quoted"]["c"] for group in groups}
    return any(spans[panel, less][1] >= spans[panel, more][0] for panel, arm in spans if arm == less)


def _percent(value: float) -> str:
    return (f"{value:.0f}%" if abs(value) >= 9.95 else f"{value:.1f}%").replace("-", "−")
