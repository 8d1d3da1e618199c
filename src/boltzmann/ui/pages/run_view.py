"""A run on the Studio's right side: header, pictures, losses, and the one interval that feeds them all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from boltzmann.config import CLOUD_SAMPLERS, TrainingConfig
from boltzmann.runs.files import StoreError
from boltzmann.ui.components.curve_controls import CONTROLS, curve_controls, register_bar, register_marks, view_of
from boltzmann.ui.components.loss_panel import loss_panel
from boltzmann.ui.components.parts import error_card, number
from boltzmann.ui.components.quality_panel import HIDDEN, quality_panel, quality_words
from boltzmann.ui.components.run_header import (
    actions,
    badges,
    offered,
    progress_bar,
    progress_line,
    run_heading,
    settings_tables,
)
from boltzmann.ui.components.run_panels import alerts, extension, figure_of, picture_panel, points_shown
from boltzmann.ui.components.sampler_panel import last_report, sampler_panel
from boltzmann.ui.components.time_panel import time_panel
from boltzmann.ui.curves import AXES, revision_of
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.presses import presses, unless_shown
from boltzmann.ui.report_figures import REPORT_CURVES, report_extension, report_figure
from boltzmann.ui.routes import file_name
from boltzmann.ui.run_actions import register_actions
from boltzmann.ui.services import Services
from boltzmann.ui.stream import extend, picture_list, redraw
from boltzmann.ui.through_time import register as register_time

TICK = 400
"""Milliseconds between looks at the run store."""


def layout(services: Services, run_id: str) -> html.Div:
    """The view of a run that exists; the stream fills it."""
    sampler, training, class_conditional = None, TrainingConfig(), False
    try:
        config = services.store.config(run_id)
        settings: Any = settings_tables(config)
        sampler, training = config.sampler, config.training
        class_conditional = config.model.class_conditional
    except StoreError as error:
        settings = error_card({"title": "Its settings cannot be read", "cause": str(error), "mend": "Train a new run."})
    links = [
        dmc.Anchor("Generate from it", href=f"/generate?model=run:{run_id}", size="sm"),
        dmc.Anchor("Look inside this model", href=f"/inside?model=run:{run_id}", size="sm"),
    ]
    name = services.store.name(run_id)
    header, file = run_heading(name, run_id, links, "Losses (CSV)"), file_name(name, run_id)
    return html.Div(
        [
            dcc.Store(id="run-id", data=run_id),
            dcc.Store(id="stream"),
            dcc.Store(id="delta"),
            dcc.Store(id="pictures"),
            *heartbeat("tick", TICK),
            *presses("run-pressed"),
            header,
            html.Div(id="run-alerts", className="stack", role="status"),
            time_panel(training),
            html.Div(
                [
                    picture_panel(),
                    html.Div(
                        [
                            curve_controls(file=file),
                            loss_panel(training, file),
                            quality_panel(class_conditional, file),
                            sampler_panel(sampler, file=file),
                            html.Section(
                                html.Details([html.Summary("Settings of this run"), settings], className="fold"),
                                className="card padded",
                                style={"paddingTop": 8},
                            ),
                        ],
                        className="stack",
                    ),
                ],
                className="run-main",
            ),
        ],
        className="stack",
    )


def register(app: Dash, services: Services) -> None:
    """The stream, the buttons, and what the browser does by itself."""
    store, engine = services.store, services.engine

    @app.callback(
        Output("delta", "data"),
        Output({"type": "latest", "name": ALL}, "children"),
        Output("run-badges", "children"),
        Output("run-bar", "children"),
        Output("run-progress", "children"),
        Output("run-actions", "children"),
        Output("run-actions", "data-shown"),
        Output("run-alerts", "children"),
        Output("run-alerts", "data-shown"),
        Output("pictures", "data"),
        Output("points", "children"),
        Output("sampler-badges", "children"),
        Output("sampler-report", "children"),
        Output("sampler-facts", "children"),
        Output("sampler-more", "children"),
        Output({"type": "report-value", "name": ALL}, "children"),
        Output("quality-words", "children"),
        Output("quality-curves", "style"),
        answered("tick"),
        asked("tick"),
        *CONTROLS,
        State("stream", "data"),
        State("run-id", "data"),
        State("run-actions", "data-shown"),
        State("run-alerts", "data-shown"),
        State({"type": "loss", "name": ALL}, "id"),
        State({"type": "report-curve", "name": ALL}, "id"),
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
        shown: Any,
        reported: Any,
    ) -> Any:
        # The status first: events written before a terminal status are then sure to be read.
        status = store.status(run_id)
        if status.state in ("starting", "running") and store.stop_requested(run_id):
            status = replace(status, state="stopping")
        error = status.error or (engine.error if status.active else None)
        view = view_of(smoothing, log, log_x, x, scheme)
        losses, names = [item["name"] for item in shown], [item["name"] for item in reported]
        sources = [REPORT_CURVES[name].source for name in names]
        delta: dict[str, Any] = {"from": state["cursor"] if state else None, "final": not status.active}
        events, cursor = store.read_events(run_id, state["cursor"]) if state else ([], 0)
        step = extend(events, cursor, state) if state and state["view"] == view else None
        if step is None:
            curves, new = redraw(*store.read_events(run_id), view)
            delta["figures"] = [figure_of(loss, curves, view, run_id) for loss in losses]
            drawn = {key: view[key] for key in ("scheme", "log", "log_x")}
            drawn |= {"x_title": AXES[view["x"]], "revision": revision_of(run_id, view)}
            delta["reports"] = [
                report_figure(name, curves[source], **drawn) for name, source in zip(names, sources, strict=True)
            ]
        else:
            added, new = step
            if added["x"]:
                delta["extensions"] = [extension(added["x"], added[loss]) for loss in losses]
            if any(added[source]["x"] for source in sources):
                delta["report_extensions"] = [
                    report_extension(name, added[source], view["scheme"]) if added[source]["x"] else None
                    for name, source in zip(names, sources, strict=True)
                ]
        old = state or {}
        last = {"reports": (new["sampler"] or {}).get("info") or {}, "quality": new["quality"] or {}}
        resumable = store.resume_point(run_id) is not None
        replayable = offered(status.state) in ("resume", "continue") and store.recorded(run_id) is not None
        service = status.sampler in CLOUD_SAMPLERS
        return (
            {**delta, "state": new},
            [number(new["latest"].get(loss)) for loss in losses]
            if new["latest"] != old.get("latest")
            else [no_update] * len(losses),
            badges(status, last["reports"]),
            progress_bar(status),
            progress_line(status),
            *unless_shown(actions(status.state, resumable, replayable), has_actions),
            *unless_shown(alerts(new, error, status.state, resumable, service), has_alerts),
            picture_list(run_id, new["pictures"]) if new["pictures"] != old.get("pictures") else no_update,
            points_shown(new),
            *(last_report(new["sampler"], status.sampler) if new["sampler"] != old.get("sampler") else [no_update] * 4),
            [REPORT_CURVES[name].last(last[source]) for name, source in zip(names, sources, strict=True)],
            quality_words(new["quality"], new["data"], status.active),
            HIDDEN if new["quality"] is None else {},
            question,
        )

    register_actions(app, services, "tick")
    register_time(app, services)
    register_heartbeat(app, "tick")
    register_marks(app, "stream")
    register_bar(app)
    clientside = app.clientside_callback
    clientside(
        ClientsideFunction("studio", "accept"),
        Output({"type": "loss", "name": ALL}, "figure"),
        Output({"type": "loss", "name": ALL}, "extendData"),
        Output({"type": "report-curve", "name": ALL}, "figure"),
        Output({"type": "report-curve", "name": ALL}, "extendData"),
        Output("stream", "data"),
        Output("tick", "disabled"),
        Input("delta", "data"),
        State("stream", "data"),
        prevent_initial_call=True,
    )
    clientside(
        ClientsideFunction("studio", "pictureSlider"),
        Output("picture-step", "max"),
        Output("picture-step", "value"),
        Output("picture-step", "disabled"),
        Input("pictures", "data"),
        State("picture-step", "value"),
        State("picture-step", "max"),
    )
    clientside(
        ClientsideFunction("studio", "showPicture"),
        Output("generated", "src"),
        Output("reconstructed", "src"),
        Output("picture-caption", "children"),
        Output("pictures-shown", "style"),
        Output("pictures-empty", "style"),
        Input("picture-step", "value"),
        Input("pictures", "data"),
    )
    clientside(ClientsideFunction("studio", "pageLink"), Output("copy-link", "value"), Input("url", "href"))
