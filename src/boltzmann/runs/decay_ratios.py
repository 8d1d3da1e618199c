"""How the asymptotic errors of a study's arms stand to each other: of each panel, and over the panels of one hidden beta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.evaluation.decay_fit import ratio

if TYPE_CHECKING:
    from boltzmann.evaluation.decay_fit import DecayFit

DRAWS = 4000


def ratios(groups: list[dict[str, Any]], fits: dict[tuple[str, str], DecayFit], first: str) -> list[dict[str, Any]]:
    """c of the first arm over c of each other one: above 1, the other arm's errors tend to less.

    Args:
        groups: As :func:`boltzmann.runs.study_decay.group_facts` has them.
        fits: By panel and arm, where there is a fit.
        first: Title of the arm that the others are compared with.

    Returns:
        For each panel, then for the panels of each hidden beta together (``panel`` None): ``of``, ``arm``, ``panel``,
        ``hidden_beta``, ``panels``; ``median`` and ``interval`` (95%) of the posterior, ``over_runs`` (95%) by bootstrap
        over the runs, or None and the ``reason``. Of several panels it is the geometric mean of their ratios.
    """
    arms = list(dict.fromkeys(group["arm"] for group in groups if group["arm"] != first))
    panels = {group["panel"]: group["hidden_beta"] for group in groups}
    found = []
    for panel, hidden in panels.items():
        found += [{**_of(first, arm, [panel], fits), "panel": panel, "hidden_beta": hidden} for arm in arms]
    for hidden in dict.fromkeys(value for value in panels.values() if value is not None):
        together = [panel for panel, value in panels.items() if value == hidden]
        if len(together) > 1:
            found += [{**_of(first, arm, together, fits), "panel": None, "hidden_beta": hidden} for arm in arms]
    return found


def _of(first: str, arm: str, panels: list[str], fits: dict[tuple[str, str], DecayFit]) -> dict[str, Any]:
    facts: dict[str, Any] = {"of": first, "arm": arm, "panels": panels}
    nothing = {"median": None, "interval": None, "over_runs": None}
    pairs: list[Any] = []
    for panel in panels:
        where = f"{panel}: " if len(panels) > 1 else ""
        pair = fits.get((panel, first)), fits.get((panel, arm))
        for title, fit in zip((first, arm), pair, strict=True):
            if why := _why_not(fit):
                return {**facts, **nothing, "reason": f"{where}{title} has {why}."}
        pairs.append(pair)
    if len(pairs) == 1:
        return {**facts, **ratio(*pairs[0]), "reason": ""}
    rng = np.random.default_rng(0)
    logs = np.mean([_log_ratio(a.c_draws, b.c_draws, rng) for a, b in pairs], axis=0)
    low, high = np.quantile(logs, (0.025, 0.975))
    over_runs = _bootstrap([(a.over_runs["values"], b.over_runs["values"]) for a, b in pairs], rng)
    return {
        **facts,
        "median": float(np.exp(np.median(logs))),
        "interval": [float(np.exp(low)), float(np.exp(high))],
        "over_runs": over_runs,
        "reason": "",
    }


def _why_not(fit: DecayFit | None) -> str:
    if fit is None or fit.verdict == "refused":
        return "no fit" if fit is None else "no c: its fit is refused"
    low, high = fit.interval["c"]
    return "a c that cannot be told from 0" if low <= 0 else "" if high > 0 else "a c below 0"


def _log_ratio(above: list[float], below: list[float], rng: np.random.Generator) -> np.ndarray:
    # Intervals that do not reach 0 may yet have a draw beyond it.
    parts = [np.array([value for value in draws if value > 0]) for draws in (above, below)]
    a, b = (rng.choice(part, DRAWS) for part in parts)
    return np.log(a / b)


def _bootstrap(
    pairs: list[tuple[list[float | None], list[float | None]]], rng: np.random.Generator
) -> list[float] | None:
    logs = np.zeros(DRAWS)
    for pair in pairs:
        for own, sign in zip(pair, (1, -1), strict=True):
            known = np.array([value for value in own if value is not None])
            if len(known) < 2:
                return None
            means = known[rng.integers(len(known), size=(DRAWS, len(known)))].mean(1)
            if (means <= 0).any():
                return None
            logs += sign * np.log(means) / len(pairs)
    low, high = np.quantile(logs, (0.025, 0.975))
    return [float(np.exp(low)), float(np.exp(high))]
