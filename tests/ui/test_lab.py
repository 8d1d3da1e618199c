"""The lab's first page: what its form, its stream and its list give, posted as the browser posts it."""

from __future__ import annotations

import base64
import json

import pytest

from boltzmann.config import RBM_PRESETS, RBMConfig, RunConfig, SimulatedQPUConfig, changed, training_rows, validate_rbm
from boltzmann.config.budget import estimate_lab
from boltzmann.runs.tables import TableStore
from boltzmann.ui.components.lab_panels import how_measured, latest, seen
from boltzmann.ui.components.run_header import settings_tables
from boltzmann.ui.components.setting_groups import LAB_ONLY
from boltzmann.ui.components.settings_form import collect, run_form
from boltzmann.ui.curves import smooth
from boltzmann.ui.lab_curves import LAB_CURVES
from boltzmann.ui.lab_figures import lab_extension, lab_figure
from boltzmann.ui.lab_stream import extend, redraw
from demo_configs import DEMO

from .conftest import VIEW, measured

BARS = RBM_PRESETS["bars"]
EMBEDDED = changed(RBM_PRESETS["stripes"], {"sampler.embedding": "chimera", "inverse_temperature.scheme": "linear"})


def widgets(config):
    """Ids and values of all fields and flags of the lab's form, and what is seen of its settings."""
    fields, flags, shown = [], [], {}
    for node in run_form("lab", config, DEMO)._traverse():
        key = getattr(node, "id", None)
        if not isinstance(key, dict):
            continue
        if key["type"] == "only-if":
            shown[key["name"]] = node.style == {}
        elif key["type"] == "field":
            fields.append([key, node.value])
        elif key["type"] == "flag":
            flags.append([key, node.checked])
    return fields, flags, shown


def keyed(fields, flags):
    def pattern(kind, prop):
        return json.dumps({"form": "lab", "name": ["ALL"], "type": kind}, separators=(",", ":")) + "." + prop

    return {pattern("field", "value"): fields, pattern("flag", "checked"): flags}


def with_values(fields, **values):
    return [[key, values.get(key["name"].replace(".", "__"), value)] for key, value in fields]


def found(node, label):
    """The properties of all components of that label, in a tree as the browser gets it."""
    if isinstance(node, list):
        return [one for child in node for one in found(child, label)]
    if not isinstance(node, dict):
        return []
    props = node.get("props", {})
    return [*([props] if props.get("aria-label") == label else []), *found(props.get("children"), label)]


@pytest.mark.parametrize("config", [*RBM_PRESETS.values(), EMBEDDED], ids=[*RBM_PRESETS, "embedded"])
def test_the_form_gives_back_the_configuration_that_it_shows(config):
    fields, flags, _ = widgets(config)
    ids, values = zip(*(fields + flags), strict=True)
    assert validate_rbm(collect(ids, values, RBMConfig)) == config


def test_an_inverse_temperature_out_of_sight_is_not_sent():
    fields, flags, _ = widgets(EMBEDDED)
    ids, values = zip(*(with_values(fields, training__negative_phase="cd") + flags), strict=True)
    assert validate_rbm(collect(ids, values, RBMConfig)).inverse_temperature.scheme == "estimated"


def test_minor_embeddings_are_offered_and_told_in_the_lab_only():
    studio = RunConfig(sampler=SimulatedQPUConfig())
    offered = [
        {
            node.id["name"]
            for node in run_form("x", config, DEMO)._traverse()
            if isinstance(getattr(node, "id", 0), dict)
        }
        for config in (EMBEDDED, studio)
    ]
    assert [{f"sampler.simulated_qpu.{name}" for name in LAB_ONLY} <= names for names in offered] == [True, False]
    told = [str(settings_tables(config)) for config in (EMBEDDED, studio)]
    assert ["Embedding" in words for words in told] == [True, False]


