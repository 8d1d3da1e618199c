"""Runs laid over each other: only such as can be compared, each in its own colour, beside what is different."""

from __future__ import annotations

import csv
import io
import json

import pytest

from boltzmann.config import RBM_PRESETS, changed
from boltzmann.runs.files import StoreError
from boltzmann.runs.store import RunStore
from boltzmann.ui.components.setting_lines import differing
from boltzmann.ui.overlay import MOST, chosen, overlays, read_columns
from boltzmann.ui.overlay_figures import overlay_figure
from boltzmann.ui.report_figures import DECADES, report_figure

from .conftest import VIEW, metrics

UNKNOWN = "20200101-000000-000000"
DRAW = {"overlay-tick-asked.data": 0, "smoothing.value": 0.5}


@pytest.fixture
def second(page, config):
    """Another run of the Studio, with a name that a spreadsheet and a figure could take for more than words."""
    run_id = page.store.create(changed(config, {"training.learning_rate": 0.01}), "=<b>quick</b>")
    page.store.append(run_id, [metrics(step, mse=0.5) for step in range(1, 4)])
    return run_id


def draw(page, runs, **controls):
    curves = [{"name": name, "type": "overlay-curve"} for name in ("mse", "frechet")]
    ids = '{"name":["ALL"],"type":"overlay-curve"}'
    outputs = {f"{ids}.id": [[one, one] for one in curves]}
    boxes = {'{"name":["ALL"],"type":"overlay-box"}.style': [[{**one, "type": "overlay-box"}, None] for one in curves]}
    state = {**outputs, **boxes, f"{ids}.figure": outputs[f"{ids}.id"], "overlay-runs.data": runs}
    return page.call("overlay-table.children", DRAW | controls, state)


def test_what_is_no_run_or_too_many_is_refused_in_words(page):
    many = ",".join(f"20200101-000000-{i:06d}" for i in range(MOST + 1))
    for runs, words in (("../../etc", "there is no run"), (UNKNOWN, "there is no run"), (many, f"at most {MOST} runs")):
        with pytest.raises(StoreError, match=words):
            chosen(page.store, runs)
        assert page.get("/files/runs/compare.csv", query_string={"runs": runs}).status_code == 404
        assert words in json.dumps(draw(page, runs))


@pytest.mark.parametrize("runs", ["", None, 7, {}, ",,"])
def test_nothing_chosen_is_nothing(tmp_path, runs):
    assert chosen(RunStore(tmp_path), runs) == []


def test_runs_of_both_rooms_are_not_mixed(page, run_id, lab_run):
    assert chosen(page.store, f"{run_id},{run_id}") == [run_id]
    with pytest.raises(StoreError, match="of the Studio and of the QRBM lab"):
        chosen(page.store, f"{run_id},{lab_run}")
    search = {"url.search": f"?runs={run_id},{lab_run}"}
    shown = json.dumps(page.call("page.children", {"url.pathname": "/runs/compare"}, search))
    assert "cannot be compared" in shown


def test_only_the_settings_that_differ_are_listed(config):
    other = changed(config, {"training.learning_rate": 0.0010001, "sampler.name": "simulated_qpu", "seed": 7})
    base = changed(config, {"training.learning_rate": 0.001})
    rows = dict(differing([base, other, None]))
    assert rows["Training: Learning rate"] == ["0.001", "0.0010001", "–"]
    assert rows["Sampler"] == ["Gibbs sampling", "Simulated QPU", "–"]
    assert rows["Training: Seed"][1] == "7"
    assert not any("Epochs" in label or "Latent" in label for label in rows)
    assert differing([base, base]) == []
    assert dict(differing([RBM_PRESETS["bars"], changed(RBM_PRESETS["bars"], {"model.hidden": 5})])).keys() == {
        "Model: Hidden units"
    }


def test_overlaid_curves_are_those_of_the_runs(page, run_id, second, config):
    response = draw(page, f"{run_id},{second}", **{"x-axis.value": "epoch", "smoothing.value": 0})
    mse, frechet = (value["figure"] for key, value in response.items() if "overlay-curve" in key)
    assert [trace["x"] for trace in mse["data"]] == [page.store.history(one)["epoch"] for one in (run_id, second)]
    assert [trace["y"] for trace in mse["data"]] == [page.store.history(one)["mse"] for one in (run_id, second)]
    assert "<b>" not in json.dumps(mse)
    assert frechet["data"] == []
    seen = {key: value["style"] for key, value in response.items() if "overlay-box" in key}
    assert [style.get("visibility") for style in seen.values()] == [None, "hidden"]
    table = json.dumps(response["overlay-table"])
    assert "Learning rate" in table
    assert "Latent spins" not in table
    hidden = draw(page, f"{run_id},{second}", **{"overlay-shown.value": [second]})
    raw, smoothed = next(value["figure"] for key, value in hidden.items() if "overlay-curve" in key)["data"]
    assert raw["x"] == smoothed["x"] == [1, 2, 3]
    # A run keeps its colour when others are hidden.
    assert smoothed["line"]["color"] == mse["data"][1]["line"]["color"]


