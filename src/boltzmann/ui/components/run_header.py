"""What a run is doing: badges, progress, and the buttons that its state allows."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import RBMConfig, RunConfig
from boltzmann.runs.estimate_words import duration
from boltzmann.runs.sampler_words import sampler_title, verdict
from boltzmann.runs.status import Status
from boltzmann.ui.components.parts import aria, icon, state_badge, verdict_badge, whole_number
from boltzmann.ui.components.setting_lines import setting_lines

ENDED = ("failed", "interrupted", "stopped")
WAITING = {
    "queued": "Queued: it starts as soon as the worker is free.",
    "starting": "Starting: the first point comes within a few seconds.",
    "stopping": "Stopping: saving a checkpoint.",
}


def badges(status: Status, info: dict[str, Any], trainer: str = "") -> list[Any]:
    """The run's state, its ``trainer`` (of a run of the lab), its sampler, whether that is a replay or a simulated
    service, and the verdict on its chains, by the sampler's last report ``info``."""
    titles = [trainer, sampler_title(status.sampler) if status.sampler else ""]
    chains = verdict(info)
    labels = {"replay": "replay, no service asked", "simulated_service": "simulated service"}
    marks = [
        dmc.Badge(label, variant="light", tt="none", color="orange", className="stand-in")
        for key, label in labels.items()
        if info.get(key)
    ]
    return [
        state_badge(status.state),
        *[
            dmc.Badge(title, variant="outline", tt="none", color="gray", className="sampler")
            for title in titles
            if title
        ],
        *marks,
        *([verdict_badge(chains, f"Chains: {chains}")] if chains else []),
    ]


def progress_bar(status: Status) -> dmc.ProgressRoot:
    """Steps done, as a bar."""
    percent = 100 * status.step / status.total_steps if status.total_steps else 0.0
    bar = dmc.ProgressSection(
        value=percent,
        color="accent",
        animated=status.active,
        striped=status.active,
        withAria=True,
        **aria(label=f"Training progress: {percent:.0f}%"),
    )
    return dmc.ProgressRoot(bar, size="md", radius="xl", className="progress-line")


def progress_line(status: Status) -> str:
    """Epoch, batch, step, time: what the bar means in numbers."""
    words = [WAITING[status.state]] if status.state in WAITING else []
    if status.message and status.state in ("queued", "starting"):
        words = [f"{status.message}: the first point comes within a few seconds"]
    if status.total_steps:
        per_epoch = max(status.steps_per_epoch, 1)
        done = status.step >= status.total_steps
        epochs = -(-status.total_steps // per_epoch)  # fewer than asked for, of a run that ended early
        epoch = min(status.step // per_epoch + 1, epochs)
        batch = per_epoch if done else status.step % per_epoch
        words.append(f"Epoch {epoch:,} of {epochs:,}")
        if per_epoch > 1:
            words += [f"batch {batch:,} of {per_epoch:,}", f"step {status.step:,} of {status.total_steps:,}"]
        words.append(f"{duration(status.seconds)} of training")
    if status.state == "running" and status.eta_seconds is not None:
        words.append(f"{duration(status.eta_seconds)} left")
    return " · ".join(words)


def offered(state: str) -> str:
    """What a run in ``state`` can be asked to do: "stop", nothing more while "stopping", "resume" or "continue"."""
    if state in ("queued", "starting", "running"):
        return "stop"
    if state in ("stopped", "interrupted", "failed"):
        return "resume"
    return "stopping" if state == "stopping" else "continue"


def actions(state: str, resumable: bool, replayable: bool, prefix: str = "", epochs: int = 5) -> list[Any]:
    """The buttons for a run in ``state``.

    Args:
        state: The run's.
        resumable: Whether it has a checkpoint to go on from.
        replayable: Whether the answers of its service are at hand.
        prefix: What the page's ids begin with.
        epochs: How many more are proposed for a finished run.
    """

    def key(name: str) -> dict[str, str]:
        return {"type": f"{prefix}run-action", "name": name}

    offer = offered(state)
    if offer in ("stop", "stopping"):
        stop = dmc.Button(
            "Stop",
            id=key("stop"),
            leftSection=icon("stop"),
            color="red",
            variant="light",
            disabled=offer == "stopping",
            loading=offer == "stopping",
        )
        return [stop]
    again = [dmc.Button("Replay", id=key("replay"), variant="subtle")] if replayable else []
    if offer == "resume":
        label = "Resume" if resumable else "Start again"
        return [*again, dmc.Button(label, id=key("resume"), leftSection=icon("play"))]
    more = whole_number(
        1,
        1_000_000,
        id={"type": f"{prefix}more-epochs", "name": "continue"},
        value=epochs,
        w=84 if epochs < 1000 else 104,
        **aria(label="More epochs"),
    )
    return [
        *again,
        dmc.Button("Continue for", id=key("continue"), leftSection=icon("plus"), variant="light"),
        more,
        html.Span("more epochs", className="quiet"),
    ]


def run_heading(name: str, run_id: str, links: list[Any], csv: str, prefix: str = "") -> html.Section:
    """The top of a run's view, which its stream fills.

    Args:
        name: The run's.
        run_id: Its identifier.
        links: Where else it can be taken.
        csv: What its table of figures is called.
        prefix: What the page's ids begin with.
    """
    files = f"/files/runs/{run_id}"
    copy = dmc.CopyButton(
        "Copy link",
        id="copy-link",
        value="",
        copiedChildren="Copied",
        variant="transparent",
        size="compact-sm",
        px=0,
        fw=400,
    )
    links = [
        copy,
        *links,
        html.A("Configuration", href=f"{files}/config.json", download="", className="mantine-Anchor-root file"),
        html.A(csv, href=f"{files}/metrics.csv", download="", className="mantine-Anchor-root file"),
    ]
    title = [html.H1(name, className="title"), html.Div(id=f"{prefix}run-badges", className="row")]
    return html.Section(
        [
            html.Div(
                [
                    html.Div(title, className="row", style={"gap": 14, "minWidth": 0}),
                    html.Div(id=f"{prefix}run-actions", className="row"),
                ],
                className="spread",
            ),
            html.Div(id=f"{prefix}run-bar"),
            html.Div(
                [
                    html.Div(id=f"{prefix}run-progress", className="quiet numbers run-progress"),
                    html.Div(links, className="row links"),
                ],
                className="spread",
            ),
        ],
        className="card padded run-header",
    )


def settings_tables(config: RunConfig | RBMConfig) -> html.Div:
    """All settings of a run that have a meaning, group by group, as label and value."""
    tables = []
    for title, lines in setting_lines(config):
        rows = [html.Tr([html.Th(line.label, scope="row"), html.Td(line.text)]) for line in lines]
        heading = html.H3(title, className="group-title", style={"marginTop": 12})
        tables.append(html.Div([heading, html.Table(html.Tbody(rows), className="settings-table")]))
    return html.Div(tables, className="settings-tables")
