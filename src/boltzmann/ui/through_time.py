"""A run through time: its frames are made when they are asked for; then the browser moves through them by itself."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from boltzmann.runs.checkpoint_film import ANIMATION, GENERATED, RECONSTRUCTED, film, last_film
from boltzmann.runs.checkpoint_frames import make_frames
from boltzmann.runs.files import StoreError
from boltzmann.ui.components.loss_panel import meaning
from boltzmann.ui.components.parts import number
from boltzmann.ui.components.play_parts import ask, refusal, shown_if, starting
from boltzmann.ui.components.time_panel import progress, too_few
from boltzmann.ui.curves import losses_of
from boltzmann.ui.heartbeat import answered, asked, asked_output, register_heartbeat
from boltzmann.ui.services import Services
from boltzmann.ui.time_figures import HISTOGRAMS, histogram_figure, loss_curves, losses_figure


def register(app: Dash, services: Services) -> None:
    """The callbacks of :func:`boltzmann.ui.components.time_panel.time_panel`, on a page with the store "run-id"."""
    store = services.store

    @app.callback(
        Output("time-film", "data"),
        Output("time-say", "children"),
        Output("time-again", "style"),
        Output("time-tick", "disabled", allow_duplicate=True),
        answered("time-tick"),
        asked("time-tick"),
        State("run-id", "data"),
        State("time-film", "data"),
        prevent_initial_call=True,
    )
    def load(question: Any, run_id: Any, shown: Any) -> Any:
        try:
            found, words, ended = _film(services, run_id)
        except StoreError as error:
            return no_update, refusal(error), {}, True, question
        known = found and isinstance(shown, dict) and shown.get("version") == found["version"]
        more = shown_if(store.status(run_id).active)
        return no_update if known or not found else found, words, more, ended, question

    @app.callback(
        Output("time-losses", "figure"),
        *(Output(f"time-{part}", "figure") for part in HISTOGRAMS),
        Input("time-film", "data"),
        Input("colour-scheme", "data"),
        State("run-id", "data"),
        prevent_initial_call=True,
    )
    def draw(shown: Any, scheme: Any, run_id: Any) -> Any:
        found = last_film(store, run_id)
        # Another tab may have had one made with newer checkpoints.
        if found is None or not isinstance(shown, dict) or shown.get("version") != found["version"]:
            return (no_update,) * (1 + len(HISTOGRAMS))
        training = store.config(run_id).training
        titles = {loss: meaning(loss, training.objective)[0] for loss in losses_of(training)}
        # As the run ended: the browser turns them to the checkpoint that its slider is at.
        return (
            losses_figure(_losses(services, run_id, found), titles, scheme),
            *(histogram_figure(found, part, -1, scheme) for part in HISTOGRAMS),
        )

    register_heartbeat(app, "time-tick")
    clientside = app.clientside_callback
    clientside(
        ClientsideFunction("time", "load"),
        Output("time-tick", "disabled"),
        asked_output("time-tick", again=True),
        Input("time-open", "n_clicks"),
        Input("time-again", "n_clicks"),
        prevent_initial_call=True,
    )
    clientside(
        ClientsideFunction("time", "begin"),
        Output("time-shown", "style"),
        Output("time-open", "style"),
        Output("time-gif", "href"),
        Input("time-film", "data"),
        prevent_initial_call=True,
    )
    for function, trigger in (
        ("redrawn", Input("time-losses", "figure")),
        ("toggle", Input("time-play", "n_clicks")),
        ("speed", Input("time-speed", "value")),
    ):
        clientside(ClientsideFunction("time", function), trigger, prevent_initial_call=True)


def _film(services: Services, run_id: Any) -> tuple[dict[str, Any] | None, Any, bool]:
    """The film as the page takes it, or None; what is said of it, or of the way there; and whether that is the last word."""
    store = services.store
    store.config(run_id)  # refuses what is no run of the Studio
    checkpoints = len(store.checkpoints(run_id))
    active = store.status(run_id).active
    if checkpoints < 2:
        return None, html.P(too_few(checkpoints, active), className="quiet time-words"), True
    found = film(store, run_id)
    if found is None:
        if not services.engine.ready:
            return None, starting(), False
        made, total = ask(services, make_frames, run_id)
        return None, progress(made, total), False
    at = _losses(services, run_id, found)["at"]
    address = f"/files/runs/{run_id}/frames/"
    more = {
        "values": {name: [number(value) for value in values] for name, values in at.items()},
        "sources": [f"{address}{name}?v={found['version']}" for name in (GENERATED, RECONSTRUCTED, ANIMATION)],
    }
    words = f"{checkpoints} checkpoints so far: more come while it trains." if active else None
    return {**found, **more}, words and html.P(words, className="quiet time-words"), True


def _losses(services: Services, run_id: str, found: dict[str, Any]) -> dict[str, Any]:
    """The losses beside a film: of a long run they take a second, so they are kept."""
    store, key = services.store, f"losses {run_id} {found['version']}"
    if (kept := services.cache.get(key)) is None:
        kept = loss_curves(store.history(run_id), losses_of(store.config(run_id).training), found["steps"])
        services.cache.set(key, kept)
    return kept
