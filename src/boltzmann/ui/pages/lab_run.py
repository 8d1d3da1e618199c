"""A run of the lab: header, pictures, figures, and the one interval that feeds them all."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from boltzmann.config import CLOUD_SAMPLERS, RBMConfig, SimulatedQPUConfig
from boltzmann.runs.files import StoreError
from boltzmann.runs.names import trainer_words
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.runs.tables import TableStore
from boltzmann.ui.components import lab_chip
from boltzmann.ui.components.curve_controls import CONTROLS, curve_controls, register_marks, view_of
from boltzmann.ui.components.lab_chip import chip_panel, embedded
from boltzmann.ui.components.lab_panels import (
    PICTURES,
    UNSEEN,
    costs,
    curve_panel,
    energies_panel,
    how_measured,
    latest,
    pictures_panel,
    seen,
)
from boltzmann.ui.components.parts import error_card
from boltzmann.ui.components.run_header import (
    actions,
    badges,
    offered,
    progress_bar,
    progress_line,
    run_heading,
    settings_tables,
)
from boltzmann.ui.components.run_panels import alerts, points_shown
from boltzmann.ui.components.sampler_panel import last_report, sampler_panel
from boltzmann.ui.curves import AXES, revision_of
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.lab_figures import energies_figure, lab_extension, lab_figure
from boltzmann.ui.lab_stream import extend, redraw
from boltzmann.ui.presses import presses, unless_shown
from boltzmann.ui.report_figures import REPORT_CURVES, report_extension, report_figure
from boltzmann.ui.routes import file_name
from boltzmann.ui.run_actions import register_actions
from boltzmann.ui.services import Services
from boltzmann.ui.stream import picture_list

TICK = 400
"""Milliseconds between looks at the run store."""


def layout(services: Services, run_id: str) -> html.Div:
    """The view of a lab's run that exists; the stream fills it."""
    config, settings = None, None
    try:
        config = services.store.rbm_config(run_id)
        settings = settings_tables(config)
    except StoreError as error:
        settings = error_card({"title": "Its settings cannot be read", "cause": str(error), "mend": "Train a new run."})
    links = [
        dmc.Anchor("Play with it", href=f"/lab/play?machine=run:{run_id}", size="sm"),
        dmc.Anchor("Compare", href=f"/lab/compare?from={run_id}", size="sm"),
    ]
    asks = config is not None and config.asks_sampler
    name = services.store.name(run_id)
    file = file_name(name, run_id)
    sampler = sampler_panel(config.sampler if config and asks else None, "lab-", file)
    settings = html.Section(
        html.Details([html.Summary("Settings of this run"), settings], className="fold"),
        className="card padded",
        style={"paddingTop": 8},
    )
    # Unseen, not left out: the stream always has a place for the sampler's report.
    right = [
        curve_controls("lab", file=file),
        curve_panel(file),
        html.Div(sampler, style={} if asks else {"display": "none"}),
    ]
    chip = [chip_panel(config)] if config and embedded(config) else []
    left = [pictures_panel(_pictured(services, config)), energies_panel(), *chip, settings]
    return html.Div(
        [
            dcc.Store(id="lab-run-id", data=run_id),
            dcc.Store(id="lab-stream"),
            dcc.Store(id="lab-delta"),
            dcc.Store(id="lab-pictures"),
            *heartbeat("lab-tick", TICK),
            *presses("lab-run-pressed"),
            run_heading(name, run_id, links, "Figures (CSV)", "lab-"),
            html.Div(id="lab-run-alerts", className="stack", role="status"),
            html.Div(
                [html.Div(left, className="stack"), html.Div(right, className="stack")], className="run-main lab-run"
            ),
        ],
        className="stack",
    )


