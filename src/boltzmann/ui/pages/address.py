"""The run that is looked at stands in the page's address, so that a reload, a second tab or a friend finds it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from dash import set_props

from boltzmann.ui.components.parts import attributes


def run_of(search: Any) -> str | None:
    """The run that a query string names, or None."""
    return parameter(search, "run")


def parameter(search: Any, name: str) -> str | None:
    """The first value of a parameter in a query string, or None."""
    if not isinstance(search, str):
        return None
    return (parse_qs(search.lstrip("?")).get(name) or [None])[0]


def begun_at_once(search: Any) -> dict[str, Any]:
    """Attributes of a button that presenter mode presses when its page is opened: an audience is shown no empty page."""
    return attributes(data_begin="") if parameter(search, "present") == "1" else {}


def open_run(run_id: str) -> None:
    """Go to a run, from inside a callback.

    The address is no declared output of the buttons: whatever listens to the address would wait for them at every load.
    """
    set_props("url", {"search": f"?run={run_id}"})
    # On a phone the settings stand above the run, so they fold away; on a desk this changes nothing.
    set_props("columns", {"className": "two-columns"})
