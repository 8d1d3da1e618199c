"""The page of fair comparisons: what is offered, what is refused, what a study shows, and how honest its words are."""

from __future__ import annotations

import csv
import io
import json

import pytest

from boltzmann.config import RBM_PRESETS, RBMConfig, StudyConfig, changed
from boltzmann.config.studies import READY_MADE, narrowed
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_costs import left_words
from boltzmann.runs.study_results import bands, table
from boltzmann.runs.study_words import headline, verdict
from boltzmann.ui.components.study_axes import AxisError, arms_of, axes, suggested
from boltzmann.ui.components.study_fairness import differences, horizontal, shared
from boltzmann.ui.components.study_own import own_study
from boltzmann.ui.pages import lab_studies
from boltzmann.ui.study_figures import study_figure, thinned_arms

MODE = READY_MADE["mode-assisted"]
PANEL = MODE.panels[0].title


def key(kind, prop, **more):
    name = {**{field: ["ALL"] for field in more}, "type": kind}
    return json.dumps(dict(sorted(name.items())), separators=(",", ":")) + "." + prop


def words(node) -> str:
    return json.dumps(node, default=lambda one: one.to_plotly_json())


def measured(step, kl):
    return {"kind": "metrics", "step": step, "epoch": step, "seconds": step / 1000, "learning_rate": 0.2,
            "mode_probability": None, "mode_steps": 0, "updates": 12 * step, "samples": 6 * step, "calls": 0, "kl": kl,
            "log_likelihood": -2 - (kl or 0), "reconstruction_error": 0.1}  # fmt: skip


def put(studies, study_id, ends, steps=(100, 20_000), states=("finished",) * 99):
    """Write the events of a study's runs: from 2 nats down to ``ends(member)``."""
    for member, state in zip(studies.members(study_id), states, strict=False):
        events = [measured(step, end) for step, end in zip(steps, (2.0, ends(member)), strict=True)]
        studies.runs.append(member.run, events)
        studies.runs.write_status(member.run, state=state, step=steps[1], total_steps=20_000, seconds=steps[1] / 1000)


@pytest.fixture
def studies(page) -> StudyStore:
    return StudyStore.beside(page.settings.runs)


@pytest.fixture
def study_id(studies) -> str:
    """Two arms, one panel, three seeds, finished: mode-assisted ends ten times lower."""
    study_id = studies.create(narrowed(MODE, [PANEL], 3))
    put(studies, study_id, lambda m: (0.2 if m.arm == "CD-1" else 0.02) * (1 + 0.1 * m.seed))
    return study_id


def look(page, study_id, seen=None, **controls):
    inputs = {"study-tick-asked.data": 7, "study.data": study_id, "study-figure.value": "kl", "study-x.value": "step",
              "study-log.checked": True, "colour-scheme.data": "light"}  # fmt: skip
    inputs |= {f"study-{name}": value for name, value in controls.items()}
    inputs.setdefault("study-members-fold.n_clicks", None)
    plots = [[{"type": "study-plot", "panel": PANEL}, None]]
    state = {"study-seen.data": seen, key("study-plot", "figure", panel=0): plots}
    return page.call("study-seen.data", inputs, state)


def figure_of(response):
    return next(value["figure"] for name, value in response.items() if "study-plot" in name)


def test_the_page_offers_every_ready_made_experiment_with_its_price(page):
    shown = words(lab_studies.layout(page_services(page), ""))
    for study in READY_MADE.values():
        assert study.title in shown
        assert json.dumps(study.question)[1:-1] in shown
    assert "2 arms \\u00d7 2 panels \\u00d7 5 seeds = 20 runs of 20,000 steps, about" in shown
    assert "None yet" in shown


def page_services(page):
    from flask_caching import Cache

    from boltzmann.ui.services import Services
    from demo_configs import DEMO

    return Services(page.settings, page.engine, page.store, page.drawings, DEMO, Cache())


