"""Look inside: what lies between a digit, a string of spins and a chip, in one picture that can be touched."""

from __future__ import annotations

import random
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from boltzmann.runs.estimate_words import duration
from boltzmann.runs.files import StoreError
from boltzmann.runs.inside_model import version
from boltzmann.runs.look_inside import facts as model_facts
from boltzmann.runs.models import ModelEntry, list_models, resolve
from boltzmann.ui.components import inside_browser, inside_sampling, inside_spins, inside_walk
from boltzmann.ui.components.inside_dock import GROUPS, dock
from boltzmann.ui.components.inside_picture import DIGITS, between, class_words, picture
from boltzmann.ui.components.parts import aria, error_card, number
from boltzmann.ui.components.play_parts import ask, refusal, shown_if, starting
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.inside_figures import graph_data, strengths
from boltzmann.ui.pages.address import parameter
from boltzmann.ui.services import Services

WAIT, FOLLOW = 400, 1500
"""Milliseconds between two looks whether the worker is warm, and for a newer checkpoint of a run that trains."""

MOST_SEED = 10**6
STORES = (
    "version",
    "graph",
    "levels",
    "begun",
    "probabilities",
    "string",
    "past",
    "held",
    "click",
    "box",
    "shown",
    "way",
    "drawn",
    "effects",
    "piece",
    "changed",
)
TOPICS = (("dvae", "the DVAE"), ("energy-and-boltzmann", "energy"), ("nll-gradient", "the NLL"), ("mmd", "the MMD"))


def layout(services: Services, search: Any) -> list[Any]:
    """The page; ``?model=KEY`` chooses the model, ``&digit=`` and ``&seed=`` the test digit, ``&show=`` what is open."""
    models = list_models(services.settings, services.store)
    if not models:
        return [_nothing()]
    wanted, digit, opened = (parameter(search, name) for name in ("model", "digit", "show"))
    chosen = wanted if wanted in [model.key for model in models] else models[0].key
    digit = digit if digit in [choice["value"] for choice in DIGITS] else "any"
    ready = services.engine.ready
    return [
        _head(models, chosen),
        html.Div(starting(), id="inside-starting", style=shown_if(not ready)),
        html.Div(id="inside-error"),
        picture(digit),
        dock(opened if opened in GROUPS else "flip"),
        html.P(
            [
                "Read more: ",
                *_separated([dmc.Anchor(name, href=f"/learn/{key}", inherit=True) for key, name in TOPICS]),
            ],
            className="quiet inside-more",
        ),
        dcc.Store(id="inside-ready", data=ready),
        dcc.Store(id="inside-source", data={"digit": digit, "seed": _seed(parameter(search, "seed"))}),
        dcc.Store(id="inside-pick", data=0),
        *(dcc.Store(id=f"inside-{name}") for name in STORES),
        *(dcc.Store(id=f"{line}-{part}") for line in inside_browser.LINES for part in ("asked", "answered")),
        dcc.Store(id="sample-wanted"),
        *heartbeat("inside-warm", WAIT, disabled=ready),
        *heartbeat("inside-tick", FOLLOW, disabled=True),
    ]


