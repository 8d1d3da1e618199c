"""What happened to a run stands on its curves, wherever their axis puts it."""

from __future__ import annotations

import pytest

from boltzmann.ui.curve_marks import CHECKPOINTS, marks_of, thinned
from boltzmann.ui.curves import axis_of, placed, smooth
from boltzmann.ui.stream import extend, redraw

from .conftest import VIEW, metrics

EVENTS = [
    {"kind": "notice", "step": 0, "message": "The embedded digits stand in."},
    *(metrics(step) for step in range(1, 5)),
    {"kind": "checkpoint", "step": 4},
    metrics(5),
    {"kind": "checkpoint", "step": 5},
    {"kind": "stopped", "step": 5},
    {"kind": "rewound", "step": 4},
    {"kind": "notice", "about": "sampler", "step": 4, "message": "From step 5 on: another."},
    metrics(5),
    {"kind": "failed", "step": 5, "error": {"title": "No space"}},
]


def found(marks):
    return [(mark["step"], mark["kind"], mark["text"]) for mark in marks]


def test_marks_of_all_kinds_and_what_was_rewound_is_taken_back_but_the_stop():
    assert found(marks_of(EVENTS)) == [
        (0, "notice", "The embedded digits stand in."),
        (4, "checkpoint", "Checkpoint"),
        (5, "resumed", "Stopped"),
        (4, "resumed", "Resumed from its checkpoint"),
        (4, "sampler", "From step 5 on: another."),
        (5, "notice", "No space"),
    ]
    assert marks_of([{"kind": "checkpoint", "step": "4"}, {"kind": "picture", "step": 1}]) == []


def test_many_checkpoints_are_thinned_and_nothing_else_is():
    marks = marks_of([{"kind": "checkpoint", "step": s} for s in range(1, 1001)] + EVENTS[:1])
    kept = thinned(marks)
    assert len(kept) <= CHECKPOINTS + 2
    assert found(kept)[-2:] == [(1000, "checkpoint", "Checkpoint"), (0, "notice", "The embedded digits stand in.")]


@pytest.mark.parametrize("x", ["step", "epoch", "seconds"])
def test_marks_and_reports_stream_to_where_drawing_anew_puts_them(x):
    view = {**VIEW, "x": x}
    report = {"kind": "sampler", "step": 4, "info": {"effective_inverse_temperature": 1.0}}
    events = [*EVENTS[:6], report, metrics(5), {"kind": "checkpoint", "step": 5}]
    whole, state = redraw(events, 9, view)
    scale = {"step": 1, "epoch": 1 / 4, "seconds": 1 / 10}[x]
    assert whole["reports"]["x"] == pytest.approx([4 * scale])
    assert [mark["x"] for mark in state["marks"]] == pytest.approx([0 if x == "step" else scale, 4 * scale, 5 * scale])
    _, first = redraw(events[:5], 5, view)
    added, streamed = extend(events[5:], 9, first)
    assert added["reports"]["x"] == whole["reports"]["x"]
    assert streamed["marks"] == state["marks"]
    assert streamed["last"] == state["last"] == [5, pytest.approx(5 * scale)]


def test_places_between_points_and_without_any():
    points = [metrics(10), metrics(20)]
    assert placed([None, 5, 15, 99], points, "seconds") == [None, 1.0, 1.5, 2.0]
    assert placed([15], points[1:], "seconds", [10, 1.0]) == [1.5]
    assert placed([15], [], "epoch") == [None]
    assert [axis_of(value) for value in ("epoch", "seconds")] == ["epoch", "seconds"]
    assert {axis_of(value) for value in ("x", None, ["epoch"])} == {"step"}


def test_smoothing_is_the_weighted_mean_of_all_values_so_far():
    values, factor = [3.0, -1.0, 4.0, 1.5, 9.0], 0.7
    for count, smoothed in enumerate(smooth(values, factor)[0], 1):
        weights = [factor ** (count - 1 - i) for i in range(count)]
        mean = sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights)
        assert smoothed == pytest.approx(mean, rel=1e-12)
