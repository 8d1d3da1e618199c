"""The digits' quality beside the curves: what a checkpoint measured, and why nothing was measured."""

from __future__ import annotations

import json

import pytest

from boltzmann.config import TrainingConfig
from boltzmann.ui.components.loss_panel import MEANING, loss_panel, meaning
from boltzmann.ui.components.quality_panel import HIDDEN, quality_panel, quality_words
from boltzmann.ui.curves import LOSSES, PANELS
from boltzmann.ui.report_figures import REPORT_CURVES, quality_columns, report_figure

from .conftest import check_extension, metrics


def quality(step, distance, asked=None):
    report = {"count": 2000, "frechet_distance": distance, "frechet_floor": 2.6, "read_as_asked": asked}
    return {"kind": "quality", "step": step, "report": report}


def shown(panel, kind):
    ids = [getattr(node, "id", None) for node in panel._traverse()]
    return [name["name"] for name in ids if isinstance(name, dict) and name["type"] == kind]


@pytest.mark.parametrize("objective", PANELS)
def test_each_objective_has_its_four_losses_and_a_critic_one_more(objective):
    training = TrainingConfig(objective=objective)
    assert shown(loss_panel(training), "loss") == list(PANELS[objective])
    criticised = training.model_copy(update={"critic_share": 0.5})
    assert shown(loss_panel(criticised), "loss") == [*PANELS[objective], "critic"]
    assert all(all(meaning(loss, objective)) for loss in PANELS[objective])
    assert ("KL" in meaning("total", objective)[1]) == (objective == "elbo")
    assert set(MEANING) == set(LOSSES)


@pytest.mark.parametrize(("classes", "curves"), [(False, ["frechet"]), (True, ["frechet", "asked"])])
def test_models_with_classes_have_a_curve_more(classes, curves):
    assert shown(quality_panel(classes), "report-curve") == curves


def test_the_distance_is_drawn_with_its_floor_and_the_share_as_percent():
    columns = quality_columns([quality(10, 40.0, 0.5), metrics(11), quality(20, 31.25, 0.91)])
    distance, floor = report_figure("frechet", columns, scheme="light", revision="")["data"]
    assert (list(distance.x), list(distance.y), list(floor.y)) == ([10, 20], [40.0, 31.25], [2.6, 2.6])
    assert floor.line.dash == "dot"
    (asked,) = report_figure("asked", columns, scheme="dark", revision="")["data"]
    assert list(asked.y) == [0.5, 0.91]
    last = quality(20, 31.25, 0.91)["report"]
    assert [REPORT_CURVES[name].last(last) for name in ("frechet", "asked")] == ["31.2", "91.0%"]


@pytest.mark.parametrize("name", ["frechet", "asked"])
def test_extending_a_curve_equals_drawing_it_anew(name):
    events = [quality(step, 50.0 - step, step / 10) for step in range(1, 9)]
    assert check_extension(name, events)["quality"] == events[-1]["report"]


@pytest.mark.parametrize(
    ("report", "data", "active", "word"),
    [
        ({"count": 2000}, "mnist", True, "2,000 samples"),
        (None, "digits", True, "embedded digits"),
        (None, "mnist", True, "each checkpoint"),
        (None, None, True, "each checkpoint"),
        (None, "mnist", False, "Not measured"),
        (None, None, False, "Not measured"),
    ],
)
def test_why_there_is_no_measure_is_said_in_words(report, data, active, word):
    assert word in quality_words(report, data, active)


def test_a_tick_shows_the_quality_and_a_reload_the_same(page, run_id):
    def tick(state=None):
        inputs = {"tick-asked.data": 0, "smoothing.value": 0.5}
        return page.call("delta.data", inputs, {"run-id.data": run_id, "stream.data": state})

    first = tick()
    assert first["quality-curves"]["style"] == HIDDEN
    assert "Not measured" in first["quality-words"]["children"]
    page.store.append(run_id, [quality(8, 31.25)])
    second = tick(first["delta"]["data"]["state"])
    frechet, temperature, r_hat = second["delta"]["data"]["report_extensions"]
    assert frechet == [{"x": [[8], [8]], "y": [[31.25], [2.6]]}, [0, 1]]
    assert temperature is r_hat is None
    again = tick()
    for name in ("quality-words", "quality-curves"):
        assert again[name] == second[name]
    assert again["delta"]["data"]["reports"][0]["data"][0]["y"] == [31.25]
    assert "31.2" in json.dumps([value for name, value in second.items() if "report-value" in name])


def test_a_run_stored_before_there_was_a_divergence_still_opens(page, run_id):
    page.store.append(run_id, [{key: value for key, value in metrics(9).items() if key != "kl"}])
    history = page.store.history(run_id)
    assert history["kl"] == [*(5.0 + step for step in range(1, 9)), None]
    csv = page.get(f"/files/runs/{run_id}/metrics.csv").text.splitlines()
    assert csv[0].split(",")[5] == "kl"
    assert csv[-1].split(",")[5] == ""
