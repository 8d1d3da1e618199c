"""The page that compares samplers: what is asked for, what is seen meanwhile and at the end."""

from __future__ import annotations

import json

import numpy as np
import pytest

from boltzmann.config import SAMPLER_CONFIGS, GibbsConfig
from boltzmann.runs.comparisons import request_of
from boltzmann.runs.drawings import DrawingStatus
from boltzmann.runs.models import list_models
from boltzmann.runs.pictures import grid
from boltzmann.ui.comparison_figures import energies_figure
from boltzmann.ui.components.comparison_view import choices, result
from boltzmann.ui.pages import compare

HISTOGRAM = {"width": 0.5, "first": -1.0, "shares": [0.25, 0.5, 0.25]}
ROW = {
    "error": None, "frechet_distance": 12.3, "frechet_error": 1.1, "edge_error": 0.08, "inverse_temperature": 0.99,
    "inverse_temperature_error": 0.01, "energy_above": 1.5, "energy_above_error": 0.3, "energies": HISTOGRAM,
    "distinct": 99, "distinct_share": 0.99, "seconds": 0.5, "qpu_seconds": None, "cost": None, "info": {},
}  # fmt: skip
FAILED = {**dict.fromkeys(ROW), "sampler": "dwave", "error": "there is no key for D-Wave"}


def report_of(*rows):
    reference = {**ROW, "sampler": "gibbs", "edge_error": 0.04, "reads": 4000, "mixing": "mixing"}
    floors = {"edge_error": 0.078, "edge_error_95": 0.0851, "frechet_distance": 4.7}
    facts = {"title": "Eight steps", "reads": 100, "not_judged": None}
    return {**facts, "floors": floors, "reference": reference, "samplers": list(rows)}


def row(name, **more):
    return {**ROW, "sampler": name, **more}


def words(node) -> str:
    return json.dumps(
        node.to_plotly_json() if hasattr(node, "to_plotly_json") else node, default=lambda one: one.to_plotly_json()
    )


def ask(page, model, samplers=("gibbs", "exact"), reads=100):
    names = samplers if samplers is None else list(samplers)
    state = {"compare-model.value": model, "compare-samplers.value": names, "compare-reads.value": reads}
    return page.call("comparison.data", {"compare.n_clicks": 1}, state)


@pytest.mark.parametrize(
    ("samplers", "reads", "said"),
    [
        (
            ["gibbs", "dwave", "dynex"],
            100,
            ["D-Wave QPU: About 1 call ", "up to 15 to find the temperature", "Dynex: "],
        ),
        (["gibbs"], 100, []),
        (["dwave"], 0, []),
        (None, None, []),
    ],
)
def test_the_calls_of_services_are_said_before_they_are_made(page, run_id, samplers, reads, said):
    chosen = {"compare-model.value": f"run:{run_id}", "compare-samplers.value": samplers, "compare-reads.value": reads}
    shown = json.dumps(page.call("compare-need.children", chosen)["compare-need"]["children"])
    assert all(words in shown for words in said)
    assert said or shown == "[]"


def look(page, comparison_id, compared=None):
    state = {"comparison.data": comparison_id, "compared.data": compared}
    return page.call("compared.data", {"compare-tick-asked.data": 7}, state)


@pytest.fixture
def comparison_id(page, run_id):
    """A queued comparison of two samplers on the run's model."""
    return page.engine.comparisons.create(request_of(page.settings, f"run:{run_id}", ["gibbs", "dwave"], 100))


def put(page, comparison_id, state, report, done=1):
    store = page.engine.comparisons
    store.write_status(comparison_id, DrawingStatus(state))
    store.write_progress(comparison_id, {"words": "Block Gibbs: 100 reads", "done": done, "total": 4, "report": report})


def test_every_sampler_can_be_chosen_and_says_what_it_does(page, run_id):
    models = list_models(page.settings, page.store)
    shown = words(choices(models, models[0].key, ["gibbs"], 2000))
    for name, part in SAMPLER_CONFIGS.items():
        assert f'"value": "{name}"' in shown
        assert json.dumps(part.__doc__.strip()) in shown


