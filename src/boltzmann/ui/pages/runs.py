"""Runs: all of them, newest first; open, rename, delete with undo, download."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.studies import StudyStore
from boltzmann.ui.components.lab_card import study_card
from boltzmann.ui.components.parts import (
    aria,
    attributes,
    icon,
)
from boltzmann.ui.components.run_card import run_card
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.presses import pressed, presses, register_presses
from boltzmann.ui.services import Services

REFRESH = 3000
SHOWN = 100


def layout(services: Services) -> list[Any]:
    """The page."""
    modal = dmc.Modal(
        [
            dmc.TextInput(
                id="new-name",
                label="New name",
                description="1 to 80 visible characters.",
                **attributes(data_autofocus=True),
            ),
            html.Div(
                [dmc.Button("Rename", id="rename-save")],
                className="row",
                style={"marginTop": 16, "justifyContent": "flex-end"},
            ),
        ],
        id="rename-modal",
        title="Rename this run",
        opened=False,
        centered=True,
        closeButtonProps=aria(label="Close"),  # type: ignore[arg-type],
    )
    return [
        html.Div(
            [html.H1("Runs", className="title"), html.Span(id="runs-count", className="quiet"), _compare()],
            className="spread",
            style={"marginBottom": 18},
        ),
        html.Div(_cards(services), id="runs-list"),
        html.Div(id="undo-bar", role="status"),
        modal,
        *presses("run-deleted", "run-undone", "run-renamed"),
        dcc.Store(id="renaming"),
        dcc.Store(id="runs-version", data=0),
        *heartbeat("runs-tick", REFRESH),
        dcc.Store(id="runs-seen", data=_signature(services)),
    ]


def register(app: Dash, services: Services) -> None:
    """Refresh, rename, delete, undo."""
    store, studies = services.store, StudyStore.beside(services.settings.runs)

    @app.callback(
        Output("runs-list", "children"),
        Output("runs-seen", "data"),
        answered("runs-tick"),
        asked("runs-tick"),
        Input("runs-version", "data"),
        State("runs-seen", "data"),
        prevent_initial_call=True,
    )
    def refresh(question: Any, _: Any, seen: Any) -> Any:
        signature = _signature(services)
        if signature == seen:
            return no_update, no_update, question
        return _cards(services), signature, question

    register_heartbeat(app, "runs-tick")
    for store_name, kind in (("run-deleted", "delete"), ("run-undone", "undo"), ("run-renamed", "rename")):
        register_presses(app, store_name, {"type": kind, "run": ALL})

    @app.callback(
        Output("rename-modal", "opened"),
        Output("renaming", "data"),
        Output("new-name", "value"),
        Output("new-name", "error"),
        Input("run-renamed", "data"),
        prevent_initial_call=True,
    )
    def open_rename(press: Any) -> Any:
        run_id = pressed(press, "run")
        if run_id is None:
            return (no_update,) * 4
        return True, run_id, store.name(run_id), None

    @app.callback(
        Output("rename-modal", "opened", allow_duplicate=True),
        Output("new-name", "error", allow_duplicate=True),
        Output("runs-version", "data"),
        Input("rename-save", "n_clicks"),
        Input("new-name", "n_submit"),
        State("renaming", "data"),
        State("new-name", "value"),
        State("runs-version", "data"),
        prevent_initial_call=True,
    )
    def rename(clicks: Any, submits: Any, run_id: Any, name: Any, version: Any) -> Any:
        if not (clicks or submits):
            return no_update, no_update, no_update
        try:
            store.rename(run_id, name)
        except StoreError as error:
            return no_update, str(error), no_update
        return False, None, (version or 0) + 1

    @app.callback(
        Output("undo-bar", "children"),
        Output("runs-version", "data", allow_duplicate=True),
        Input("run-deleted", "data"),
        State("runs-version", "data"),
        prevent_initial_call=True,
    )
    def delete(press: Any, version: Any) -> Any:
        run_id = pressed(press, "run")
        if run_id is None:
            return no_update, no_update
        kind, _, study_id = run_id.rpartition(":")
        of_study = kind == "study"
        name = studies.name(study_id) if of_study else store.name(run_id)
        if of_study:
            studies.delete(study_id)
        else:
            store.delete(run_id)
        undo = dmc.Button("Undo", id={"type": "undo", "run": run_id}, size="compact-sm", variant="light")
        words = html.Span(f"Deleted: {name}", style={"overflowWrap": "anywhere"})
        return html.Div([words, undo], className="card snackbar"), (version or 0) + 1

    @app.callback(
        Output("undo-bar", "children", allow_duplicate=True),
        Output("runs-version", "data", allow_duplicate=True),
        Input("run-undone", "data"),
        State("runs-version", "data"),
        prevent_initial_call=True,
    )
    def undo(press: Any, version: Any) -> Any:
        run_id = pressed(press, "run")
        if run_id is None:
            return no_update, no_update
        if run_id.startswith("study:"):
            studies.restore(run_id.removeprefix("study:"))
        else:
            store.restore(run_id)
        return None, (version or 0) + 1


def _compare() -> html.Div:
    """The button that compares the runs that are ticked; the browser knows them."""
    button = dmc.Button("Compare runs", id="compare-runs", disabled=True, size="sm", variant="light")
    link = dmc.Anchor(button, id="compare-runs-link", href="/runs/compare", underline="never")
    return html.Div([html.Span(id="compare-words", className="quiet", role="status"), link], className="row")


def _shown(services: Services) -> list[tuple[str, str]]:
    """What the list shows, newest first: ("run", identifier), or ("study", identifier) for all runs of a study."""
    store, studies = services.store, StudyStore.beside(services.settings.runs)
    found = [("study", study_id) for study_id in studies.ids()]
    known = {study_id for _, study_id in found}
    # Runs whose study is gone stand by themselves.
    found += [("run", run_id) for run_id in store.ids() if store.status(run_id).study not in known]
    return sorted(found, key=lambda item: item[1], reverse=True)


def _signature(services: Services) -> list[Any]:
    """What the list shows, briefly: unchanged means that nothing needs drawing."""
    store, studies = services.store, StudyStore.beside(services.settings.runs)

    def mark(kind: str, identifier: str) -> list[Any]:
        if kind == "study":
            status = studies.status(identifier)
            return [identifier, studies.name(identifier), status.state, status.finished, round(status.progress, 2)]
        status = store.status(identifier)
        return [identifier, store.name(identifier), status.state, status.step]

    return [mark(*item) for item in _shown(services)[:SHOWN]]


def _cards(services: Services) -> Any:
    shown = _shown(services)
    if not shown:
        return html.Section(
            [
                html.H2("No runs yet", className="title", style={"fontSize": 22}),
                html.P("A run keeps its settings, its curves, its pictures and its model.", className="quiet"),
                dmc.Anchor(dmc.Button("Train your first model", leftSection=icon("play")), href="/", underline="never"),
            ],
            className="card center-card",
        )
    studies = StudyStore.beside(services.settings.runs)
    items = [
        study_card(studies, identifier) if kind == "study" else run_card(services, identifier)
        for kind, identifier in shown[:SHOWN]
    ]
    cards: list[Any] = [html.Ul(items, className="run-list")]
    if len(shown) > SHOWN:
        cards.append(html.P(f"The newest {SHOWN} of {len(shown):,} are shown.", className="quiet"))
    return cards
