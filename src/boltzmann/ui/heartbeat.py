"""Asking the server again and again, one question at a time.

Dash drops the answer of a callback that is triggered anew before it has answered. An interval shorter than the way to
the server and back, as in a Codespace or on a busy machine, would so drop every answer and the page would stand still.
Here the interval asks only once the last question is answered, or after a patience in which an answer was surely lost.
"""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output, State, dcc
from dash.development.base_component import Component


def heartbeat(name: str, interval: int, disabled: bool = False) -> list[Component]:
    """An interval ``name`` of ``interval`` milliseconds and the stores of its last question and answer."""
    return [
        dcc.Interval(id=name, interval=interval, disabled=disabled),
        dcc.Store(id=f"{name}-asked"),
        dcc.Store(id=f"{name}-answered"),
    ]


def register_heartbeat(app: Dash, name: str) -> None:
    """Let ``name`` ask. The callback that answers takes ``asked(name)`` and gives its value to ``answered(name)``."""
    app.clientside_callback(
        ClientsideFunction("studio", "ask"),
        asked_output(name),
        Input(name, "n_intervals"),
        State(name, "disabled"),
        State(f"{name}-asked", "data"),
        State(f"{name}-answered", "data"),
    )


def asked(name: str) -> Input:
    """The question: the browser's clock in milliseconds, or 0 for one that a callback asks."""
    return Input(f"{name}-asked", "data")


def asked_output(name: str, again: bool = False) -> Output:
    """Where a question is put; ``again`` for callbacks that ask at once, ahead of an answer under way."""
    return Output(f"{name}-asked", "data", allow_duplicate=again)


def answered(name: str) -> Output:
    """Where the callback repeats the question that it has answered."""
    return Output(f"{name}-answered", "data")
