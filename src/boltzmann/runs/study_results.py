"""What a study found: bands over the seeds while it runs, final figures and costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from boltzmann.config import FIGURES
from boltzmann.runs.status import Status
from boltzmann.runs.studies import StudyMember, StudyStore
from boltzmann.runs.study_curves import COSTS, RunCurves
from boltzmann.runs.study_words import FIGURES as KINDS
from boltzmann.runs.study_words import positive

AXES = ("seconds", "updates")


class Run(NamedTuple):
    """One run of a study, how it is doing (None: deleted), and what was measured in it (None: nothing yet)."""

    member: StudyMember
    status: Status | None
    curves: RunCurves | None


def bands(studies: StudyStore, study_id: str, figure: str = "") -> dict[str, dict[str, dict[str, list[Any]]]]:
    """Median, least and greatest value over the seeds at each step that was measured.

    Args:
        studies: The studies.
        study_id: The study.
        figure: A field of :class:`boltzmann.training.events.Measured`; the study's own when not given.

    Returns:
        By panel and arm, in the study's order: ``step``, ``seconds`` and ``updates`` (medians), ``median``, ``low``,
        ``high``, ``count`` (seeds with a finite value), lists of equal length. Empty lists before the first measurement.
    """
    figure = figure or studies.config(study_id).figure
    return {
        panel: {arm: band([run.curves for run in runs if run.curves], figure) for arm, runs in arms}
        for panel, arms in grouped(studies, study_id)
    }


def table(studies: StudyStore, study_id: str, figure: str = "") -> dict[str, list[dict[str, Any]]]:
    """The last figures of each arm and what they cost.

    Args:
        studies: The studies.
        study_id: The study.
        figure: As for :func:`bands`.

    Returns:
        By panel a row for each arm, in the study's order: ``arm``; ``median``, ``low``, ``high`` of the figure (None while
        there is none); ``ratio``, the first arm's median over this one's, or None where that has no meaning;
        ``figures``, the same three of every other figure that was measured; the medians of ``updates``, ``samples``,
        ``calls``, ``seconds``; and of the seeds how many are ``finished``, ``failed`` (or ended without a finite figure:
        diverged), ``stopped`` (or interrupted, or deleted), ``going`` (waited for or trained). Failed ones are counted and
        are in no median.
    """
    figure = figure or studies.config(study_id).figure
    ratios = figure in KINDS and KINDS[figure].ratio
    found = {}
    for panel, arms in grouped(studies, study_id):
        rows = [_row(arm, runs, figure) for arm, runs in arms]
        first = rows[0]["median"]
        for row in rows:
            row["ratio"] = first / row["median"] if ratios and positive(first, row["median"]) else None
        found[panel] = rows
    return found


def grouped(
    studies: StudyStore, study_id: str, statuses: Sequence[tuple[StudyMember, Status | None]] | None = None
) -> list[tuple[str, list[tuple[str, list[Run]]]]]:
    """The runs of a study by panel and arm, in its order; ``statuses`` where they have been read already."""
    config = studies.config(study_id)
    found: dict[str, dict[str, list[Run]]] = {
        panel.title: {arm.title: [] for arm in config.arms} for panel in config.panels
    }
    statuses = studies.statuses(study_id) if statuses is None else list(statuses)
    curves = studies.curves(study_id, statuses)
    for member, status in statuses:
        runs = found.get(member.panel, {}).get(member.arm)
        if runs is not None:
            runs.append(Run(member, status, curves.get(member.run)))
    return [(panel, list(arms.items())) for panel, arms in found.items()]


def band(runs: list[RunCurves], figure: str) -> dict[str, list[Any]]:
    """Median, least and greatest value of ``figure`` over ``runs``: see :func:`bands`."""
    measured = [run.columns for run in runs if figure in run.columns]
    if not measured:
        return {name: [] for name in ("step", "count", *AXES, "median", "low", "high")}
    steps = np.unique(np.concatenate([columns["step"] for columns in measured]))
    grid = np.full((1 + len(AXES), len(measured), len(steps)), np.nan)
    for row, columns in enumerate(measured):
        places = np.searchsorted(steps, columns["step"])
        for layer, name in enumerate((figure, *AXES)):
            grid[layer, row, places] = (
                np.nan_to_num(columns[name]) if layer and name in columns else columns.get(name, 0)
            )
    known = ~np.isnan(grid[0])
    seen = known.any(axis=0)
    grid[:, ~known] = np.nan
    middle, low, high = summary(grid[0][:, seen])
    return {
        "step": steps[seen].astype(int).tolist(),
        "count": known.sum(axis=0)[seen].tolist(),
        **{name: summary(grid[place][:, seen])[0].tolist() for place, name in enumerate(AXES, 1)},
        "median": middle.tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
    }


def summary(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median, least and greatest of each column of ``values`` (runs, points), (points,) each; NaN are passed over."""
    # They stand last. numpy's own nanmedian takes twenty times as long for a few runs.
    ordered, last = np.sort(values, axis=0), np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    at = np.arange(values.shape[1])
    return (ordered[last // 2, at] + ordered[(last + 1) // 2, at]) / 2, ordered[0], ordered[last, at]


def spread(values: Iterable[Any]) -> dict[str, float | None]:
    """``median``, ``low`` and ``high`` of the values that are not None; all None without any."""
    known = [value for value in values if value is not None]
    if not known:
        return dict.fromkeys(("median", "low", "high"))
    return {"median": float(median(known)), "low": float(min(known)), "high": float(max(known))}


def _row(arm: str, runs: list[Run], figure: str) -> dict[str, Any]:
    counts = dict.fromkeys(("finished", "failed", "stopped", "going"), 0)
    kept: list[dict[str, float]] = []
    for _, status, curves in runs:
        state = "stopped" if status is None else status.state
        if state == "failed" or (state == "finished" and curves and curves.diverged(figure)):
            counts["failed"] += 1
            continue
        counts[state if state == "finished" else "going" if status and status.active else "stopped"] += 1
        if curves:
            kept.append(curves.last)
    others = {name: spread(last.get(name) for last in kept) for name in FIGURES if name != figure}
    return {
        "arm": arm,
        **spread(last.get(figure) for last in kept),
        **{cost: spread(last.get(cost) for last in kept)["median"] for cost in COSTS},
        **counts,
        "figures": {name: found for name, found in others.items() if found["median"] is not None},
    }
