"""Past comparisons, newest first."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.runs.files import StoreError
from boltzmann.ui.components.parts import aria, attributes, icon, state_badge
from boltzmann.ui.components.study_start import again
from boltzmann.ui.services import Services

SHOWN = 50
MOST_NAMED = 3


def past_studies(services: Services) -> html.Section:
    """The list, with a way to each and a way to delete it."""
    studies = services.engine.studies
    ids = studies.ids()
    shipped = [_shipped(services, study_id) for study_id in studies.shipped_ids()]
    body: Any = html.P(
        "None yet. Start one above: it stays here with its curves, its figures and its runs.", className="quiet"
    )
    if ids or shipped:
        items = [*shipped, *(_item(services, study_id) for study_id in ids[:SHOWN])]
        body = html.Ul(items, className="study-items")
    children: list[Any] = [html.H2("Past comparisons", className="title"), body]
    if len(ids) > SHOWN:
        children.append(html.P(f"The newest {SHOWN} of {len(ids):,} are shown.", className="quiet"))
    return html.Section(children, className="card padded")


def shipped_words(services: Services, study_id: str) -> str:
    """What a shipped study holds: "Opens at once: 1,008 runs, made on 2026-05-17"."""
    studies = services.engine.studies
    return f"Opens at once: {len(studies.members(study_id)):,} runs, made on {studies.made(study_id)}"


def _shipped(services: Services, study_id: str) -> html.Li:
    studies = services.engine.studies
    link = dmc.Anchor(studies.name(study_id), href=f"/lab/compare?study={study_id}", fw=500)
    badge = dmc.Badge("shipped", variant="light", className="state", tt="none")
    try:
        said, way = shipped_words(services, study_id), [again(study_id, studies.config(study_id))]
    except StoreError as error:
        said, way = f"{error}", []
    words = html.Div(said, className="quiet numbers study-item-words")
    return html.Li(
        [html.Div([html.Div([link, badge], className="row"), words]), *way], **attributes(data_study=study_id)
    )


def _item(services: Services, study_id: str) -> html.Li:
    studies = services.engine.studies
    name = studies.name(study_id)
    day = f"{study_id[0:4]}-{study_id[4:6]}-{study_id[6:8]} {study_id[9:11]}:{study_id[11:13]} UTC"
    try:
        summary, study = studies.status(study_id), studies.config(study_id)
        panels = "; ".join(panel.title for panel in study.panels[:MOST_NAMED]) if len(study.panels) > 1 else ""
        more = f" and {len(study.panels) - MOST_NAMED} more" if len(study.panels) > MOST_NAMED else ""
        arms = " against ".join(arm.title for arm in study.arms[:MOST_NAMED])
        what = f"{arms}, on {panels}{more}" if panels else arms
        state, words = summary.state, f"{day} · {what} · {summary.finished} of {summary.total} runs finished"
    except StoreError as error:
        state, words = "failed", f"{day} · {error}"
    return html.Li(
        [
            html.Div(
                [
                    html.Div([dmc.Anchor(name, href=f"/lab/compare?study={study_id}", fw=500), state_badge(state)],
                             className="row"),
                    html.Div(words, className="quiet numbers study-item-words"),
                ]
            ),
            dmc.ActionIcon(
                icon("bin"),
                id={"type": "study-delete", "study": study_id},
                variant="subtle",
                color="red",
                disabled=state in ("running", "stopping"),
                **aria(label=f"Delete {name}"),
            ),
        ],
        **attributes(data_study=study_id),
    )  # fmt: skip
