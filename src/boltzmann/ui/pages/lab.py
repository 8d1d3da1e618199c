"""The lab's first page: train a restricted Boltzmann machine and watch it."""

from __future__ import annotations

from typing import Any

from dash import Dash, html

from boltzmann.ui.components.lab_tabs import lab_tabs
from boltzmann.ui.services import Services


def layout(services: Services, search: Any) -> list[Any]:  # noqa: ARG001
    """The page. ``search`` is the URL's query."""
    return [lab_tabs("/lab"), html.H1("lab", className="title")]


def register(app: Dash, services: Services) -> None:
    """Its callbacks."""
