"""From the events of a run to what one tick of the page changes: pure functions of events and a small state.

The state travels with the page (a ``dcc.Store``): the cursor in the run's events, the moving averages, the pictures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boltzmann.runs.event_log import without_rewound
from boltzmann.ui.curve_marks import Mark, marks_of, thinned
from boltzmann.ui.curves import LOSSES, SHOWN, placed, smooth, stride, thin
from boltzmann.ui.report_figures import quality_columns, report_columns

Event = dict[str, Any]


def redraw(events: list[Event], cursor: int, view: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """All curves of a run from its first event on.

    Args:
        events: Every event so far.
        cursor: The cursor behind them.
        view: ``smoothing``, ``log``, ``log_x``, ``x`` ("step", "epoch" or "seconds") and ``scheme`` as the controls stand.

    Returns:
        The curves ``{"x": list, "mse": {"raw": list, "smoothed": list}, ..., "reports": columns, "quality":
        columns}`` (see :mod:`~boltzmann.ui.report_figures`) and the state for the next ticks.
    """
    marks = thinned(marks_of(events))
    events = without_rewound(events)
    points = [event for event in events if event.get("kind") == "metrics"]
    every = stride(len(points))
    curves: dict[str, Any] = {"x": thin([point.get(view["x"]) for point in points], every)}
    averages = {}
    for loss in LOSSES:
        raw = [point.get(loss) for point in points]
        smoothed, averages[loss] = smooth(raw, view["smoothing"])
        curves[loss] = {"raw": thin(raw, every), "smoothed": thin(smoothed, every)}
    for source, columns in placed_reports(events, points, view["x"]).items():
        curves[source] = {key: thin(column, stride(len(column))) for key, column in columns.items()}
    state = {
        "cursor": cursor,
        "view": view,
        "averages": averages,
        "every": every,
        "total": len(points),
        "shown": len(curves["x"]),
        "latest": {loss: points[-1].get(loss) for loss in LOSSES} if points else {},
        "pictures": [],
        "sampler": None,
        "quality": None,
        "data": None,
        "notices": [],
        "marks": placed_marks(marks, points, view["x"]),
        "last": last_place(points, view["x"]),
        "state": None,
    }
    notes(events, state)
    return curves, state


def extend(events: list[Event], cursor: int, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What new ``events`` add to the curves, in the form of :func:`redraw`; None when all must be drawn anew."""
    points = [event for event in events if event.get("kind") == "metrics"]
    if any(event.get("kind") == "rewound" for event in events) or state["shown"] + len(points) > 2 * SHOWN:
        return None
    added: dict[str, Any] = {"x": [point.get(state["view"]["x"]) for point in points]}
    averages = {}
    for loss in LOSSES:
        raw = [point.get(loss) for point in points]
        smoothed, averages[loss] = smooth(raw, state["view"]["smoothing"], state["averages"][loss])
        added[loss] = {"raw": raw, "smoothed": smoothed}
    added |= placed_reports(events, points, state["view"]["x"], state["last"])
    marks = placed_marks(marks_of(events), points, state["view"]["x"], state["last"])
    new = {
        **state,
        "cursor": cursor,
        "averages": averages,
        "total": state["total"] + len(points),
        "shown": state["shown"] + len(points),
        "pictures": list(state["pictures"]),
        "notices": list(state["notices"]),
        "marks": thinned([*state["marks"], *marks]),
        "last": last_place(points, state["view"]["x"]) or state["last"],
    }
    if points:
        new["latest"] = {loss: points[-1].get(loss) for loss in LOSSES}
    notes(events, new)
    return added, new


def notes(events: Iterable[Event], state: dict[str, Any]) -> None:
    """Add pictures, notices, the name of the data and the last reports among ``events`` to ``state``."""
    for event in events:
        kind = event.get("kind")
        if kind == "picture":
            state["pictures"].append({key: event.get(key) for key in ("step", "name", "file")})
        elif kind == "notice" and event.get("message") not in state["notices"]:
            state["notices"].append(event.get("message"))
        elif kind == "sampler":
            state["sampler"] = {"seconds": event.get("seconds"), "info": event.get("info") or {}}
        elif kind == "quality":
            state["quality"] = event.get("report") or {}
        elif kind == "started":
            state["data"] = (event.get("facts") or {}).get("data")


def placed_reports(
    events: list[Event], points: list[Event], x: str, before: list[float] | None = None
) -> dict[str, dict[str, list[Any]]]:
    """The columns of sampler and quality, over the same axis as the losses; arguments as of :func:`placed`."""
    found = {"reports": report_columns(events), "quality": quality_columns(events)}
    return {source: {**columns, "x": placed(columns["x"], points, x, before)} for source, columns in found.items()}


def placed_marks(marks: list[Mark], points: list[Event], x: str, before: list[float] | None = None) -> list[Mark]:
    """``marks`` with the ``x`` of each; arguments as of :func:`placed`."""
    places = placed([mark["step"] for mark in marks], points, x, before)
    return [{**mark, "x": place} for mark, place in zip(marks, places, strict=True)]


def last_place(points: list[Event], x: str) -> list[float] | None:
    """Step and place of the last point that has one."""
    return next(([point["step"], point[x]] for point in reversed(points) if point.get(x) is not None), None)


def picture_list(
    run_id: str, pictures: list[dict[str, Any]], names: Iterable[str] = ("generated", "reconstructed")
) -> dict[str, Any]:
    """The pictures as the browser needs them: the steps, and for each of ``names`` its addresses."""
    listed: dict[str, Any] = {
        "steps": sorted({picture["step"] for picture in pictures}),
        **{name: [] for name in names},
    }
    for picture in pictures:
        if picture["name"] in listed:
            src = f"/files/runs/{run_id}/images/{str(picture['file']).rsplit('/', 1)[-1]}"
            listed[picture["name"]].append({"step": picture["step"], "src": src})
    return listed
