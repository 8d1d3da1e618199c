"""What the buttons of a run do: stop, resume, go on for longer, replay; on the pages of both rooms."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, no_update

from boltzmann.config import SimulatedQPUConfig
from boltzmann.runs.files import StoreError
from boltzmann.ui.components.parts import notification
from boltzmann.ui.heartbeat import asked_output
from boltzmann.ui.pages.address import open_run
from boltzmann.ui.presses import pressed, register_presses
from boltzmann.ui.services import Services


def register_actions(app: Dash, services: Services, tick: str, prefix: str = "") -> None:
    """Let the buttons of a run's view act.

    Args:
        app: The app.
        services: Its services.
        tick: The heartbeat of the view, which goes on at once.
        prefix: What the view's ids begin with; it has the store "run-pressed".
    """
    register_presses(app, f"{prefix}run-pressed", {"type": f"{prefix}run-action", "name": ALL})

    @app.callback(
        Output(tick, "disabled", allow_duplicate=True),
        asked_output(tick, again=True),
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input(f"{prefix}run-pressed", "data"),
        State({"type": f"{prefix}more-epochs", "name": ALL}, "value"),
        State(f"{prefix}run-id", "data"),
        prevent_initial_call=True,
    )
    def act(press: Any, more: Any, run_id: Any) -> Any:
        name = pressed(press, "name")
        if name is None:
            return no_update, no_update, no_update
        try:
            again = perform(services, name, run_id, more[0] if more else 0)
        except StoreError as error:
            return no_update, no_update, [notification("That was not possible", str(error), "red")]
        if again:
            open_run(again)
            return no_update, no_update, no_update
        return False, 0, no_update


def perform(services: Services, name: str, run_id: Any, more: Any) -> str | None:
    """Do what the button ``name`` of a run says.

    Args:
        services: Of the app.
        name: Of the button.
        run_id: The run.
        more: Epochs to add, for "continue".

    Returns:
        The run to go to, where that is another one.

    Raises:
        StoreError: it is not possible.
    """
    store, engine = services.store, services.engine
    match name:
        case "stop":
            engine.stop(run_id)
        case "resume" | "resume-card":
            engine.train(run_id)
        case "simulate":
            store.change_sampler(run_id, SimulatedQPUConfig())
            engine.train(run_id)
        case "budget":
            store.allow_as_much_again(run_id)
            engine.train(run_id)
        case "replay":
            again = store.create_replay(run_id)
            engine.train(again)
            return again
        case "continue":
            store.extend(run_id, more)
            engine.train(run_id)
    return None
