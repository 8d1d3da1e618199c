"""The lab's first page: train a restricted Boltzmann machine and watch it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from dash import Dash, Input, Output, State, no_update

from boltzmann.config import RBM_PRESETS, RBMConfig, training_rows, validate_rbm
from boltzmann.runs.estimate_words import lab_words
from boltzmann.runs.files import StoreError
from boltzmann.runs.study_costs import run_seconds
from boltzmann.runs.tables import TableStore
from boltzmann.ui.components import lab_table
from boltzmann.ui.components.lab_tabs import lab_tabs
from boltzmann.ui.components.lab_welcome import welcome
from boltzmann.ui.components.parts import error_card
from boltzmann.ui.components.training_form import Room, register_form, settings_column, two_columns
from boltzmann.ui.pages import lab_run
from boltzmann.ui.pages.address import open_run, run_of
from boltzmann.ui.services import Demo, Services

FORM = "lab"


def layout(services: Services, search: Any) -> list[Any]:
    """The page. ``search`` is the URL's query: its run's settings fill the form."""
    config, run_id = RBM_PRESETS[services.demo.lab_presets[0].key], run_of(search)
    if run_id and services.store.exists(run_id):
        with suppress(StoreError):  # the run's own card says what is wrong with it
            config = services.store.rbm_config(run_id)
    own = {lab_table.FIELD: lab_table.table_field(FORM, services, config.data.table)}
    column = settings_column(_room(services.demo), config, services, instead=own)
    return [lab_tabs("/lab"), two_columns(column, "lab-right")]


def register(app: Dash, services: Services) -> None:
    """Callbacks of the settings, of dropped tables, and of the choice between the first sight and a run."""
    store, tables = services.store, TableStore.beside(services.settings.runs)

    @app.callback(Output("lab-right", "children"), Input("url", "search"), State("url", "pathname"))
    def show_right(search: Any, path: Any) -> Any:
        if path != "/lab":
            return no_update
        run_id = run_of(search)
        if run_id is None:
            return welcome(services)
        if not store.exists(run_id) or store.kind(run_id) != "rbm":
            return error_card(
                {
                    "title": "No such run",
                    "cause": "The address names no run of the lab. It may have been deleted, or belong to the Studio.",
                    "mend": "Choose one under Runs, or train a new one.",
                }
            )
        return lab_run.layout(services, run_id)

    @app.callback(
        Output("lab-train-demo", "disabled"),
        Input("lab-train-demo", "n_clicks"),
        prevent_initial_call=True,
        running=[(Output("lab-train-demo", "loading"), True, False)],
    )
    def train_demo(clicks: Any) -> Any:
        if not clicks:
            return no_update
        run_id = store.create(RBM_PRESETS[services.demo.lab_presets[0].key], "My first machine")
        services.engine.train(run_id)
        open_run(run_id)
        return True

    def words(config: RBMConfig) -> str:
        rows = training_rows(config)
        if rows is None:
            with suppress(StoreError):
                rows = tables.training_rows(config.data.table)
        return lab_words(config, rows, run_seconds(config, rows)) if rows else ""

    def ready(config: RBMConfig) -> None:
        if config.data.dataset == "table":
            tables.path(config.data.table)

    register_form(app, services, _room(services.demo), words, ready)
    lab_table.register(app, services, FORM)
    lab_run.register(app, services)


def _room(demo: Demo) -> Room:
    return Room(
        form=FORM,
        prefix="lab-",
        of=RBMConfig,
        validate=validate_rbm,
        presets=demo.lab_presets,
        config_of=lambda preset: RBM_PRESETS[preset.key],
    )