@pytest.mark.parametrize(
    ("config", "seen", "hidden"),
    [
        (BARS, "data/length training/gibbs_steps training/mode_search", "data/side training/chains sampler"),
        (
            RBM_PRESETS["stripes"],
            "data/side training/chains sampler sampler/simulated_qpu",
            "training/gibbs_steps training/mode_search sampler/gibbs data/length",
        ),
        (
            validate_rbm({"training": {"mode_assisted": True, "mode_search": "sampler"}}),
            "sampler sampler/gibbs training/mode_reads",
            "sampler/dwave training/generative_weight inverse_temperature",
        ),
        (
            EMBEDDED,
            "inverse_temperature inverse_temperature/end sampler/simulated_qpu/chain_strength",
            "inverse_temperature/direction inverse_temperature/rate",
        ),
    ],
)
def test_only_settings_with_a_meaning_are_seen(config, seen, hidden):
    _, _, shown = widgets(config)
    assert {name: shown[name] for name in (seen + " " + hidden).split()} == {
        **dict.fromkeys(seen.split(), True),
        **dict.fromkeys(hidden.split(), False),
    }


def test_bad_values_are_explained_at_their_fields_and_start_nothing(page):
    fields, flags, _ = widgets(BARS)
    fields = with_values(fields, model__hidden=10**9, training__epochs="")
    response = page.call("lab-estimate.children", keyed(fields, flags))
    errors = {json.loads(k)["name"]: v["error"] for k, v in response.items() if '"name"' in k and v["error"]}
    assert set(errors) == {"model.hidden", "training.epochs"}
    assert "1 to 4,096" in errors["model.hidden"]
    parts = page.call("lab-estimate.children", keyed(with_values(fields, model__hidden=12.7), flags))
    assert "Hidden units is 12.7: it must be a whole number" in str(parts["lab-form-alert"])
    refused = page.call("lab-run-name.error", {"lab-train.n_clicks": 1}, keyed(fields, flags))
    assert "Hidden units is" in str(refused["lab-form-alert"])
    assert page.store.ids() == []


def test_a_preset_is_lit_beside_its_own_settings_only(page):
    fields, flags, _ = widgets(BARS)
    lit = {"lab-preset.value": "bars"}
    assert "lab-preset" not in page.call("lab-estimate.children", keyed(fields, flags), lit)
    changed = keyed(with_values(fields, model__hidden=5), flags)
    assert page.call("lab-estimate.children", changed, lit)["lab-preset"] == {"value": ""}
    assert "of your own" in str(page.call("lab-preset-blurb.children", {"lab-preset.value": ""}, keyed(fields, flags)))


def test_rows_that_are_no_images_have_no_place_for_pictures(page, settings):
    shown = []
    for columns in (12, 16):
        upload(page, (b",".join([b"1"] * columns) + b"\n") * 10)
        values = BARS.model_dump()
        values["data"] |= {"dataset": "table", "table": TableStore.beside(settings.runs).ids()[0]}
        run_id = page.store.create(validate_rbm(values))
        right = page.call("lab-right.children", {"url.search": f"?run={run_id}"}, {"url.pathname": "/lab"})
        (panel,) = found(right["lab-right"]["children"], "Pictures")
        shown.append(panel["style"])
    assert shown == [{"display": "none"}, {}]


def test_train_starts_a_run_of_the_lab(page):
    fields, flags, _ = widgets(BARS)
    state = {**keyed(with_values(fields, training__epochs=50), flags), "lab-run-name.value": "<b>bars</b>"}
    response = page.call("lab-run-name.error", {"lab-train.n_clicks": 1}, state)
    (run_id,) = page.store.ids()
    assert response["url"]["search"] == f"?run={run_id}"
    assert page.store.rbm_config(run_id).training.epochs == 50
    assert (page.store.kind(run_id), page.store.name(run_id)) == ("rbm", "<b>bars</b>")


