"""The lab's fair comparisons: trainers, samplers and settings side by side."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.ui import study_routes
from boltzmann.ui.components.lab_tabs import lab_tabs
from boltzmann.ui.components.parts import error_card
from boltzmann.ui.components.study_list import past_studies, shipped_words
from boltzmann.ui.components.study_own import own_comparison
from boltzmann.ui.components.study_start import ready_made
from boltzmann.ui.components.study_view import study_view
from boltzmann.ui.heartbeat import heartbeat
from boltzmann.ui.pages import study_choice, study_decay, study_watch
from boltzmann.ui.pages.address import parameter
from boltzmann.ui.presses import presses
from boltzmann.ui.services import Services

TICK = 1000
MANY = 200
"""Runs of a study from which on it is looked at less often: the looks take from the cores that train."""
SLOW_TICK = 4000
PATH = "/lab/compare"


def layout(services: Services, search: Any) -> list[Any]:
    """The page: ``?study=ID`` shows a study, ``?from=RUN`` begins one with a run's settings."""
    study_id, body = _body(services, search)
    return [
        lab_tabs(PATH),
        html.Div(
            [
                html.Div(body, id="study-body", className="stack"),
                html.Div(_past(services, study_id), id="study-list"),
            ],
            className="stack",
        ),
        html.Div(id="study-undo", role="status"),
        dcc.Store(id="study", data=study_id),
        dcc.Store(id="study-changes", data=0),
        *presses("study-deleted", "study-undone"),
    ]


def register(app: Dash, services: Services) -> None:
    """Show what the address names; start studies; watch one."""

    @app.callback(
        Output("study-body", "children"),
        Output("study", "data"),
        Input("url", "search"),
        State("url", "pathname"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def show(search: Any, path: Any, shown: Any) -> Any:
        if path != PATH or (parameter(search, "study") == shown and shown is not None):
            return no_update, no_update
        study_id, body = _body(services, search)
        return body, study_id

    # By itself: an answer from before an undo must not come after that of the undo.
    @app.callback(
        Output("study-list", "children"),
        Input("study", "data"),
        Input("study-changes", "data"),
        prevent_initial_call=True,
    )
    def list_them(study_id: Any, _changes: Any) -> Any:
        return _past(services, study_id)

    study_choice.register(app, services)
    study_watch.register(app, services)
    study_decay.register(app, services)
    app.server.register_blueprint(study_routes.create_study_routes(services))


def _body(services: Services, search: Any) -> tuple[str | None, list[Any]]:
    study_id = parameter(search, "study")
    studies = services.engine.studies
    if study_id is not None:
        try:
            # What is asked again and again comes and goes with what it asks for.
            tick = SLOW_TICK if len(studies.members(study_id)) > MANY else TICK
            beat = [dcc.Store(id="study-seen"), *heartbeat("study-tick", tick), *presses("study-pressed")]
            return study_id, [*study_view(study_id, studies.config(study_id), studies.name(study_id)), *beat]
        except StoreError as error:
            words = {
                "title": "No such comparison",
                "cause": str(error),
                "mend": "Choose one below, or start a new one.",
            }
            return None, [error_card(words), *_start(services, None)]
    from_run, notice = parameter(search, "from"), []
    if from_run is not None:
        try:
            services.store.rbm_config(from_run)
        except StoreError as error:
            words = {"title": "That run cannot be the base", "cause": str(error), "mend": "Choose another base below."}
            from_run, notice = None, [error_card(words)]
    return None, [*notice, *_start(services, from_run)]


def _start(services: Services, from_run: str | None) -> list[Any]:
    own = own_comparison(services.store, from_run)
    head = html.Div(
        [
            html.H1("Fair comparisons", className="title"),
            html.P(
                "All arms of a comparison start from the same weights and see the same batches, seed by seed, unless it is "
                "these that you vary. What is left is the difference that you asked about, with its spread.",
                className="lead",
            ),
        ]
    )
    parts = [own, ready_made(_finished(services))] if from_run else [ready_made(_finished(services)), own]
    return [head, *parts]


def _finished(services: Services) -> dict[str, str]:
    """What to say of each ready-made experiment that is shipped finished, by its name."""
    found = {}
    for study_id in services.engine.studies.shipped_ids():
        with suppress(StoreError):  # a damaged one says so in the list
            found[study_id.removeprefix("shipped:")] = shipped_words(services, study_id)
    return found


def _past(services: Services, shown: str | None) -> Any:
    """The list of studies, where none is open."""
    return None if shown else past_studies(services)
