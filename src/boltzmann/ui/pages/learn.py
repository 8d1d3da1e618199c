"""Learn: the mathematics, one page a topic."""

from __future__ import annotations

from typing import Any

from dash import Dash, html

from boltzmann.ui.services import Services


def layout(services: Services, topic: str) -> list[Any]:  # noqa: ARG001
    """The list of topics, or one of them by the last part of its address."""
    return [html.H1("Learn", className="title")]


def register(app: Dash, services: Services) -> None:
    """Its callbacks."""