def test_calls_of_a_service_are_told_before():
    sampler = {"name": "dwave", "max_calls": 150}
    phase = {"negative_phase": "sampler", "epochs": 100, "batch_size": 10, "chains": 20}
    config = validate_rbm({"data": {"dataset": "bars_and_stripes"}, "training": phase, "sampler": sampler})
    need = estimate_lab(config, training_rows(config) or 0)
    # 30 images in batches of 10: three steps an epoch, a call each.
    assert (need.steps, need.calls, need.reads) == (300, 300, 6000)
    searched = {**phase, "negative_phase": "cd", "mode_assisted": True, "mode_search": "sampler", "mode_reads": 5}
    need = estimate_lab(validate_rbm({"training": searched, "sampler": sampler}), 9)
    assert (need.steps, need.calls, need.reads) == (100, 7, 35)


def test_the_form_tells_the_calls_and_where_a_limit_ends_them(page):
    fields, flags, _ = widgets(RBM_PRESETS["stripes"])
    changes = {"sampler__name": "dwave", "sampler__dwave__max_calls": 500, "training__epochs": 2000}
    fields = with_values(fields, **changes)
    told = page.call("lab-estimate.children", keyed(fields, flags))["lab-estimate"]["children"]
    assert "2,000 calls of the service" in told
    assert "after about epoch 500 of 2,000" in told


def upload(page, content, name="rows.csv"):
    contents = "data:text/csv;base64," + base64.b64encode(content).decode()
    return page.call("lab-upload-error.children", {"lab-upload.contents": contents}, {"lab-upload.filename": name})


def test_a_dropped_table_is_chosen_shown_and_trained_on(page, settings):
    upload(page, (b"0,1" + b",1" * 98 + b"\n") * 25_000, "large.csv")  # 5 MB, the largest
    response = upload(page, b"0,1,1,0\n" * 10)
    table_id, _ = TableStore.beside(settings.runs).ids()
    field = '{"form":"lab","name":"data.table","type":"field"}'
    assert response[field]["value"] == table_id
    shown = page.call("lab-table-shown.children", {f"{field}.value": table_id})
    assert "10 rows × 4 columns, 50% ones" in str(shown)
    assert "2 × 2 images" in str(shown)
    fields, flags, _ = widgets(BARS)
    fields = with_values(fields, data__dataset="table", data__table=table_id, training__batch_size=4)
    told = page.call("lab-estimate.children", keyed(fields, flags))
    # Two of ten rows are held out: two batches of four an epoch.
    assert told["lab-estimate"]["children"].startswith("40,000 steps, 160,000 rows")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"0,2\n" * 9, "must be 0 or 1"), (b"", "the file is empty"), (b"0,1\n" * 1_300_000, "5.2 MB, more than 5")],
)
def test_a_file_that_is_no_table_is_explained(page, settings, content, words):
    assert words in str(upload(page, content)["lab-upload-error"])
    assert TableStore.beside(settings.runs).ids() == []


@pytest.mark.parametrize("contents", ["", "x", "data:,%%%", 7, {"a": 1}, ["b"]])
def test_absurd_uploads_are_messages(page, contents):
    response = page.call("lab-upload-error.children", {"lab-upload.contents": contents}, {"lab-upload.filename": [3]})
    assert "cannot be used" in str(response)


def test_a_table_that_is_gone_starts_nothing(page):
    fields, flags, _ = widgets(BARS)
    fields = with_values(fields, data__dataset="table", data__table="20200101-000000-000000")
    response = page.call("lab-run-name.error", {"lab-train.n_clicks": 1}, keyed(fields, flags))
    assert "the table is not here" in str(response["lab-form-alert"])
    assert page.store.ids() == []


RAW = {**VIEW, "smoothing": 0.0}


