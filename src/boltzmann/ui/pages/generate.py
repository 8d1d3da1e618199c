"""Generate: a model, a sampler, a number of digits; then each digit with its spins on the chip's graph."""

from __future__ import annotations

import random
import time
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from pydantic import ValidationError

from boltzmann.config import CLOUD_SAMPLERS, ConfigError, GibbsConfig, validate_sampler
from boltzmann.runs.drawings import DrawingRequest
from boltzmann.runs.estimate_words import drawing_words, duration, laws_of
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import list_models, resolve
from boltzmann.ui.components import digit_detail
from boltzmann.ui.components.draw_panel import COUNTS, HIDDEN, choices, fine_tune, invitation, result
from boltzmann.ui.components.parts import aria, error_card, icon
from boltzmann.ui.components.settings_form import collect, error_texts
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.pages.address import begun_at_once, parameter
from boltzmann.ui.services import Services

FORM = "draw"
FIELD = {"type": "field", "form": FORM, "name": ALL}
FLAG = {"type": "flag", "form": FORM, "name": ALL}
DIGITS: dict[Any, int | None] = {"all": None, **{str(digit): digit for digit in range(10)}}
MOST = 1024
TICK = 200


def layout(services: Services, search: Any) -> list[Any]:
    """The page; ``?model=KEY`` chooses the model."""
    models = list_models(services.settings, services.store)
    if not models:
        return [
            html.Section(
                [
                    html.H1("Nothing to draw from yet", className="title"),
                    html.P("A model appears here as soon as a run has saved its first checkpoint.", className="quiet"),
                    dmc.Anchor("Train a model", href="/", fw=500),
                ],
                className="card center-card",
            )
        ]
    wanted = parameter(search, "model")
    keys = [model.key for model in models]
    chosen = wanted if wanted in keys else keys[0]
    config = next(model.config for model in models if model.key == chosen)
    # Enumeration serves 20 spins at most, so it is no good start for a model that is larger.
    sampler = config.sampler if config.sampler.name != "exact" else GibbsConfig()
    # A cloud service costs time and money: it is asked by hand only.
    begins = begun_at_once(search) if sampler.name not in CLOUD_SAMPLERS else {}
    foot = html.Div(
        [
            html.Div(
                [
                    dmc.Button("Generate", id="draw", size="md", leftSection=icon("spark"), flex=1, **begins),
                    dmc.Button("Cancel", id="cancel-draw", size="md", variant="default", disabled=True),
                ],
                className="row",
            ),
            html.Div(id="draw-need", className="quiet numbers", style={"fontSize": 13, "marginTop": 10}),
            html.Div(
                id="draw-progress", className="quiet numbers", role="status", style={"fontSize": 13, "marginTop": 10}
            ),
        ],
        className="settings-foot",
    )
    column = html.Aside(
        [html.Div(choices(FORM, models, chosen, sampler, MOST), className="settings-scroll"), foot],
        className="settings-column always card",
        **aria(label="What to draw"),
    )
    shown = html.Div(
        [
            html.Div(id="draw-error"),
            html.Div(invitation(), id="draw-result"),
            digit_detail.layout(),
        ],
        className="stack",
    )
    stores = [
        dcc.Store(id="drawing"),
        dcc.Store(id="drawn"),
        *heartbeat("draw-tick", TICK, disabled=True),
    ]
    return [html.Div([column, shown], className="two-columns"), *stores]


