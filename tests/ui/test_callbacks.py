"""What people press, posted as the browser posts it."""

from __future__ import annotations

import json

import pytest

from boltzmann.config import PRESETS, RunConfig, validate
from boltzmann.ui.components.settings_form import collect, run_form
from boltzmann.ui.curves import LOSSES
from demo_configs import DEMO


def widgets(form="train", config=None):
    """Ids and values of all fields and flags, as the page first shows them."""
    fields, flags = [], []
    for node in run_form(form, config or RunConfig(), DEMO)._traverse():
        name = getattr(node, "id", None)
        if isinstance(name, dict) and name["type"] == "field":
            fields.append([name, node.value])
        elif isinstance(name, dict) and name["type"] == "flag":
            flags.append([name, node.checked])
    return fields, flags


def keyed(fields, flags, form="train"):
    def pattern(kind, prop):
        return json.dumps({"form": form, "name": ["ALL"], "type": kind}, separators=(",", ":")) + "." + prop

    return {pattern("field", "value"): fields, pattern("flag", "checked"): flags}


def changed(fields, **values):
    return [[name, values.get(name["name"].replace(".", "__"), value)] for name, value in fields]


@pytest.mark.parametrize("key", PRESETS)
def test_the_form_gives_back_the_configuration_that_it_shows(key):
    fields, flags = widgets(config=PRESETS[key])
    ids, values = zip(*(fields + flags), strict=True)
    assert validate(collect(ids, values)) == PRESETS[key].model_copy(update={"versions": {}})


def test_every_widget_has_a_label_and_a_help_text():
    for node in run_form("train", RunConfig(), DEMO)._traverse():
        name = getattr(node, "id", None)
        if isinstance(name, dict) and name["type"] in ("field", "flag"):
            assert node.label, name
            assert node.description, name


def test_bad_values_are_explained_at_their_fields(page):
    fields, flags = widgets()
    fields = changed(fields, training__epochs=5000, model__n_latents="", sampler__gibbs__sweeps=-3)
    response = page.call("estimate.children", keyed(fields, flags))
    errors = {
        json.loads(name)["name"]: value["error"]
        for name, value in response.items()
        if '"name"' in name and value["error"]
    }
    assert set(errors) == {"training.epochs", "model.n_latents", "sampler.gibbs.sweeps"}
    assert "1 to 1,000" in errors["training.epochs"]
    assert response["train"]["disabled"] is True


def test_good_values_are_estimated(page):
    fields, flags = widgets()
    response = page.call(
        "estimate.children", keyed(changed(fields, training__epochs=2, training__batch_size=600), flags)
    )
    assert response["estimate"]["children"].startswith("200 steps, 120,000 images")
    assert response["train"]["disabled"] is False


def train(page, name, **values):
    fields, flags = widgets()
    state = {**keyed(changed(fields, **values), flags), "run-name.value": name}
    return page.call("run-name.error", {"train.n_clicks": 1}, state)


@pytest.mark.parametrize("name", ["../../x", "<img src=x onerror=alert(1)>", "", None])
def test_any_name_trains_under_an_identifier_of_ours(page, settings, name):
    before = {path for path in settings.runs.parent.rglob("*") if not path.is_relative_to(settings.runs)}
    response = train(page, name)
    (run_id,) = page.store.ids()
    assert response["url"]["search"] == f"?run={run_id}"
    assert len(page.store.name(run_id)) <= 80
    assert page.store.status(run_id).state == "queued"
    assert {path for path in settings.runs.parent.rglob("*") if not path.is_relative_to(settings.runs)} == before


@pytest.mark.parametrize("name", [7, {"a": 1}, "\x00\x01"])
def test_a_name_that_is_none_is_refused_at_its_field(page, name):
    response = train(page, name)
    assert "name" in response["run-name"]["error"]
    assert page.store.ids() == []


@pytest.mark.parametrize("value", [10**12, -1, "9" * 5000, [1], {"x": 1}, None, 1.5])
def test_absurd_parameters_start_nothing(page, value):
    response = train(page, "x", training__epochs=value)
    assert "Epochs is" in str(response["form-alert"]["children"])
    assert page.store.ids() == []