def test_a_click_starts_a_study_with_the_chosen_panels_and_seeds(page, studies):
    ids = [{"name": name, "type": "study-start"} for name in READY_MADE]
    inputs = {
        key("study-start", "n_clicks", name=0): [[one, 1 if one["name"] == "mode-assisted" else None] for one in ids]
    }
    state = {
        key("study-panels", "value", name=0): [[{**one, "type": "study-panels"}, [PANEL]] for one in ids],
        key("study-seeds", "value", name=0): [[{**one, "type": "study-seeds"}, 2] for one in ids],
    }
    trigger = json.dumps(ids[0], separators=(",", ":")) + ".n_clicks"
    response = page.call("notifications.sendNotifications", inputs, state, trigger)
    (study_id,) = studies.ids()
    assert response["url"]["search"] == f"?study={study_id}"
    assert studies.config(study_id) == narrowed(MODE, [PANEL], 2)
    assert [studies.runs.status(member.run).state for member in studies.members(study_id)] == ["queued"] * 4


@pytest.mark.parametrize(
    ("panels", "seeds", "said"),
    [
        ([], 5, "No panel is chosen"),
        (None, 5, "No panel is chosen"),
        (["../x"], 5, "There is no panel '../x'"),
        ([PANEL], 21, "from 1 to 20"),
        ([PANEL], "", "is empty"),
        ([PANEL], True, "from 1 to 20"),
    ],
)
def test_a_bad_choice_is_explained_at_its_card(page, panels, seeds, said):
    def one(kind):
        return json.dumps({"name": "mode-assisted", "type": kind}, separators=(",", ":"))

    spec = page.spec("study-cost", {})
    body = {
        "output": spec["output"],
        "outputs": [{"id": json.loads(one(kind)), "property": prop} for kind, prop in
                    (("study-cost", "children"), ("study-refused", "children"), ("study-start", "disabled"))],
        "inputs": [{"id": json.loads(one("study-panels")), "property": "value", "value": panels},
                   {"id": json.loads(one("study-seeds")), "property": "value", "value": seeds}],
        "state": [],
        "changedPropIds": [one("study-panels") + ".value"],
    }  # fmt: skip
    response = page.client.post("/_dash-update-component", json=body).get_json()["response"]
    assert said in response[one("study-refused")]["children"]
    assert response[one("study-start")]["disabled"] is True


@pytest.mark.parametrize("axis", [item["value"] for group in axes() for item in group["items"]])
def test_every_axis_begins_with_values_that_can_be_run_or_says_why_not(axis):
    tried = 0
    chip = RBM_PRESETS["stripes"]
    ramp = changed(chip, {"inverse_temperature.scheme": "linear"})
    adaptive = changed(chip, {"inverse_temperature.scheme": "max_likelihood", "sampler.embedding": "chimera"})
    for base in (*RBM_PRESETS.values(), ramp, adaptive):
        try:
            arms = arms_of(axis, suggested(axis, base), base)
        except AxisError:
            continue
        tried += 1
        StudyConfig(title="x", base=base, arms=arms)
    only_where_set_so = (
        "chains",
        "temperatures",
        "generative_weight",
        "train_size",
        "label_units",
        "objective",
        "mode_",
    )
    assert tried or any(name in axis for name in only_where_set_so)


@pytest.mark.parametrize(
    ("axis", "values", "said"),
    [
        ("training.learning_rate", ["0.1", "20"], "'20' must be a number from 0.000001 to 10"),
        ("training.learning_rate", ["0.1", "nan"], "'nan' must be a number"),
        ("training.learning_rate", ["0.1", "0.10"], "the same"),
        ("model.hidden", ["4", "4.5"], "must be a whole number from 1 to 4,096"),
        ("model.hidden", ["4"], "1 value: give 2 to 12"),
        ("model.hidden", None, "no values: give 2 to 12"),
        ("training.chains", ["10", "20"], "counts only where Negative phase is"),
        ("trainer", ["CD-1", "../x"], "not on the list"),
        ("sampler.simulated_qpu.pause_time", ["0", "2"], "asks the sampler Simulated QPU"),
        ("inverse_temperature.scheme", ["fixed", "linear"], "or D-Wave QPU or Dynex"),
        ("sampler.dwave.pause_time", ["0", "2"], "choose what to vary"),
        ("seed", ["1", "2"], "choose what to vary"),
        ({"a": 1}, ["1", "2"], "choose what to vary"),
    ],
)
def test_wrong_values_are_explained_at_their_field(axis, values, said):
    with pytest.raises(AxisError) as caught:
        arms_of(axis, values, RBMConfig())
    assert said in str(caught.value)