def test_a_comparison_is_queued_and_stands_in_the_address(page, run_id):
    response = ask(page, f"run:{run_id}")
    comparison_id = response["comparison"]["data"]
    request = page.engine.comparisons.request(comparison_id)
    assert [sampler.name for sampler in request.samplers] == ["gibbs", "exact"]
    assert request.samplers[0] == GibbsConfig()
    assert request.reads == 100
    assert response["url"]["search"] == f"?comparison={comparison_id}"
    assert response["compare-tick"]["disabled"] is False


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"samplers": []}, "No sampler is chosen"),
        ({"samplers": None}, "No sampler is chosen"),
        ({"samplers": ["gibbs", "../x"]}, "There is no sampler '../x'"),
        ({"model": "shipped:none"}, "There is no model"),
        ({"model": {"a": 1}}, "There is no model"),
        ({"reads": 63}, "allowed are 64 to 10,000"),
        ({"reads": 10_001}, "allowed are 64 to 10,000"),
        ({"reads": ""}, "The number of reads is empty"),
        ({"reads": "100"}, "The number of reads is '100'"),
    ],
)
def test_a_bad_request_is_explained_and_not_queued(page, run_id, wrong, cause):
    response = ask(page, **({"model": f"run:{run_id}"} | wrong))
    assert cause in words(response["compare-error"]["children"])
    assert "comparison" not in response
    assert page.engine.comparisons.ids() == []


def test_what_is_seen_while_it_goes_on(page, comparison_id):
    response = look(page, comparison_id)
    assert "Waiting for the worker" in words(response["compare-progress"]["children"])
    assert "One model, many samplers" in words(response["compare-result"]["children"])
    put(page, comparison_id, "running", {**report_of(), "reference": None}, done=0)
    response = look(page, comparison_id, response["compared"]["data"])
    assert "compare-result" not in response
    assert "Block Gibbs: 100 reads" in words(response["compare-progress"]["children"])
    assert (response["compare"]["loading"], response["cancel-compare"]["disabled"]) == (True, False)
    put(page, comparison_id, "running", report_of(row("gibbs")), done=2)
    response = look(page, comparison_id, {"id": comparison_id, "rows": None})
    assert response["compared"]["data"] == {"id": comparison_id, "rows": 1}
    assert f"/files/comparisons/{comparison_id}/gibbs.png" in words(response["compare-result"]["children"])
    assert response["compare-tick-answered"]["data"] == 7


@pytest.mark.parametrize(("state", "said"), [("finished", "Done."), ("cancelled", "Cancelled.")])
def test_an_ended_comparison_keeps_what_was_measured(page, comparison_id, state, said):
    put(page, comparison_id, state, report_of(row("gibbs"), FAILED), done=4)
    response = look(page, comparison_id)
    assert said in words(response["compare-progress"]["children"])
    shown = words(response["compare-result"]["children"])
    assert "There is no key for D-Wave" in shown
    assert "dwave.png" not in shown
    assert response["compare-tick"]["disabled"] is True
    assert response["compare"]["loading"] is False


def test_a_failed_one_says_why_and_a_lost_one_that_it_is_gone(page, comparison_id):
    error = {"title": "The disk is full", "cause": "none left", "mend": "Free some."}
    page.engine.comparisons.write_status(comparison_id, DrawingStatus("failed", error=error))
    assert "The disk is full" in words(look(page, comparison_id)["compare-error"]["children"])
    for lost in ("20200101-000000-000000", "../../etc"):
        response = look(page, lost)
        assert "This comparison is gone" in words(response["compare-error"]["children"])
        assert response["compare-tick"]["disabled"] is True


def test_cancel(page, comparison_id):
    response = page.call(
        "compare-progress.children", {"cancel-compare.n_clicks": 1}, {"comparison.data": comparison_id}
    )
    assert page.engine.comparisons.status(comparison_id).state == "cancelled"
    assert "Cancelled." in words(response["compare-progress"]["children"])


