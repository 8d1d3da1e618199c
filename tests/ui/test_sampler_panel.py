"""The sampler's panel: every verdict, none, and runs stored before there were verdicts."""

from __future__ import annotations

import json

import pytest

from boltzmann.config import SAMPLER_CONFIGS
from boltzmann.ui.components.draw_panel import result
from boltzmann.ui.components.sampler_panel import badges, details, report_facts, sampler_panel, words
from boltzmann.ui.report_figures import REPORT_CURVES, report_columns, report_figure
from boltzmann.ui.stream import redraw

from .conftest import VIEW, check_extension, metrics


def text(*parts):
    return json.dumps([part.to_plotly_json() for part in parts], default=lambda part: part.to_plotly_json())


def gibbs(found="mixing", **changes):
    """A report as block Gibbs writes it."""
    mixing = {
        "verdict": found, "sentence": f"{found.capitalize()}: in words.", "spin_r_hat": 1.31, "edge_r_hat": 1.2,
        "energy_r_hat": 1.01, "start_overlap": 0.1, "autocorrelation_sweeps": 40.0, "effective_samples": 900.0,
        "effective_samples_per_second": 5000.0, "chains": 64, "sweeps": 1240,
    }  # fmt: skip
    info = {"engine": "processor, 2 threads", "tempering": None, "mixing": mixing, "mean_energy": -264.5}
    estimate = {"effective_inverse_temperature": 1.0187, "effective_inverse_temperature_error": 0.031}
    return {**info, **estimate, "effective_inverse_temperature_note": None, **changes}


TEMPERED = gibbs(
    tempering={"levels": 21, "swap_rate": 0.61, "round_trips": 9, "round_trips_per_1000_sweeps": 4.0},
    plain_mixing={"verdict": "stuck", "sentence": "Stuck: they do not move."},
)
OLD = {"sweeps": 30, "persistent": False, "effective_inverse_temperature": 5.9}
FROZEN = {"effective_inverse_temperature": None, "effective_inverse_temperature_note": "Frozen: none moves."}


def event(step, info):
    return {"kind": "sampler", "step": step, "seconds": 0.01, "info": info}


@pytest.mark.parametrize(("found", "colour"), [("mixing", "green"), ("slow", "yellow"), ("stuck", "red")])
def test_every_verdict_has_its_word_and_its_colour(found, colour):
    (badge,) = badges(gibbs(found))
    assert (badge.children, badge.color) == (found, colour)
    assert f"{found.capitalize()}: in words." in text(*words(gibbs(found), "gibbs"))


def test_a_tempered_run_says_so_and_what_plain_chains_would_do():
    assert [badge.children for badge in badges(TEMPERED)] == ["mixing", "parallel tempering"]
    assert "21 levels, 61% of swaps accepted" in text(*words(TEMPERED, "gibbs"))
    assert "Stuck: they do not move." in text(*details(TEMPERED))
    assert "R-hat 1.01" in text(*details(TEMPERED))


def test_what_is_infinite_or_unknown_is_said_in_words():
    info = gibbs("stuck")
    info["mixing"] |= {"spin_r_hat": None, "autocorrelation_sweeps": None}
    assert [REPORT_CURVES[name].last(info) for name in ("temperature", "r_hat")] == ["1.02 ± 0.03", "infinite"]
    shown = text(*details(info))
    assert "longer than the look" in shown
    assert "5000" not in shown.replace(",", "")


@pytest.mark.parametrize("info", [OLD, FROZEN, {}, gibbs(mixing=None)])
@pytest.mark.parametrize("sampler", [*SAMPLER_CONFIGS, "one of the future"])
def test_reports_without_a_verdict_still_show(info, sampler):
    assert badges(info) == []
    assert text(*words(info, sampler), *details(info), report_facts({"seconds": None, "info": info}))
    assert all(curve.last(info) for curve in REPORT_CURVES.values())


def test_a_note_takes_the_place_of_the_number():
    assert REPORT_CURVES["temperature"].last(FROZEN) == "–"
    assert "Frozen: none moves." in text(*words(FROZEN, "simulated_qpu"))


@pytest.mark.parametrize(
    ("sampler", "curves"),
    [("gibbs", {"temperature", "r_hat"}), ("simulated_qpu", {"temperature", "prefactor"}), ("exact", {"temperature"})],
)
def test_a_panel_has_the_curves_that_its_sampler_reports(sampler, curves):
    ids = [getattr(node, "id", None) for node in sampler_panel(SAMPLER_CONFIGS[sampler]())._traverse()]
    assert {name["name"] for name in ids if isinstance(name, dict) and name["type"] == "report-curve"} == curves
    assert sampler_panel(None)


