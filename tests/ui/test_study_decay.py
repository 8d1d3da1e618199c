"""The sections of a study of decays: what is drawn of real fits, what is not, and who may ask for what."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from boltzmann.config import StudyConfig, changed
from boltzmann.config.studies import READY_MADE, REDUCED
from boltzmann.runs.decay_ratios import compared
from boltzmann.runs.drawings import DrawingStatus
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_decay import analyse, fingerprint
from boltzmann.runs.study_export import export_study
from boltzmann.runs.study_status import StudyStatus
from boltzmann.ui.beta_figures import bands_figure, energies_figure
from boltzmann.ui.components.decay_ends import ends_table
from boltzmann.ui.components.decay_state import decay_place, waiting
from boltzmann.ui.components.decay_table import decay_table, notes, over_pauses, refusals
from boltzmann.ui.components.study_decay import decay_sections
from boltzmann.ui.decay_figures import decay_figure, density_figure, residuals_figure
from boltzmann.ui.decay_limits import limits_figure
from boltzmann.ui.decay_plots import CURVES, Choice, beside_of, decay_plot, grid_of, groups_of, left_out, panel_of
from boltzmann.ui.pages.study_decay import CONTROLS

RAMP, KNOWN = "Linear ramp", "Known"
ORDER = [RAMP, KNOWN]
EPOCHS = 150
PLOTS = (
    "beta",
    "hardware",
    "change",
    "energies",
    "decay",
    "residuals",
    "error",
    "likelihood",
    "alpha",
    "K",
    "c",
    "limits",
)


def words(node) -> str:
    return json.dumps(node, default=lambda one: one.to_plotly_json())


def tiny() -> StudyConfig:
    whole = READY_MADE["adaptive-beta"]
    arms = tuple(arm for arm in whole.arms if arm.title in ORDER)
    base = changed(whole.base, {"training.epochs": EPOCHS, "training.measurements": EPOCHS})
    return whole.model_copy(update={"base": base, "arms": arms, "panels": whole.panels[4:5], "seeds": 3})


def measure(studies, study_id):
    """Known's error has decayed when the run ends, the ramp's has hardly begun."""
    rng = np.random.default_rng(0)
    for member in studies.members(study_id):
        rate, left = (0.06, 40.0) if member.arm == KNOWN else (0.004, 100.0)
        events = []
        for epoch in range(1, EPOCHS + 1):
            error = 900 * np.exp(-rate * epoch) + left + rng.normal(0, 3)
            events.append({
                "kind": "metrics", "step": 2 * epoch, "epoch": float(epoch), "seconds": epoch / 100, "learning_rate": 0.1,
                "mode_probability": None, "mode_steps": 0, "updates": 0, "samples": 1000 * epoch, "calls": epoch,
                "sum_squares": error, "beta": 2.0 if member.arm == KNOWN else 1.5 + epoch / 100, "beta_change": 0.01,
                "hardware_beta": 2 + rng.normal(0, 0.1), "data_energy": -5.0, "model_energy": -5.5,
                "test_log_likelihood": -20 + epoch / 100})  # fmt: skip
        studies.runs.append(member.run, events)
        studies.runs.write_status(member.run, state="finished", step=2 * EPOCHS, total_steps=2 * EPOCHS, seconds=1.5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A real analysis of a study whose runs are synthetic."""
    studies = StudyStore.beside(tmp_path_factory.mktemp("runs"))
    study_id = studies.create(tiny())
    measure(studies, study_id)
    return analyse(studies, study_id)


def keep(studies, study_id, made):
    """As if it had been made of that study's runs, which are the same but for their names."""
    own = {**made, "study": study_id, "seen": fingerprint(studies.statuses(study_id))}
    (studies.folder(study_id) / "decay.json").write_text(json.dumps(own))


@pytest.fixture
def groups(made):
    return groups_of(made, made["groups"][0]["panel"], ORDER)