@pytest.mark.parametrize("view", [RAW, {**VIEW, "x": "epoch"}], ids=["raw", "smoothed over epochs"])
def test_extending_equals_drawing_anew(view):
    annealer = {"beta": 1.5, "hardware_beta": 2.0, "hardware_beta_error": 0.1}
    events = [measured(step, test_log_likelihood=-step, **annealer) for step in range(1, 21)]
    for step in (3, 15):
        events[step:step] = [{"kind": "sampler", "step": step, "info": {}}, {"kind": "checkpoint", "step": step}]
    whole, last = redraw(events, 24, view)
    first, state = redraw(events[:9], 9, view)
    added, new = extend(events[9:], 24, state) or ({}, {})
    assert new["latest"]["updates"] == 2000
    assert new["marks"] == last["marks"]
    assert [mark["x"] for mark in new["marks"]] == [3, 15]
    assert first["reports"]["x"] + added["reports"]["x"] == whole["reports"]["x"] == [3, 15]
    for name in LAB_CURVES:
        look = {"x_title": "", "log": False, "scheme": "light", "revision": ""}
        begun, all_of_it = (lab_figure(name, drawn["curves"], **look) for drawn in (first, whole))
        values, traces = lab_extension(name, added["curves"], state["latest"]["mode_steps"])
        for index in traces:
            for key, more in values.items():
                old, wanted = (list(figure.data[index][key] or ()) for figure in (begun, all_of_it))
                assert old + more[index] == wanted or key == "text"


def test_the_rate_of_mode_steps_is_drawn_beside_their_probability():
    drawn, state = redraw([measured(1, mode_rate=None), measured(2, mode_rate=0.3)], 2, RAW)
    figure = lab_figure("mode", drawn["curves"], x_title="", log=False, scheme="light", revision="")
    lines = [(trace["name"], list(trace["y"])) for trace in figure.to_dict()["data"]]
    assert lines == [("γ", [None, 0.3]), ("P", [0.1, 0.1]), ("mode steps", [None, 0.0])]
    assert state["latest"]["mode_rate"] == 0.3
    assert latest("mode", state["latest"]) == "P = 0.1"


def test_the_estimated_inverse_temperature_has_a_band_and_a_simulated_chip_its_hidden_value():
    events = [
        measured(1, beta=1.5, hardware_beta=1.8, hardware_beta_error=0.25),
        measured(2, beta=1.6, hardware_beta=None, hardware_beta_error=None),
    ]
    drawn, state = redraw(events, 2, RAW)
    figure = lab_figure("beta", drawn["curves"], x_title="", log=False, scheme="light", revision="", hidden=2.0)
    lines = [list(trace["y"]) for trace in figure.to_dict()["data"]]
    assert lines == [[1.8, None], [1.5, 1.6], [1.55, None], [2.05, None]]
    assert [shape["y0"] for shape in figure.to_dict()["layout"]["shapes"]] == [2.0]
    assert latest("beta", state["latest"]) == "1.6"
    assert seen("beta", state["latest"], EMBEDDED)
    assert not seen("chain_breaks", state["latest"], EMBEDDED)
    assert how_measured(EMBEDDED, {})["beta"] == "Linear"
    fixed = changed(EMBEDDED, {"inverse_temperature.scheme": "fixed"})
    assert [seen("beta_change", {"beta_change": 0.0}, config) for config in (EMBEDDED, fixed)] == [True, False]


def test_a_figure_that_is_measured_seldom_keeps_its_last_value():
    events = [measured(1, kl=0.5), measured(2, kl=None)]
    _, state = redraw(events, 2, RAW)
    assert state["latest"]["kl"] == 0.5
    assert seen("kl", state["latest"], BARS)
    assert not seen("error_rate", state["latest"], BARS)
    # All rows to train and test alike: the gap is 0 whatever the machine learns.
    assert not seen("free_energy_gap", {"free_energy_gap": 0.0}, BARS)


def test_what_is_exact_is_told_apart():
    assert how_measured(BARS, {})["kl"] == "exact, 2⁹ states"
    mnist = how_measured(RBM_PRESETS["mnist"], {"pseudo_rows": 200, "rule": "white above 127"})
    assert (mnist["log_likelihood"], mnist["pseudo_likelihood"]) == ("", "200 held-out rows; white above 127")


