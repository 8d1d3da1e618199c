"""What the page of comparisons does before a study begins: prices, values of an axis, errors at their fields, Start."""

from __future__ import annotations

from typing import Any

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, no_update, set_props

from boltzmann.config import StudyConfig
from boltzmann.config.studies import REDUCED
from boltzmann.runs.files import StoreError
from boltzmann.runs.study_costs import cost_words
from boltzmann.ui.components.parts import notification
from boltzmann.ui.components.study_axes import AxisError
from boltzmann.ui.components.study_own import base_of, own_study, preview, values_field
from boltzmann.ui.components.study_start import chosen_study
from boltzmann.ui.services import Services

FIELDS = ("base", "axis", "values", "seeds", "epochs")


def register(app: Dash, services: Services) -> None:
    """Ready-made experiments, shipped ones again, and own comparisons."""
    store = services.store

    @app.callback(
        Output({"type": "study-cost", "name": MATCH}, "children"),
        Output({"type": "study-refused", "name": MATCH}, "children"),
        Output({"type": "study-start", "name": MATCH}, "disabled"),
        Input({"type": "study-panels", "name": MATCH}, "value"),
        Input({"type": "study-seeds", "name": MATCH}, "value"),
        prevent_initial_call=True,
    )
    def price(panels: Any, seeds: Any) -> Any:
        try:
            study = chosen_study(_name(ctx.triggered_id), panels, seeds)
        except StoreError as error:
            return "", _sentence(error), True
        return cost_words(study), None, False

    @app.callback(
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input({"type": "study-start", "name": ALL}, "n_clicks"),
        State({"type": "study-panels", "name": ALL}, "value"),
        State({"type": "study-seeds", "name": ALL}, "value"),
        prevent_initial_call=True,
    )
    def start(clicks: Any, _panels: Any, _seeds: Any) -> Any:
        name = _name(ctx.triggered_id)
        if not any(clicks or []) or name is None:
            return no_update
        panels, seeds = (_value_of(group, name) for group in ctx.states_list)
        try:
            _begin(services, chosen_study(name, panels, seeds))
        except (StoreError, OSError) as error:
            return _refused(ctx.triggered_id, _sentence(error))
        return no_update

    @app.callback(
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input({"type": "study-reduced", "name": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def start_reduced(clicks: Any) -> Any:
        study = REDUCED.get(_name(ctx.triggered_id) or "") if any(clicks or []) else None
        if study is None:
            return no_update
        try:
            _begin(services, study, f"{study.title}, reduced")
        except (StoreError, OSError) as error:
            return _refused(ctx.triggered_id, _sentence(error))
        return no_update

    @app.callback(
        Output("own-values-place", "children"),
        Output("own-epochs", "value"),
        Input("own-axis", "value"),
        Input("own-base", "value"),
        prevent_initial_call=True,
    )
    def fill_in(axis: Any, base: Any) -> Any:
        try:
            config = base_of(base, store)
            epochs = config.training.epochs if ctx.triggered_id == "own-base" else no_update
            return values_field(axis, config), epochs
        except (AxisError, StoreError):
            return no_update, no_update  # the check says what is wrong

    @app.callback(
        *[Output(f"own-{name}", "error") for name in FIELDS],
        Output("own-preview", "children"),
        Output("own-start", "disabled"),
        *[Input(f"own-{name}", "value") for name in FIELDS],
    )
    def check(*typed: Any) -> Any:
        own = own_study(store, *typed)
        return *(own.errors.get(name) for name in FIELDS), preview(own), own.study is None

    @app.callback(
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input("own-start", "n_clicks"),
        *[State(f"own-{name}", "value") for name in FIELDS],
        prevent_initial_call=True,
    )
    def start_own(clicks: Any, *typed: Any) -> Any:
        if not clicks:
            return no_update
        own = own_study(store, *typed)
        if own.study is None:
            return _refused("own-start", ". ".join(own.errors.values()))
        try:
            _begin(services, own.study)
        except (StoreError, OSError) as error:
            return _refused("own-start", _sentence(error))
        return no_update

    @app.callback(
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input({"type": "study-again", "study": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def again(clicks: Any) -> Any:
        if not any(clicks or []) or not isinstance(ctx.triggered_id, dict):
            return no_update
        study_id, studies = ctx.triggered_id["study"], services.engine.studies
        try:
            _begin(services, studies.config(study_id), studies.name(study_id))
        except (StoreError, OSError) as error:
            return _refused(ctx.triggered_id, _sentence(error))
        return no_update

    # A study of hundreds of runs takes seconds to be made: a second click must not make another. The button goes with its
    # page, so that its rest is no matter of `running`, which looks for it afterwards.
    for button in (
        {"type": "study-start", "name": MATCH},
        {"type": "study-reduced", "name": MATCH},
        {"type": "study-again", "study": MATCH},
        "own-start",
    ):
        app.clientside_callback(
            ClientsideFunction("studio", "clicked"),
            Output(button, "loading"),
            Input(button, "n_clicks"),
            prevent_initial_call=True,
        )


def _refused(button: Any, words: str) -> list[dict[str, Any]]:
    set_props(button, {"loading": False})
    return [notification("Nothing was started", words, "red")]


def _begin(services: Services, study: StudyConfig, name: str = "") -> None:
    study_id = services.engine.start_study(study, name)
    # So that a reload or a second viewer finds it; the page shows what its address names.
    set_props("url", {"search": f"?study={study_id}"})


def _name(triggered: Any) -> str | None:
    name = triggered.get("name") if isinstance(triggered, dict) else None
    return name if isinstance(name, str) else None


def _value_of(group: Any, name: str) -> Any:
    return next((item.get("value") for item in group if item["id"].get("name") == name), None)


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
