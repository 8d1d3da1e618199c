"""Runs: all of them, newest first; open, rename, delete with undo, download."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.ui.components.parts import (
    aria,
    attributes,
    icon,
)
from boltzmann.ui.components.run_card import run_card
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
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
            [html.H1("Runs", className="title"), html.Span(id="runs-count", className="quiet")],
            className="spread",
            style={"marginBottom": 18},
        ),
        html.Div(_cards(services), id="runs-list"),
        html.Div(id="undo-bar", role="status"),
        modal,
        dcc.Store(id="renaming"),
        dcc.Store(id="runs-version", data=0),
        *heartbeat("runs-tick", REFRESH),
        dcc.Store(id="runs-seen", data=_signature(services)),
    ]


def register(app: Dash, services: Services) -> None:
    """Refresh, rename, delete, undo."""
    store = services.store

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

    @app.callback(
        Output("rename-modal", "opened"),
        Output("renaming", "data"),
        Output("new-name", "value"),
        Output("new-name", "error"),
        Input({"type": "rename", "run": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def open_rename(clicks: Any) -> Any:
        run_id = _clicked(clicks)
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
        Input({"type": "delete", "run": ALL}, "n_clicks"),
        State("runs-version", "data"),
        prevent_initial_call=True,
    )
    def delete(clicks: Any, version: Any) -> Any:
        run_id = _clicked(clicks)
        if run_id is None:
            return no_update, no_update
        name = store.name(run_id)
        store.delete(run_id)
        undo = dmc.Button("Undo", id={"type": "undo", "run": run_id}, size="compact-sm", variant="light")
        words = html.Span(f"Deleted: {name}", style={"overflowWrap": "anywhere"})
        return html.Div([words, undo], className="card snackbar"), (version or 0) + 1

    @app.callback(
        Output("undo-bar", "children", allow_duplicate=True),
        Output("runs-version", "data", allow_duplicate=True),
        Input({"type": "undo", "run": ALL}, "n_clicks"),
        State("runs-version", "data"),
        prevent_initial_call=True,
    )
    def undo(clicks: Any, version: Any) -> Any:
        run_id = _clicked(clicks)
        if run_id is None:
            return no_update, no_update
        store.restore(run_id)
        return None, (version or 0) + 1


def _clicked(clicks: Any) -> str | None:
    """The run whose button was pressed; None when buttons have only appeared."""
    if not any(clicks or []) or not isinstance(ctx.triggered_id, dict):
        return None
    return ctx.triggered_id["run"]


def _signature(services: Services) -> list[Any]:
    """What the list shows, briefly: unchanged means that nothing needs drawing."""
    store = services.store
    return [[run, store.name(run), (status := store.status(run)).state, status.step] for run in store.ids()[:SHOWN]]


def _cards(services: Services) -> Any:
    ids = services.store.ids()
    if not ids:
        return html.Section(
            [
                html.H2("No runs yet", className="title", style={"fontSize": 22}),
                html.P("A run keeps its settings, its curves, its pictures and its model.", className="quiet"),
                dmc.Anchor(dmc.Button("Train your first model", leftSection=icon("play")), href="/", underline="never"),
            ],
            className="card center-card",
        )
    cards: list[Any] = [html.Ul([run_card(services, run_id) for run_id in ids[:SHOWN]], className="run-list")]
    if len(ids) > SHOWN:
        cards.append(html.P(f"The newest {SHOWN} of {len(ids):,} runs are shown.", className="quiet"))
    return cards
