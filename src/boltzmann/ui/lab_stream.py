"""From the events of a lab's run to what one tick of the page changes: as :mod:`boltzmann.ui.stream`, for measurements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boltzmann.runs.event_log import without_rewound
from boltzmann.ui.curves import SHOWN, stride, thin
from boltzmann.ui.lab_curves import MEASURED, columns_of
from boltzmann.ui.report_figures import report_columns
from boltzmann.ui.stream import Event, notes

COSTS = ("updates", "samples", "calls", "mode_steps")


def redraw(events: list[Event], cursor: int, view: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """All curves of a run from its first event on.

    Args:
        events: Every event so far.
        cursor: The cursor behind them.
        view: ``log``, ``x`` ("step" or "seconds") and ``scheme`` as the controls stand.

    Returns:
        ``{"curves": columns, "reports": columns}``, the second of the sampler (see
        :mod:`~boltzmann.ui.report_figures`), and the state for the next ticks.
    """
    events = without_rewound(events)
    points = _points(events)
    every = stride(len(points))
    shown = thin(points, every)
    state: dict[str, Any] = {
        "cursor": cursor,
        "view": view,
        "every": every,
        "total": len(points),
        "shown": len(shown),
        "latest": {},
        "pictures": [],
        "sampler": None,
        "quality": None,
        "data": None,
        "notices": [],
        "energies": None,
        "facts": {},
        "state": None,
    }
    _remember(events, state)
    reports = report_columns(events)
    return {
        "curves": columns_of(shown, view["x"]),
        "reports": {key: thin(column, stride(len(column))) for key, column in reports.items()},
    }, state


def extend(events: list[Event], cursor: int, state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What new ``events`` add, in the form of :func:`redraw`; None when all must be drawn anew."""
    points = _points(events)
    if any(event.get("kind") == "rewound" for event in events) or state["shown"] + len(points) > 2 * SHOWN:
        return None
    new = {
        **state,
        "cursor": cursor,
        "total": state["total"] + len(points),
        "shown": state["shown"] + len(points),
        "latest": dict(state["latest"]),
        "pictures": list(state["pictures"]),
        "notices": list(state["notices"]),
    }
    _remember(events, new)
    return {"curves": columns_of(points, state["view"]["x"]), "reports": report_columns(events)}, new


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
