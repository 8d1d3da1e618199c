"""Slow motion, for teaching: a small machine with every unit seen, one step at a time."""

from __future__ import annotations

import random
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.slow_motion import NEW, begin, move
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import aria, facts, help_mark, number
from boltzmann.ui.components.play_parts import BLANK, ask, busy, refusal, section, shown_if
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.play_figures import CURVE_HEIGHT, MACHINE, MATRIX, divergence_figure, machine_figure, matrix_figure
from boltzmann.ui.services import Services

TICK = 700
"""Milliseconds between two steps while it plays."""

CURVE = 400
"""Points of the curve that are kept."""

DEEDS = (
    ("gibbs", "Gibbs step", "Draws one layer given the other, hidden and visible units in turn."),
    ("cd", "CD step", "Raises the data's probability against that of rows one Gibbs step away (CD-1), with all data."),
    ("mode", "Mode step", "Raises the data's probability against the mode's, with the factor γ, with all data."),
)
PHASES = (
    ("positive", "Positive", "Positive phase: ⟨v h⟩ over the data, with p(h | v) for h."),
    ("negative", "Negative", "Negative phase: ⟨v h⟩ over the machine's rows; in a mode step v h of the mode."),
    ("change", "Change of W", "Learning rate × (positive − negative), in a mode step times γ."),
)
QUIET: Any = {**CONFIG, "displayModeBar": False}


def layout(key: str, fits: bool) -> html.Div:
    """The section.

    Args:
        key: The chosen machine.
        fits: Whether it is small enough to be the one that is seen.
    """
    choices = [{"value": name, "label": title} for name, (_, _, title) in NEW.items()]
    if fits:
        choices.insert(0, {"value": key, "label": "The machine chosen above"})
    buttons = [dmc.Button(title, id=f"motion-{deed}", variant="light", fullWidth=True) for deed, title, _ in DEEDS]
    column = section(
        [
            learn_title("Slow motion", "contrastive-divergence"),
            dmc.Select(
                id="motion-start",
                label="Small machine",
                description="The one chosen above, or a new one."
                if fits
                else "The one chosen above is not shown here: it is too large, or has label units.",
                value=choices[0]["value"],
                data=choices,
                allowDeselect=False,
            ),
            html.Div(
                [
                    html.Div([button, help_mark(f"{title}. {words}", words)], className="button-line")
                    for button, (_, title, words) in zip(buttons, DEEDS, strict=True)
                ],
                className="fields tight",
            ),
            html.Div(
                [
                    html.Div("Steps a click", className="control-label"),
                    dmc.SegmentedControl(
                        id="motion-count",
                        value="1",
                        fullWidth=True,
                        size="sm",
                        data=[{"value": str(count), "label": f"{count:,}"} for count in (1, 10, 100, 1000)],
                        **aria(label="Steps a click"),
                    ),
                ]
            ),
            html.Div(
                [
                    dmc.Button("Play", id="motion-play", flex=1),
                    dmc.Button("Back", id="motion-back", variant="default", flex=1, disabled=True),
                ],
                className="row",
            ),
            dmc.Button("Start again", id="motion-again", variant="subtle", size="sm"),
            html.P("Play repeats the last kind of step.", className="quiet control-help"),
        ],
        className="card padded fields",
    )
    units = section(
        [
            html.Div(id="motion-error"),
            html.Div(id="motion-facts"),
            html.P(id="motion-words", className="quiet sampler-words", role="status"),
            dcc.Graph(id="motion-machine", figure=BLANK, config=QUIET, style={"height": MACHINE}),
            html.P(
                "Filled: 1. Beside a unit: the chance of a 1 that it was drawn with. Blue lines: positive weights; "
                "orange: negative; the broader, the larger.",
                className="quiet control-help",
            ),
        ]
    )
    matrices = section(
        html.Div(
            [
                html.Div(
                    [
                        html.Div(
                            [html.H3(title, className="matrix-title"), help_mark(f"{title}. {words}", words)],
                            className="row keep",
                        ),
                        dcc.Graph(id=f"motion-{phase}", figure=BLANK, config=QUIET, style={"height": MATRIX}),
                    ]
                )
                for phase, title, words in PHASES
            ],
            className="tiles three",
        ),
        id="motion-phases",
        style=shown_if(False),
    )
    kl = "KL(data ‖ model) = Σ q(v) log(q(v) / p(v)), exact, by enumeration of all states."
    curve = section(
        [
            html.Div([learn_title("KL divergence", "nll-gradient"), help_mark(kl, kl)], className="row"),
            dcc.Graph(id="motion-curve", figure=BLANK, config=QUIET, style={"height": CURVE_HEIGHT}),
        ],
        id="motion-curve-card",
        style=shown_if(False),
    )
    stores = [
        dcc.Store(id="motion"),
        dcc.Store(id="motion-deed", data="gibbs"),
        *heartbeat("motion-tick", TICK, disabled=True),
    ]
    return html.Div(
        [column, html.Div([units, html.Div([matrices, curve], className="stack")], className="motion"), *stores],
        className="play",
    )