def test_a_logarithmic_distance_has_the_ticks_of_a_single_run(config):
    curve = next(one for one in overlays([config], False) if one.name == "frechet")
    columns = {"step": [1, 2], "frechet": [700.0, 20.0]}
    several = overlay_figure(curve, [(0, "one", {"quality": columns})], {**VIEW, "log_x": False}, "")
    single = report_figure("frechet", {"x": [1, 2], "frechet": [700.0, 20.0]}, scheme="light", revision="")
    ticks = [figure.to_dict()["layout"]["yaxis"] for figure in (several, single)]
    assert [(axis["type"], list(axis["tickvals"])) for axis in ticks] == [("log", DECADES)] * 2


def test_losses_of_both_objectives_have_no_common_total(config):
    both = [config, changed(config, {"training.objective": "elbo"})]
    assert [one.name for one in overlays(both, False)][:4] == ["mse", "mmd", "kl", "nll"]
    assert "total" in [one.name for one in overlays(both[:1], False)]


def test_training_rows_are_dotted_beside_the_held_out_ones(page, lab_run):
    page.store.append(lab_run, [{"kind": "metrics", "step": 5, "log_likelihood": -2.0, "test_log_likelihood": -3.0}])
    curve = next(one for one in overlays([], True) if one.name == "log_likelihood")
    view = {**VIEW, "log_x": True}
    figure = overlay_figure(curve, [(0, "Bars", read_columns(page.store, lab_run))], view, "").to_dict()
    lines = [trace["line"]["dash"] for trace in figure["data"] if trace.get("name")]
    assert lines == ["dot", "solid"]
    assert figure["layout"]["xaxis"]["type"] == "log"


def test_the_table_holds_every_point_and_no_formula(page, run_id, second):
    answer = page.get("/files/runs/compare.csv", query_string={"runs": f"{run_id},{second}"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {(row["run"], row["name"]) for row in rows} == {(run_id, "Eight steps"), (second, "'=<b>quick</b>")}
    found = [float(row["value"]) for row in rows if row["run"] == run_id and row["curve"] == "mse"]
    assert found == page.store.history(run_id)["mse"]
    # What the sampler reported lies where the losses around it do.
    reports = [row for row in rows if row["curve"] == "temperature"]
    assert [[row[key] for key in ("run", "step", "epoch", "seconds", "value")] for row in reports] == [
        [run_id, "8", "2.0", "0.8", "5.9"]
    ]
    assert len(rows) == 5 * (8 + 3) + 1


def test_curves_of_the_lab_are_one_long_table_too(page, lab_run):
    answer = page.get("/files/runs/compare.csv", query_string={"runs": lab_run})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [float(row["value"]) for row in rows if row["curve"] == "kl"] == page.store.history(lab_run)["kl"]
    assert {row["curve"] for row in rows} == {"kl", "mode_probability", "learning_rate"}


def test_marks_of_each_run_come_when_they_are_asked_for_in_its_colour(page, run_id, second):
    page.store.append(run_id, [{"kind": "checkpoint", "step": 8}])
    page.store.append(second, [{"kind": "notice", "about": "sampler", "step": 2, "message": "Another sampler"}])
    both = f"{run_id},{second}"
    assert draw(page, both)["overlay-marks"]["data"]["marks"] == []
    asked = {"marks-shown.checked": True, "x-axis.value": "epoch", "colour-scheme.data": "dark"}
    response = draw(page, both, **asked)
    marks = response["overlay-marks"]["data"]["marks"]
    lines = next(value["figure"] for key, value in response.items() if "overlay-curve" in key)["data"]
    assert [(mark["kind"], mark["step"], mark["x"], mark["lane"]) for mark in marks] == [
        ("checkpoint", 8, 2.0, 0),
        ("sampler", 2, 0.5, 1),
    ]
    assert [mark["colour"] for mark in marks] == [trace["line"]["color"] for trace in lines[-2:]]
    # A run keeps its colour when others are hidden, and its marks go with it.
    (mark,) = draw(page, both, **asked, **{"overlay-shown.value": [second]})["overlay-marks"]["data"]["marks"]
    assert (mark["colour"], mark["lane"]) == (marks[1]["colour"], 0)


@pytest.mark.parametrize("hidden", ["{second}", "{second},{second},../x,20200101-000000-000000", "nothing", "", ","])
def test_an_address_hides_runs_that_are_compared_and_nothing_else(page, run_id, second, hidden):
    address = {"url.search": f"?runs={run_id},{second}&hidden={hidden.format(second=second)}"}
    shown = json.dumps(page.call("page.children", {"url.pathname": "/runs/compare"}, address))
    wanted = [run_id] if "second" in hidden else [run_id, second]
    assert f'"value": {json.dumps(wanted)}' in shown


def test_a_share_above_nought_has_a_logarithmic_axis_when_that_is_asked_for(page, run_id):
    reports = [{"kind": "quality", "step": step, "report": {"read_as_asked": step / 8}} for step in (4, 8)]
    page.store.append(run_id, reports)
    curve = next(one for one in overlays([], False) if one.name == "asked")
    of = read_columns(page.store, run_id)
    for log, wanted in ((True, "log"), (False, "linear")):
        view = {**VIEW, "log": log, "log_x": False}
        figure = overlay_figure(curve, [(0, "One", of)], view, "").to_dict()
        assert figure["layout"]["yaxis"]["type"] == wanted
