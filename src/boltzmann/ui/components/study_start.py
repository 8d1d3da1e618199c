"""Where a study begins: ready-made experiments as cards, each with its question and its price."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import StudyConfig
from boltzmann.config.studies import READY_MADE, REDUCED, narrowed
from boltzmann.runs.files import StoreError
from boltzmann.runs.study_costs import cost_words
from boltzmann.ui.components.learn_links import study_links
from boltzmann.ui.components.parts import aria, icon, whole_number
from boltzmann.ui.study_figures import swatch

MOST_SEEDS = 20
FIRST_PANELS = {"mode-assisted": 2}
"""Panels that are chosen at first, where all of them would take an audience too long."""


def ready_made(finished: dict[str, str] | None = None) -> html.Section:
    """The cards.

    Args:
        finished: By the name of an experiment what to say of the study that is shipped of it, where there is one.
    """
    cards = [_card(name, study, (finished or {}).get(name, "")) for name, study in READY_MADE.items()]
    return html.Section(html.Div(cards, className="study-cards"), **aria(label="Ready-made experiments"))


def chosen_study(name: Any, panels: Any, seeds: Any) -> StudyConfig:
    """A ready-made study with some of its panels and another number of seeds.

    Raises:
        StoreError: saying what is wrong with the choice.
    """
    study = READY_MADE.get(name) if isinstance(name, str) else None
    if study is None:
        raise StoreError(f"there is no ready-made experiment {str(name)[:40]!r}: choose one of the cards")
    wanted = [panel for panel in panels if isinstance(panel, str)] if isinstance(panels, list) else []
    if not wanted:
        raise StoreError("no panel is chosen: choose one or more")
    try:
        return narrowed(study, wanted, checked_seeds(seeds))
    except ValueError as error:
        raise StoreError(str(error)) from None


def checked_seeds(seeds: Any) -> int:
    """``seeds`` when it is a number of seeds; raises :class:`StoreError` for anything else."""
    if isinstance(seeds, bool) or not isinstance(seeds, int) or not 1 <= seeds <= MOST_SEEDS:
        shown = "empty" if seeds in ("", None) else repr(seeds)[:20]
        raise StoreError(f"the number of seeds is {shown}: it must be a whole number from 1 to {MOST_SEEDS}")
    return seeds


def _card(name: str, study: StudyConfig, finished: str) -> html.Article:
    panels = [panel.title for panel in study.panels]
    first = panels[: FIRST_PANELS.get(name, len(panels))]
    choice = dmc.MultiSelect(
        id={"type": "study-panels", "name": name},
        label="Panels",
        description="The comparison is repeated for each.",
        data=panels,
        value=first,
        size="sm",
        searchable=len(panels) > 8,
        hidePickedOptions=True,
        # A study of one panel has nothing to choose.
        style={} if len(panels) > 1 else {"display": "none"},
    )
    seeds = whole_number(
        1, MOST_SEEDS, id={"type": "study-seeds", "name": name}, label="Seeds", value=study.seeds, size="sm", w=92
    )
    words = cost_words(study.model_copy(update={"panels": study.panels[: len(first)]}))
    start = dmc.Button(
        "Start",
        id={"type": "study-start", "name": name},
        leftSection=icon("play"),
        **aria(label=f"Start {study.title}"),
    )
    return html.Article(
        [
            html.H3(study.title, className="title"),
            html.P(study.question, className="quiet"),
            study_links(study),
            html.Ul(
                [html.Li(arm.title, style=swatch(place)) for place, arm in enumerate(study.arms)], className="arms"
            ),
            choice,
            html.Div(
                [
                    seeds,
                    html.Div(words, id={"type": "study-cost", "name": name}, className="quiet numbers study-cost"),
                ],
                className="study-seeds",
            ),
            html.Div(id={"type": "study-refused", "name": name}, role="alert", className="study-refused"),
            html.Div([start, *_short(name)], className="study-starts"),
            *([dmc.Anchor(finished, href=f"/lab/compare?study=shipped:{name}", size="sm")] if finished else []),
        ],
        className="card padded study-card",
    )


def again(study_id: str, study: StudyConfig) -> html.Div:
    """The way to run a shipped study as one's own, with its price."""
    button = dmc.Button("Run it again", id={"type": "study-again", "study": study_id}, leftSection=icon("play"),
                        variant="light", size="compact-sm")  # fmt: skip
    return html.Div(
        [button, html.Div(cost_words(study), className="quiet numbers study-cost")], className="study-again"
    )


def _short(name: str) -> list[Any]:
    """The way to the reduced form of a long study, with its price."""
    if name not in REDUCED:
        return []
    button = dmc.Button(
        "Start the reduced study", id={"type": "study-reduced", "name": name}, variant="light", leftSection=icon("play")
    )
    return [button, html.Div(f"Reduced: {cost_words(REDUCED[name])}", className="quiet numbers study-cost")]
