"""Links to Learn from where a concept is met."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import RBMConfig, RunConfig, StudyConfig
from boltzmann.ui.components.parts import aria
from boltzmann.ui.learn.topics import TOPICS

_ANYWHERE = {
    "sampler": (("annealers", "annealers-as-samplers"),),
    "inverse_temperature": (("how it is led", "inverse-temperature"),),
}
GROUPS: dict[type, dict[str, tuple[tuple[str, str], ...]]] = {
    RunConfig: {
        **_ANYWHERE,
        "model": (("DVAE", "dvae"), ("prior", "energy-and-boltzmann")),
        "training": (("MMD", "mmd"), ("NLL", "nll-gradient")),
    },
    RBMConfig: {
        **_ANYWHERE,
        "model": (("RBM", "rbm"),),
        "training": (("CD", "contrastive-divergence"), ("mode assistance", "mode-assisted")),
    },
}
"""Of each kind of run: for a group of its settings, words and topics."""
LOSSES = {"mmd": "mmd", "kl": "dvae", "nll": "nll-gradient"}
"""For a loss of the Studio, its topic."""


def learn_link(topic: str, words: str = "Learn") -> Any:
    """A small link to a topic of Learn; screen readers hear its title too.

    Args:
        topic: Key of the topic.
        words: What is seen.

    Raises:
        KeyError: there is no such topic.
    """
    title = TOPICS[topic].title
    label = f"Learn: {title}" if words == title else f"{words}: learn, {title}"
    return dmc.Anchor(words, href=f"/learn/{topic}", className="learn-link", **aria(label=label))


def learn_title(title: str, topic: str) -> html.Div:
    """The title of a panel, and beside it the way to its topic."""
    return html.Div([html.H2(title, className="title"), learn_link(topic)], className="row")


def study_links(study: StudyConfig) -> html.P:
    """What can be learned of the settings in which the arms of a study differ; of the machine where none is told of."""
    parts = dict.fromkeys(name.partition(".")[0] for arm in study.arms for name in arm.changes)
    found = [pair for part in parts for pair in GROUPS[RBMConfig].get(part, ())] or GROUPS[RBMConfig]["model"]
    # Beside no heading that says what it is about, a topic is named in full.
    links = _links([(TOPICS[topic].title, topic) for _, topic in found])
    return html.P(["Learn: ", *links], className="quiet study-learn")


def group_links(of: type, part: str) -> html.Div | None:
    """What can be learned of the group ``part`` in the settings of a kind of run; None where nothing is."""
    found = GROUPS[of].get(part)
    if not found:
        return None
    return html.Div(["Learn: ", *_links(found)], className="learn-about")


def _links(found: Iterable[tuple[str, str]]) -> list[Any]:
    return [part for words, topic in found for part in (", ", learn_link(topic, words))][1:]
