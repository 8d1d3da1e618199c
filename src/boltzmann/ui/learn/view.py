"""How Learn looks: the list of topics, and a topic's page."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from boltzmann.ui.components.parts import aria
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.heartbeat import heartbeat
from boltzmann.ui.learn.topic import Knob, Topic, Units
from boltzmann.ui.learn.topics import TOPICS

STILL: Any = {**CONFIG, "displayModeBar": False}
TICK = 1000
"""Milliseconds between two questions to a worker that is still starting."""


def index() -> list[Any]:
    """All topics as cards."""
    cards = [
        html.Li(
            [
                html.Div(_formula(topic.emblem), className="learn-emblem"),
                html.H2(dmc.Anchor(topic.title, href=f"/learn/{topic.key}", underline="never"), className="title"),
                html.P(topic.sentence, className="quiet"),
            ],
            className="card learn-card",
        )
        for topic in TOPICS.values()
    ]
    return [
        html.H1("Learn", className="title"),
        html.P(
            "The mathematics behind the Studio and the lab: a formula, a few sentences and a figure to play with, a page "
            "each. The figures are computed from systems small enough to be known exactly.",
            className="lead",
        ),
        html.Ol(cards, className="learn-cards"),
    ]


def page(topic: Topic) -> list[Any]:
    """A topic: words and formulas on the left, what can be played with on the right."""
    keys = list(TOPICS)
    number = keys.index(topic.key)
    return [
        dcc.Store(id="learn-topic", data=topic.key),
        *heartbeat("learn-tick", TICK, disabled=topic.ask is None),
        html.Div(
            [
                html.P(
                    [dmc.Anchor("Learn", href="/learn"), f" · {number + 1} of {len(keys)}"],
                    className="quiet learn-crumb",
                ),
                html.H1(topic.title, className="title"),
                html.P(topic.sentence, className="lead"),
            ],
            className="learn-head",
        ),
        html.Div([_reading(topic), _playing(topic), _more(topic)], className="learn-columns"),
        html.Nav(
            [_neighbour(keys, number - 1, "Previous"), _neighbour(keys, number + 1, "Next")],
            className="learn-neighbours",
            **aria(label="Topics before and after"),
        ),
    ]


def _reading(topic: Topic) -> html.Div:
    formulas = [_formula(formula) for formula in topic.formulas]
    return html.Div(
        [
            html.Section(formulas, className="card learn-formulas", **aria(label="Formulas")),
            dcc.Markdown(topic.words, mathjax=True, className="learn-words"),
        ],
        className="learn-reading",
    )


def _more(topic: Topic) -> html.Div:
    links = [dmc.Anchor(title, href=href, fw=500) for title, href in topic.links]
    sources = [html.Li(dmc.Anchor(source.words, href=source.address, target="_blank")) for source in topic.sources]
    return html.Div(
        [
            html.Div(links, className="learn-links"),
            html.H2("Sources", className="group-title"),
            html.Ul(sources, className="learn-sources"),
        ],
        className="learn-more",
    )


def _playing(topic: Topic) -> html.Section:
    figures = [
        html.Div(
            dcc.Graph(
                id={"type": "learn-figure", "index": index},
                config=STILL,
                style={"height": height},
            ),
            role="img",
            **aria(label=label),
        )
        for index, (label, height) in enumerate(zip(topic.labels, topic.heights, strict=True))
    ]
    return html.Section(
        [
            html.Div([_knob(knob, topic) for knob in topic.knobs], className="learn-knobs"),
            html.P(id="learn-seen", className="learn-seen numbers", **aria(live="polite")),
            *figures,
            html.P(topic.caption, className="quiet learn-caption"),
        ],
        className="card padded learn-play",
        **aria(label="Try it"),
    )


def _knob(knob: Knob | Units, topic: Topic) -> html.Div:
    shown = html.Span(id={"type": "learn-value", "name": knob.name}, className="numbers")
    name = {"type": "learn-knob", "name": knob.name}
    if isinstance(knob, Units):
        chips = [dmc.Chip(unit, value=unit, size="sm") for unit in knob.names]
        control: Any = html.Div(
            dmc.ChipGroup(chips, id=name, multiple=True, value=list(knob.value)), className="row learn-units"
        )
    else:
        control = dmc.Slider(
            id=name,
            min=knob.low,
            max=knob.last,
            step=knob.step,
            value=knob.value,
            label=None,
            # What the worker is asked would pile up while a hand is still moving.
            updatemode="drag" if topic.ask is None else "mouseup",
            thumbLabel=knob.title,
        )
    head = html.Div([html.Span(knob.title, className="control-label"), shown], className="spread")
    return html.Div([head, control], className="learn-knob")


def _neighbour(keys: list[str], number: int, words: str) -> Any:
    if not 0 <= number < len(keys):
        return html.Span()
    topic = TOPICS[keys[number]]
    return dmc.Anchor(
        [html.Span(words, className="quiet"), html.Span(topic.title)],
        href=f"/learn/{topic.key}",
        underline="never",
        className=f"card learn-neighbour {words.lower()}",
    )


def _formula(formula: str) -> dcc.Markdown:
    return dcc.Markdown(f"$$\n{formula}\n$$", mathjax=True, className="learn-formula")
