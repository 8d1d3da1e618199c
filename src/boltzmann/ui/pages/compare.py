"""Compare: one model, any set of samplers, the same number of reads from each."""

from __future__ import annotations

import random
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update, set_props

from boltzmann.config import ConfigError
from boltzmann.runs.comparisons import request_of
from boltzmann.runs.drawings import DrawingStatus
from boltzmann.runs.estimate_words import drawing_words, laws_of
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import list_models, resolve
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.comparison_figures import energies_figure
from boltzmann.ui.components.comparison_view import HIDDEN, choices, energies, invitation, result
from boltzmann.ui.components.parts import aria, error_card, icon
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.pages.address import begun_at_once, parameter
from boltzmann.ui.services import Services

TICK = 500
READS = 2000
SAMPLERS = ["gibbs", "annealing", "simulated_qpu"]


def layout(services: Services, search: Any) -> list[Any]:
    """The page; ``?comparison=ID`` shows one that was asked for before, ``?present=1`` the newest."""
    comparisons = services.engine.comparisons
    models = list_models(services.settings, services.store)
    if not models:
        return [
            html.Section(
                [
                    html.H1("Nothing to compare on yet", className="title"),
                    html.P("A model appears here as soon as a run has saved its first checkpoint.", className="quiet"),
                    dmc.Anchor("Train a model", href="/", fw=500),
                ],
                className="card center-card",
            )
        ]
    model, samplers, reads, missing = models[0].key, SAMPLERS, READS, None
    comparison_id = parameter(search, "comparison")
    begins = begun_at_once(search)
    if begins and comparison_id is None:
        # Before an audience the newest result is seen at once; where there is none, one is begun.
        comparison_id = next((name for name in comparisons.ids() if comparisons.status(name).state == "finished"), None)
    if comparison_id is not None:
        try:
            request = comparisons.request(comparison_id)
            samplers, reads = [sampler.name for sampler in request.samplers], request.reads
            model = request.model_key if request.model_key in {entry.key for entry in models} else model
        except StoreError as error:
            comparison_id = None
            missing = _gone(error)
    if comparison_id is not None or missing is not None:
        begins = {}
    foot = html.Div(
        [
            html.Div(
                [
                    dmc.Button("Compare", id="compare", size="md", leftSection=icon("spark"), flex=1, **begins),
                    dmc.Button("Cancel", id="cancel-compare", size="md", variant="default", disabled=True),
                ],
                className="row",
            ),
            html.Div(id="compare-need", className="quiet numbers", style={"fontSize": 13, "marginTop": 10}),
            html.Div(id="compare-progress", role="status"),
        ],
        className="settings-foot",
    )
    column = html.Aside(
        [html.Div(choices(models, model, samplers, reads), className="settings-scroll"), foot],
        className="settings-column always card",
        **aria(label="What to compare"),
    )
    shown = html.Div(
        [
            html.Div(missing, id="compare-error"),
            html.Div(invitation() if comparison_id is None else None, id="compare-result", className="stack"),
            energies(),
        ],
        className="stack",
    )
    return [
        html.Div([column, shown], className="two-columns"),
        dcc.Store(id="comparison", data=comparison_id),
        dcc.Store(id="compared"),
        *heartbeat("compare-tick", TICK, disabled=comparison_id is None),
    ]


