"""A run on the Studio's right side: header, pictures, losses, and the one interval that feeds them all."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.ui.components.loss_panel import MEANING, loss_panel
from boltzmann.ui.components.parts import error_card, facts, notification, number
from boltzmann.ui.components.run_header import actions, progress, settings_tables
from boltzmann.ui.curves import LOSSES, factor_of
from boltzmann.ui.figures import loss_figure, scheme_of
from boltzmann.ui.services import Services
from boltzmann.ui.stream import extend, picture_list, redraw

TICK = 400
"""Milliseconds between looks at the run store."""


def layout(services: Services, run_id: str) -> html.Div:
    """The view of a run that exists; the stream fills it."""
    try:
        settings: Any = settings_tables(services.store.config(run_id))
    except StoreError as error:
        settings = error_card({"title": "Its settings cannot be read", "cause": str(error), "mend": "Train a new run."})
    links = [
        dmc.CopyButton("Copy link", id="copy-link", value="", copiedChildren="Copied", variant="subtle", size="xs"),
        dmc.Anchor("Generate from it", href=f"/generate?model=run:{run_id}", size="sm"),
        html.A("Configuration", href=f"/files/runs/{run_id}/config.json", download=True, className="mantine-Anchor-root file"),
        html.A("Losses (CSV)", href=f"/files/runs/{run_id}/metrics.csv", download=True, className="mantine-Anchor-root file"),
    ]
    header = html.Section(
        [
            html.Div(
                [
                    html.H1(services.store.name(run_id), className="title"),
                    html.Div(id="run-actions", className="row"),
                ],
                className="spread",
            ),
            html.Div(id="run-progress", style={"marginTop": 8}, **{"aria-live": "off"}),
            html.Div(links, className="row", style={"marginTop": 12, "gap": 18}),
        ],
        className="card padded",
    )  # fmt: skip
    return html.Div(
        [
            dcc.Store(id="run-id", data=run_id),
            dcc.Store(id="stream"),
            dcc.Store(id="pictures"),
            dcc.Interval(id="tick", interval=TICK),
            header,
            html.Div(id="run-alerts", className="stack", role="status"),
            _pictures(),
            loss_panel(),
            html.Section(
                [html.H2("Sampler", className="title", style={"marginBottom": 12}),
                 html.Div("Its report appears with the first steps.", id="sampler-report", className="quiet")],
                className="card padded",
            ),
            html.Section(
                html.Details([html.Summary("Settings of this run"), settings], className="fold"), className="card padded", style={"paddingTop": 8}
            ),
        ],
        className="stack",
    )  # fmt: skip


def register(app: Dash, services: Services) -> None:
    """The stream, the buttons, and what the browser does by itself."""
    store, engine = services.store, services.engine

    @app.callback(
        Output({"type": "loss", "name": ALL}, "figure"), Output({"type": "loss", "name": ALL}, "extendData"),
        Output({"type": "latest", "name": ALL}, "children"), Output("stream", "data"), Output("tick", "disabled"),
        Output("run-progress", "children"), Output("run-actions", "children"), Output("run-alerts", "children"),
        Output("pictures", "data"), Output("sampler-report", "children"), Output("points", "children"),
        Input("tick", "n_intervals"), Input("smoothing", "value"), Input("log-axis", "checked"), Input("x-axis", "value"),
        Input("scheme", "computedColorScheme"), State("stream", "data"), State("run-id", "data"),
    )  # fmt: skip
    def tick(_: Any, smoothing: Any, log: Any, x: Any, scheme: Any, state: Any, run_id: Any) -> Any:
        # The status first: events written before a terminal status are then sure to be read.
        status = store.status(run_id)
        view = {"smoothing": factor_of(smoothing), "log": bool(log), "x": "seconds" if x == "seconds" else "step",
                "scheme": scheme_of(scheme)}  # fmt: skip
        figures: Any = [no_update] * len(LOSSES)
        extensions: Any = [no_update] * len(LOSSES)
        events, cursor = store.read_events(run_id, state["cursor"]) if state else ([], 0)
        step = extend(events, cursor, state) if state and state["view"] == view else None
        if step is None:
            curves, new = redraw(*store.read_events(run_id), view)
            figures = [_figure(loss, curves, view, run_id) for loss in LOSSES]
        else:
            added, new = step
            if added["x"]:
                extensions = [_extension(added["x"], added[loss]) for loss in LOSSES]
        old = state or {}
        new["state"] = [status.state, status.error]
        resumable = store.resume_point(run_id) is not None
        return (
            figures, extensions,
            [number(new["latest"].get(loss)) for loss in LOSSES] if new["latest"] != old.get("latest") else [no_update] * len(LOSSES),
            new, not status.active, progress(status),
            actions(status.state, resumable) if new["state"] != old.get("state") else no_update,
            _alerts(new, status.error) if (new["state"], new["notices"]) != (old.get("state"), old.get("notices")) else no_update,
            picture_list(run_id, new["pictures"]) if new["pictures"] != old.get("pictures") else no_update,
            _report(new["sampler"]) if new["sampler"] and new["sampler"] != old.get("sampler") else no_update,
            _shown(new),
        )  # fmt: skip

    @app.callback(
        Output("tick", "disabled", allow_duplicate=True), Output("tick", "n_intervals"),
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input({"type": "run-action", "name": ALL}, "n_clicks"), State({"type": "more-epochs", "name": ALL}, "value"),
        State("run-id", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def act(clicks: Any, more: Any, run_id: Any) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update, no_update
        try:
            match ctx.triggered_id["name"]:
                case "stop":
                    engine.stop(run_id)
                case "resume":
                    engine.train(run_id)
                case "continue":
                    store.extend(run_id, more[0] if more else None)
                    engine.train(run_id)
        except StoreError as error:
            return no_update, no_update, [notification("That was not possible", str(error), "red")]
        return False, 0, no_update

    clientside = app.clientside_callback
    clientside(
        ClientsideFunction("studio", "pictureSlider"),
        Output("picture-step", "max"), Output("picture-step", "value"), Output("picture-step", "disabled"),
        Input("pictures", "data"), State("picture-step", "value"), State("picture-step", "max"),
    )  # fmt: skip
    clientside(
        ClientsideFunction("studio", "showPicture"),
        Output("generated", "src"), Output("reconstructed", "src"), Output("picture-caption", "children"),
        Output("pictures-shown", "style"), Output("pictures-empty", "style"), Input("picture-step", "value"), Input("pictures", "data"),
    )  # fmt: skip
    clientside(ClientsideFunction("studio", "pageLink"), Output("copy-link", "value"), Input("url", "href"))


def _pictures() -> html.Section:
    def figure(name: str, title: str, alt: str) -> html.Figure:
        heading = html.Figcaption(html.H2(title, className="title"), style={"marginBottom": 12})
        return html.Figure([heading, html.Img(id=name, className="digits", alt=alt)], style={"margin": 0})

    return html.Section(
        [
            html.Div(
                [
                    figure("generated", "Generated", "Digits generated from sampled spin strings at the step named below"),
                    figure("reconstructed", "Originals above, reconstructions below",
                           "Held-out digits, each above its reconstruction, at the step named below"),
                ],
                id="pictures-shown", className="pictures", style={"display": "none"},
            ),
            html.Div("The first digits appear with the first picture.", id="pictures-empty", className="quiet"),
            html.Div(
                [
                    html.Div(id="picture-caption", className="numbers", style={"fontSize": 14, "minWidth": 150}),
                    dmc.Slider(id="picture-step", min=0, max=0, value=0, step=1, label=None, thumbLabel="Picture, first to newest", flex=1,
                               updatemode="drag", disabled=True),
                ],
                className="row", style={"marginTop": 16, "gap": 20},
            ),
        ],
        className="card padded", **{"aria-label": "Pictures"},
    )  # fmt: skip


def _figure(loss: str, curves: dict[str, Any], view: dict[str, Any], run_id: str) -> Any:
    return loss_figure(
        curves["x"], curves[loss]["raw"], curves[loss]["smoothed"], title=MEANING[loss][0],
        x_title="training seconds" if view["x"] == "seconds" else "step", log=view["log"], scheme=view["scheme"],
        revision=f"{run_id} {view['x']} {view['log']}",
    )  # fmt: skip


def _extension(x: list[Any], curve: dict[str, list[Any]]) -> list[Any]:
    return [{"x": [x, x], "y": [curve["raw"], curve["smoothed"]]}, [0, 1]]


def _alerts(state: dict[str, Any], error: dict[str, str] | None) -> list[Any]:
    cards: list[Any] = [dmc.Alert(notice, color="yellow", title="Please note") for notice in state["notices"]]
    return cards + ([error_card(error)] if error else [])


def _report(report: dict[str, Any]) -> Any:
    info = report["info"]
    pairs = [("Sampling, last step", f"{1000 * (report['seconds'] or 0):.0f} ms")]
    for key, label in (("effective_inverse_temperature", "Effective inverse temperature"), ("mean_energy", "Mean energy"),
                       ("prefactor", "Prefactor"), ("clipped", "Clipped coefficients")):  # fmt: skip
        value = info.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            pairs.append((label, number(value)))
    return facts(pairs)


def _shown(state: dict[str, Any]) -> str:
    if not state["total"]:
        return ""
    every = state["every"]
    return f"{state['total']:,} points" + (f", every {every}th of the older ones drawn" if every > 1 else "")
