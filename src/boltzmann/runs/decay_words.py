"""What the decays of a study come to, in sentences that are made of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import exp, log
from statistics import fmean
from typing import Any

from boltzmann.runs.study_words import short

PUBLISHED = (("max_likelihood", "printed"), ("min_entropy", None), ("linear", None))
"""Schemes of Xu and Oates (2021), the one of the least published error first, as far as each is printed."""
LINE = "MaxLL < MinSE < linear"


def decay_words(groups: list[dict[str, Any]]) -> list[str]:
    """The scheme of the least final error and whether the published order came out, for each place, how many runs diverged,
    and how many asymptotes were refused.

    Args:
        groups: As :func:`boltzmann.runs.decay_groups.group_facts` has them. Several panels of one place count as one by the
            geometric mean of their arms' median final errors.
    """
    said = [words for place in dict.fromkeys(group["place"] for group in groups) if (words := _finding(groups, place))]
    if diverged := sum(group["diverged"] for group in groups):
        runs = "1 finished run diverged: it is" if diverged == 1 else f"{diverged} finished runs diverged: they are"
        said.append(f"{runs} in no fit and in no final error.")
    refused = [group for group in groups if group["verdict"] == "refused"]
    if refused:
        every = "all" if len(refused) == len(groups) else f"{len(refused)} of"
        said.append(
            f"The asymptotic error c is refused in {every} {len(groups)} fits: their runs have not converged or an "
            "exponential does not describe them; each says why."
        )
    if any(group["runs"] == 1 for group in groups):
        said.append("Some arms have only one finished run, which says nothing of chance: run at least two seeds.")
    return said


def _finding(every: list[dict[str, Any]], place: str) -> str:
    groups = [group for group in every if group["place"] == place]
    errors = _by_arm(groups, lambda group: (group["final"]["sum_squares"] or {}).get("median"))
    if len(errors) < 2:
        return ""
    hidden, panels = groups[0]["hidden_beta"], list(dict.fromkeys(group["panel"] for group in groups))
    # Where a hidden beta says no more and no less than the place.
    told = hidden is not None and all((group["hidden_beta"] == hidden) == (group["place"] == place) for group in every)
    where = f"Hidden beta {hidden:g}" if told else "; ".join(panels)
    over = f" (over {len(panels)} pauses)" if len(panels) > 1 else ""
    first, second = sorted(errors, key=lambda arm: errors[arm])[:2]
    doubt = "" if _apart(groups, [first, second], _ends) else " (their ranges overlap)"
    words = f"{where}{over}: {first} ends with the least error, {short(errors[first])}, before {second}, "
    return f"{words}{short(errors[second])}{doubt}.{_order(groups, errors)}"


def _order(groups: list[dict[str, Any]], errors: dict[str, float]) -> str:
    """Whether the published order came out, by the final error and, where no fit of these arms was refused, by c."""
    arms = [
        next((g["arm"] for g in groups if g["scheme"] == scheme and g["direction"] == direction), None)
        for scheme, direction in PUBLISHED
    ]
    known = [arm for arm in arms if arm in errors]
    if len(known) < len(PUBLISHED):
        return ""
    came, listed = _came_out(known, errors, groups, _ends)
    words = f" The published order {LINE} {came} in the final errors: {listed}."
    refused = [group for group in groups if group["arm"] in known and group["verdict"] == "refused"]
    if refused:
        count = sum(group["arm"] in known for group in groups)
        return f"{words} Of c it cannot be told: {len(refused)} of the {count} fits are refused."
    asymptotes = _by_arm(groups, lambda group: group["mode"]["c"])
    if set(known) - set(asymptotes):
        return f"{words} Of c it cannot be told: not all are above 0."
    came, listed = _came_out(known, asymptotes, groups, _asymptotes)
    return f"{words} In c it {came}: {listed}."


def _by_arm(groups: list[dict[str, Any]], figure: Callable[[dict[str, Any]], float | None]) -> dict[str, float]:
    """The geometric mean over the panels of a figure; arms where it is missing or not above 0 in one are left out."""
    found = {}
    for arm in dict.fromkeys(group["arm"] for group in groups):
        values = [figure(group) for group in groups if group["arm"] == arm]
        positive = [value for value in values if value is not None and value > 0]
        if positive and len(positive) == len(values):
            found[arm] = exp(fmean(map(log, positive)))
    return found


def _ends(group: dict[str, Any]) -> tuple[float, float]:
    return group["final"]["sum_squares"]["low"], group["final"]["sum_squares"]["high"]


def _asymptotes(group: dict[str, Any]) -> tuple[float, float]:
    # Over the runs, which is wider where they differ more than independent noise explains.
    low, high = group["interval"]["c"]
    own = group["over_runs"].get("c") or (low, high)
    return min(low, own[0]), max(high, own[1])


def _came_out(
    arms: list[str], values: dict[str, float], groups: list[dict[str, Any]], span: Callable[..., tuple[float, float]]
) -> tuple[str, str]:
    """Whether the values of ``arms`` ascend, and the values in words, with a doubt where the ranges overlap."""
    listed = ", ".join(f"{arm} {short(values[arm])}" for arm in sorted(arms, key=lambda arm: values[arm]))
    if not _ascending([values[arm] for arm in arms]):
        return "did not come out", listed
    return "came out", listed if _apart(groups, arms, span) else f"{listed}; their ranges overlap: it may be chance"


def _apart(groups: list[dict[str, Any]], arms: list[str], span: Callable[..., tuple[float, float]]) -> bool:
    """Whether in every panel each arm's range lies below the next one's."""
    for panel in dict.fromkeys(group["panel"] for group in groups):
        spans = {group["arm"]: span(group) for group in groups if group["panel"] == panel and group["arm"] in arms}
        ranges = [spans[arm] for arm in arms if arm in spans]
        if any(left[1] >= right[0] for left, right in pairwise(ranges)):
            return False
    return True


def _ascending(values: list[float]) -> bool:
    return all(left < right for left, right in pairwise(values))