def test_settings_of_the_simulated_chip_are_those_of_the_runs_sampler():
    arms = arms_of("sampler.simulated_qpu.embedding", ["none", "chimera"], RBM_PRESETS["stripes"])
    assert [(arm.title, arm.changes) for arm in arms] == [
        ("Embedding: None", {"sampler.embedding": "none"}),
        ("Embedding: Chimera(16)", {"sampler.embedding": "chimera"}),
    ]


def test_an_own_comparison_says_what_will_start(page):
    typed = {"base": "preset:bars", "axis": "trainer", "values": ["CD-1", "CD-10", "PCD-1"], "seeds": 5, "epochs": 300}
    response = page.call("own-preview.children", {f"own-{name}.value": value for name, value in typed.items()})
    assert response["own-preview"]["children"].startswith("3 arms × 5 seeds = 15 runs of 300 steps, about")
    wrong = typed | {"seeds": 0, "values": ["CD-1"], "epochs": "x"}
    response = page.call("own-preview.children", {f"own-{name}.value": value for name, value in wrong.items()})
    assert all(response[f"own-{name}"]["error"] for name in ("seeds", "values", "epochs"))
    assert response["own-start"]["disabled"] is True


def test_a_run_is_the_base_of_a_comparison(page, run_id):
    lab = page.store.create(changed(RBMConfig(), {"training.epochs": 500, "seed": 7}), "Mine")
    own = own_study(page.store, f"run:{lab}", "training.gibbs_steps", ["1", "2"], 2, 500)
    assert own.study is not None
    assert [member.config.seed for member in own.study.members()] == [0, 0, 1, 1]
    assert "Mine" in own.study.question
    assert own.study.title == "Gibbs steps k: 1 against 2"
    assert "base" in own_study(page.store, f"run:{run_id}", "trainer", ["CD-1", "CD-10"], 2, 500).errors
    assert own_study(page.store, "run:../x", "trainer", ["CD-1", "CD-10"], 2, 500).study is None


def test_a_study_shows_bands_verdict_table_and_stands_still_when_nothing_is_new(page, study_id):
    response = look(page, study_id)
    shown = words(response["study-table"]["children"])
    assert "[0.2, 0.24]" in shown
    assert "10 times lower" in shown
    assert "3 of 3" in shown
    assert "[0.084, 0.568]" in shown  # the reference
    assert "Mode-assisted ends 10 times below CD-1: 0.022 against 0.22." in words(response["study-verdict"]["children"])
    medians = [trace for trace in figure_of(response)["data"] if trace.get("name") in ("CD-1", "Mode-assisted")]
    assert [list(trace["y"]) for trace in medians] == [[2.0, 0.22], [2.0, 0.022]]
    assert response["study-tick"]["disabled"] is True
    again = look(page, study_id, response["study-seen"]["data"])
    assert "study-table" not in again
    assert again["study-tick-answered"]["data"] == 7
    # Another axis draws anew, and nothing else.
    turned = look(page, study_id, response["study-seen"]["data"], **{"x.value": "updates"})
    assert "study-table" not in turned
    assert list(figure_of(turned)["data"][0]["x"]) == [1200, 240_000]


