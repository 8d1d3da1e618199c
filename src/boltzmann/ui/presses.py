"""Which of many alike buttons was pressed, in a store of its own; and buttons that stay while they are pressed.

Dash calls a callback again when buttons that its pattern names appear, and drops the answer that is under way. Where a
list or a row of buttons is drawn anew while the server is at work, what was done would so never be seen: a run deleted
and no way to undo it. A store changes only when somebody presses. And a button that is drawn anew between the pointer's
down and up is another one, which nobody has pressed.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, no_update
from plotly.utils import PlotlyJSONEncoder


def presses(*names: str) -> list[dcc.Store]:
    """The stores ``names``: outside of what is drawn anew, and beside what their callbacks write to."""
    return [dcc.Store(id=name) for name in names]


def register_presses(app: Dash, name: str, pattern: dict[str, Any]) -> None:
    """Let each press of a button of ``pattern`` (one key with ``ALL``) change the store ``name``."""
    app.clientside_callback(
        ClientsideFunction("studio", "press"),
        Output(name, "data"),
        Input(pattern, "n_clicks"),
        prevent_initial_call=True,
    )


def pressed(press: Any, key: str) -> str | None:
    """What the pressed button's id has at ``key``; None for anything that is no press."""
    value = press.get(key) if isinstance(press, dict) else None
    return value if isinstance(value, str) else None


def unless_shown(drawn: list[Any], shown: Any) -> tuple[Any, str]:
    """What a callback gives to ``children`` and ``data-shown`` of a place with buttons: nothing new where it has them.

    Args:
        drawn: Components.
        shown: The ``data-shown`` of the place. The page's own stream would not do: it is behind where a question is asked
            before the last answer has been taken in.
    """
    mark = f"{zlib.crc32(json.dumps(drawn, cls=PlotlyJSONEncoder).encode()):08x}"
    return no_update if mark == shown else drawn, mark
