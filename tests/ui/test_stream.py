"""Curves and ticks: what the page draws must be what the run store holds."""

from __future__ import annotations

import pytest

from boltzmann.ui.curves import LOSSES, PANELS, SHOWN, factor_of, smooth, stride, thin
from boltzmann.ui.stream import extend, picture_list, redraw

from .conftest import VIEW, metrics


def test_smoothing_starts_without_bias_and_goes_on_from_its_state():
    values = [1.0, 3.0, None, 2.0, 8.0]
    whole, _ = smooth(values, 0.9)
    first, state = smooth(values[:2], 0.9)
    rest, _ = smooth(values[2:], 0.9, state)
    assert whole[0] == pytest.approx(1.0)
    assert whole[2] is None
    assert first + rest == whole


def test_no_smoothing_is_the_raw_curve():
    assert smooth([1.0, 5.0, 2.0], 0.0)[0] == [1.0, 5.0, 2.0]


@pytest.mark.parametrize(("value", "factor"), [(0.5, 0.5), (7, 0.99), (-1, 0.0), (None, 0.0), ("x", 0.0), ({}, 0.0)])
def test_factor_is_kept_in_range(value, factor):
    assert factor_of(value) == factor


@pytest.mark.parametrize("count", [0, 1, SHOWN, SHOWN + 1, 10 * SHOWN + 7])
def test_thinning_keeps_the_last_point(count):
    kept = thin(range(count), stride(count))
    assert len(kept) <= SHOWN + 1
    assert kept[-1:] == list(range(count))[-1:]


def test_extending_equals_drawing_anew():
    events = [metrics(step) for step in range(1, 31)]
    whole, _ = redraw(events, 30, VIEW)
    curves, state = redraw(events[:10], 10, VIEW)
    added, state = extend(events[10:], 30, state)
    assert curves["x"] + added["x"] == whole["x"]
    for loss in LOSSES:
        for kind in ("raw", "smoothed"):
            assert curves[loss][kind] + added[loss][kind] == whole[loss][kind]
    assert state["total"] == 30


def test_rewinding_draws_anew_without_the_steps_taken_back():
    events = [metrics(step) for step in range(1, 11)]
    _, state = redraw(events, 0, VIEW)
    again = [{"kind": "rewound", "step": 5}, metrics(6, mse=0.5)]
    assert extend(again, 0, state) is None
    curves, _ = redraw(events + again, 0, VIEW)
    assert curves["x"] == [1, 2, 3, 4, 5, 6]
    assert curves["mse"]["raw"][-1] == 0.5


def test_many_points_are_thinned_out():
    curves, state = redraw([metrics(step) for step in range(1, 5001)], 0, VIEW)
    assert len(curves["x"]) <= SHOWN + 1
    assert curves["x"][-1] == 5000
    assert (state["total"], state["every"]) == (5000, 5000 // SHOWN)


def test_pictures_by_name_and_step():
    pictures = [
        {"step": s, "name": n, "file": f"images/{n}-{s:08d}.png"}
        for s in (1, 50)
        for n in ("generated", "reconstructed")
    ]
    listed = picture_list("RUN", pictures)
    assert listed["steps"] == [1, 50]
    assert listed["generated"][1] == {"step": 50, "src": "/files/runs/RUN/images/generated-00000050.png"}


def tick(page, run_id, state=None, **controls):
    inputs = {
        "tick-asked.data": 0,
        "smoothing.value": 0.5,
        **{key.replace("__", "."): v for key, v in controls.items()},
    }
    return page.call("delta.data", inputs, {"run-id.data": run_id, "stream.data": state})


def test_first_tick_draws_what_the_store_holds(page, run_id):
    history = page.store.history(run_id)
    response = tick(page, run_id, smoothing__value=0)
    delta = response["delta"]["data"]
    for loss, figure in zip(PANELS["mmd"], delta["figures"], strict=True):
        raw, smoothed = figure["data"]
        assert raw["x"] == history["step"]
        assert raw["y"] == smoothed["y"] == history[loss]
    assert delta["final"] is True
    assert "step 8 of 8" in response["run-progress"]["children"]
    assert response["pictures"]["data"]["steps"] == [1, 8]


def test_next_tick_adds_only_what_is_new(page, run_id):
    state = tick(page, run_id)["delta"]["data"]["state"]
    page.store.append(run_id, [metrics(9), metrics(10)])
    delta = tick(page, run_id, state)["delta"]["data"]
    assert "figures" not in delta
    assert [extension[0]["x"][0] for extension in delta["extensions"]] == [[9, 10]] * 4
    assert delta["from"] == state["cursor"] < delta["state"]["cursor"]


def test_buttons_that_the_page_has_stay_even_where_its_stream_is_behind(page, run_id):
    """Drawn anew between a pointer's down and up, they would lose the press."""
    reason = {"cause": "No answer.", "mend": "Try again.", "details": ""}
    page.store.write_status(run_id, state="failed", error=reason)
    first = tick(page, run_id)
    assert "Start again" in str(first["run-actions"]["children"])
    assert "resume-card" in str(first["run-alerts"]["children"])
    inputs = {"tick-asked.data": 0, "smoothing.value": 0.5}
    shown = {f"{place}.data-shown": first[place]["data-shown"] for place in ("run-actions", "run-alerts")}
    again = page.call("delta.data", inputs, {"run-id.data": run_id, **shown})
    assert [set(again[place]) for place in ("run-actions", "run-alerts")] == [{"data-shown"}] * 2
    page.store.write_status(run_id, state="running", error=None)
    later = page.call("delta.data", inputs, {"run-id.data": run_id, **shown})
    page.store.write_status(run_id, state="finished")
    assert "Stop" in str(later["run-actions"]["children"])
    assert later["run-alerts"]["children"] == []


def test_changing_a_control_draws_anew(page, run_id):
    state = tick(page, run_id)["delta"]["data"]["state"]
    controls = {"log-axis__checked": True, "x-axis__value": "seconds"}
    figures = tick(page, run_id, state, **controls)["delta"]["data"]["figures"]
    assert all(figure["layout"]["yaxis"]["type"] == "log" for figure in figures)
    assert figures[0]["data"][0]["x"] == page.store.history(run_id)["seconds"]


@pytest.mark.parametrize("bad", ["../../x", None, 7, {}, "20200101-000000-000000"])
def test_a_run_that_does_not_exist_is_a_message(page, bad):
    response = tick(page, bad)
    text = str(response)
    assert "there is no run" in text
    assert "Traceback" not in text