def test_the_list_of_runs_is_sent_to_who_has_opened_it_and_when_a_state_changed(page, study_id, studies):
    closed = look(page, study_id)
    assert "study-members" not in closed
    opened = look(page, study_id, closed["study-seen"]["data"], **{"members-fold.n_clicks": 1})
    assert words(opened["study-members"]["children"]).count("/lab?run=") == 6
    assert "study-table" not in opened
    seen = opened["study-seen"]["data"]
    assert "study-members" not in look(page, study_id, seen, **{"members-fold.n_clicks": 1})
    assert "study-members" not in look(page, study_id, seen, **{"members-fold.n_clicks": 2})
    studies.runs.write_status(studies.members(study_id)[0].run, state="failed")
    again = look(page, study_id, seen, **{"members-fold.n_clicks": 1})
    assert "(failed)" in words(again["study-members"]["children"])


@pytest.mark.parametrize("bad", [["kl"], {"a": 1}, 7, "../x"])
def test_posted_names_of_other_kinds_change_nothing(page, study_id, bad):
    hostile = {"figure.value": bad, "x.value": bad, "members-fold.n_clicks": bad, "log.checked": True}
    response = look(page, study_id, [bad], **hostile)
    assert response["study-figure"]["data"][0]["value"] == "kl"
    assert figure_of(response)["data"]


def test_curves_of_many_steps_are_thinned_at_the_same_steps_to_their_ends():
    bands = {
        "a": {"step": list(range(1, 1001)), "median": [0.5] * 1000},
        "b": {"step": list(range(1, 702)), "median": [1] * 701},
    }
    thin = thinned_arms(bands, 150)
    assert 140 < len(thin["a"]["step"]) <= 151
    assert (thin["a"]["step"][-1], thin["b"]["step"][-1]) == (1000, 701)
    assert set(thin["b"]["step"]) - {701} <= set(thin["a"]["step"])
    assert all(len(band["step"]) == len(band["median"]) for band in thin.values())
    assert thinned_arms({"a": {"step": [3, 5]}}) == {"a": {"step": [3, 5]}}
    assert thinned_arms({"a": {"step": []}}) == {"a": {"step": []}}


def test_a_study_of_hundreds_of_runs_is_looked_at_less_often(page, study_id, monkeypatch):
    def interval():
        body = lab_studies.layout(page_services(page), f"?study={study_id}")[1].children[0].children
        return [node.interval for node in body if getattr(node, "id", "") == "study-tick"]

    assert interval() == [lab_studies.TICK]
    monkeypatch.setattr(lab_studies, "MANY", 5)
    assert interval() == [lab_studies.SLOW_TICK]


def test_failed_and_diverged_runs_are_counted_and_are_in_no_median(page, studies):
    study_id = studies.create(narrowed(MODE, [PANEL], 3))
    put(studies, study_id, lambda m: None if (m.arm, m.seed) == ("Mode-assisted", 0) else 0.1,
        states=("finished", "finished", "failed", "finished", "finished", "finished"))  # fmt: skip
    response = look(page, study_id)
    assert words(response["study-table"]["children"]).count("2 of 3, 1 failed") == 2
    assert "2 runs have failed or diverged" in words(response["study-verdict"]["children"])


def test_while_it_runs_the_arms_are_compared_at_a_step_that_all_have_reached(studies):
    study = narrowed(MODE, [PANEL], 1)
    study_id = studies.create(study)
    first, second = (member.run for member in studies.members(study_id))
    studies.runs.append(first, [measured(100, 2.0)])
    studies.runs.append(second, [measured(100, 1.9), measured(200, 0.1)])
    studies.runs.write_status(second, state="running", step=200, total_steps=20_000, seconds=2.0)
    found = verdict(PANEL, table(studies, study_id)[PANEL], "kl", 1, bands(studies, study_id)[PANEL])
    assert "Mode-assisted is 1.1 times below CD-1: 1.9 against 2." in found.words
    assert "At step 100" in found.doubt
    assert headline([found], "CD-1", "kl").startswith("So far: ")
    assert left_words(studies, study_id).endswith("left")