def register(app: Dash, services: Services) -> None:
    """The stream, the buttons, and what the browser does by itself."""
    store, engine = services.store, services.engine

    @app.callback(
        Output("lab-delta", "data"),
        Output({"type": "lab-latest", "name": ALL}, "children"),
        Output({"type": "lab-how", "name": ALL}, "children"),
        Output({"type": "lab-box", "name": ALL}, "style"),
        Output("lab-run-badges", "children"),
        Output("lab-run-bar", "children"),
        Output("lab-run-progress", "children"),
        Output("lab-run-actions", "children"),
        Output("lab-run-actions", "data-shown"),
        Output("lab-run-alerts", "children"),
        Output("lab-run-alerts", "data-shown"),
        Output("lab-pictures", "data"),
        Output("lab-points", "children"),
        Output("lab-costs", "children"),
        Output("lab-energies", "figure"),
        Output("lab-energies-panel", "style"),
        Output("lab-sampler-badges", "children"),
        Output("lab-sampler-report", "children"),
        Output("lab-sampler-facts", "children"),
        Output("lab-sampler-more", "children"),
        Output({"type": "lab-report-value", "name": ALL}, "children"),
        answered("lab-tick"),
        asked("lab-tick"),
        *CONTROLS,
        State("lab-stream", "data"),
        State("lab-run-id", "data"),
        State("lab-run-actions", "data-shown"),
        State("lab-run-alerts", "data-shown"),
        State({"type": "lab-curve", "name": ALL}, "id"),
        State({"type": "lab-report-curve", "name": ALL}, "id"),
        prevent_initial_call=True,
    )
    def tick(
        question: Any,
        smoothing: Any,
        log: Any,
        log_x: Any,
        x: Any,
        scheme: Any,
        state: Any,
        run_id: Any,
        has_actions: Any,
        has_alerts: Any,
        curves: Any,
        reported: Any,
    ) -> Any:
        # The status first: events written before a terminal status are then sure to be read.
        status, config = store.status(run_id), _config(services, run_id)
        error = status.error or (engine.error if status.active else None)
        view = view_of(smoothing, log, log_x, x, scheme)
        names, reports = [item["name"] for item in curves], [item["name"] for item in reported]
        delta: dict[str, Any] = {"from": state["cursor"] if state else None, "final": not status.active}
        events, cursor = store.read_events(run_id, state["cursor"]) if state else ([], 0)
        step = extend(events, cursor, state) if state and state["view"] == view else None
        if step is None:
            shown, new = redraw(*store.read_events(run_id), view)
            drawn = {key: view[key] for key in ("scheme", "log", "log_x")}
            drawn |= {"x_title": AXES[view["x"]], "revision": revision_of(run_id, view)}
            own = _hidden(config)
            delta["figures"] = [lab_figure(name, shown["curves"], **drawn, hidden=own) for name in names]
            delta["reports"] = [report_figure(name, shown["reports"], **drawn) for name in reports]
        else:
            added, new = step
            if added["curves"]["x"]:
                before = state["latest"].get("mode_steps", 0)
                delta["extensions"] = [lab_extension(name, added["curves"], before) for name in names]
            if added["reports"]["x"]:
                delta["report_extensions"] = [
                    report_extension(name, added["reports"], view["scheme"]) for name in reports
                ]
        old = state or {}
        resumable = store.resume_point(run_id) is not None
        replayable = offered(status.state) in ("resume", "continue") and store.recorded(run_id) is not None
        service = status.sampler in CLOUD_SAMPLERS
        values, fresh = new["latest"], new["latest"] != old.get("latest")
        info = (new["sampler"] or {}).get("info") or {}
        how = how_measured(config, new["facts"]) if config else {}
        epochs = max(1, config.training.epochs // 4) if config else 1
        return (
            {**delta, "state": new},
            [latest(name, values) for name in names] if fresh else [no_update] * len(names),
            [how.get(name, "") for name in names] if step is None or fresh else [no_update] * len(names),
            [{} if seen(name, values, config) else UNSEEN for name in names] if fresh else [no_update] * len(names),
            badges(status, info, _trainer(config)),
            progress_bar(status),
            progress_line(status),
            *unless_shown(actions(status.state, resumable, replayable, "lab-", epochs), has_actions),
            *unless_shown(alerts(new, error, status.state, resumable, service, "lab-"), has_alerts),
            picture_list(run_id, new["pictures"], PICTURES) if new["pictures"] != old.get("pictures") else no_update,
            points_shown(new),
            costs(values),
            *_energies(new, old),
            *(last_report(new["sampler"], status.sampler) if new["sampler"] != old.get("sampler") else [no_update] * 4),
            [REPORT_CURVES[name].last(info) for name in reports],
            question,
        )

    register_actions(app, services, "lab-tick", "lab-")
    register_heartbeat(app, "lab-tick")
    register_marks(app, "lab-stream")
    lab_chip.register(app, services)
    clientside = app.clientside_callback
    clientside(
        ClientsideFunction("studio", "accept"),
        Output({"type": "lab-curve", "name": ALL}, "figure"),
        Output({"type": "lab-curve", "name": ALL}, "extendData"),
        Output({"type": "lab-report-curve", "name": ALL}, "figure"),
        Output({"type": "lab-report-curve", "name": ALL}, "extendData"),
        Output("lab-stream", "data"),
        Output("lab-tick", "disabled"),
        Input("lab-delta", "data"),
        State("lab-stream", "data"),
        prevent_initial_call=True,
    )
    clientside(
        ClientsideFunction("studio", "pictureSlider"),
        Output("lab-picture-step", "max"),
        Output("lab-picture-step", "value"),
        Output("lab-picture-step", "disabled"),
        Input("lab-pictures", "data"),
        State("lab-picture-step", "value"),
        State("lab-picture-step", "max"),
    )
    clientside(
        ClientsideFunction("studio", "showPicture"),
        *[Output(f"lab-{name}", "src") for name in PICTURES],
        Output("lab-picture-caption", "children"),
        Output("lab-pictures-shown", "style"),
        Output("lab-pictures-empty", "style"),
        Input("lab-picture-step", "value"),
        Input("lab-pictures", "data"),
    )


def _config(services: Services, run_id: str) -> RBMConfig | None:
    try:
        return services.store.rbm_config(run_id)
    except StoreError:
        return None


def _pictured(services: Services, config: RBMConfig | None) -> bool:
    """Whether the run's rows are images."""
    if config is None or config.data.dataset != "table":
        return True
    try:
        return TableStore.beside(services.settings.runs).pictured(config.data.table)
    except StoreError:
        return True


def _trainer(config: RBMConfig | None) -> str:
    """How it is trained, where its sampler's badge does not say that already."""
    words = trainer_words(config) if config else ""
    return "" if config and words == sampler_title(config.sampler.name) else words


def _hidden(config: RBMConfig | None) -> float | None:
    """A simulated chip's own inverse temperature: the page may know what training may not."""
    sampler = config.sampler if config else None
    return sampler.inverse_temperature if isinstance(sampler, SimulatedQPUConfig) else None


def _energies(new: dict[str, Any], old: dict[str, Any]) -> tuple[Any, Any]:
    """Figure and style of the histograms, where they are new."""
    drawn = (new["energies"], new["view"]["scheme"])
    if new["energies"] is None or drawn == (old.get("energies"), (old.get("view") or {}).get("scheme")):
        return no_update, no_update
    return energies_figure(**new["energies"], scheme=new["view"]["scheme"]), {}
