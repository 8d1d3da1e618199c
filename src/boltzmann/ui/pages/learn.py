"""Learn: the mathematics, one page a topic."""

from __future__ import annotations

import json
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from boltzmann.runs.files import StoreError
from boltzmann.ui.figures import scheme_of
from boltzmann.ui.heartbeat import answered, asked, register_heartbeat
from boltzmann.ui.learn import view
from boltzmann.ui.learn.topic import Topic
from boltzmann.ui.learn.topics import TOPICS
from boltzmann.ui.services import Services


def layout(services: Services, topic: str) -> list[Any]:  # noqa: ARG001 - the pages' common signature
    """The list of topics, or one of them by the last part of its address."""
    if not topic:
        return view.index()
    if topic in TOPICS:
        return view.page(TOPICS[topic])
    return [
        html.Section(
            [
                html.H1("No such topic", className="title"),
                html.P(["The address leads nowhere. ", html.A("All topics", href="/learn")], className="quiet"),
            ],
            className="card center-card",
        )
    ]


def register(app: Dash, services: Services) -> None:
    """Figures that follow their sliders; a title for every page."""

    @app.callback(
        Output({"type": "learn-figure", "index": ALL}, "figure"),
        Output({"type": "learn-value", "name": ALL}, "children"),
        Output("learn-seen", "children"),
        Output("learn-tick", "disabled"),
        answered("learn-tick"),
        Input("learn-topic", "data"),
        Input({"type": "learn-knob", "name": ALL}, "value"),
        Input("colour-scheme", "data"),
        asked("learn-tick"),
        State({"type": "learn-knob", "name": ALL}, "id"),
    )
    def draw(key: Any, raw: Any, scheme: Any, question: Any, names: Any) -> Any:
        topic = TOPICS.get(key) if isinstance(key, str) else None
        figures, shown = ctx.outputs_list[0], ctx.outputs_list[1]
        if topic is None or len(figures) != len(topic.labels):
            return [no_update] * len(figures), [no_update] * len(shown), no_update, True, question
        sent = {name.get("name"): value for name, value in zip(names, raw, strict=False) if isinstance(name, dict)}
        values = {knob.name: knob.read(sent.get(knob.name)) for knob in topic.knobs}
        words = {knob.name: knob.shown(values[knob.name]) for knob in topic.knobs}
        answer, trouble = _answer(services, topic, values)
        drawn = topic.draw({**values, "answer": answer}, scheme_of(scheme))
        values_shown = [words.get(item["id"].get("name"), "") for item in shown]
        return drawn.figures, values_shown, trouble or drawn.seen, trouble is None, question

    register_heartbeat(app, "learn-tick")
    _register_titles(app, services.demo.title)


def _answer(services: Services, topic: Topic, values: dict[str, Any]) -> tuple[Any, str | None]:
    """What the worker answers, where the topic asks it something; or why there is no answer."""
    if topic.ask is None:
        return None, None
    try:
        return topic.ask(services, values), None
    except StoreError as error:
        return None, f"There is no figure yet: {error}."


def _register_titles(app: Dash, title: str) -> None:
    titles = {f"/learn/{topic.key}": f"{topic.title} · {title}" for topic in TOPICS.values()}
    titles["/learn"] = f"Learn · {title}"
    known = json.dumps(titles).replace("<", "\\u003c")
    app.clientside_callback(
        f"function(path) {{ document.title = ({known})[path] || {json.dumps(title)}; }}",
        Input("url", "pathname"),
    )