def tick(page, run_id, state=None, **controls):
    def items(kind):
        return [[{"name": name, "type": kind}] * 2 for name in LAB_CURVES]

    patterns = {
        json.dumps({"name": ["ALL"], "type": f"lab-{kind}"}, separators=(",", ":")) + f".{prop}": items(f"lab-{kind}")
        for kind, prop in (("curve", "id"), ("latest", "children"), ("how", "children"), ("box", "style"))
    }
    for name, prop in (("report-curve", "id"), ("report-value", "children")):
        key = {"name": "temperature", "type": f"lab-{name}"}
        patterns[f'{{"name":["ALL"],"type":"lab-{name}"}}.{prop}'] = [[key, key]]
    inputs = {"lab-tick-asked.data": 1, **{key.replace("__", "."): value for key, value in controls.items()}}
    return page.call("lab-delta.data", inputs, {"lab-run-id.data": run_id, "lab-stream.data": state, **patterns})


def test_a_tick_draws_what_the_store_holds_and_the_next_adds_to_it(page, lab_run):
    response = tick(page, lab_run)
    delta = response["lab-delta"]["data"]
    kl = delta["figures"][list(LAB_CURVES).index("kl")]
    assert kl["data"][0]["y"] == page.store.history(lab_run)["kl"]
    assert delta["final"] is True
    assert response["lab-pictures"]["data"]["filters"][0]["src"].endswith("filters-00000004.png")
    assert len(response["lab-energies"]["figure"]["data"]) == 2
    assert "Continue for" in json.dumps(response["lab-run-actions"])
    page.store.append(lab_run, [measured(5)])
    later = tick(page, lab_run, delta["state"])["lab-delta"]["data"]
    assert "figures" not in later
    assert later["extensions"][0][0]["x"] == [[5]]


def test_the_bar_governs_every_curve_of_a_machine(page, lab_run):
    page.store.append(lab_run, [{"kind": "sampler", "step": 2, "info": {"effective_inverse_temperature": 1.0}}])
    bar = {"smoothing__value": 0.5, "log-axis__checked": True, "log-x__checked": True, "x-axis__value": "seconds"}
    delta = tick(page, lab_run, **bar)["lab-delta"]["data"]
    kl, history = delta["figures"][list(LAB_CURVES).index("kl")], page.store.history(lab_run)
    assert [trace["y"] for trace in kl["data"]] == [smooth(history["kl"], 0.5)[0], history["kl"]]
    assert [kl["data"][0]["x"], delta["reports"][0]["data"][0]["x"]] == [history["seconds"], [0.2]]
    for figure in (kl, delta["reports"][0]):
        axes = figure["layout"]["xaxis"], figure["layout"]["yaxis"]
        assert [axis["type"] for axis in axes] == ["log", "log"]
        assert axes[0]["title"]["text"] == "training seconds"


@pytest.mark.parametrize("bad", ["../../x", None, 7, "20200101-000000-000000"])
def test_a_run_that_does_not_exist_is_a_message(page, bad):
    assert "there is no run" in str(tick(page, bad))
    search = f"?run={bad}"
    page.call("page.children", {"url.pathname": "/lab"}, {"url.search": search})
    shown = page.call("lab-right.children", {"url.search": search}, {"url.pathname": "/lab"})
    assert "No such run" in str(shown)


def test_a_stopped_run_goes_on_and_a_finished_one_for_longer(page, lab_run):
    epochs = '{"name":["ALL"],"type":"lab-more-epochs"}.value'

    def press(name, more=None):
        fields = [] if more is None else [[{"name": "continue", "type": "lab-more-epochs"}, more]]
        state = {"lab-run-id.data": lab_run, epochs: fields}
        return page.call("lab-tick.disabled", {"lab-run-pressed.data": {"name": name, "at": 1}}, state)

    assert press("continue", 10)["lab-tick"]["disabled"] is False
    assert page.store.rbm_config(lab_run).training.epochs == BARS.training.epochs + 10
    press("stop")
    assert page.store.status(lab_run).state == "stopped"
    press("resume")
    assert page.store.status(lab_run).state == "queued"