def register(app: Dash, services: Services) -> None:
    """Begin, step, play, go back."""

    @app.callback(
        Output("motion", "data"),
        Output("motion-error", "children"),
        Input("play-ready", "data"),
        Input("play-tabs", "value"),
        Input("motion-start", "value"),
        Input("motion-again", "n_clicks"),
        State("motion", "data"),
        running=busy(),
    )
    def start(ready: Any, tab: Any, chosen: Any, _clicks: Any, shown: Any) -> Any:
        if not ready or tab != "motion" or (shown and ctx.triggered_id == "play-tabs"):
            return no_update, no_update
        try:
            found = ask(services, begin, chosen, random.randrange(2**31))
        except StoreError as error:
            return no_update, refusal(error)
        return {**found, "begun": True, "curve": _curve([], found)}, None

    @app.callback(
        Output("motion", "data", allow_duplicate=True),
        Output("motion-error", "children", allow_duplicate=True),
        Output("motion-deed", "data"),
        Output("motion-tick", "disabled", allow_duplicate=True),
        answered("motion-tick"),
        asked("motion-tick"),
        *(Input(f"motion-{deed}", "n_clicks") for deed, _, _ in DEEDS),
        State("motion", "data"),
        State("motion-deed", "data"),
        State("motion-count", "value"),
        prevent_initial_call=True,
    )
    def step(question: Any, *values: Any) -> Any:
        shown, last, count = values[-3:]
        pressed = next((deed for deed, _, _ in DEEDS if ctx.triggered_id == f"motion-{deed}"), None)
        deed = pressed or last
        if not isinstance(shown, dict) or not isinstance(shown.get("curve"), list):
            return no_update, no_update, no_update, True, question
        try:
            times = int(count) if isinstance(count, str) and count.isdecimal() and len(count) < 5 else count
            found = ask(services, move, shown.get("snapshot"), deed, times)
        except StoreError as error:
            return no_update, refusal(error), no_update, True, question
        return {**found, "curve": _curve(shown["curve"], found)}, None, deed, no_update, question

    @app.callback(
        Output("motion-tick", "disabled"),
        Input("motion-play", "n_clicks"),
        State("motion-tick", "disabled"),
        prevent_initial_call=True,
    )
    def play(clicks: Any, still: Any) -> Any:
        return not still if clicks else no_update

    @app.callback(Output("motion-play", "children"), Input("motion-tick", "disabled"))
    def name(still: Any) -> str:
        return "Play" if still else "Pause"

    @app.callback(
        Output("motion-tick", "disabled", allow_duplicate=True),
        Input("play-tabs", "value"),
        Input("motion-back", "n_clicks"),
        Input("motion-again", "n_clicks"),
        Input("motion-start", "value"),
        prevent_initial_call=True,
    )
    def pause(*_values: Any) -> bool:
        return True

    register_heartbeat(app, "motion-tick")
    app.clientside_callback(
        ClientsideFunction("motion", "keep"), Output("motion-back", "disabled"), Input("motion", "data")
    )
    app.clientside_callback(
        ClientsideFunction("motion", "back"),
        Output("motion", "data", allow_duplicate=True),
        Input("motion-back", "n_clicks"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("motion-machine", "figure"),
        Output("motion-facts", "children"),
        Output("motion-words", "children"),
        Output("motion-phases", "style"),
        *(Output(f"motion-{phase}", "figure") for phase, _, _ in PHASES),
        Output("motion-curve", "figure"),
        Output("motion-curve-card", "style"),
        Input("motion", "data"),
        Input("colour-scheme", "data"),
        prevent_initial_call=True,
    )
    def show(shown: Any, scheme: Any) -> Any:
        if not isinstance(shown, dict):
            return (no_update,) * 9
        return drawn(shown, scheme)


def drawn(shown: dict[str, Any], scheme: str) -> tuple[Any, ...]:
    """A state of the machine as the page shows it.

    Args:
        shown: Of :func:`boltzmann.runs.slow_motion.move`, with ``curve``, its past divergences.
        scheme: "light" or "dark".
    """
    snapshot = shown["snapshot"]
    v, h = np.array(snapshot["v"]), np.array(snapshot["h"])
    figure = machine_figure(np.array(snapshot["weights"]), v, h, shown.get("p_v"), shown.get("p_h"), scheme)
    values = [("Training steps", f"{snapshot['step']:,}"), ("Energy E(v, h)", number(shown["energy"]))]
    if shown["kl"] is not None:
        values.append(("KL divergence", f"{number(shown['kl'])} nats"))
    if "gamma" in shown:
        values.append(("γ", number(shown["gamma"])))
    phases = [np.array(shown[phase]) for phase, _, _ in PHASES] if "change" in shown else []
    # Both phases in one scale, so that they can be compared; the change, far smaller, in its own.
    largest = [1.0, 1.0, max(float(np.abs(phases[2]).max()), 1e-9)] if phases else []
    matrices = [matrix_figure(phase, top, scheme) for phase, top in zip(phases, largest, strict=True)]
    curve = shown["curve"]
    return (
        figure,
        facts(values),
        shown["words"],
        shown_if(bool(phases)),
        *(matrices or (no_update,) * 3),
        divergence_figure([at for at, _ in curve], [value for _, value in curve], scheme),
        shown_if(len(curve) > 1),
    )


def _curve(past: list[Any], found: dict[str, Any]) -> list[Any]:
    at, kl = found["snapshot"]["step"], found["kl"]
    if kl is None:
        return []
    return [*[point for point in past if point[0] < at], [at, kl]][-CURVE:]
