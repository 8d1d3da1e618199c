"""For an audience: the sheet of shortcuts, and the story that presenter mode steps through. The browser does the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash import html

from boltzmann.ui.components.parts import aria, attributes, icon

STORY = (("Train", "/"), ("Picture", "/inside"), ("Generate", "/generate"), ("Compare", "/compare"))
"""The steps of presenter mode."""

DEEDS = (
    ("?", "help", "Show this sheet"),
    ("p", "present", "Presenter mode: large type, no side bars"),
    ("d", "scheme", "Light or dark"),
)
STEPS = (
    ("→", "Next step of the story, as Page Down of a remote control"),
    ("←", "Step before, as Page Up"),
    ("Esc", "Leave presenter mode"),
)


def help_button() -> html.Button:
    """Opens the sheet."""
    return html.Button(
        "?",
        id="help-open",
        type="button",
        className="help-open",
        **aria(label="Keyboard shortcuts and a short tour", haspopup="dialog"),
    )


def help_sheet(pages: Iterable[tuple[str, str, str]]) -> html.Dialog:
    """The sheet, closed.

    Args:
        pages: Title, address and letter of each page; the letter is pressed after "g".
    """
    go = [_row(("g", letter), title, data_go=letter, data_href=href) for title, href, letter in pages]
    do = [_row((key,), words, data_key=key, data_deed=deed) for key, deed, words in DEEDS]
    present = [_row((key,), words) for key, words in STEPS]
    groups = (("Anywhere", do), ("Go to", go), ("In presenter mode", present))
    return html.Dialog(
        [
            html.Div(
                [
                    html.H2("Shortcuts", id="help-title", className="title"),
                    html.Button("Close", type="button", className="sheet-close", **attributes(data_close="help-sheet")),
                ],
                className="spread",
            ),
            html.Div(
                [html.Div([html.H3(title, className="group-title"), html.Dl(rows)]) for title, rows in groups],
                className="sheet-groups",
            ),
            html.Label(
                [
                    html.Button(
                        id="keys-on", type="button", role="switch", className="sheet-switch", **aria(checked="true")
                    ),
                    "Shortcuts of single keys are on",
                ],
                htmlFor="keys-on",
                className="sheet-line",
            ),
            html.Div(
                [
                    html.Button("Take the short tour", type="button", id="tour-start", className="sheet-button"),
                    html.Button(
                        "Presenter mode", type="button", className="sheet-button", **attributes(data_do="present")
                    ),
                ],
                className="row",
            ),
        ],
        id="help-sheet",
        className="sheet",
        **aria(labelledby="help-title"),
    )


def story_bar() -> html.Nav:
    """The steps of the story, seen in presenter mode only."""
    steps = [
        html.A([html.Span(str(number), className="numbers"), " ", title], href=href, **attributes(data_story=href))
        for number, (title, href) in enumerate(STORY, 1)
    ]
    return html.Nav(
        [
            _button("story-back", "Step before", icon("chevron")),
            html.Div(steps, className="story-steps"),
            _button("story-next", "Next step", icon("chevron")),
            _button("story-leave", "Leave presenter mode", "×"),
        ],
        id="story",
        className="story",
        **aria(label="Story"),
    )


def _button(name: str, label: str, shown: Any) -> html.Button:
    return html.Button(shown, id=name, type="button", className="story-button", **aria(label=label))


def _row(keys: tuple[str, ...], words: str, **data: str) -> html.Div:
    caps = [part for key in keys for part in (" ", html.Kbd(key))][1:]
    return html.Div([html.Dt(caps), html.Dd(words)], **attributes(**data))
