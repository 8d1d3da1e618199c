"""What the picture of "Look inside" can be asked by hand: five groups of controls, one open at a time."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from boltzmann.ui.components.inside_picture import DIGITS, PLAIN
from boltzmann.ui.components.parts import aria
from boltzmann.ui.components.play_parts import BLANK
from boltzmann.ui.inside_figures import PATH

GROUPS = {
    "flip": "Flip",
    "hold": "Hold and resample",
    "temperature": "Temperature",
    "matter": "Which spins matter",
    "walk": "Walk",
}
COLDEST, HOTTEST = 0.2, 3.0
"""Temperatures in units of the prior's own."""

FRAMES = 41
"""Pictures of a walk, both ends among them."""

STRIDE = 140
"""Milliseconds between two of them."""


def dock(opened: str) -> html.Section:
    """All controls; ``opened`` is the group that is seen first."""
    groups = {
        "flip": _flip(),
        "hold": _hold(),
        "temperature": _temperature(),
        "matter": _matter(),
        "walk": _walk(),
    }
    tabs = dmc.SegmentedControl(
        id="inside-show",
        value=opened,
        data=[{"value": name, "label": title} for name, title in GROUPS.items()],
        size="sm",
        className="dock-tabs",
        **aria(label="What to do"),
    )
    spin = html.Div(
        dmc.NumberInput(
            id="inside-spin",
            placeholder="spin",
            min=0,
            max=0,
            w=116,
            size="xs",
            allowDecimal=False,
            prefix="spin ",
            **aria(label="Spin"),
        ),
        id="inside-spin-choice",
    )
    shown = [
        html.Div(
            controls,
            id={"type": "inside-group", "name": name},
            className="dock-group",
            **aria(label=GROUPS[name]),
            role="group",
        )
        for name, controls in groups.items()
    ]
    return html.Section(
        [
            html.Div([tabs, html.Div(id="inside-busy", className="quiet dock-busy"), _echoes()], className="dock-head"),
            html.Div([spin, *shown], className="dock-body"),
        ],
        className="card inside-dock",
        **aria(label="Touch the model"),
    )


def _echoes() -> html.Div:
    images = [html.Img(id=f"{row}-echo", alt="") for row in ("upper", "lower")]
    return html.Div(images, className="echoes", **aria(hidden="true"))


def _flip() -> list[Any]:
    return [
        _words("Click a spin on the upper chip. It flips, and the digit is decoded anew."),
        _button("Flip it", "inside-flip", variant="filled"),
        _button("Undo", "inside-undo"),
        _button("Back to the encoded string", "inside-back"),
    ]


def _hold() -> list[Any]:
    return [
        _words(
            "Click spins of the upper chip, or drag a box over them, to hold them. The prior draws the others, below."
        ),
        _button("Hold or release it", "inside-hold"),
        _button("Hold the surest half", "inside-certain"),
        _button("Release all", "inside-release"),
        _button("Resample the rest", "inside-resample", variant="filled"),
    ]


def _temperature() -> list[Any]:
    slider = dmc.Slider(
        id="inside-temperature",
        value=1,
        min=COLDEST,
        max=HOTTEST,
        step=0.05,
        updatemode="drag",
        thumbLabel="Temperature of the lower row, in units of the prior's own",
        marks=[
            {"value": value, "label": name}
            for value, name in ((COLDEST, "sharper"), (1, "the prior"), (HOTTEST, "softer"))
        ],
        size="sm",
    )
    digit = dmc.Select(
        id="inside-law",
        value="same",
        data=[{"value": "same", "label": "The same digit"}, *DIGITS],
        allowDeselect=False,
        size="xs",
        w=130,
        **aria(label="Which digit is sampled"),
    )
    return [
        _words("The lower row is drawn from exp(−E / T): cold strings are typical, hot ones are noise."),
        html.Div(slider, className="dock-slider"),
        html.Span(id="inside-temperature-words", className="numbers dock-value"),
        html.Div(digit, id="inside-law-choice"),
    ]


def _matter() -> list[Any]:
    what = dmc.SegmentedControl(
        id="inside-effect",
        value="pixels",
        size="xs",
        data=[
            {"value": "pixels", "label": "Change of the digit"},
            {"value": "energies", "label": "Change of the energy"},
        ],
        **aria(label="What a flip changes"),
    )
    return [
        _words("The upper chip shows what flipping each spin alone would change."),
        what,
        html.Div(
            [
                html.Span(id="inside-scale-low"),
                html.Span(id="inside-scale-bar", className="scale-bar", **aria(hidden="true")),
                html.Span(id="inside-scale-high"),
            ],
            className="colour-scale numbers",
        ),
        html.Div(
            [
                html.Progress(id="inside-tried-bar", value="0", max="1", **aria(label="Flips tried")),
                html.Span(id="inside-tried-words"),
            ],
            id="inside-tried",
            className="tried numbers quiet",
            style={"display": "none"},
        ),
    ]


def _walk() -> list[Any]:
    to = dmc.Select(
        id="inside-target",
        value="any",
        data=DIGITS,
        allowDeselect=False,
        size="xs",
        w=120,
        **aria(label="Which digit to walk to"),
    )
    goal = html.Img(id="inside-goal", className="walk-goal", alt="The digit that the walk leads to")
    slider = dmc.Slider(
        id="inside-frame",
        value=0,
        min=0,
        max=FRAMES - 1,
        step=1,
        updatemode="drag",
        thumbLabel="Place on the way",
        label=None,
        size="sm",
    )
    return [
        _words("From the encoded string to another digit's, spin by spin, each time the one that costs least energy."),
        html.Div(
            [goal, html.Div([to, _button("Another", "inside-goal-another")], className="walk-choice")],
            className="walk-to",
        ),
        html.Div(
            [
                html.Div(
                    [_button("Play", "inside-walk"), html.Div(slider, className="dock-slider")], className="walk-play"
                ),
                html.Div(id="inside-walk-words", className="caption numbers"),
            ],
            className="walk-middle",
        ),
        html.Div(
            dcc.Graph(id="inside-path", figure=BLANK, config=PLAIN, style={"height": PATH}),
            className="walk-path",
            role="img",
            **aria(label="The energy along the way"),
        ),
        dcc.Interval(id="inside-stride", interval=STRIDE, disabled=True),
    ]


def _button(text: str, name: str, variant: Any = "default") -> dmc.Button:
    return dmc.Button(text, id=name, size="xs", variant=variant)


def _words(text: str) -> html.P:
    return html.P(text, className="dock-words quiet")
