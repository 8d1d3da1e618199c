"""The Studio: settings on the left; on the right the run that the URL names, or the first page's digits."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, no_update

from boltzmann.config import SAMPLER_CONFIGS, RunConfig, validate
from boltzmann.runs.estimate_words import run_words
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import fine_tuning, resolve, starting_folder
from boltzmann.ui.components.parts import error_card
from boltzmann.ui.components.training_form import Room, register_form, settings_column, two_columns
from boltzmann.ui.pages import run_view, welcome
from boltzmann.ui.pages.address import parameter, run_of
from boltzmann.ui.services import Demo, Services


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
        model = (
            config.model.model_copy(update={"n_latents": 16, "hidden_spins": 0}) if name == "exact" else config.model
        )
        config = config.model_copy(update={"sampler": SAMPLER_CONFIGS[name](), "model": model})
    head = [dcc.Store(id="start-from", data=start), notice]
    # A model that is fine-tuned has settings of its own, and a preset others.
    column = settings_column(_room(demo), config, services, head, presets=not start)
    return [two_columns(column, "studio-right")]


def register(app: Dash, services: Services) -> None:
    """Callbacks of the settings and of the choice between the first page and a run."""
    store = services.store

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
        if store.kind(run_id) == "rbm":
            return error_card(
                {"title": "A run of the lab", "cause": "This run is one of the QRBM lab.", "mend": ""},
                dmc.Anchor("Open it there", href=f"/lab?run={run_id}", fw=500),
            )
        return run_view.layout(services, run_id)

    register_form(
        app,
        services,
        _room(services.demo),
        run_words,
        ready=lambda config: starting_folder(config, services.settings, store),
    )
    app.clientside_callback(
        ClientsideFunction("studio", "toggleColumn"),
        Output("columns", "className"),
        Input("toggle-settings", "n_clicks"),
        State("columns", "className"),
        prevent_initial_call=True,
    )


def _room(demo: Demo) -> Room:
    return Room(
        form="train",
        prefix="",
        of=RunConfig,
        validate=validate,
        presets=demo.presets,
        config_of=lambda preset: preset.config,
        stores={"start_from": "start-from"},
    )
