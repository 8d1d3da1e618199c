"""The lab in the list of runs: a machine's card, and one card for all runs of a study."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import RBMConfig
from boltzmann.runs.estimate_words import duration
from boltzmann.runs.names import trainer_words
from boltzmann.runs.status import Status
from boltzmann.runs.studies import StudyStore
from boltzmann.ui.components.parts import aria, attributes, icon, number, state_badge
from boltzmann.ui.lab_curves import LAB_CURVES

SHORT = {
    "kl": "KL",
    "log_likelihood": "log-likelihood",
    "test_log_likelihood": "held-out",
    "pseudo_likelihood": "pseudo-likelihood",
    "reconstruction_error": "reconstruction error",
    "error_rate": "error rate",
}
MOST_FIGURES = 3


def machine_words(config: RBMConfig) -> str:
    """Size and trainer of a run of the lab."""
    return f"{config.model.hidden:,} hidden units · {trainer_words(config)}"


def figure_words(status: Status) -> str:
    """The first few of a run's last figures, the exact ones before the estimates."""
    found = [(name, title, status.metrics.get(name)) for name, title in SHORT.items()]
    alike = status.metrics.get("test_log_likelihood") == status.metrics.get("log_likelihood")
    known = [
        (name, title, value)
        for name, title, value in found
        if value is not None and not (alike and name == "test_log_likelihood")
    ]
    return " · ".join(
        f"{title} {f'{value:.2%}' if name in LAB_CURVES and LAB_CURVES[name].ticks else number(value)}"
        for name, title, value in known[:MOST_FIGURES]
    )


def study_card(studies: StudyStore, study_id: str) -> html.Li:
    """A study: how far its runs are, and where they are compared."""
    name, status = studies.name(study_id), studies.status(study_id)
    href = f"/lab/compare?study={study_id}"
    words = [f"{status.finished:,} of {status.total:,} runs finished"]
    words += [f"{status.failed:,} failed"] if status.failed else []
    words += [f"{duration(status.seconds)} of training in all"]
    started = f"{study_id[0:4]}-{study_id[4:6]}-{study_id[6:8]} {study_id[9:11]}:{study_id[11:13]} UTC"
    bar = dmc.Progress(value=100 * status.progress, size="sm", **aria(label=f"Progress of {name}"))
    body: list[Any] = [
        html.Div(
            [
                html.H2(dmc.Anchor(name, href=href, inherit=True, underline="never"), className="title"),
                state_badge(status.state),
                dmc.Badge("comparison", variant="outline", tt="none", color="gray", className="sampler"),
            ],
            className="row",
        ),
        html.Div(
            " · ".join([started, *words]), className="quiet numbers", style={"fontSize": 14, "margin": "6px 0 10px"}
        ),
        bar,
    ]
    links = [
        dmc.Anchor("Open", href=href, size="sm", fw=500),
        dmc.ActionIcon(
            icon("bin"),
            id={"type": "delete", "run": f"study:{study_id}"},
            variant="subtle",
            color="red",
            disabled=status.active,
            **aria(label=f"Delete {name} and its runs"),
        ),
    ]
    return html.Li(
        [
            html.Div(html.Span(f"{status.total:,}"), className="thumb study-thumb", **aria(hidden="true")),
            html.Div(body, style={"minWidth": 0}),
            html.Div(links, className="run-actions"),
        ],
        className="card run-card",
        **attributes(data_study=study_id),
    )
