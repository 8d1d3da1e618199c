"""Runs laid over each other: their curves in one set of figures, and a table of what is different between them."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from boltzmann.config import RBMConfig, RunConfig
from boltzmann.runs.files import StoreError
from boltzmann.ui.components.curve_controls import CONTROLS, curve, curve_controls, register_marks, view_of
from boltzmann.ui.components.overlay_table import overlay_table
from boltzmann.ui.components.parts import aria, error_card, help_mark
from boltzmann.ui.curves import revision_of
from boltzmann.ui.figures import picture_config
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.overlay import Overlay, chosen, columns_of, has, kept, overlays
from boltzmann.ui.overlay_figures import HEIGHT, overlay_figure, overlay_marks
from boltzmann.ui.pages.address import parameter
from boltzmann.ui.services import Services
from boltzmann.ui.study_figures import blank_figure, swatch

REFRESH = 3000
UNSEEN = {"visibility": "hidden", "position": "absolute", "width": "100%", "height": 0, "overflow": "hidden"}
"""Out of the way, yet with a width: a figure drawn without one takes a width of its own, and the page would scroll."""


def layout(services: Services, search: Any) -> Any:
    """The page of the runs that the address names."""
    store, asked_for = services.store, parameter(search, "runs")
    head = html.Div(
        [html.H1("Runs compared", className="title"), dmc.Anchor("Choose other runs", href="/runs", size="sm")],
        className="spread",
        style={"marginBottom": 18},
    )
    try:
        runs = chosen(store, asked_for)
    except StoreError as error:
        mend = "Choose runs on the page Runs: those of the Studio or those of the lab, up to twelve."
        return [
            head,
            error_card(
                {
                    "title": "These runs cannot be compared",
                    "cause": f"{str(error)[:1].upper()}{str(error)[1:]}.",
                    "mend": mend,
                }
            ),
        ]
    if not runs:
        return [head, _empty()]
    lab = store.kind(runs[0]) == "rbm"
    names, shown = [store.name(run) for run in runs], kept(runs, parameter(search, "hidden"))
    curves = overlays([_config(services, run) for run in runs], lab)
    alone = "Only one run is chosen. Choose others on the page Runs, and their curves lie over these."
    files = f"/files/runs/compare.csv?runs={','.join(runs)}"
    links = html.A("All curves (CSV)", href=files, download="", className="mantine-Anchor-root file")
    return html.Div(
        [
            dcc.Store(id="overlay-runs", data=",".join(runs)),
            dcc.Store(id="overlay-seen"),
            dcc.Store(id="overlay-marks"),
            *heartbeat("overlay-tick", REFRESH),
            html.Div([head], style={"marginBottom": -20}),
            *([dmc.Alert(alone, color="gray")] if len(runs) == 1 else []),
            curve_controls("lab" if lab else "studio", False, _legend(runs, names, shown), "runs"),
            html.Section(
                [
                    html.Div([html.H2("Curves", className="title"), links], className="spread"),
                    html.Div([_box(one) for one in curves], className="study-plots overlay"),
                ],
                className="card padded",
            ),
            html.Section(
                [html.H2("What is different", className="title"), html.Div(id="overlay-table")],
                className="card padded",
            ),
        ],
        className="stack",
    )


def register(app: Dash, services: Services) -> None:
    """Drawing, again when a run has come further, and the choice on the page Runs."""
    store = services.store

    @app.callback(
        Output({"type": "overlay-curve", "name": ALL}, "figure"),
        Output({"type": "overlay-box", "name": ALL}, "style"),
        Output("overlay-table", "children"),
        Output("overlay-marks", "data"),
        Output("overlay-seen", "data"),
        Output("overlay-tick", "disabled"),
        answered("overlay-tick"),
        asked("overlay-tick"),
        *CONTROLS,
        Input("overlay-shown", "value"),
        Input("marks-shown", "checked"),
        State("overlay-seen", "data"),
        State("overlay-runs", "data"),
        State({"type": "overlay-curve", "name": ALL}, "id"),
    )
    def draw(
        question: Any,
        smoothing: Any,
        log: Any,
        log_x: Any,
        x: Any,
        scheme: Any,
        shown: Any,
        marked: Any,
        seen: Any,
        asked_for: Any,
        places: Any,
    ) -> Any:
        runs, view = chosen(store, asked_for), view_of(smoothing, log, log_x, x, scheme)
        seen_runs = [run for run in runs if not isinstance(shown, list) or run in shown]
        # The statuses first: what is written before a terminal status is then sure to be read.
        statuses = [store.status(run) for run in runs]
        now = [view, seen_runs, bool(marked), [[status.state, status.step] for status in statuses]]
        final = not any(status.active for status in statuses)
        if now == seen:
            return [no_update] * len(places), [no_update] * len(places), *[no_update] * 3, final, question
        configs = [_config(services, run) for run in runs]
        columns = [columns_of(services, run) for run in runs]
        names = [store.name(run) for run in runs]
        drawn = [
            (place, name, of)
            for place, (run, name, of) in enumerate(zip(runs, names, columns, strict=True))
            if run in seen_runs
        ]
        lab = bool(runs) and store.kind(runs[0]) == "rbm"
        curves = {one.name: one for one in overlays(configs, lab)}
        wanted = [curves[item["name"]] for item in places]
        revision = revision_of(str(asked_for), view)
        return (
            [overlay_figure(one, drawn, view, revision) for one in wanted],
            [{} if any(has(of, one) for of in columns) else UNSEEN for one in wanted],
            overlay_table(names, [f"{'/lab' if lab else '/'}?run={run}" for run in runs], configs, statuses, columns),
            {"marks": overlay_marks(drawn, view) if marked else []},
            now,
            final,
            question,
        )

    register_heartbeat(app, "overlay-tick")
    register_marks(app, "overlay-marks")
    app.clientside_callback(
        ClientsideFunction("overlay", "remember"), Input("overlay-shown", "value"), State("overlay-runs", "data")
    )
    app.clientside_callback(
        ClientsideFunction("overlay", "compareChosen"),
        Output("compare-runs", "children"),
        Output("compare-runs", "disabled"),
        Output("compare-runs-link", "href"),
        Output("compare-words", "children"),
        Input({"type": "pick", "run": ALL, "room": ALL}, "checked"),
    )


def _box(one: Overlay) -> html.Div:
    spoken = ". ".join(filter(None, (one.title, one.formula, one.sentence)))
    tip = html.Div([html.Div(one.formula, style={"fontWeight": 600}), html.Div(one.sentence)])
    figure = curve(
        {"type": "overlay-curve", "name": one.name}, blank_figure(), HEIGHT, picture_config(f"runs-{one.name}")
    )
    return html.Div(
        [
            html.Div(
                [html.H3(one.title, className="title"), help_mark(spoken, tip), _strokes(one)], className="loss-head"
            ),
            figure,
        ],
        id={"type": "overlay-box", "name": one.name},
        role="group",
        style=UNSEEN,
        **aria(label=f"{one.title} of the runs"),
    )


def _strokes(one: Overlay) -> html.Span:
    """What dotted and solid lines are, where there are both."""
    if len(one.lines) == 1:
        return html.Span()
    return html.Span(f"dotted: {one.lines[0][1]}, solid: {one.lines[1][1]}", className="how")


def _legend(runs: list[str], names: list[str], shown: list[str]) -> html.Div:
    chips = [
        dmc.Chip(
            html.Span(name, className="arm", style=swatch(place + 1), title=name),
            value=run,
            size="xs",
            variant="outline",
        )
        for place, (run, name) in enumerate(zip(runs, names, strict=True))
    ]
    return html.Div(
        html.Div(
            dmc.ChipGroup(chips, id="overlay-shown", multiple=True, value=shown), className="row decay-chips", role="group",
            **aria(label="Runs that are drawn"),
        ),
        className="overlay-legend",
    )  # fmt: skip


def _empty() -> html.Section:
    return html.Section(
        [
            html.H2("No runs are chosen", className="title", style={"fontSize": 22}),
            html.P("Tick two or more on the page Runs, and press Compare.", className="quiet"),
            dmc.Anchor(dmc.Button("Go to Runs"), href="/runs", underline="never"),
        ],
        className="card center-card",
    )


def _config(services: Services, run_id: str) -> RunConfig | RBMConfig | None:
    try:
        return services.store.any_config(run_id)
    except StoreError:
        return None