def test_the_temperature_is_drawn_with_its_error_and_without_what_means_nothing():
    columns = report_columns([event(1, gibbs()), event(2, FROZEN), metrics(2), event(3, OLD)])
    (trace,) = report_figure("temperature", columns, scheme="light", revision="")["data"]
    assert list(trace.x) == [1, 2, 3]
    assert list(trace.y) == [1.0187, None, 5.9]
    assert list(trace.error_y.array) == [0.031, None, None]


def test_r_hat_is_coloured_by_the_verdict_beside_what_the_energy_says():
    columns = report_columns([event(1, gibbs("stuck")), event(2, gibbs("mixing")), event(3, OLD)])
    spins, energy = report_figure("r_hat", columns, scheme="dark", revision="")["data"]
    assert list(spins.y) == [1.31, 1.31, None]
    assert list(energy.y) == [1.01, 1.01, None]
    assert list(spins.text) == ["stuck", "mixing", "not examined"]
    assert len(set(spins.marker.color)) == 3


@pytest.mark.parametrize("name", [name for name, curve in REPORT_CURVES.items() if curve.source == "reports"])
def test_extending_a_curve_equals_drawing_it_anew(name):
    events = [event(step, gibbs("slow", prefactor=0.1 * step)) for step in range(1, 9)]
    check_extension(name, events)


def test_long_histories_are_thinned_out():
    curves, _ = redraw([event(step, gibbs()) for step in range(1, 5001)], 0, VIEW)
    assert len(curves["reports"]["x"]) <= 501
    assert curves["reports"]["x"][-1] == 5000


def test_a_tick_shows_the_report_and_adds_to_its_curves(page, run_id):
    def tick(state=None):
        inputs = {"tick-asked.data": 0, "smoothing.value": 0.5}
        return page.call("delta.data", inputs, {"run-id.data": run_id, "stream.data": state})

    first = tick()
    assert "stored before" in json.dumps(first["sampler-report"])
    assert len(first["delta"]["data"]["reports"]) == 3
    page.store.append(run_id, [event(9, TEMPERED)])
    second = tick(first["delta"]["data"]["state"])
    frechet, temperature, r_hat = second["delta"]["data"]["report_extensions"]
    assert frechet is None
    assert temperature == [{"x": [[9]], "y": [[1.0187]], "error_y.array": [[0.031]]}, [0]]
    assert r_hat[0]["y"] == [[1.31], [1.01]]
    assert "Chains: mixing" in json.dumps(second["run-badges"])
    assert "plain chains would be stuck" in json.dumps(second["sampler-report"])
    # A reload, or another viewer, sees what the stream has shown.
    again = tick()
    for name in ("sampler-badges", "sampler-report", "sampler-facts", "sampler-more"):
        assert again[name] == second[name]


def test_log_y_holds_for_reports_above_nought():
    columns = report_columns([event(1, gibbs()), event(2, gibbs(prefactor=0.5))])
    asked = {"x": [1, 2], "frechet": [90.0, 20.0], "asked": [0.0, 0.9]}
    kinds = {
        name: [
            report_figure(name, columns | asked, scheme="light", revision="", log=log).layout.yaxis.type
            for log in (False, True)
        ]
        for name in REPORT_CURVES
    }
    assert kinds == {
        "temperature": ["linear", "log"],
        "prefactor": ["linear", "log"],
        "r_hat": ["linear", "log"],
        "frechet": ["log", "log"],
        "asked": ["linear", "linear"],
    }


def test_a_drawing_says_how_it_was_drawn():
    shown = text(result("1", {"sampler": "gibbs", "count": 9, "info": TEMPERED}))
    for wanted in ("parallel tempering", "Mixing: in words.", "processor, 2 threads", "1.02 \\u00b1 0.03"):
        assert wanted in shown
    assert "no chain to mix" in text(result("1", {"sampler": "simulated_qpu", "count": 9, "info": {}}))
    assert text(result("1", {"sampler": "gibbs", "count": 9}))


def test_an_annealers_beta_stands_beside_its_own():
    info = {"beta": 1.5, "hardware_beta": 1.98, "hardware_beta_error": 0.04}
    shown = text(report_facts({"seconds": 0.1, "info": info}))
    assert "Programmed for" in shown
    assert "1.98 \\u00b1 0.04" in shown
    assert "Its own" not in text(report_facts({"seconds": 0.1, "info": {**info, "hardware_beta": None}}))