def register(app: Dash, services: Services) -> None:
    """Ask for a drawing, wait for it, show it."""
    drawings, engine = services.drawings, services.engine

    @app.callback(
        Output("drawing", "data"),
        Output("draw-tick", "disabled"),
        Output(FIELD, "error"),
        Output("draw-count", "error"),
        Output("draw-seed", "error"),
        Output("draw-error", "children"),
        Output("draw", "loading"),
        Output("cancel-draw", "disabled"),
        Input("draw", "n_clicks"),
        State("draw-model", "value"),
        State("draw-count", "value"),
        State("random-seed", "checked"),
        State("draw-seed", "value"),
        State("draw-digit", "value"),
        State("draw-similar", "checked"),
        State(FIELD, "value"),
        State(FLAG, "checked"),
        prevent_initial_call=True,
    )
    def ask(
        clicks: Any, key: Any, count: Any, at_random: Any, seed: Any, asked: Any, similar: Any, values: Any, _flags: Any
    ) -> Any:
        fields, flags = ctx.states_list[-2:]
        names = [item["id"]["name"] for item in fields]
        if not clicks:
            return (no_update,) * 2 + ([no_update] * len(names),) + (no_update,) * 5
        form = collect([item["id"] for item in fields + flags], [item.get("value") for item in fields + flags])
        errors: list[str | None] = [None] * len(names)
        wrong: dict[str, str] = {}
        sampler: Any = GibbsConfig()
        try:
            sampler = validate_sampler(form.get("sampler"))
        except ConfigError as error:
            errors = error_texts(error, names, dict(zip(names, values, strict=True)).get("sampler.name"))
            wrong["sampler"] = str(error)
        if _whole(count, 1, MOST) is None:
            wrong["count"] = f"Number of digits is {_short(count)}; allowed: 1 to {MOST:,}"
        if not at_random and _whole(seed, 0, 2**31 - 1) is None:
            wrong["seed"] = f"Seed is {_short(seed)}; allowed: 0 to {2**31 - 1:,}"
        if asked not in list(DIGITS):
            wrong["digit"] = f"Which digit is {_short(asked)}; allowed: all, or one of 0 to 9."
        try:
            model = resolve(key, services.settings, services.store)
            if "digit" not in wrong and DIGITS[asked] is not None and not model.config.model.class_conditional:
                wrong["digit"] = (
                    f"A {asked} was asked of a model without class fields, which draws digits of its own choice. "
                    "Choose a model that was trained with class fields."
                )
            if sampler.name == "exact" and model.config.model.spins > 20:
                wrong["sampler"] = (
                    f"Exact enumeration takes at most 20 spins; this model has {model.config.model.spins}. "
                    "Use Gibbs sampling."
                )
        except StoreError as error:
            wrong["model"] = str(error)
        if wrong:
            card = error_card(
                {
                    "title": "Nothing was drawn",
                    "cause": " ".join(wrong.values()),
                    "mend": "Mend it and press Generate again.",
                }
            )
            return no_update, no_update, errors, wrong.get("count"), wrong.get("seed"), card, False, True
        try:
            request = DrawingRequest(
                model_key=key,
                sampler=sampler,
                count=count,
                seed=random.randrange(2**31) if at_random else seed,
                digit=DIGITS[asked],
                similar=bool(similar),
            )
        except ValidationError as error:
            raise StoreError(f"this drawing was refused: {error.errors()[0]['msg']}") from None
        drawing = {"id": engine.draw(request), "asked": time.time(), "count": count}
        return drawing, False, errors, None, None, None, True, False

    @app.callback(
        Output("drawn", "data"),
        Output("draw-result", "children"),
        Output("draw-progress", "children"),
        Output("draw-tick", "disabled", allow_duplicate=True),
        Output("draw-error", "children", allow_duplicate=True),
        Output("draw", "loading", allow_duplicate=True),
        Output("cancel-draw", "disabled", allow_duplicate=True),
        answered("draw-tick"),
        asked("draw-tick"),
        State("drawing", "data"),
        prevent_initial_call=True,
    )
    def look(question: Any, drawing: Any) -> Any:
        if not drawing:
            return no_update, no_update, "", True, no_update, False, True, question
        status = drawings.status(drawing["id"])
        waited = duration(time.time() - drawing["asked"])
        if status.active and engine.error:
            return no_update, no_update, "", True, error_card(engine.error), False, True, question
        if status.active:
            words = "Waiting for the worker" if status.state == "queued" else f"Drawing {drawing['count']:,} digits"
            return no_update, no_update, f"{words}: {waited}", no_update, no_update, no_update, no_update, question
        if status.state == "finished":
            images, in_turn = drawings.arrays(drawing["id"])["images"], bool(status.facts.get("in_turn"))
            done = {"id": drawing["id"], "grid": digit_detail.geometry(images, in_turn)}
            return done, result(drawing["id"], status.facts), f"Done in {waited}.", True, None, False, True, question
        if status.state == "cancelled":
            return no_update, no_update, "Cancelled.", True, None, False, True, question
        return no_update, no_update, "", True, error_card(status.error or {}), False, True, question

    @app.callback(
        Output("draw-need", "children"),
        Input("draw-model", "value"),
        Input("draw-count", "value"),
        Input("draw-digit", "value"),
        Input(FIELD, "value"),
        Input(FLAG, "checked"),
    )
    def need(key: Any, count: Any, digit: Any, _values: Any, _flags: Any) -> str:
        items = [item for group in ctx.inputs_list[-2:] for item in group]
        try:
            form = collect([item["id"] for item in items], [item.get("value") for item in items])
            sampler = validate_sampler(form.get("sampler"))
            classes = resolve(key, services.settings, services.store).config.model.class_conditional
        except (ConfigError, StoreError):
            return ""  # said when it is asked for
        if _whole(count, 1, MOST) is None or digit not in list(DIGITS):
            return ""
        return drawing_words(sampler, count, laws_of(classes, count, DIGITS[digit]))

    register_heartbeat(app, "draw-tick")

    @app.callback(
        Output("draw-progress", "children", allow_duplicate=True),
        Input("cancel-draw", "n_clicks"),
        State("drawing", "data"),
        prevent_initial_call=True,
    )
    def cancel(clicks: Any, drawing: Any) -> Any:
        if not clicks or not drawing:
            return no_update
        engine.cancel(drawing["id"])
        return "Cancelled."

    @app.callback(
        Output("digit-choice", "style"),
        Output("similar-choice", "style"),
        Output("draw-digit", "value"),
        Output("draw-count", "value"),
        Output("fine-tune", "href"),
        Input("draw-model", "value"),
        State("draw-digit", "value"),
        State("draw-count", "value"),
        prevent_initial_call=True,
    )
    def offer(key: Any, digit: Any, count: Any) -> Any:
        """What the chosen model can be asked for; a number that was typed is kept."""
        classes = resolve(key, services.settings, services.store).config.model.class_conditional
        count = COUNTS[classes] if count == COUNTS[not classes] else no_update
        shown = ({}, HIDDEN, digit) if classes else (HIDDEN, {}, "all")
        return *shown, count, fine_tune(key)

    @app.callback(Output("draw-seed", "disabled"), Input("random-seed", "checked"))
    def lock_seed(at_random: Any) -> bool:
        return bool(at_random)

    app.clientside_callback(
        ClientsideFunction("studio", "goToResult"), Input("drawn", "data"), prevent_initial_call=True
    )
    digit_detail.register(app, services)


def _whole(value: Any, low: int, high: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def _short(value: Any) -> str:
    return "empty" if value in (None, "") else repr(value)[:40]
