"""A run in the list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import RunConfig
from boltzmann.runs.estimate_words import duration
from boltzmann.runs.files import StoreError
from boltzmann.runs.names import spin_words
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.components.lab_card import figure_words, machine_words
from boltzmann.ui.components.parts import aria, attributes, icon, number, state_badge
from boltzmann.ui.components.run_header import settings_tables
from boltzmann.ui.curves import LOSSES, losses_of
from boltzmann.ui.services import Services

WORDS = {"total": "Total", "critic": "Critic"}


def run_card(services: Services, run_id: str) -> html.Li:
    """Name, state, last digits, numbers, settings, and what can be done with a run."""
    store = services.store
    status, name = store.status(run_id), store.name(run_id)
    lab = store.kind(run_id) == "rbm"
    room, alt = ("/lab", "Its latest free samples") if lab else ("/", "Its latest generated digits")
    sampler = sampler_title(status.sampler) if status.sampler else ""
    losses = _losses(status.metrics, LOSSES)
    try:
        config = store.any_config(run_id)
        settings: Any = settings_tables(config)
        if isinstance(config, RunConfig):
            size = spin_words(config.model)
            losses = _losses(status.metrics, losses_of(config.training))
        else:
            size, losses = machine_words(config), figure_words(status)
            # The trainer's words name it already.
            sampler = "" if config.training.negative_phase == "sampler" else sampler
        sampler += " (replay, no service asked)" if config.replay_of else ""
    except StoreError as error:
        settings, size = html.P(str(error)), "settings unreadable"
    file = last_grid(store.folder(run_id) / "images")
    thumb: Any = html.Div(className="thumb none")
    if not file and lab and status.step:  # its rows are no images
        thumb = html.Div("0 1", className="thumb study-thumb", **aria(hidden="true"))
    if file:
        thumb = html.Img(src=f"/files/runs/{run_id}/images/{file}", className="thumb lab" if lab else "thumb", alt=alt)
    started = f"{run_id[0:4]}-{run_id[4:6]}-{run_id[6:8]} {run_id[9:11]}:{run_id[11:13]} UTC"
    steps = f"{status.step:,} of {status.total_steps:,} steps"
    line = " · ".join(filter(None, [started, size, sampler, steps, duration(status.seconds)]))
    body = html.Div(
        [
            html.Div(
                [
                    html.H2(
                        dmc.Anchor(name, href=f"{room}?run={run_id}", inherit=True, underline="never"),
                        className="title",
                    ),
                    state_badge(status.state),
                ],
                className="row",
            ),
            html.Div(line, className="quiet numbers", style={"fontSize": 14, "marginTop": 6}),
            html.Div(losses, className="numbers", style={"fontSize": 14, "marginTop": 4}),
            html.Details([html.Summary("Settings"), settings], className="fold"),
        ],
        style={"minWidth": 0},
    )
    links = [
        dmc.Checkbox(
            id={"type": "pick", "run": run_id, "room": "lab" if lab else "studio"},
            label="Compare",
            size="sm",
            checked=False,
            persistence=True,
            persistence_type="session",
            **aria(label=f"Compare {name}"),
        ),
        dmc.Anchor("Open", href=f"{room}?run={run_id}", size="sm", fw=500),
        html.A("Configuration", href=f"/files/runs/{run_id}/config.json", download="", className="file"),
        html.A("CSV", href=f"/files/runs/{run_id}/metrics.csv", download="", className="file"),
        dmc.ActionIcon(
            icon("pen"),
            id={"type": "rename", "run": run_id},
            variant="subtle",
            color="gray",
            **aria(label=f"Rename {name}"),
        ),
        dmc.ActionIcon(
            icon("bin"),
            id={"type": "delete", "run": run_id},
            variant="subtle",
            color="red",
            disabled=status.active,
            **aria(label=f"Delete {name}"),
        ),
    ]
    return html.Li(
        [thumb, body, html.Div(links, className="run-actions")],
        className="card run-card",
        **attributes(data_run=run_id),
    )


def _losses(metrics: dict[str, float | None], names: Iterable[str]) -> str:
    return " · ".join(
        f"{WORDS.get(loss, loss.upper())} {number(metrics[loss])}" for loss in names if metrics.get(loss) is not None
    )


def last_grid(folder: Any) -> str | None:
    """The file of the latest generated grid in a run's folder of images."""
    if not folder.is_dir():
        return None
    steps = [
        int(found[1]) for entry in folder.iterdir() if (found := re.fullmatch(r"generated-([0-9]+)\.png", entry.name))
    ]
    newest = max(steps, default=None)
    return next(
        (
            entry.name
            for entry in folder.iterdir()
            if newest is not None and re.fullmatch(rf"generated-0*{newest}\.png", entry.name)
        ),
        None,
    )