def register(app: Dash, services: Services) -> None:
    """Open a model, follow it while it trains; the parts of the page have callbacks of their own."""

    @app.callback(
        Output("inside-ready", "data"),
        Output("inside-warm", "disabled"),
        Output("inside-starting", "children"),
        Output("inside-starting", "style"),
        answered("inside-warm"),
        asked("inside-warm"),
        prevent_initial_call=True,
    )
    def wait(question: Any) -> Any:
        if services.engine.ready:
            return True, True, None, shown_if(False), question
        words = error_card(services.engine.error) if services.engine.error else starting()
        return no_update, no_update, words, {}, question

    @app.callback(
        Output("inside-graph", "data"),
        Output("inside-facts", "children"),
        Output("inside-between", "children"),
        Output("inside-tick", "disabled"),
        Output("inside-generate", "href"),
        Output("inside-classes", "children"),
        Output("inside-error", "children"),
        Input("inside-model", "value"),
        Input("inside-ready", "data"),
        Input("inside-version", "data"),
        State("inside-graph", "data"),
    )
    def open_it(key: Any, ready: Any, _version: Any, before: Any) -> Any:
        if not ready:
            return (no_update,) * 7
        try:
            found = ask(services, model_facts, key)
            metrics, lit = _metrics(services, key)
        except StoreError as error:
            if isinstance(before, dict) and before.get("key") == key:  # of a newer checkpoint: what is seen stays
                return *(no_update,) * 6, refusal(error)
            return None, None, None, True, no_update, None, refusal(error)
        graph = {**graph_data(found), "key": key, "version": found["version"]}
        graph |= {"classes": found["classes"], "step": found["step"]}
        arrows = between(found["objective"], metrics or found["trained"].get("metrics") or {}, lit)
        acts = class_words(found["classes"], found["class_quadratic"] is not None)
        return graph, _words(found), arrows, not lit, f"/generate?model={key}", acts, None

    @app.callback(
        Output("inside-version", "data"),
        Output("inside-between", "children", allow_duplicate=True),
        Output("inside-tick", "disabled", allow_duplicate=True),
        answered("inside-tick"),
        asked("inside-tick"),
        State("inside-model", "value"),
        State("inside-version", "data"),
        prevent_initial_call=True,
    )
    def follow(question: Any, key: Any, seen: Any) -> Any:
        try:
            newest = version(services.settings, key)
            metrics, lit = _metrics(services, key)
            objective = resolve(key, services.settings, services.store).config.training.objective
        except StoreError:  # deleted meanwhile: what is seen stays
            return no_update, no_update, True, question
        return newest if newest != seen else no_update, between(objective, metrics, lit), not lit, question

    @app.callback(
        Output("inside-levels", "data"),
        Output("inside-strength", "children"),
        Input("inside-couplings", "checked"),
        Input("inside-begun", "data"),
        prevent_initial_call=True,
    )
    def colour_couplings(wanted: Any, begun: Any) -> Any:
        if not wanted or not isinstance(begun, dict):
            return None, None
        try:
            found = ask(services, model_facts, begun.get("key"))
        except StoreError:
            return None, None  # said where the model is opened
        digit = begun.get("digit")
        digit = digit if found["classes"] and digit in range(10) else None
        levels, strong = strengths(found, digit)
        law = "" if digit is None else f" in the law of a {digit}"
        words = [
            html.Span(className="stroke down"), f" J ≤ −{number(strong)} ",
            html.Span(className="stroke up"), f" J ≥ {number(strong)}{law}",
        ]  # fmt: skip
        return {"key": begun.get("key"), "levels": levels}, words

    register_heartbeat(app, "inside-warm")
    register_heartbeat(app, "inside-tick")
    app.clientside_callback(
        ClientsideFunction("inside", "remember"),
        Output("inside-shown", "data"),
        Input("inside-model", "value"),
        Input("inside-source", "data"),
        Input("inside-show", "value"),
    )
    inside_browser.register(app)
    for part in (inside_spins, inside_sampling, inside_walk):
        part.register(app, services)


def _metrics(services: Services, key: str) -> tuple[dict[str, Any], bool]:
    """The last losses of a run, and whether it trains; nothing of a shipped model, whose file says them."""
    kind, _, name = key.partition(":")
    if kind != "run":
        return {}, False
    status = services.store.status(name)
    return status.metrics, status.state == "running"


def _head(models: list[ModelEntry], chosen: str) -> html.Section:
    titles = {True: "{} (shipped)", False: "{} (run {})"}
    choice = dmc.Select(
        id="inside-model",
        value=chosen,
        data=[
            {"value": model.key, "label": titles[model.key.startswith("shipped:")].format(model.title, model.key[4:])}
            for model in models
        ],
        allowDeselect=False,
        searchable=True,
        nothingFoundMessage="No model has this name",
        size="sm",
        className="inside-model",
        **aria(label="Model"),
    )
    couplings = dmc.Switch(id="inside-couplings", label="Colour couplings", size="sm", checked=False)
    return html.Section(
        [
            html.H1("Look inside", className="title"),
            choice,
            html.Span(id="inside-facts", className="quiet numbers inside-facts"),
            html.Span(id="inside-news", className="numbers inside-news", role="status"),
            html.Div(
                [
                    html.Span(id="inside-strength", className="quiet numbers inside-strength"),
                    couplings,
                    dmc.Anchor("Generate with it", id="inside-generate", href=f"/generate?model={chosen}", size="sm"),
                ],
                className="inside-options",
            ),
        ],
        className="inside-head",
    )


def _words(found: dict[str, Any]) -> str:
    hidden = len(found["hidden_spins"])
    spins = f"{len(found['nodes']):,} spins" + (f", {hidden:,} of them hidden (diamonds)" if hidden else "")
    parts = [f"{spins}, {len(found['edges']):,} couplings", f"{found['topology']} graph"]
    trained = found["trained"]
    if found["step"]:
        seconds = trained.get("seconds")
        spent = f" in {duration(seconds)}" if isinstance(seconds, int | float) else ""
        parts.append(f"{found['step']:,} steps{spent}")
    broken = [
        f"{count:,} broken {what}{'' if count == 1 else 's'} ({mark})"
        for what, mark, count in (
            ("qubit", "open ring", len(found["broken"])),
            ("coupler", "dashed", len(found["broken_couplers"])),
        )
        if count
    ]
    return " · ".join([*parts, *broken])


def _nothing() -> html.Section:
    return html.Section(
        [
            html.H1("Nothing to look into yet", className="title"),
            html.P("A model appears here as soon as a run has saved its first checkpoint.", className="quiet"),
            dmc.Anchor("Train a model", href="/", fw=500),
        ],
        className="card center-card",
    )


def _separated(links: list[Any]) -> list[Any]:
    return [*[part for link in links for part in (link, ", ")][:-1], "."]


def _seed(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 else random.randrange(MOST_SEED)
