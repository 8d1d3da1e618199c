"""The play page as requests see it, while no worker is there to answer; and its figures and words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from boltzmann.runs import play, slow_motion
from boltzmann.runs.measurements import measure_machine
from boltzmann.ui.components import play_complete, play_draw, play_motion, play_truth
from boltzmann.ui.components.lab_welcome import welcome
from boltzmann.ui.components.play_parts import PATIENCE
from boltzmann.ui.pages import lab_play
from boltzmann.ui.play_figures import confusion_figure, divergence_figure, machine_figure
from boltzmann.ui.services import Services
from demo_configs import DEMO

SHIPPED = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, train_machine):
    """Two machines in a store, from which each test takes what it needs: their folder and their keys by name."""
    runs = tmp_path_factory.mktemp("trained") / "runs"
    return runs, {
        "digits": train_machine(runs, "digits", "My digits", model__hidden=8, training__epochs=1),
        "bars": train_machine(runs, "bars", "My bars", training__epochs=2),
    }


@pytest.fixture
def digits(page, trained) -> str:
    return brought(page, trained, "digits")


@pytest.fixture
def bars(page, trained) -> str:
    return brought(page, trained, "bars")


def brought(page, trained, name):
    runs, keys = trained
    run_id = keys[name].removeprefix("run:")
    shutil.copytree(runs / run_id, page.settings.runs / run_id)
    return keys[name]


def shown(page, search=""):
    services = Services(page.settings, page.engine, page.store, page.drawings, DEMO, None)  # type: ignore[arg-type]
    return [part for top in lab_play.layout(services, search) for part in (top, *top._traverse())]


def part(parts, name):
    return next(one for one in parts if getattr(one, "id", None) == name)


def closed(parts):
    return {one.value for one in parts if type(one).__name__ == "TabsTab" and one.disabled}


def test_without_a_machine_there_is_slow_motion_and_the_way_to_train_one(page):
    parts = shown(page)
    assert closed(parts) == {"complete", "draw", "classify", "generate", "truth"}
    assert part(parts, "play-tabs").value == "motion"
    assert any(getattr(one, "href", None) == "/lab" and one.children == "Train a machine" for one in parts)


def test_the_address_chooses_machine_and_section_and_only_what_fits_is_open(page, digits, bars):
    parts = shown(page, f"?machine={digits}&show=draw")
    assert part(parts, "play-machine").value == digits
    assert part(parts, "play-tabs").value == "draw"
    assert closed(parts) == set()
    parts = shown(page, f"?machine={bars}&show=draw")
    assert part(parts, "play-key").data == bars
    assert closed(parts) == {"draw", "classify"}
    assert part(parts, "play-tabs").value == "complete"
    assert part(parts, "motion-start").value == bars
    assert [choice["value"] for choice in part(parts, "complete-mask").data] == ["right", "left", "painted"]
    assert part(shown(page, "?machine=run:../x"), "play-machine").value == bars  # the newest


def test_a_machine_of_a_study_has_its_address(page, bars):
    run_id = bars.removeprefix("run:")
    page.store.write_status(run_id, study="20260101-000000-000000")
    parts = shown(page, f"?machine={bars}")
    assert part(parts, "play-machine").value == bars
    assert part(parts, "play-machine").data == [{"value": bars, "label": "My bars"}]


def test_the_shipped_machines_come_first_with_what_was_measured_of_them(page, digits):
    shutil.rmtree(page.settings.models)
    shutil.copytree(SHIPPED, page.settings.models, ignore=shutil.ignore_patterns("best", "demo", "standard"))
    parts = shown(page, "?show=truth")
    assert part(parts, "play-machine").value == "shipped:rbm-labels"
    words = said(part(shown(page, "?machine=shipped:rbm-mnist"), "truth-report"))
    for figure in ("−67.58", "−67.91", "0.20", "1.61", "21.0", "white above 127", "3.139 nats", "0.004997", "95.97%"):
        assert figure in words
    for figure in ("0.33 nats apart, in the expected order", "18.3 of 100", "Few chains carry the mean, 18%"):
        assert figure in words
    measured = json.loads((SHIPPED / "rbm-labels" / "evaluation.json").read_text("utf-8"))
    reading, head = measured["classification"]["free_energy"], said(part(parts, "play-facts"))
    assert f"{1 - reading['accuracy']:.2%} of {reading['images']:,}" in head
    assert f"{measured['reconstruction_error']:.4g}" in head
    assert part(parts, "truth-deeds").style == {"display": "none"}
    services = Services(page.settings, page.engine, page.store, page.drawings, DEMO, None)  # type: ignore[arg-type]
    links = [one.href for one in welcome(services)._traverse() if "play?" in str(getattr(one, "href", ""))]
    assert links == ["/lab/play?machine=shipped:rbm-labels", "/lab/play?machine=shipped:rbm-mnist"]


def test_a_run_is_measured_as_a_job_that_can_be_cancelled_and_keeps_what_was_found(page, bars):
    assert part(shown(page, f"?machine={bars}"), "truth-deeds").style == {}

    def press():
        return page.call("truth.data", {"truth-measure.n_clicks": 1}, {"play-key.data": bars})

    def look(name):
        return page.call("truth-report.children", {"truth-tick-asked.data": 1}, {"truth.data": name})

    first = press()["truth"]["data"]
    assert press()["truth"]["data"] == first  # not twice at once
    assert part(shown(page, f"?machine={bars}"), "truth").data == first
    assert "Waiting for the worker" in str(look(first)["truth-progress"])
    page.call("truth-tick-asked.data", {"truth-cancel.n_clicks": 1}, {"truth.data": first})
    assert "Cancelled" in str(look(first)["truth-progress"])
    second = press()["truth"]["data"]
    assert measure_machine(second, page.settings) == "finished"
    answer = look(second)
    assert "Exact" in str(answer["truth-report"])
    assert answer["truth-tick"]["disabled"] is True
    parts = shown(page, f"?machine={bars}")
    assert "Exact" in said(part(parts, "truth-report"))
    for bad in ("run:../x", None, 7):
        refused = page.call("truth.data", {"truth-measure.n_clicks": 1}, {"play-key.data": bad})
        assert "there is no machine" in str(refused).lower()
    assert "there is no measurement" in str(look("../x")).lower()


def said(component):
    return json.dumps(component.to_plotly_json(), default=lambda one: one.to_plotly_json(), ensure_ascii=False)


@pytest.mark.parametrize(("value", "verdict"), [(-50.0, "ordinary"), (-80.0, "strange"), (-20.0, "strange")])
def test_an_image_is_strange_to_either_side_of_the_usual_free_energy(value, verdict):
    image = np.zeros((8, 8), np.uint8)
    answer = dict.fromkeys(("seen", "reconstruction", "completed"), image)
    answer |= {"probabilities": None, "labels": None, "neighbours": image[None]}
    cards = play_draw.result({**answer, "free_energy": value, "typical": -51.0, "spread": 5.0})
    assert f'"{verdict}"' in said(cards[0])


def test_another_machine_brings_its_own_sections(page, digits, bars):
    answer = page.call("play-body.children", {"play-machine.value": digits}, {"play-tabs.value": "classify"})
    assert '"value": "classify"' in json.dumps(answer["play-body"]["children"])
    assert "digits 8" in json.dumps(answer["play-facts"])
    refused = page.call("play-body.children", {"play-machine.value": "run:../../x"}, {"play-tabs.value": "draw"})
    assert "there is no machine" in json.dumps(refused)


def test_what_is_asked_before_the_worker_is_warm_is_answered_with_the_reason(page, digits):
    state = {"play-key.data": digits}
    sent = {"strokes": [[[0.5, 0.5]]], "asked": 17}
    inputs = {"draw-pad-strokes.data": sent, "play-ready.data": True}
    answer = page.call("draw-answer.children", inputs, state)
    assert "still starting" in json.dumps(answer["draw-answer"])
    assert answer["draw-pad-answered"]["data"] == 17
    waiting = page.call("draw-answer.children", {**inputs, "play-ready.data": False}, state)
    assert "draw-answer" not in waiting
    assert waiting["draw-pad-answered"]["data"] == 17
    scored = page.call(
        "complete-scores.children", {"complete-score.n_clicks": 1}, state | {"complete-mask.value": "left"}
    )
    assert "still starting" in json.dumps(scored)
    stepped = {"snapshot": {}, "curve": []}
    moved = page.call(
        "motion-deed.data", {"motion-cd.n_clicks": 1}, {"motion.data": stepped, "motion-count.value": "1"}
    )
    assert moved["motion-tick"]["disabled"] is True
    assert "still starting" in json.dumps(moved["motion-error"])


@pytest.mark.parametrize("sent", [None, 7, [], {"strokes": 7}, {"strokes": [], "asked": 1}])
def test_a_pad_that_sends_nothing_is_an_empty_pad(page, digits, sent):
    inputs = {"draw-pad-strokes.data": sent, "play-ready.data": True}
    answer = page.call("draw-answer.children", inputs, {"play-key.data": digits})
    assert "No answer" not in json.dumps(answer)


def test_answers_become_words_and_pictures(page, digits):
    found = play.completed(page.settings, digits, 5, "lower", 0)
    words = json.dumps(play_complete.result(found, 4).to_plotly_json(), default=lambda one: one.to_plotly_json())
    assert words.count("is-best") == 1
    assert "50% hidden" in words
    assert words.count("data:image/png") == 5 + play.CHAINS
    answer = play.recognised(page.settings, digits, 5)
    cards = play_draw.result(answer, truth=None)
    assert len(cards) == 1  # a machine without label units tells no class


def test_slow_motion_shows_units_phases_and_the_divergence(page):
    found = slow_motion.begin(page.settings, "bars-6", 0)
    _, _, words, hidden, *_ = play_motion.drawn({**found, "curve": [[0, 2.0]]}, "light")
    assert hidden == {"display": "none"}
    assert "training row" in words
    moved = slow_motion.move(page.settings, found["snapshot"], "cd", 1, 0)
    _, _, _, seen, *matrices, curve, _ = play_motion.drawn({**moved, "curve": [[0, 2.0], [1, 1.9]]}, "dark")
    assert seen == {}
    np.testing.assert_allclose(matrices[2].data[0].z, moved["change"], atol=1e-6)
    assert list(curve.data[0].y) == [2.0, 1.9]


def test_a_weight_is_a_line_of_its_sign_and_a_unit_a_circle_of_its_state():
    weights = np.array([[2.0, 0.0], [0.0, -1.0], [0.0, 0.0]])
    figure = machine_figure(weights, np.array([1, 0, 1]), np.array([0, 1]), None, [0.25, 0.75], "light")
    lines = [trace for trace in figure.data if trace.mode == "lines" and len(trace.x)]
    assert [(trace.line.color, list(trace.y)[:2]) for trace in lines] == [
        ("#0b7f94", [0.0, 0.5]),
        ("#e08a1e", [1.0, 1.5]),
    ]
    assert lines[0].line.width > lines[1].line.width
    visible, hidden = (trace for trace in figure.data if trace.mode == "markers+text")
    assert list(visible.marker.color) == ["#17212b", "#ffffff", "#17212b"]
    assert [text.strip() for text in hidden.text] == ["0.25", "0.75"]


def test_the_confusion_matrix_is_coloured_by_shares_of_the_truth():
    figure = confusion_figure([[9, 1], [0, 0]], "light")
    np.testing.assert_allclose(figure.data[0].z, [[0.9487, 0.3162], [0, 0]])


def test_a_pad_takes_no_answer_for_lost_that_the_server_still_waits_for():
    script = (SHIPPED.parent / "assets" / "pad.js").read_text("utf-8")
    lost = int(script.split("const LOST = ")[1].split(";")[0])
    assert lost > 1000 * PATIENCE


@pytest.mark.parametrize(("apart", "verdict"), [(0.3, "so they agree"), (3.0, "more than chance explains")])
def test_crossed_estimates_are_judged_by_their_errors(apart, verdict):
    report = json.loads((SHIPPED / "rbm-mnist" / "evaluation.json").read_text("utf-8"))
    both = report["log_likelihood"]
    both["ais"]["test"] = both["reverse_ais"]["test"] - apart
    words = str(play_truth.result(report))
    # The errors are 0.195 and 0.2121: 0.2881 together.
    assert f"crossed order, by {apart / 0.2881:.1f} standard errors" in words
    assert verdict in words


@pytest.mark.parametrize(
    ("values", "kind"),
    [([2.36722508, 2.36722502], "linear"), ([2.0, 0.1], "log"), ([3.0, 0.0], "linear"), ([], "linear")],
)
def test_the_divergence_has_few_plain_ticks(values, kind):
    axis = divergence_figure(list(range(len(values))), values, "light").layout.yaxis
    assert (axis.type, axis.title.text) == (kind, "nats")
    if kind == "log":
        assert set(axis.ticktext) >= {"0.1", "0.2", "0.5", "1", "2"}
    elif values:  # at least four in a hundred of the value from end to end: three digits tell the ticks apart
        assert axis.range[0] < min(values) <= max(values) < axis.range[1]
        assert axis.range[1] - axis.range[0] > 0.039 * max(values)