def test_the_address_brings_a_comparison_back(page, comparison_id):
    shown = page.call("page.children", {"url.pathname": "/compare"}, {"url.search": f"?comparison={comparison_id}"})
    text = words(shown["page"]["children"])
    assert '["gibbs", "dwave"]' in text
    assert "One model, many samplers" not in text
    shown = page.call("page.children", {"url.pathname": "/compare"}, {"url.search": "?comparison=../../x"})
    assert "This comparison is gone" in words(shown["page"]["children"])


def test_without_a_model_the_page_says_how_to_get_one(page):
    assert "Train a model" in words(page.call("page.children", {"url.pathname": "/compare"})["page"]["children"])


def test_stand_ins_are_labelled():
    marked = row("dwave", info={"replay": True, "simulated_service": True, "mixing": {"verdict": "slow"}})
    shown = words(result("x", report_of(marked)))
    for label in ("replay, no service asked", "simulated service", "slow"):
        assert label in shown


def test_the_table_has_the_best_the_reference_and_every_sampler():
    shown = words(result("x", report_of(row("gibbs"), row("simulated_qpu"))))
    for cell in ("Best possible", "0.078 (to 0.085)", "4.7", "The reference", "0.04", "Gibbs sampling",
                 "Simulated QPU", "12.3 \\u00b1 1.1", "0.99 \\u00b1 0.01", "1.5 \\u00b1 0.3", "99 (99%)"):  # fmt: skip
        assert f'"{cell}"' in shown


def test_energies_stand_before_the_references_in_common_bins(page, comparison_id):
    report = report_of(row("gibbs"), FAILED, row("exact", energies={**HISTOGRAM, "first": 2.0}))
    traces = energies_figure(report, "light")["data"]
    assert [trace.name for trace in traces] == ["reference", "Gibbs sampling", "reference", "Exact enumeration"]
    assert list(traces[0].x) == [-1.5, -1.0, -0.5, 0.0, 0.5]
    assert list(traces[0].y) == [0, 0.25, 0.5, 0.25, 0]
    assert list(traces[3].x) == [1.5, 2.0, 2.5, 3.0, 3.5]
    assert traces[1].line.color != energies_figure(report, "dark")["data"][1].line.color

    def drawn(rows):
        put(page, comparison_id, "running", report_of(*rows))
        inputs = {"compared.data": {"id": comparison_id, "rows": len(rows)}, "colour-scheme.data": "dark"}
        return page.call("compare-energies.figure", inputs)

    assert drawn([FAILED])["compare-energies-card"]["style"] == compare.HIDDEN
    found = drawn([row("gibbs")])
    assert found["compare-energies-card"]["style"] == {}
    figure = found["compare-energies"]["figure"]
    assert len(figure["data"]) == 2
    assert found["compare-energies"]["style"]["height"] == figure["layout"]["height"]


def test_pictures_and_figures_are_served_and_nothing_else(page, comparison_id):
    put(page, comparison_id, "finished", report_of(row("gibbs")))
    folder = page.engine.comparisons.folder(comparison_id)
    (folder / "gibbs.png").write_bytes(grid(np.zeros((4, 28, 28), np.uint8), 2))
    assert page.get(f"/files/comparisons/{comparison_id}/gibbs.png").data.startswith(b"\x89PNG")
    response = page.get(f"/files/comparisons/{comparison_id}/figures.json")
    assert response.get_json()["samplers"][0]["edge_error"] == 0.08
    assert f"comparison-{comparison_id}.json" in response.headers["Content-Disposition"]
    for path in ("status.json", "none.png", "..%2fgibbs.png", "request.json"):
        assert page.get(f"/files/comparisons/{comparison_id}/{path}").status_code == 404
    for other in ("20200101-000000-000000", "..%2f.."):
        assert page.get(f"/files/comparisons/{other}/figures.json").status_code == 404


def test_an_audience_sees_the_newest_result_at_once_or_one_begun(page, run_id, comparison_id):
    def shown(search):
        return json.dumps(page.call("page.children", {"url.pathname": "/compare"}, {"url.search": search}))

    assert '"data-begin"' in shown("?present=1")
    assert '"data-begin"' not in shown("")
    put(page, comparison_id, "finished", report_of(row("gibbs")))
    assert '"data-begin"' not in shown("?present=1")
    assert comparison_id in shown("?present=1")
    assert comparison_id not in shown("")
