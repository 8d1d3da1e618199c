"""Small pieces that every page uses."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

STATE_COLOURS = {
    "queued": "gray",
    "starting": "accent",
    "running": "accent",
    "stopping": "yellow",
    "finished": "green",
    "stopped": "gray",
    "failed": "red",
    "interrupted": "orange",
}
VERDICT_COLOURS = {"mixing": "green", "slow": "yellow", "stuck": "red"}


def attributes(**values: Any) -> dict[str, Any]:
    """Attributes whose names Python cannot spell: ``data_run`` becomes ``data-run``."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def aria(**values: Any) -> dict[str, Any]:
    """Attributes for screen readers: ``label`` becomes ``aria-label``."""
    return {f"aria-{name}": value for name, value in values.items()}


def icon(name: str) -> html.Span:
    """An icon in the colour of the text beside it, hidden from screen readers."""
    return html.Span(className=f"icon icon-{name}", **aria(hidden="true"))


def help_mark(spoken: str, shown: Any) -> dmc.Tooltip:
    """A question mark that explains: ``shown`` on hover, focus and touch, ``spoken`` to screen readers."""
    return dmc.Tooltip(
        html.Button("?", className="help-mark", type="button", **aria(label=spoken)),
        label=shown,
        multiline=True,
        w=280,
        withArrow=True,
        events={"hover": True, "focus": True, "touch": True},
    )


def state_badge(state: str) -> dmc.Badge:
    """The state of a run."""
    return dmc.Badge(state, color=STATE_COLOURS.get(state, "gray"), variant="light", className="state", tt="none")


def verdict_badge(verdict: str, text: str) -> dmc.Badge:
    """How chains mix, in the verdict's colour."""
    return dmc.Badge(text, color=VERDICT_COLOURS[verdict], variant="light", className="verdict", tt="none")


def whole_number(least: int, most: int, **more: Any) -> dmc.NumberInput:
    """A field for a whole number. Another number stays as it was typed, so that the server can say what is wrong."""
    return dmc.NumberInput(min=least, max=most, clampBehavior="none", **more)


def facts(pairs: list[tuple[str, str]]) -> html.Dl:
    """Names and values side by side."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs], className="facts")


def error_card(error: dict[str, str], actions: Any = None) -> dmc.Alert:
    """What went wrong, why, and what to do."""
    children = [html.Div(error.get("cause", "")), html.Div(error.get("mend", ""), style={"marginTop": 6})]
    if actions:
        children.append(html.Div(actions, className="row", style={"marginTop": 12}))
    return dmc.Alert(children, title=error.get("title", "Something went wrong"), color="red", radius="md")


def notification(title: str, message: Any, colour: str = "accent", **more: Any) -> dict[str, Any]:
    """A message for the notification container."""
    return {"action": "show", "title": title, "message": message, "color": colour, **more}


def brief(seconds: float) -> str:
    """``seconds`` of a quick thing as "6.8 ms" or "2.4 s"."""
    return f"{1000 * seconds:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


def number(value: float | None) -> str:
    """A number of four significant digits, or a dash."""
    if value is None:
        return "–"
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}").replace("-", "−")
