"""What a study found: bands over the seeds while it runs, final figures and costs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from statistics import median
from typing import Any

from boltzmann.runs.recorder import FIGURES
from boltzmann.runs.status import Status
from boltzmann.runs.store import RunStore
from boltzmann.runs.studies import StudyMember, StudyStore
from boltzmann.runs.study_words import FIGURES as KINDS
from boltzmann.runs.study_words import positive

COSTS = ("updates", "samples", "calls", "seconds")
AXES = ("seconds", "updates")


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
        panel: {
            arm: _band([_curves(studies.runs, m.run) for m, status in runs if status], figure) for arm, runs in arms
        }
        for panel, arms in _grouped(studies, study_id)
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
    for panel, arms in _grouped(studies, study_id):
        rows = [_row(studies.runs, arm, runs, figure) for arm, runs in arms]
        first = rows[0]["median"]
        for row in rows:
            row["ratio"] = first / row["median"] if ratios and positive(first, row["median"]) else None
        found[panel] = rows
    return found


Runs = list[tuple[StudyMember, Status | None]]


def _grouped(studies: StudyStore, study_id: str) -> list[tuple[str, list[tuple[str, Runs]]]]:
    config, statuses = studies.config(study_id), studies.statuses(study_id)
    return [
        (
            panel.title,
            [
                (arm.title, [item for item in statuses if (item[0].panel, item[0].arm) == (panel.title, arm.title)])
                for arm in config.arms
            ],
        )
        for panel in config.panels
    ]


def _row(store: RunStore, arm: str, runs: Runs, figure: str) -> dict[str, Any]:
    counts = dict.fromkeys(("finished", "failed", "stopped", "going"), 0)
    kept = []
    for member, status in runs:
        curves = _curves(store, member.run) if status else {}
        state = "stopped" if status is None else status.state
        if state == "failed" or (state == "finished" and _diverged(curves, figure)):
            counts["failed"] += 1
            continue
        counts[state if state == "finished" else "going" if status and status.active else "stopped"] += 1
        if curves.get("step"):
            kept.append(curves)
    others = {name: _spread(_last(curves[name]) for curves in kept) for name in FIGURES if name != figure}
    return {
        "arm": arm,
        **_spread(_last(curves[figure]) for curves in kept),
        **{cost: _spread(_last(curves[cost]) for curves in kept)["median"] for cost in COSTS},
        **counts,
        "figures": {name: spread for name, spread in others.items() if spread["median"] is not None},
    }


def _band(curves: list[dict[str, list[Any]]], figure: str) -> dict[str, list[Any]]:
    points: dict[int, list[tuple[Any, ...]]] = {}
    for run in curves:
        for step, value, *axes in zip(run["step"], run[figure], *(run[axis] for axis in AXES), strict=True):
            if value is not None:
                points.setdefault(step, []).append((value, *axes))
    steps = sorted(points)
    columns: dict[str, list[Any]] = {"step": steps, "count": [len(points[step]) for step in steps]}
    for place, axis in enumerate(AXES, 1):
        columns[axis] = [float(median([point[place] or 0 for point in points[step]])) for step in steps]
    # Of a few seeds at hundreds of steps: plain Python is many times quicker than arrays of five.
    for name, over in (("median", median), ("low", min), ("high", max)):
        columns[name] = [float(over([point[0] for point in points[step]])) for step in steps]
    return columns


def _spread(values: Iterable[Any]) -> dict[str, float | None]:
    known = [value for value in values if value is not None]
    if not known:
        return dict.fromkeys(("median", "low", "high"))
    return {"median": float(median(known)), "low": float(min(known)), "high": float(max(known))}


def _last(values: list[Any]) -> Any:
    return next((value for value in reversed(values) if value is not None), None)


def _diverged(curves: dict[str, list[Any]], figure: str) -> bool:
    """Whether the figure was a number and is none at the end: numbers that are not finite are stored as null."""
    values = curves.get(figure) or [None]
    return values[-1] is None and _last(values) is not None


def _curves(store: RunStore, run_id: str) -> dict[str, list[Any]]:
    try:
        size = os.path.getsize(store.folder(run_id) / "events.jsonl")
    except OSError:  # not begun
        size = 0
    return _read(store.root, run_id, size)


# The page asks again and again; the events of a run only grow.
@lru_cache(maxsize=400)
def _read(root: Any, run_id: str, _size: int) -> dict[str, list[Any]]:
    return RunStore(root).history(run_id)