def register(app: Dash, services: Services) -> None:
    """Ask for a comparison, follow it, cancel it."""
    engine, comparisons = services.engine, services.engine.comparisons

    @app.callback(
        Output("comparison", "data"),
        Output("compare-tick", "disabled"),
        Output("compare-error", "children"),
        Output("compare", "loading"),
        Output("cancel-compare", "disabled"),
        Input("compare", "n_clicks"),
        State("compare-model", "value"),
        State("compare-samplers", "value"),
        State("compare-reads", "value"),
        prevent_initial_call=True,
    )
    def ask(clicks: Any, model: Any, samplers: Any, reads: Any) -> Any:
        if not clicks:
            return (no_update,) * 5
        try:
            names = samplers if isinstance(samplers, list) else []
            request = request_of(services.settings, model, names, reads, random.randrange(2**31))
        except (StoreError, ConfigError) as error:
            words = {"title": "Nothing was compared", "cause": str(error), "mend": "Mend it and press Compare again."}
            return no_update, no_update, error_card(words), False, True
        comparison_id = engine.compare(request)
        # So that a reload or a second viewer finds it.
        set_props("url", {"search": f"?comparison={comparison_id}"})
        return comparison_id, False, None, True, False

    @app.callback(
        Output("compare-result", "children"),
        Output("compared", "data"),
        Output("compare-progress", "children"),
        Output("compare-tick", "disabled", allow_duplicate=True),
        Output("compare-error", "children", allow_duplicate=True),
        Output("compare", "loading", allow_duplicate=True),
        Output("cancel-compare", "disabled", allow_duplicate=True),
        answered("compare-tick"),
        asked("compare-tick"),
        State("comparison", "data"),
        State("compared", "data"),
        prevent_initial_call=True,
    )
    def look(question: Any, comparison_id: Any, compared: Any) -> Any:
        if not comparison_id:
            return no_update, no_update, None, True, no_update, False, True, question
        try:
            # In this order: once the status says "finished", the progress is complete.
            status, progress = comparisons.status(comparison_id), comparisons.progress(comparison_id)
        except StoreError as error:
            return no_update, no_update, None, True, _gone(error), False, True, question
        report = progress.get("report") or {}
        now = {"id": comparison_id, "rows": len(report.get("samplers") or []) if report.get("reference") else None}
        children, seen = no_update, no_update
        if now != compared:
            seen = now
            children = invitation() if now["rows"] is None else result(comparison_id, report)
        active = status.active and not engine.error
        failure = engine.error if status.active else status.error if status.state == "failed" else None
        error = error_card(failure) if failure else None
        return children, seen, _progress(status, progress), not active, error, active, not active, question

    @app.callback(
        Output("compare-need", "children"),
        Input("compare-model", "value"),
        Input("compare-samplers", "value"),
        Input("compare-reads", "value"),
    )
    def need(model: Any, samplers: Any, reads: Any) -> list[Any]:
        try:
            request = request_of(services.settings, model, samplers if isinstance(samplers, list) else [], reads)
            classes = resolve(request.model_key, services.settings, services.store).config.model.class_conditional
        except (StoreError, ConfigError):
            return []  # said when it is asked for
        laws = laws_of(classes, request.reads)
        needs = [(sampler.name, drawing_words(sampler, request.reads, laws)) for sampler in request.samplers]
        return [html.Div(f"{sampler_title(name)}: {words}") for name, words in needs if words]

    register_heartbeat(app, "compare-tick")

    @app.callback(
        Output("compare-progress", "children", allow_duplicate=True),
        Input("cancel-compare", "n_clicks"),
        State("comparison", "data"),
        prevent_initial_call=True,
    )
    def cancel(clicks: Any, comparison_id: Any) -> Any:
        if not clicks or not comparison_id:
            return no_update
        engine.cancel(comparison_id)
        return _progress(comparisons.status(comparison_id), {})

    @app.callback(
        Output("compare-energies", "figure"),
        Output("compare-energies", "style"),
        Output("compare-energies-card", "style"),
        Input("compared", "data"),
        Input("colour-scheme", "data"),
        prevent_initial_call=True,
    )
    def draw(compared: Any, scheme: Any) -> Any:
        report = (comparisons.progress(compared["id"]).get("report") or {}) if compared else {}
        drawn = any(row.get("energies") for row in report.get("samplers") or [])
        figure = energies_figure(report, scheme)
        # The card takes its height from the graph's place, not from what plotly draws there.
        return figure, {"height": figure["layout"]["height"]}, {} if drawn else HIDDEN


def _gone(error: StoreError) -> Any:
    return error_card({"title": "This comparison is gone", "cause": f"{error}.", "mend": "Compare again."})


def _progress(status: DrawingStatus, progress: dict[str, Any]) -> Any:
    """A bar and what is being done; or how it ended."""
    if not status.active:
        words = {"finished": "Done.", "cancelled": "Cancelled."}.get(status.state)
        return html.Div(words, className="quiet progress-words") if words else None
    done, total = progress.get("done", 0), progress.get("total", 1)
    words = progress.get("words") or "Waiting for the worker"
    return [
        dmc.Progress(value=max(2, 100 * done / total), animated=True, size="sm", mt=12, **aria(label="Progress")),
        html.Div(words, className="quiet progress-words"),
    ]
