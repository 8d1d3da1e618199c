"""What a study found, in words: the page and the command line can say the same.

A row is one arm in one panel, as :func:`boltzmann.runs.study_results.table` gives it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

LEVEL = "the same"
UNMEASURED = "The first figures come with the first measurements."


class Figure(NamedTuple):
    """A measured figure.

    Args:
        title: Its name.
        unit: "nats a row", or "" for a pure number.
        lower: Whether less is better.
        ratio: Whether two of them are compared by their ratio where both are positive; else by their difference.
    """

    title: str
    unit: str
    lower: bool
    ratio: bool


FIGURES = {
    "kl": Figure("KL divergence from the data", "nats", True, True),
    "log_likelihood": Figure("Log-likelihood of the training rows", "nats a row", False, False),
    "test_log_likelihood": Figure("Log-likelihood of held-out rows", "nats a row", False, False),
    "pseudo_likelihood": Figure("Pseudo-likelihood of held-out rows", "nats a row", False, False),
    "reconstruction_error": Figure("Reconstruction error of held-out rows", "", True, True),
    "free_energy_gap": Figure("Free-energy gap, held-out less training", "nats", True, False),
    "error_rate": Figure("Labels of held-out rows read wrongly", "", True, True),
    "sum_squares": Figure("Sum of squared errors, held-out rows", "", True, True),
    "chain_breaks": Figure("Share of broken chains", "", True, False),
}
"""By name in :class:`boltzmann.training.events.Measured`."""


class Verdict(NamedTuple):
    """One panel's finding.

    Args:
        panel: Its title.
        words: Who is better than the first arm, and by how much.
        doubt: What speaks against trusting it, or "".
        won: Whether another arm's median is better than the first arm's; None while there is nothing to compare.
        factor: Ratio of the worse median to the better one, where ratios make sense.
        best: The best of the other arms.
        done: Whether all runs of the panel have ended.
    """

    panel: str
    words: str
    doubt: str
    won: bool | None
    factor: float | None
    best: str
    done: bool


def verdict(
    panel: str, rows: list[dict[str, Any]], figure: str, seeds: int, curves: dict[str, dict[str, list[Any]]]
) -> Verdict:
    """Compare the best of the other arms of a panel with the first by their medians.

    Args:
        panel: Its title.
        rows: Its arms, the first one first.
        figure: One of :data:`FIGURES`.
        seeds: Runs of each arm that were asked for.
        curves: The bands of its arms (:func:`boltzmann.runs.study_results.bands`): while runs are unfinished, the arms are
            compared at the last step that all measured ones have reached.
    """
    kind = FIGURES[figure]
    done = all(row["finished"] + row["failed"] >= seeds for row in rows)
    step, level = (0, rows) if done else _level(rows, curves)
    first, others = level[0], [row for row in level[1:] if row["median"] is not None]
    if first["median"] is None or not others:
        return Verdict(panel, _nothing(rows, level), "", None, None, "", done)
    best = (min if kind.lower else max)(others, key=lambda row: row["median"])
    ours, theirs = best["median"], first["median"]
    won = ours < theirs if kind.lower else ours > theirs
    verb = "ends" if done else "is"
    factor = None
    ratio = kind.ratio and positive(ours, theirs)
    if ours == theirs or (ratio and times_words(ours, theirs) == LEVEL):
        words = f"{best['arm']} and {first['arm']} are level, at {short(ours)}."
    else:
        if ratio:
            factor = max(ours, theirs) / min(ours, theirs)
            by = times_words(ours, theirs).replace(" higher", " above").replace(" lower", " below")
        else:
            by = f"{short(abs(ours - theirs))} {kind.unit}".strip() + (" below" if ours < theirs else " above")
        words = f"{best['arm']} {verb} {by} {first['arm']}: {short(ours)} against {short(theirs)}."
        if not won:
            words = f"No other arm beats {first['arm']}: the nearest, {words}"
    doubt = _doubt(first, best, won, kind.lower, level, seeds, step)
    return Verdict(panel, words, doubt, won, factor, best["arm"], done)


def headline(verdicts: list[Verdict], first: str, figure: str) -> str:
    """All panels in a sentence; the single panel's own where there is just one.

    Args:
        verdicts: Of the panels.
        first: Title of the first arm.
        figure: One of :data:`FIGURES`.
    """
    known = [item for item in verdicts if item.won is not None]
    if not known:
        return next((item.words for item in verdicts if item.words != UNMEASURED), UNMEASURED)
    so_far = "" if all(item.done for item in verdicts) else "So far: "
    if len(known) == 1:
        panel = f"{known[0].panel}: " if len(verdicts) > 1 else ""
        return f"{so_far}{panel}{known[0].words}"
    won = [item for item in known if item.won]
    side = "below" if FIGURES[figure].lower else "above"
    if not won:
        return f"{so_far}In none of {len(known)} panels does another arm beat {first}."
    who = won[0].best if len({item.best for item in won}) == 1 else "another arm"
    words = (
        f"{so_far}{who if so_far else who[:1].upper() + who[1:]} is {side} {first} in {len(won)} of {len(known)} panels"
    )
    factors = sorted(item.factor for item in won if item.factor)
    if factors:
        span = f"{factors[0]:.2g}" if len(factors) == 1 else f"{factors[0]:.2g} to {factors[-1]:.2g}"
        words += f", by {span} times"
    return f"{words}."


def positive(*figures: float | None) -> bool:
    """Whether all figures are there and above 0, so that their ratio has a meaning."""
    return all(figure is not None and figure > 0 for figure in figures)


def times_words(value: float, other: float) -> str:
    """How two positive figures stand to each other: "7.5 times lower"."""
    factor = max(value, other) / min(value, other)
    shown = f"{factor:.2g}" if factor < 9.95 else f"{factor:,.0f}"
    return f"{shown} times {'lower' if value < other else 'higher'}" if shown != "1" else LEVEL


def _level(rows: list[dict[str, Any]], curves: dict[str, dict[str, list[Any]]]) -> tuple[int, list[dict[str, Any]]]:
    """The rows as they were at the last step at which every arm that was measured has a figure; and that step."""
    # What is measured before the first step says nothing of training.
    reached = [steps for row in rows if (steps := set(curves.get(row["arm"], {}).get("step", ())) - {0})]
    step = max(set.intersection(*reached), default=0) if reached else 0
    level = []
    for row in rows:
        band = curves.get(row["arm"], {})
        place = band["step"].index(step) if step in band.get("step", ()) and step else None
        then = {name: None if place is None else band[name][place] for name in ("median", "low", "high")}
        level.append({**row, **then})
    return step, level


def _doubt(
    first: dict[str, Any],
    best: dict[str, Any],
    won: bool,
    lower: bool,
    rows: list[dict[str, Any]],
    seeds: int,
    step: int,
) -> str:
    doubts = []
    waited = [row["arm"] for row in rows if row["median"] is None]
    if step:
        least = min(row["finished"] for row in rows)
        doubts.append(
            f"at step {step:,}, which all {'measured ' if waited else ''}arms have reached; {least} of {seeds} seeds have "
            "finished in every arm"
        )
    if waited and step:
        doubts.append(f"{_without(waited)} yet")
    better, worse = (best, first) if won else (first, best)
    apart = better["high"] < worse["low"] if lower else better["low"] > worse["high"]
    if not apart:
        doubts.append("the ranges of the seeds overlap")
    if failed := sum(row["failed"] for row in rows):
        where = "" if step else ": in no median"
        doubts.append(f"{failed} run{' has' if failed == 1 else 's have'} failed or diverged{where}")
    if seeds == 1:
        doubts.append("one seed says nothing of chance")
    words = "; ".join(doubts)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _nothing(rows: list[dict[str, Any]], level: list[dict[str, Any]]) -> str:
    """Why arms cannot be compared."""
    if all(row["median"] is None for row in rows):
        return UNMEASURED
    waited = [row["arm"] for row in level if row["median"] is None]
    why = _without(waited) if len(waited) < len(rows) else "no step of training has been measured in two arms"
    return f"Nothing to compare yet: {why}."


def _without(arms: list[str]) -> str:
    names = " and ".join([", ".join(arms[:-1]), arms[-1]] if len(arms) > 1 else arms)
    return f"{names} {'has' if len(arms) == 1 else 'have'} no figure"


def short(value: float) -> str:
    """A figure as the findings tell it: three digits, or all of those before the point."""
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")