def test_a_preset_fills_the_form(page):
    fields, flags = widgets()
    outputs = {**keyed(fields, flags)}
    response = page.call("preset-blurb.children", {"preset.value": "standard"}, outputs)
    shown = {json.loads(name)["name"]: value for name, value in response.items() if '"name"' in name}
    assert shown["training.epochs"]["value"] == PRESETS["standard"].training.epochs


def act(page, run_id, name, more=None):
    epochs = '{"name":["ALL"],"type":"more-epochs"}.value'
    state = {
        "run-id.data": run_id,
        epochs: [] if more is None else [[{"name": "continue", "type": "more-epochs"}, more]],
    }
    return page.call("tick.disabled", {"run-pressed.data": {"name": name, "at": 1}}, state)


def test_continue_adds_epochs_and_queues(page, run_id):
    response = act(page, run_id, "continue", 3)
    assert response["tick"]["disabled"] is False
    assert page.store.config(run_id).training.epochs == 5
    assert page.store.status(run_id).state == "queued"
    act(page, run_id, "stop")
    assert page.store.status(run_id).state == "stopped"


def test_an_interrupted_run_resumes_from_its_error_card(page, run_id):
    page.store.write_status(run_id, state="running", heartbeat=1.0)
    response = page.call("delta.data", {"tick-asked.data": 0, "smoothing.value": 0}, {"run-id.data": run_id})
    assert "interrupted" in json.dumps(response["run-badges"])
    assert "resume-card" in json.dumps(response["run-alerts"])
    assert response["delta"]["data"]["final"] is True
    act(page, run_id, "resume-card")
    assert page.store.status(run_id).state == "queued"


@pytest.mark.parametrize("more", [None, 0, -5, "x", 10**9])
def test_absurd_continuations_are_explained(page, run_id, more):
    response = act(page, run_id, "continue", more)
    assert "not possible" in str(response["notifications"])
    assert page.store.status(run_id).state == "finished"


def press(page, kind, run_id, output, state=None):
    store = {"delete": "run-deleted", "undo": "run-undone", "rename": "run-renamed"}[kind]
    return page.call(output, {f"{store}.data": {"run": run_id, "at": 1}}, state)


def test_delete_and_undo(page, run_id):
    response = press(page, "delete", run_id, "runs-version.data")
    assert page.store.ids() == []
    assert "Undo" in str(response["undo-bar"])
    press(page, "undo", run_id, "runs-version.data")
    assert page.store.ids() == [run_id]


def test_a_replay_is_called_one_in_the_list(page, config):
    values = config.model_dump() | {"sampler": {"name": "dwave"}, "replay_of": "20260101-000000-abcdef"}
    page.store.create(validate(values))
    response = page.call(
        "runs-list.children", {"runs-tick-asked.data": 1, "runs-version.data": None}, {"runs-seen.data": None}
    )
    assert "D-Wave QPU (replay, no service asked)" in str(response)


def test_deleting_a_queued_run_is_refused(page, config):
    run_id = page.store.create(config)
    response = press(page, "delete", run_id, "runs-version.data")
    assert "stop it first" in str(response["notifications"])
    assert page.store.ids() == [run_id]


def test_a_name_that_is_too_long_is_refused_at_its_field(page):
    assert "10,000 characters" in train(page, "x" * 10_000)["run-name"]["error"]
    assert page.store.ids() == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("<b>x</b>", "<b>x</b>"),
        ("../../x", "../../x"),
        ("y" * 10_000, None),
        ("", None),
        ("\n\t", None),
        (None, None),
    ],
)
def test_rename(page, run_id, name, kept):
    state = {"renaming.data": run_id, "new-name.value": name}
    response = page.call("rename-modal.opened", {"rename-save.n_clicks": 1, "new-name.n_submit": None}, state)
    assert page.store.name(run_id) == (kept or "Eight steps")
    assert (response["new-name"]["error"] is None) == (kept is not None)


