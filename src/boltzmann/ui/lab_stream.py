"""From the events of a lab's run to what one tick of the page changes: as :mod:`boltzmann.ui.stream`, for measurements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boltzmann.runs.event_log import without_rewound
from boltzmann.ui.curve_marks import marks_of, thinned
from boltzmann.ui.curves import SHOWN, State, smooth, stride, thin
from boltzmann.ui.lab_curves import LINES, MEASURED, Columns, columns_of, smoothed_name
from boltzmann.ui.stream import Event, last_place, notes, placed_marks, placed_reports

COSTS = ("updates", "samples", "calls", "mode_steps")


def redraw(events: list[Event], cursor: int, view: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """All curves of a run from its first event on.

    Args:
        events: Every event so far.
        cursor: The cursor behind them.
        view: As :func:`~boltzmann.ui.components.curve_controls.view_of` gives it.

    Returns:
        ``{"curves": columns, "reports": columns}``, the second of the sampler (see
        :mod:`~boltzmann.ui.report_figures`), and the state for the next ticks.
    """
    marks = thinned(marks_of(events))
    events = without_rewound(events)
    points = _points(events)
    every = stride(len(points))
    averages: dict[str, State] = {}
    curves = _curves(points, view, averages, every)
    state: dict[str, Any] = {
        "cursor": cursor,
        "view": view,
        "averages": averages,
        "every": every,
        "total": len(points),
        "shown": len(curves["x"]),
        "latest": {},
        "pictures": [],
        "sampler": None,
        "quality": None,
        "data": None,
        "notices": [],
        "marks": placed_marks(marks, points, view["x"]),
        "last": last_place(points, view["x"]),
        "energies": None,
        "facts": {},
        "state": None,
    }
    _remember(events, state)
    reports = placed_reports(events, points, view["x"])["reports"]
    return {
        "curves": curves,
        "reports": {key: thin(column, stride(len(column))) for key, column in reports.items()},
    }, state


def extend(events: list[Event], cursor: int, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What new ``events`` add, in the form of :func:`redraw`; None when all must be drawn anew."""
    points = _points(events)
    if any(event.get("kind") == "rewound" for event in events) or state["shown"] + len(points) > 2 * SHOWN:
        return None
    view, averages = state["view"], dict(state["averages"])
    curves = _curves(points, view, averages)
    marks = placed_marks(marks_of(events), points, view["x"], state["last"])
    new = {
        **state,
        "cursor": cursor,
        "averages": averages,
        "total": state["total"] + len(points),
        "shown": state["shown"] + len(points),
        "latest": dict(state["latest"]),
        "pictures": list(state["pictures"]),
        "notices": list(state["notices"]),
        "marks": thinned([*state["marks"], *marks]),
        "last": last_place(points, view["x"]) or state["last"],
    }
    _remember(events, new)
    return {"curves": curves, "reports": placed_reports(events, points, view["x"], state["last"])["reports"]}, new


def _curves(points: list[Event], view: dict[str, Any], averages: dict[str, State], every: int = 1) -> Columns:
    """Every so-manieth of ``points`` as columns; where they are smoothed, with a column more for each line.

    ``averages`` goes on from an earlier call and is changed.
    """
    columns = columns_of(thin(points, every), view["x"])
    for field in LINES if view["smoothing"] else ():
        values = [point.get(field) for point in points]
        smoothed, averages[field] = smooth(values, view["smoothing"], averages.get(field))
        columns[smoothed_name(field)] = thin(smoothed, every)
    return columns


def _points(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.get("kind") == "metrics"]


def _remember(events: list[Event], state: dict[str, Any]) -> None:
    """Keep the last value of every figure, the last histograms, and what :func:`notes` keeps."""
    notes(events, state)
    for event in events:
        kind = event.get("kind")
        if kind == "metrics":
            wanted = (*MEASURED, *COSTS)
            state["latest"] |= {name: event[name] for name in wanted if event.get(name) is not None}
        elif kind == "energies":
            state["energies"] = {key: event.get(key) or [] for key in ("edges", "data", "model")}
        elif kind == "started":
            state["facts"] = event.get("facts") or {}
