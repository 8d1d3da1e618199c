"""How the asymptotic errors of a study's arms stand to each other: in each panel, and over those that differ in the pause."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
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
        ``panel``, ``hidden_beta``, ``panels``; ``median``, ``interval`` and ``over_runs`` as
        :func:`boltzmann.evaluation.decay_fit.ratio` has them, or None and the ``reason``. Of several panels it is the
        geometric mean of their ratios.
    """
    pairs = list(combinations([arm for arm in order if any(group["arm"] == arm for group in groups)], 2))
    hidden = {group["panel"]: group["hidden_beta"] for group in groups}
    places: dict[str, list[str]] = {}
    for panel, place in {group["panel"]: group["place"] for group in groups}.items():
        places.setdefault(place, []).append(panel)
    sets = [(panel, [panel]) for panel in hidden]
    sets += [(None, panels) for panels in places.values() if len(panels) > 1]
    return [
        {**_of(above, below, panels, fits), "panel": panel, "panels": panels, "hidden_beta": hidden[panels[0]]}
        for panel, panels in sets
        for above, below in pairs
    ]


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
        for name in ("interval", "over_runs"):
            turned[name] = None if item[name] is None else [1 / item[name][1], 1 / item[name][0]]
    return turned


def _of(above: str, below: str, panels: list[str], fits: dict[tuple[str, str], DecayFit]) -> dict[str, Any]:
    from boltzmann.evaluation.decay_fit import no_ratio, ratio

    facts: dict[str, Any] = {"of": above, "arm": below, "median": None, "interval": None, "over_runs": None}
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