@pytest.mark.parametrize("bad", ["../..", None, 5, "20200101-000000-000000"])
def test_actions_on_runs_that_do_not_exist_are_messages(page, bad):
    for kind in ("delete", "undo", "rename"):
        output = "new-name.value" if kind == "rename" else "runs-version.data"
        response = press(page, kind, bad, output)
        assert "Traceback" not in str(response)


@pytest.mark.parametrize(
    ("path", "text"),
    [("/", "Train"), ("/generate", "Nothing to draw"), ("/runs", "No runs yet"), ("/x", "No such page")],
)
def test_pages_of_an_empty_studio(page, path, text):
    response = page.call("page.children", {"url.pathname": path}, {"url.search": ""})
    assert text in json.dumps(response)


@pytest.mark.parametrize("search", ["?run=../../etc", "?run=", "?run=20200101-000000-000000", "?", None, 7, {"a": 1}])
def test_a_strange_address_is_no_error(page, search):
    page.call("page.children", {"url.pathname": "/"}, {"url.search": search})
    response = page.call("studio-right.children", {"url.search": search}, {"url.pathname": "/"})
    assert "studio-right" in response


def draw(page, run_id, count=9, seed=None, digit="all", similar=False, **values):
    names = {"sampler.name": "gibbs", "sampler.gibbs.sweeps": 30}
    fields = [[{"type": "field", "form": "draw", "name": name}, value] for name, value in names.items()]
    state = {
        **keyed(changed(fields, **values), [], "draw"),
        "draw-model.value": f"run:{run_id}",
        "draw-count.value": count,
        "random-seed.checked": seed is None,
        "draw-seed.value": seed,
        "draw-digit.value": digit,
        "draw-similar.checked": similar,
    }
    return page.call("draw-count.error", {"draw.n_clicks": 1}, state)


def test_a_drawing_is_asked_for_with_the_chosen_sampler(page, run_id):
    response = draw(page, run_id, seed=5, sampler__gibbs__sweeps=77)
    request = page.drawings.request(response["drawing"]["data"]["id"])
    assert (request.count, request.seed, request.sampler.sweeps) == (9, 5, 77)


@pytest.mark.parametrize(
    "values",
    [
        {"count": 0},
        {"count": 10**9},
        {"count": "x"},
        {"seed": -1},
        {"seed": "y"},
        {"sampler__gibbs__sweeps": 10**9},
        {"sampler__name": "nonsense"},
        {"digit": "7"},
        {"digit": "10"},
        {"digit": None},
        {"digit": {"a": 1}},
    ],
)
def test_absurd_drawings_are_explained(page, run_id, values):
    response = draw(page, run_id, **values)
    assert "Nothing was drawn" in str(response["draw-error"])
    assert page.drawings.ids() == []


def test_a_finished_drawing_is_shown(page, drawing_id):
    drawing = {"id": drawing_id, "asked": 0, "count": 9}
    response = page.call("drawn.data", {"draw-tick-asked.data": 1}, {"drawing.data": drawing})
    grid = response["drawn"]["data"]["grid"]
    assert (grid["columns"], grid["count"], grid["width"]) == (3, 9, 92)
    digit = page.call("chip.figure", {"digit-index.value": 4, "drawn.data": response["drawn"]["data"]})
    up, down = digit["chip"]["figure"]["data"][1:]
    spins = page.drawings.arrays(drawing_id)["spins"][4]
    assert up["name"] == f"spin up ({(spins == 1).sum()})"
    assert down["name"] == f"spin down ({(spins == -1).sum()})"


@pytest.mark.parametrize("index", [-5, 99, None, "x", 1.5])
def test_an_absurd_digit_is_no_error(page, drawing_id, index):
    drawn = {"id": drawing_id, "grid": {"count": 9}}
    response = page.call("chip.figure", {"digit-index.value": index, "drawn.data": drawn})
    assert response["digit"]["src"].startswith("data:image/png")


def test_losses_have_explanations():
    from boltzmann.ui.components.loss_panel import MEANING

    assert set(MEANING) == set(LOSSES)


def test_the_web_process_never_imports_torch():
    import subprocess
    import sys

    code = "import sys, app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