def test_only_settings_that_differ_are_named_as_such():
    base = changed(RBMConfig(), {"training.epochs": 300})
    study = StudyConfig(title="x", base=base, arms=arms_of("trainer", ["CD-1", "CD-10"], base))
    assert differences(study) == ["Gibbs steps k: 1, 10"]
    assert differences(READY_MADE["quantum"])[-1].startswith(
        "Negative phase: Exact enumeration, Contrastive divergence"
    )


@pytest.mark.parametrize(
    ("axis", "values", "said"),
    [
        ("trainer", ["CD-1", "CD-10"], "Data, initial weights and batches of each seed"),
        ("training.batch_size", ["2", "4"], "Data and initial weights of each seed"),
        ("model.centred", ["off", "on"], "Data and batches of each seed"),
        ("model.hidden", ["4", "9"], "weights of a smaller machine are part of a larger one's"),
        ("data.train_size", ["1000", "2000"], "Every setting"),
    ],
)
def test_only_what_the_arms_share_is_said_to_be_shared(axis, values, said):
    base = RBM_PRESETS["mnist" if axis.startswith("data") else "bars"]
    words = shared(StudyConfig(title="x", base=base, arms=arms_of(axis, values, base)))
    assert said in words
    assert ("nitial weights and" in words) == (axis == "trainer")


def test_updates_are_an_axis_only_where_every_arm_has_them():
    assert list(horizontal(MODE)) == ["step", "updates", "seconds"]
    assert list(horizontal(READY_MADE["quantum"])) == ["step", "seconds"]


def test_a_title_is_text_and_never_markup_in_a_figure():
    band = {"step": [1, 2], "median": [1.0, 2.0], "low": [1.0, 0.0], "high": [1.0, 3.0], "count": [2, 2]}
    figure = study_figure(
        {"<b>x": band}, ["<b>x"], x="step", x_title="", y_title="", log=True, scheme="dark", revision=""
    )
    assert "<b>" not in figure.to_dict()["data"][-1]["hovertemplate"]
    assert figure.to_dict()["layout"]["yaxis"]["type"] == "linear"  # a zero has no logarithm


def test_downloads_repeat_the_study_and_its_table(page, study_id):
    file = page.get(f"/files/studies/{study_id}/study.json")
    assert StudyConfig.model_validate_json(file.text) == narrowed(MODE, [PANEL], 3)
    rows = list(csv.DictReader(io.StringIO(page.get(f"/files/studies/{study_id}/figures.csv").text)))
    assert [(row["arm"], f"{float(row['median']):.4g}", row["reference"], row["finished"]) for row in rows] == [
        ("CD-1", "0.22", "0.166", "3"), ("Mode-assisted", "0.022", "0.0151", "3")]  # fmt: skip
    other = page.get(f"/files/studies/{study_id}/figures.json?figure=log_likelihood").get_json()
    assert other[0]["median"] == pytest.approx(-2.22)
    for name in ("../x", "20260101-000000-000000"):
        assert page.get(f"/files/studies/{name}/study.json").status_code == 404


def test_deleting_a_study_can_be_undone(page, study_id, studies):
    def press(kind):
        inputs = {f"{kind}.data": {"study": study_id, "at": 1}}
        return page.call("study-changes.data", inputs, {"study-changes.data": 3})

    def listed():
        return words(page.call("study-list.children", {"study.data": None, "study-changes.data": 4})["study-list"])

    assert study_id in listed()
    assert "Undo" in words(press("study-deleted")["study-undo"]["children"])
    assert studies.ids() == page.store.ids() == []
    assert study_id not in listed()
    assert press("study-undone")["study-changes"]["data"] == 4
    assert study_id in listed()
    assert len(page.store.ids()) == 6


@pytest.mark.parametrize("search", ["?study=nope", "?study=20260101-000000-000000", "?from=../x"])
def test_an_address_that_leads_nowhere_shows_why_and_what_can_be_done(page, search):
    shown = words(lab_studies.layout(page_services(page), search))
    assert "there is no" in shown
    assert "Mode-assisted against CD" in shown
