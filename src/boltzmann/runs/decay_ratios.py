"""How the errors of a study's arms stand to each other, what they tend to and what they end with: in each panel, and over
those that differ in the pause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, permutations
from statistics import geometric_mean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boltzmann.evaluation.decay_fit import DecayFit


def ratios(
    groups: list[dict[str, Any]], fits: dict[tuple[str, str], DecayFit], order: Sequence[str]
) -> list[dict[str, Any]]:
    """c of each arm over c of each one after it: above 1, the other arm's errors tend to less.

    Args:
        groups: As :func:`boltzmann.runs.decay_groups.group_facts` has them.
        fits: By panel and arm, where there is a fit.
        order: Titles of the arms.

    Returns:
        For each panel, then for the panels of each place together (``panel`` None), of each pair of arms: ``of``, ``arm``,
        ``panel``, ``hidden_beta``, ``panels``; ``median``, ``interval``, ``over_runs``, ``quoted`` and ``by`` as
        :func:`boltzmann.evaluation.decay_ratio.ratio` has them, or None and the ``reason``. Of several panels it is the
        geometric mean of their ratios.
    """
    pairs = list(combinations(_in_order(groups, order), 2))
    hidden = {group["panel"]: group["hidden_beta"] for group in groups}
    return [
        {**_of(above, below, panels, fits), "panel": panel, "panels": panels, "hidden_beta": hidden[panels[0]]}
        for panel, panels in _sets(groups)
        for above, below in pairs
    ]


def final_ratios(
    groups: list[dict[str, Any]], finals: Mapping[tuple[str, str], dict[int, float]], order: Sequence[str]
) -> list[dict[str, Any]]:
    """The final error of each arm over that of each other one, run by run of one seed: below 1, it ends with less.

    Args:
        groups: As :func:`boltzmann.runs.decay_groups.group_facts` has them.
        finals: By panel and arm the final error of each seed.
        order: Titles of the arms.

    Returns:
        For each panel, then for the panels of each place together (``panel`` None), of each arm over each other: ``panel``,
        ``panels``, ``arm``, ``over``, and ``ratio``, ``interval`` and ``seeds`` as
        :func:`boltzmann.evaluation.decay_ratio.paired_ratio` has them. Of several panels a seed's error is the geometric
        mean, of those seeds that finished in all.
    """
    from boltzmann.evaluation.decay_ratio import paired_ratio

    found = []
    for panel, panels in _sets(groups):
        errors = {arm: _joined([finals.get((one, arm), {}) for one in panels]) for arm in _in_order(groups, order)}
        found += [
            {"panel": panel, "panels": panels, "arm": arm, "over": over, **paired_ratio(errors[arm], errors[over])}
            for arm, over in permutations(errors, 2)
        ]
    return found


def _joined(finals: list[dict[int, float]]) -> dict[int, float]:
    common = [seed for seed in finals[0] if all(one.get(seed, 0) > 0 for one in finals)]
    return {seed: geometric_mean(one[seed] for one in finals) for seed in common}


def _in_order(groups: list[dict[str, Any]], order: Sequence[str]) -> list[str]:
    return [arm for arm in order if any(group["arm"] == arm for group in groups)]


def _sets(groups: list[dict[str, Any]]) -> list[tuple[str | None, list[str]]]:
    """Each panel by itself, then the panels of each place of several."""
    places: dict[str, list[str]] = {}
    for panel, place in {group["panel"]: group["place"] for group in groups}.items():
        places.setdefault(place, []).append(panel)
    panels = dict.fromkeys(group["panel"] for group in groups)
    return [(panel, [panel]) for panel in panels] + [(None, some) for some in places.values() if len(some) > 1]


def compared(found: list[dict[str, Any]], of: str) -> list[dict[str, Any]]:
    """Those of :func:`ratios` that one arm takes part in, all as its c over that of the other: ``arm``.

    Args:
        found: The ratios.
        of: The title of the arm.
    """
    return [item if item["of"] == of else _turned(item) for item in found if of in (item["of"], item["arm"])]


def _turned(item: dict[str, Any]) -> dict[str, Any]:
    turned = {**item, "of": item["arm"], "arm": item["of"]}
    if item["median"] is not None:
        turned["median"] = 1 / item["median"]
        for name in ("interval", "over_runs", "quoted"):
            turned[name] = None if item[name] is None else [1 / item[name][1], 1 / item[name][0]]
    return turned


def _of(above: str, below: str, panels: list[str], fits: dict[tuple[str, str], DecayFit]) -> dict[str, Any]:
    from boltzmann.evaluation.decay_ratio import no_ratio, ratio

    facts: dict[str, Any] = {"of": above, "arm": below}
    facts |= dict.fromkeys(("median", "interval", "over_runs", "quoted", "by"))
    pairs = []
    for panel in panels:
        where = f"{panel}: " if len(panels) > 1 else ""
        both = fits.get((panel, above)), fits.get((panel, below))
        for title, fit in zip((above, below), both, strict=True):
            why = "no fit" if fit is None else no_ratio(fit)
            if why:
                return {**facts, "reason": f"{where}{title} has {why}."}
        pairs.append(both)
    return {**facts, **ratio(pairs), "reason": ""}
