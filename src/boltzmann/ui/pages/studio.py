"""The Studio: settings on the left; on the right the run that the URL names, or the first page's digits."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update

from boltzmann.config import SAMPLER_CONFIGS, ConfigError, RunConfig, field_spec, validate
from boltzmann.runs.estimate_words import run_words
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import fine_tuning, resolve, starting_folder
from boltzmann.ui.components.parts import aria, error_card, icon
from boltzmann.ui.components.settings_form import collect, error_texts, run_form, values_of
from boltzmann.ui.pages import run_view, welcome
from boltzmann.ui.pages.address import open_run, parameter, run_of
from boltzmann.ui.services import Services

FORM = "train"
FIELD = {"type": "field", "form": FORM, "name": ALL}
FLAG = {"type": "flag", "form": FORM, "name": ALL}


def layout(services: Services, search: Any) -> list[Any]:
    """The page. ``search`` is the URL's query: its run's settings, or its sampler, fill the form."""
    demo = services.demo
    config = demo.presets[0].config
    run_id, start, notice = run_of(search), "", None
    if key := parameter(search, "from"):
        try:
            entry = resolve(key, services.settings, services.store)
            config, start = fine_tuning(entry), entry.key
            notice = dmc.Alert(
                f"Begins with the weights of {entry.title}: one epoch at a tenth of its learning rates. Choose the sampler "
                "that it shall suit; the model's own settings stay.",
                title="Fine-tuning",
                color="accent",
                mb="md",
                p="sm",
            )
        except StoreError as error:
            notice = error_card({"title": "No such model", "cause": str(error), "mend": "Choose one under Generate."})
    elif run_id and services.store.exists(run_id):
        with suppress(StoreError):  # the run's own card says what is wrong with it
            config = services.store.config(run_id)
    elif (name := parameter(search, "sampler")) in SAMPLER_CONFIGS:
        # Enumeration takes no model of the preset's size.
        model = config.model.model_copy(update={"n_latents": 16}) if name == "exact" else config.model
        config = config.model_copy(update={"sampler": SAMPLER_CONFIGS[name](), "model": model})
    presets = html.Div(
        [
            dmc.SegmentedControl(
                id="preset",
                size="xs",
                fullWidth=True,
                value=demo.presets[0].key,
                data=[{"value": preset.key, "label": preset.title} for preset in demo.presets],
                **aria(label="Preset"),
            ),
            html.P(
                demo.presets[0].blurb,
                id="preset-blurb",
                className="quiet",
                style={"fontSize": 13, "margin": "8px 2px 20px"},
            ),
        ],
        # A preset has a model of its own.
        style={"display": "none"} if start else {},
    )
    picker = html.Div([dcc.Store(id="start-from", data=start), notice, presets])
    foot = html.Div(
        [
            dmc.TextInput(id="run-name", label="Run name", placeholder="optional", size="sm"),
            html.Div(id="form-alert"),
            html.Div(id="estimate", className="quiet numbers", style={"fontSize": 13, "margin": "10px 0"}),
            dmc.Button("Train", id="train", size="md", fullWidth=True, leftSection=icon("play")),
        ],
        className="settings-foot",
    )
    column = html.Aside(
        [html.Div([picker, run_form(FORM, config, demo)], className="settings-scroll"), foot],
        id="settings",
        className="settings-column card",
        **aria(label="Settings"),
    )
    toggle = html.Button(
        [icon("chevron"), html.Span("Settings", className="handle-label")],
        id="toggle-settings",
        type="button",
        className="column-handle",
        title="Show or hide the settings",
        **aria(label="Show or hide the settings", controls="settings"),
    )
    right = html.Div([toggle, html.Div(id="studio-right")], className="right-column")
    return [html.Div([column, right], id="columns", className="two-columns")]


def register(app: Dash, services: Services) -> None:
    """Callbacks of the settings and of the choice between the first page and a run."""
    demo, store = services.demo, services.store

    @app.callback(
        Output("studio-right", "children"),
        Input("url", "search"),
        State("url", "pathname"),
    )
    def show_right(search: Any, path: Any) -> Any:
        if path != "/":
            return no_update
        run_id = run_of(search)
        if run_id is None:
            return welcome.layout(services)
        if not store.exists(run_id):
            return error_card(
                {
                    "title": "No such run",
                    "cause": "The address names a run that is not in the run store. It may have been deleted.",
                    "mend": "Choose one under Runs, or train a new one.",
                }
            )
        return run_view.layout(services, run_id)

    @app.callback(
        Output(FIELD, "value"),
        Output(FLAG, "checked"),
        Output("preset-blurb", "children"),
        Input("preset", "value"),
        prevent_initial_call=True,
    )
    def fill_in(key: Any) -> Any:
        preset = demo.preset(key)
        fields, flags = ctx.outputs_list[:2]
        values = [values_of(preset.config, [item["id"]["name"] for item in group]) for group in (fields, flags)]
        return *values, preset.blurb

    @app.callback(
        Output(FIELD, "error"),
        Output(FLAG, "error"),
        Output("estimate", "children"),
        Output("form-alert", "children"),
        Output("train", "disabled"),
        Input(FIELD, "value"),
        Input(FLAG, "checked"),
        State("start-from", "data"),
    )
    def check(_fields: Any, _flags: Any, start: Any) -> Any:
        config, error, names = _read_form(ctx.inputs_list, start)
        sampler = dict(zip(names[0], _fields, strict=True)).get("sampler.name")
        texts = [error_texts(error, group, sampler) for group in names]
        if config is None:
            return *texts, "", _alert([_labelled(line) for line in str(error).splitlines()]), True
        return *texts, run_words(config), None, False

    @app.callback(
        Output("form-alert", "children", allow_duplicate=True),
        Output("run-name", "error"),
        Input("train", "n_clicks"),
        State(FIELD, "value"),
        State(FLAG, "checked"),
        State("run-name", "value"),
        State("start-from", "data"),
        prevent_initial_call=True,
        running=[(Output("train", "loading"), True, False)],
    )
    def train(clicks: Any, _fields: Any, _flags: Any, name: Any, start: Any) -> Any:
        if not clicks:
            return no_update, no_update
        config, error, _ = _read_form(ctx.states_list[:2], start)
        if config is None:
            return _alert([_labelled(line) for line in str(error).splitlines()]), None
        try:
            starting_folder(config, services.settings, store)
        except (ConfigError, StoreError) as refused:
            return _alert([_labelled(str(refused))]), None
        try:
            run_id = store.create(config, name or "")
        except StoreError as refused:
            return no_update, str(refused)
        services.engine.train(run_id)
        open_run(run_id)
        return None, None

    app.clientside_callback(
        ClientsideFunction("studio", "toggleColumn"),
        Output("columns", "className"),
        Input("toggle-settings", "n_clicks"),
        State("columns", "className"),
        prevent_initial_call=True,
    )


def _read_form(groups: list[Any], start: Any = "") -> tuple[RunConfig | None, ConfigError | None, list[list[str]]]:
    names = [[item["id"]["name"] for item in group] for group in groups]
    ids = [item["id"] for group in groups for item in group]
    values = [item.get("value") for group in groups for item in group]
    try:
        return validate({**collect(ids, values), "start_from": start or ""}), None, names
    except ConfigError as error:
        return None, error, names


def _labelled(line: str) -> str:
    """An error's line with the field's label in place of its name: the field itself may be out of view."""
    name, _, rest = line.partition(" ")
    spec = field_spec(name)
    return f"{spec['label']} {rest}" if spec else line


def _alert(lines: list[str]) -> Any:
    if not lines:
        return None
    return dmc.Alert(
        [html.Div(line) for line in lines], title="Please mend these settings", color="red", mt="sm", p="xs"
    )
