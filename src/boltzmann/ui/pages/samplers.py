"""Samplers: every one of them, whether it can be used and why not, its chip, what its last calls measured."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from boltzmann.config import SAMPLER_CONFIGS
from boltzmann.runs.last_reports import last_reports
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.components.parts import aria
from boltzmann.ui.components.sampler_card import sampler_card
from boltzmann.ui.heartbeat import answered, asked, asked_output, heartbeat, register_heartbeat
from boltzmann.ui.services import Services

TICK = 700
FIRST = ("simulated_qpu", "dwave", "dynex")
"""The annealers, in the order in which a visitor should meet them; the others follow."""


def layout(services: Services) -> list[Any]:
    """The page, with what is known; the looking begins with the first visit."""
    services.looker.look()
    # Before the cards are made: what comes meanwhile is then shown by the next tick.
    marks = _marks(services)
    last = last_reports(services.store, SAMPLER_CONFIGS)
    rest = [name for name in SAMPLER_CONFIGS if name not in FIRST]
    words = html.P("What draws the spins of a model. The same model trains with each of them.", className="quiet")
    again = dmc.Button("Look again", id="look-again", variant="default", loading=_looking(marks))
    return [
        html.Div([html.Div([html.H1("Samplers", className="title"), words]), again], className="spread samplers-head"),
        html.Div([_card(services, name, last) for name in FIRST], className="sampler-list"),
        html.Div([_card(services, name, last) for name in rest], className="sampler-list small"),
        *heartbeat("samplers-tick", TICK),
        dcc.Store(id="samplers-shown", data=marks),
    ]


def register(app: Dash, services: Services) -> None:
    """Show what is seen as it comes, each sampler apart; look again."""

    @app.callback(
        Output({"type": "sampler-card", "name": ALL}, "children"),
        Output("samplers-shown", "data"),
        Output("samplers-tick", "disabled"),
        Output("look-again", "loading"),
        answered("samplers-tick"),
        asked("samplers-tick"),
        State("samplers-shown", "data"),
        prevent_initial_call=True,
    )
    def show(question: Any, shown: Any) -> Any:
        marks = _marks(services)
        names = [item["id"]["name"] for item in ctx.outputs_list[0]]
        changed = [name for name in names if name in marks and marks[name] != (shown or {}).get(name)]
        last = last_reports(services.store, changed)
        cards = [_contents(services, name, last) if name in changed else no_update for name in names]
        looking = _looking(marks)
        return cards, marks, not looking, looking, question

    register_heartbeat(app, "samplers-tick")

    @app.callback(
        Output("samplers-tick", "disabled", allow_duplicate=True),
        asked_output("samplers-tick", again=True),
        Input("look-again", "n_clicks"),
        prevent_initial_call=True,
    )
    def look_again(clicks: Any) -> Any:
        if not clicks:
            return no_update, no_update
        services.looker.look(again=True)
        return False, 0


def _card(services: Services, name: str, last: dict[str, dict[str, Any]]) -> html.Section:
    return html.Section(
        _contents(services, name, last),
        id={"type": "sampler-card", "name": name},
        className="card padded sampler-card",
        **aria(label=sampler_title(name)),
    )


def _contents(services: Services, name: str, last: dict[str, dict[str, Any]]) -> list[Any]:
    return sampler_card(name, services.looker.row(name), services.looker.looking(name), last.get(name))


def _marks(services: Services) -> dict[str, list[Any]]:
    return {name: services.looker.mark(name) for name in SAMPLER_CONFIGS}


def _looking(marks: dict[str, list[Any]]) -> bool:
    return any(looking for _, looking in marks.values())
