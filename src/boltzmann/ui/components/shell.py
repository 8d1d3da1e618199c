"""The frame around every page: header, navigation, colour scheme, notifications."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, dcc, html

from boltzmann.ui.components.help_sheet import help_button, help_sheet, story_bar
from boltzmann.ui.components.parts import aria, icon
from boltzmann.ui.services import Demo

LINKS = (
    ("Studio", "/", "s"),
    ("Generate", "/generate", "g"),
    ("Look inside", "/inside", "i"),
    ("Compare", "/compare", "c"),
    ("Lab", "/lab", "l"),
    ("Runs", "/runs", "r"),
    ("Samplers", "/samplers", "a"),
    ("Learn", "/learn", "e"),
)
"""Title, address, and the letter that leads there after "g"."""
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
DARK = ("#dbe2ea", "#c2ccd7", "#a3b0be", "#7c8998", "#3d4a58", "#2c3743", "#1f2833", "#11171e", "#0d1218", "#080b0f")


def shell(demo: Demo) -> dmc.MantineProvider:
    """The layout that all pages share; the page itself goes into ``#page``."""
    header = html.Div(
        [
            dmc.Anchor(
                [html.Img(src="/assets/favicon.svg", alt=""), html.Span(demo.title)],
                href="/",
                className="brand",
                underline="never",
                **aria(label=demo.title),
            ),
            html.Nav(id="nav", className="nav", **aria(label="Pages")),
            help_button(),
            dmc.ColorSchemeToggle(
                id="scheme",
                lightIcon=icon("sun"),
                darkIcon=icon("moon"),
                variant="subtle",
                color="gray",
                size="lg",
                **aria(label="Switch between light and dark"),
            ),
        ],
        className="header",
    )
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="colour-scheme"),
            dmc.NotificationContainer(id="notifications", position="bottom-right", autoClose=8000),
            html.A("Skip to content", href="#page", className="skip"),
            dmc.AppShell(
                [dmc.AppShellHeader(header), dmc.AppShellMain(html.Div(id="page", className="page", tabIndex=-1))],
                header={"height": 60},
                padding=0,
            ),
            story_bar(),
            help_sheet(LINKS),
        ],
        theme=theme(demo),
        defaultColorScheme="auto",
    )


SCROLLED = {"scrollAreaProps": {"viewportProps": {"tabIndex": 0, "role": "group"}}}


def theme(demo: Demo) -> Any:
    """The Mantine theme: the presenter's accent, system fonts, rounder corners."""
    return {
        "colors": {"accent": list(demo.accent), "dark": list(DARK)},
        "primaryColor": "accent",
        "primaryShade": {"light": 7, "dark": 7},
        "fontFamily": FONT,
        "headings": {"fontFamily": FONT},
        "defaultRadius": "md",
        "cursorType": "pointer",
        # What scrolls can be reached by keys (WCAG 2.1.1).
        "components": {name: {"defaultProps": SCROLLED} for name in ("Select", "MultiSelect")},
    }


def register(app: Dash) -> None:
    """Mark the page that is open in the navigation."""

    app.clientside_callback(
        ClientsideFunction("studio", "colourScheme"),
        Output("colour-scheme", "data"),
        Input("colour-scheme", "id"),
    )

    @app.callback(Output("nav", "children"), Input("url", "pathname"))
    def show_navigation(path: Any) -> list[dmc.Anchor]:
        return [
            dmc.Anchor(name, href=href, underline="never", **_current(_within(path, href))) for name, href, _ in LINKS
        ]


def _within(path: Any, href: str) -> bool:
    return path == href or (href != "/" and isinstance(path, str) and path.startswith(f"{href}/"))


def _current(here: bool) -> dict[str, Any]:
    return aria(current="page") if here else {}