def choice(made, **more):
    values = {"study_id": "x", "panel": made["groups"][0]["panel"], "order": ORDER, "shown": ORDER, "bands": ["credible"],
              "log": True, "centred": True, "scheme": "light"}  # fmt: skip
    return Choice(**{**values, **more})


def named(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_shows_something_and_is_small(made, name):
    figure = decay_plot(name, made, choice(made))
    assert named(figure)
    assert len(figure.to_json()) < 100_000
    assert figure.layout.xaxis.title.text is not None
    assert figure.layout.yaxis.title.text
    assert not decay_plot(name, made, choice(made, shown=[])).data
    assert not decay_plot("../x", made, choice(made)).data


def test_a_refused_fit_has_a_dashed_curve_no_bands_no_density_and_no_limit(groups):
    look = {"scheme": "light", "revision": "x"}
    assert [groups[arm]["verdict"] for arm in ORDER] == ["refused", "quoted"]
    both = decay_figure(groups, ORDER, bands=["credible", "prediction"], log=False, **look)
    curves = named(both)
    assert (curves[RAMP].line.dash, curves[KNOWN].line.dash) == ("dash", "solid")
    assert sum(trace.fill == "tonexty" for trace in both.data) == 2
    assert set(named(density_figure(groups, ORDER, "c", x_title="c", centred=False, **look))) == {KNOWN}
    limits = named(limits_figure({"0.5": groups}, ORDER, x_title="", **look))
    hollow = limits[f"{RAMP}, refused"]
    assert hollow.marker.symbol == "circle-open"
    assert hollow.y[0] == pytest.approx(groups[RAMP]["mean"][-1], rel=1e-4)
    assert " ".join(hollow.hovertemplate.replace("<br>", " ").split()[:3]).startswith(RAMP)
    assert limits[KNOWN].y[0] == pytest.approx(groups[KNOWN]["mode"]["c"], rel=1e-4)
    assert set(named(residuals_figure(groups, ORDER, **look))) == set(ORDER)
    assert RAMP in left_out(groups)


def test_densities_stand_around_their_modes_or_at_their_values(groups):
    look = {"x_title": "c", "scheme": "light", "revision": "x"}
    mode = groups[KNOWN]["mode"]["c"]
    around, at = (named(density_figure(groups, ORDER, "c", centred=one, **look))[KNOWN] for one in (True, False))
    assert around.x[around.y.index(max(around.y))] == pytest.approx(0, abs=0.1 * mode)
    assert at.x[at.y.index(max(at.y))] == pytest.approx(mode, rel=0.1)
    assert max(at.y) == 1


def test_a_hidden_beta_is_a_dashed_line_also_on_a_logarithmic_axis():
    band = {"epochs": [1, 2], "median": [0.1, 10.0], "low": [0.1, 9.0], "high": [0.2, 11.0]}
    figure = bands_figure({RAMP: band}, ORDER, y_title="β", scheme="dark", revision="", level=2.0, level_name="<b>")
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.shapes[0].y0 == 2.0
    assert figure.layout.annotations[0].text == "&lt;b&gt;"
    lines = named(energies_figure({RAMP: {"data": band, "model": band}}, ORDER, scheme="dark", revision=""))
    assert [line.line.dash for line in lines.values()] == ["solid", "dot"]


def as_quoted(group, by):
    """The group's fit as if it were quoted by the other of its intervals."""
    other = {"posterior": [group["interval"]["c"], group["mode"]["c"]], "runs": [[31.0, 52.0], 41.5]}[by]
    over = {**group["over_runs"], "c": [31.0, 52.0]}
    return {**group, "over_runs": over, "quoted": {"c": other[0], "value": other[1], "by": by}}


def test_a_table_quotes_what_may_be_quoted(made, groups):
    ratios = {item["of"]: item for item in compared(made["ratios"], KNOWN)}
    finals = {item["arm"]: item for item in made["final_ratios"] if item["over"] == RAMP}
    shown = words(decay_table(groups, ratios, finals, ORDER, RAMP))
    assert f"c against {RAMP}" in shown
    assert f"Final error against {RAMP}" in shown
    assert "Refused. " in shown
    assert f"{groups[KNOWN]['quoted']['value']:.3g}" in shown
    assert "No ratio" in shown
    assert "3 seeds" in shown
    assert "chance" not in shown
    reasons = words(refusals({"All": groups}, ORDER))
    assert "1 fit of 2 refused: why" in reasons
    assert refusals({"All": groups}, ORDER).open
    many = {f"{place}": {RAMP: {**groups[RAMP], "reasons": [f"Why {place}."]}} for place in range(9)}
    assert not refusals(many, ORDER).open
    both = words(refusals({"0.2": groups, "0.5": groups}, ORDER))
    assert both.count(groups[RAMP]["reasons"][0][:40]) == 1
    assert "0.2" not in words(refusals({"0.2": groups, "0.5": groups}, ORDER).children[1].children[0].children[0])
    assert refusals({"All": {KNOWN: groups[KNOWN]}}, ORDER) is None


def bold(node):
    return [one["props"]["children"] for one in found(json.loads(words(node)), "Strong")]


def found(node, kind):
    if isinstance(node, dict):
        yield from [node] if node.get("type") == kind else []
        for value in node.values():
            yield from found(value, kind)
    elif isinstance(node, list):
        for value in node:
            yield from found(value, kind)


@pytest.mark.parametrize("by", ["posterior", "runs"])
def test_what_is_quoted_of_c_is_bold_and_thick_and_the_other_beside_it(groups, by):
    group = as_quoted(groups[KNOWN], by)
    table = decay_table({KNOWN: group}, {}, {}, ORDER, RAMP)
    mode, shown = group["mode"]["c"], words(table)
    assert bold(table)[0] == (f"{mode:.3g}" if by == "posterior" else "41.5")
    lines = ('"posterior"', "over the runs [31, 52]") if by == "posterior" else ('"over the runs"', "posterior [")
    assert -1 < shown.find(lines[0]) < shown.find(lines[1])
    traces = limits_figure({"0.5": {KNOWN: group}}, ORDER, x_title="", scheme="light", revision="x").data
    spans = {trace.line.width: list(trace.y) for trace in traces if len(trace.y) == 2}
    assert spans[5] == pytest.approx(group["quoted"]["c"], rel=1e-3)
    assert spans[1.6] == pytest.approx([31, 52] if by == "posterior" else group["interval"]["c"], rel=1e-3)
    assert next(trace.y[0] for trace in traces if trace.name == KNOWN) == pytest.approx(
        group["quoted"]["value"], rel=1e-3
    )


def test_one_wide_interval_does_not_hide_the_others(groups):
    wide = {**as_quoted(groups[KNOWN], "runs"), "quoted": {"c": [-4000.0, 20000.0], "value": 8000.0, "by": "runs"}}
    panels = {"0.2": {KNOWN: as_quoted(groups[KNOWN], "runs")}, "0.5": {KNOWN: wide}}
    figure = limits_figure(panels, ORDER, x_title="", scheme="light", revision="x")
    assert figure.layout.yaxis.type == "log"
    assert all(value > 0 for trace in figure.data for value in trace.y)
    low = 10 ** figure.layout.yaxis.range[0]
    assert [sum(value < low for value in trace.y) for trace in figure.data if trace.line.width == 5] == [0, 1]
    below = {**wide, "quoted": {"c": [-4000.0, 2000.0], "value": -1.0, "by": "runs"}}
    figure = limits_figure({"0.5": {KNOWN: below}}, ORDER, x_title="", scheme="light", revision="x")
    assert figure.layout.yaxis.type == "linear"


def test_a_ratio_is_doubted_only_where_its_interval_holds_1(groups):
    def told(low, high, seeds=3):
        interval = None if low is None else [low, high]
        item = {"panel": "a", "arm": RAMP, "over": KNOWN, "ratio": 1.2, "interval": interval, "seeds": seeds}
        return words(decay_table({RAMP: groups[RAMP]}, {}, {RAMP: item}, ORDER, KNOWN))

    assert "may be chance" in told(0.9, 1.5)
    assert "may be chance" not in told(1.1, 1.5)
    # An end near 1 is not rounded to it.
    assert "[1.0002, 1.5]" in told(1.0002, 1.5)
    assert "1 seed, no interval" in told(None, None, seeds=1)


def test_ratios_over_the_pauses_are_told_where_there_are_some():
    item = {"of": RAMP, "arm": KNOWN, "panel": None, "panels": ["a", "b"], "median": 2.34, "interval": [2.1, 2.6],
            "over_runs": [0.5, 8.0], "by": "posterior"}  # fmt: skip
    final = {
        "arm": RAMP,
        "over": KNOWN,
        "panel": None,
        "panels": ["a", "b"],
        "ratio": 0.9,
        "interval": [0.8, 1.1],
        "seeds": 3,
    }
    said = words(over_pauses([item], [], "a"))
    assert f"c of {RAMP} is 2.34 times that of Known, [2.1, 2.6] posterior (over the runs [0.5, 8]), in" in said
    assert "2 pauses." in said
    by_runs = words(over_pauses([{**item, "by": "runs"}], [], "a"))
    assert "is 2 times that of Known, [0.5, 8] over the runs (posterior [2.1, 2.6])" in by_runs
    assert "2 pauses; it may be chance." in by_runs
    ends = words(over_pauses([], [final], "a"))
    assert f"The final error of {RAMP} is 0.9 times that of Known, [0.8, 1.1] paired by 3 seeds" in ends
    assert "over 2 pauses; it may be chance." in ends
    assert "chance" not in words(over_pauses([], [{**final, "interval": [0.8, 0.95]}], "a"))
    assert over_pauses([item], [final], "c") is None
    none = {**item, "median": None, "interval": None, "over_runs": None, "by": None}
    assert over_pauses([none], [{**final, "ratio": None}, {**final, "panel": "a"}], "a") is None


def test_a_group_that_could_not_be_fitted_at_all_is_said_and_breaks_nothing(made):
    band = {"median": [1.0, 2.0], "low": [1.0, None], "high": [1.0, 2.0]}
    bare = {"panel": "All", "arm": RAMP, "verdict": "refused", "reasons": ["Only 1 run."], "runs": 1, "at": [1, 2]}
    bare |= {"beta": band, "final": {"sum_squares": None}}
    lone = {**made, "groups": [bare]}
    for name in PLOTS:
        assert bool(decay_plot(name, lone, choice(lone)).data) == (name == "beta")
    assert "Only 1 run." in words(decay_table({RAMP: bare}, {}, {}, ORDER, RAMP))
    assert "Only 1 run." in words(refusals({"All": {RAMP: bare}}, ORDER))


def test_panels_that_are_a_grid_are_chosen_by_beta_and_pause_others_by_title():
    pairs = [(beta, pause) for beta in (1.0, 4.0) for pause in (0.2, 0.5)]
    grid = {"groups": [{"panel": f"{pair}", "arm": RAMP, "hidden_beta": pair[0], "pause": pair[1]} for pair in pairs]}
    assert list(grid_of(grid)) == pairs
    assert panel_of(grid, "4", "0.2", None) == "(4.0, 0.2)"
    assert list(beside_of(grid, "(4.0, 0.2)", ORDER)) == ["0.2", "0.5"]
    rest = {"groups": grid["groups"][:3]}
    assert grid_of(rest) == {}
    assert panel_of(rest, "4", "0.2", "(1.0, 0.5)") == "(1.0, 0.5)"
    assert len(beside_of(rest, "(1.0, 0.5)", ORDER)) == 3
    for bad in (None, {"a": 1}, ["x"], "../x"):
        assert panel_of(rest, bad, bad, bad) == panel_of(grid, bad, bad, bad) == "(1.0, 0.2)"


def test_the_sections_are_there_for_studies_of_decays_only(made):
    assert decay_place(READY_MADE["mode-assisted"]) == []
    assert "decay-body" in words(decay_place(tiny()))
    shown = words(decay_sections(tiny(), "x", made))
    for name in PLOTS:
        assert f'"name": "{name}"' in shown
    assert set(CURVES) <= set(PLOTS)
    assert "/learn/inverse-temperature" in shown
    assert "Fit again" in shown
    assert "Fit again" not in words(decay_sections(tiny(), "x", made, own=False))


def state(finished, failed=0, working=0, total=6):
    return StudyStatus("running" if working else "stopped", total, finished, failed, working, 0, 0.5, 1.0)


def test_words_above_the_fits_tell_finished_failed_and_cancelled_apart(made):
    def said(*arguments):
        return waiting(*arguments)[0]

    assert waiting(state(6), made, True, False) is None
    assert "made of 6 runs, which is not all" in said(state(6), made, False, False)
    running = said(state(3, failed=1, working=2), None, False, False)
    assert "as soon as all runs have ended" in running
    assert "3 of 6 runs have finished, 1 failed, 2 are still to come." in running
    cancelled = said(state(6), None, False, True)
    assert "cancelled" in cancelled
    assert "as soon as" not in cancelled
    none = said(state(0, failed=6), None, False, False)
    assert "nothing to fit: 0 of 6 runs have finished, 6 failed." in none
    assert '"disabled": true' in words(waiting(state(0, failed=6), None, False, False)[1])


def test_fits_without_a_group_are_a_sentence_not_an_error(made):
    shown = words(decay_sections(tiny(), "x", {**made, "groups": [], "ratios": []}))
    assert "None of the 6 finished runs has curves that can be read" in shown
    assert "decay-plot" not in shown


def test_what_a_fit_says_against_itself_stands_below_the_table_with_its_arm(groups):
    noted = {arm: {**groups[arm], "notes": ["1 run diverged and is left out."]} for arm in ORDER}
    noted[KNOWN]["notes"] = [*noted[KNOWN]["notes"], "Prefer their interval."]
    first, second = notes(noted, ORDER).children
    assert [span.children for span in first.children[0].children] == ORDER
    assert [span.children for span in second.children[0].children] == [KNOWN]
    assert second.children[1].children == "Prefer their interval."
    assert notes({KNOWN: {**groups[KNOWN], "notes": []}}, ORDER) is None


def test_the_curves_are_told_in_numbers_too(groups):
    shown = words(ends_table(groups, ORDER))
    assert "Hardware beta, estimated" in shown
    assert f"{groups[KNOWN]['sum_squares']['median'][-1]:.4g}" in shown
    assert f'"{max(map(abs, groups[KNOWN]["residuals"])):.4g}"' in shown


def test_a_new_fit_keeps_what_was_chosen(made):
    def walk(node):
        yield node
        children = getattr(node, "children", None)
        for child in children if isinstance(children, list) else [children] if children is not None else []:
            yield from walk(child)

    nodes = [node for section in decay_sections(tiny(), "x", made) for node in walk(section)]
    controls = {node.id: node for node in nodes if getattr(node, "id", None) in
                [f"decay-{name}" for name in (*CONTROLS, "log", "centred")]}  # fmt: skip
    assert len(controls) == len(CONTROLS) + 2
    assert {control.persistence for control in controls.values()} == {"x"}
    labels = [node.to_plotly_json()["props"].get("aria-label") for node in nodes if hasattr(node, "to_plotly_json")]
    assert labels.count("Fitted decays") == 1


@pytest.fixture
def settings(settings):
    """With a folder of shipped studies, empty at first."""
    return replace(settings, studies=settings.runs.parent / "studies")


@pytest.fixture
def study_id(page):
    study_id = page.engine.studies.create(tiny())
    measure(page.engine.studies, study_id)
    return study_id


def look(page, study_id, seen=None, told=None):
    inputs = {"decay-tick-asked.data": 3, "study.data": study_id}
    return page.call("decay-seen.data", inputs, {"decay-seen.data": seen, "decay-told.data": told})


def act(page, study_id, name):
    inputs = {"decay-pressed.data": {"name": name, "at": 1}}
    return page.call("notifications.sendNotifications", inputs, {"study.data": study_id})


def test_fits_are_asked_for_once_all_runs_have_ended_and_can_be_cancelled(page, study_id):
    response = look(page, study_id)
    analysis = page.engine.analyses.under_way(study_id)
    assert analysis is not None
    assert "Cancel" in words(response["decay-state"]["children"])
    assert response["decay-tick"]["disabled"] is False
    assert look(page, study_id, [study_id, None])["decay-tick-answered"]["data"] == 3
    assert page.engine.analyses.under_way(study_id) == analysis
    act(page, study_id, "cancel")
    assert page.engine.analyses.under_way(study_id) is None
    # What was cancelled is begun again by a click only.
    response = look(page, study_id)
    assert "Fitting the decays was cancelled" in words(response["decay-state"]["children"])
    assert "decay-state" not in look(page, study_id, None, response["decay-told"]["data"])
    assert page.engine.analyses.under_way(study_id) is None
    act(page, study_id, "fit")
    assert page.engine.analyses.under_way(study_id) is not None


def test_a_cancellation_says_nothing_of_runs_that_finish_later(page, study_id):
    look(page, study_id)
    act(page, study_id, "cancel")
    late = page.engine.studies.members(study_id)[0].run
    page.store.write_status(late, state="finished", step=2 * EPOCHS, total_steps=2 * EPOCHS)
    look(page, study_id)
    assert page.engine.analyses.under_way(study_id) is not None


def test_a_failure_is_forgotten_once_there_is_a_later_fit_or_an_undo(page, study_id, made):
    look(page, study_id)
    analyses, error = page.engine.analyses, {"title": "No", "cause": "broken", "mend": "Again."}
    analyses.write_status(analyses.last(study_id), DrawingStatus("failed", error=error))
    response = look(page, study_id)
    assert "broken" in words(response["decay-state"]["children"])
    assert "broken" in response["decay-said"]["children"]
    keep(page.engine.studies, study_id, {**made, "made": "2099-01-01T00:00:00Z"})
    response = look(page, study_id)
    assert "broken" not in words(response["decay-state"]["children"])
    assert "decay-body" in response
    (page.engine.studies.folder(study_id) / "decay.json").unlink()
    for kind in ("study-deleted", "study-undone"):
        page.call("study-changes.data", {f"{kind}.data": {"study": study_id, "at": 1}})
    assert "Cancel" in words(look(page, study_id)["decay-state"]["children"])


def test_what_was_fitted_is_drawn_and_downloaded(page, study_id, made):
    keep(page.engine.studies, study_id, made)
    response = look(page, study_id)
    assert response["decay-tick"]["disabled"] is True
    assert response["decay-seen"]["data"] == [study_id, made["made"]]
    assert "decay-body" not in look(page, study_id, response["decay-seen"]["data"])
    plots = [[{"type": "decay-plot", "name": name}, None] for name in PLOTS]
    inputs = {"decay-seen.data": None, "colour-scheme.data": "dark", "decay-log.checked": True, "decay-arms.value": ORDER,
              "decay-centred.value": "mode", "decay-bands.value": ["credible"]}  # fmt: skip
    key = '{"name":["ALL"],"type":"decay-plot"}.figure'
    drawn = page.call("decay-table.children", inputs, {"study.data": study_id, key: plots})
    assert sum("decay-plot" in name for name in drawn) == len(PLOTS)
    assert len(json.dumps(drawn)) < 300_000
    hostile = {name: {"a": ["../x"]} for name in inputs}
    assert look(page, study_id, response["decay-seen"]["data"], response["decay-told"]["data"]).keys() == {
        "decay-tick", "decay-tick-answered"
    }  # fmt: skip
    turned = page.call(
        "decay-table.children", {**inputs, "decay-compared.value": KNOWN}, {"study.data": study_id, key: plots}
    )
    assert f"Final error against {KNOWN}" in words(turned["decay-table"]["children"])
    assert words(turned["decay-table"]["children"]).count("3 seeds") == 1
    strange = [[{"type": "decay-plot", "name": [1]}, None]]
    page.call("decay-table.children", inputs, {"study.data": study_id, key: strange})
    nothing = page.call("decay-table.children", hostile, {"study.data": study_id, key: plots})
    assert "c [95%]" in words(nothing["decay-table"]["children"])
    assert page.get(f"/files/studies/{study_id}/decay.json").get_json()["groups"] == made["groups"]


@pytest.mark.parametrize("name", ["../x", None, {"a": 1}, "shipped:../x", "20260101-000000-000000"])
def test_a_study_that_is_none_is_refused(page, name):
    assert "No decays" in words(look(page, name)["decay-state"]["children"])
    assert "That was not possible" in words(act(page, name, "fit"))


def test_decays_that_nobody_has_fitted_cannot_be_downloaded(page):
    study_id = page.engine.studies.create(tiny())
    assert page.get(f"/files/studies/{study_id}/decay.json").status_code == 404
    assert "0 of 6 runs have finished" in words(look(page, study_id)["decay-state"]["children"])
    assert "no run" in words(act(page, study_id, "fit")).lower()


def test_the_reduced_study_is_a_click(page):
    one = {"name": "adaptive-beta", "type": "study-reduced"}
    inputs = {'{"name":["ALL"],"type":"study-reduced"}.n_clicks': [[one, 1]]}
    response = page.call(
        "notifications.sendNotifications", inputs, {}, json.dumps(one, separators=(",", ":")) + ".n_clicks"
    )
    (study_id,) = page.engine.studies.ids()
    assert response["url"]["search"] == f"?study={study_id}"
    assert page.engine.studies.config(study_id) == REDUCED["adaptive-beta"]


def test_a_shipped_study_opens_at_once_and_can_only_be_run_again(page, study_id, made):
    studies = page.engine.studies
    studies.rename(study_id, "Ours, reduced")
    keep(studies, study_id, made)
    export_study(studies, study_id, page.settings.studies / "adaptive-beta", "boltzmann lab compare")
    shipped = "shipped:adaptive-beta"
    assert [studies.shipped_ids(), studies.config(shipped)] == [[shipped], studies.config(study_id)]
    listed = words(page.call("page.children", {"url.pathname": "/lab/compare"}, {"url.search": ""}))
    assert f"/lab/compare?study={shipped}" in listed
    assert listed.count(f"Opens at once: 6 runs, made on {studies.made(shipped)}") == 2
    response = look(page, shipped)
    assert response["decay-seen"]["data"] == [shipped, made["made"]]
    assert not response["decay-state"]["children"]
    assert "That was not possible" in words(act(page, shipped, "fit"))
    key = json.dumps(one := {"study": shipped, "type": "study-again"}, separators=(",", ":"))
    inputs = {'{"study":["ALL"],"type":"study-again"}.n_clicks': [[one, 1]]}
    response = page.call("notifications.sendNotifications", inputs, {}, f"{key}.n_clicks")
    newest = studies.ids()[0]
    assert response["url"]["search"] == f"?study={newest}"
    assert newest != study_id
    assert studies.name(newest) == "Ours, reduced"
    # A second click makes no second study of a thousand runs.
    guards = [spec for spec in page.get("/_dash-dependencies").get_json() if '"study-again"' in spec["output"]]
    assert [(spec["output"].split(".")[-1], bool(spec["clientside_function"])) for spec in guards] == [
        ("loading", True)
    ]


def test_a_shipped_study_without_fits_that_can_be_read_says_so_and_is_not_asked_again(page, study_id, made):
    studies = page.engine.studies
    keep(studies, study_id, made)
    export_study(studies, study_id, page.settings.studies / "old", "boltzmann lab compare")
    (page.settings.studies / "old" / "decay.json").write_text('{"version": 0}')
    response = look(page, "shipped:old")
    assert "of another release of the app" in words(response["decay-state"]["children"])
    assert response["decay-tick"]["disabled"] is True
    assert page.engine.analyses.ids() == []
