"""What the stream fills on a run's page: pictures, curves, notices."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.ui.components.loss_panel import MEANING
from boltzmann.ui.components.parts import aria, error_card
from boltzmann.ui.components.run_header import ENDED
from boltzmann.ui.curves import AXES, revision_of
from boltzmann.ui.figures import loss_figure


def picture_slider(prefix: str = "") -> html.Div:
    """The slider through a run's pictures and what it says; ``prefix`` begins their identifiers."""
    return html.Div(
        [
            html.Div(id=f"{prefix}picture-caption", className="numbers", style={"fontSize": 14, "minWidth": 130}),
            dmc.Slider(
                id=f"{prefix}picture-step",
                min=0,
                max=0,
                value=0,
                step=1,
                label=None,
                thumbLabel="Picture, first to newest",
                flex=1,
                updatemode="drag",
                disabled=True,
            ),
        ],
        className="row",
        style={"gap": 20},
    )


def picture_panel() -> html.Section:
    """The last pictures, and a slider through the earlier ones."""

    def figure(name: str, title: str, alt: str) -> html.Figure:
        heading = html.Figcaption(html.H2(title, className="title"), style={"marginBottom": 12})
        return html.Figure([heading, html.Img(id=name, className="digits", alt=alt)], style={"margin": 0})

    return html.Section(
        [
            html.Div(
                [
                    figure(
                        "generated", "Generated", "Digits generated from sampled spin strings at the step named below"
                    ),
                    picture_slider(),
                    figure(
                        "reconstructed",
                        "Originals above, reconstructions below",
                        "Held-out digits, each above its reconstruction, at the step named above",
                    ),
                ],
                id="pictures-shown",
                className="stack",
                style={"display": "none"},
            ),
            html.Div("The first digits appear with the first picture.", id="pictures-empty", className="quiet"),
        ],
        className="card padded",
        **aria(label="Pictures"),
    )


def figure_of(loss: str, curves: dict[str, Any], view: dict[str, Any], run_id: str) -> Any:
    """One loss of ``redraw``'s curves as a figure."""
    return loss_figure(
        curves["x"],
        curves[loss]["raw"],
        curves[loss]["smoothed"],
        title=MEANING[loss][0],
        x_title=AXES[view["x"]],
        log=view["log"],
        log_x=view["log_x"],
        scheme=view["scheme"],
        revision=revision_of(run_id, view),
    )


def extension(x: list[Any], curve: dict[str, list[Any]]) -> list[Any]:
    """New points of one loss, as ``dcc.Graph.extendData`` takes them: raw, then smoothed."""
    return [{"x": [x, x], "y": [curve["raw"], curve["smoothed"]]}, [0, 1]]


def alerts(
    stream: dict[str, Any],
    error: dict[str, str] | None,
    state: str,
    resumable: bool,
    service: bool,
    prefix: str = "",
) -> list[Any]:
    """Notices of the run; what went wrong, with the buttons that mend it.

    Args:
        stream: The stream's state.
        error: The status's.
        state: The status's.
        resumable: Whether there is a checkpoint to go on from.
        service: Whether the run's sampler is a service, for which the simulated QPU can stand in.
        prefix: What the page's ids begin with.
    """

    def mend(name: str, label: str, colour: str) -> dmc.Button:
        key = {"type": f"{prefix}run-action", "name": name}
        return dmc.Button(label, id=key, size="xs", color=colour, variant="light")

    cards: list[Any] = [dmc.Alert(notice, color="yellow", title="Please note") for notice in stream["notices"]]
    if error:
        buttons = [mend("resume-card", "Resume" if resumable else "Start again", "red")]
        if error.get("kind") == "budget":
            buttons = [mend("budget", "Allow as much again", "red")]
        if service:
            buttons.append(mend("simulate", "Go on with the simulated QPU", "accent"))
        cards.append(error_card(error, buttons if state in ENDED else None))
    return cards


def points_shown(state: dict[str, Any]) -> str:
    """How many points there are, and how many of them are drawn."""
    if not state["total"]:
        return ""
    every = state["every"]
    return f"{state['total']:,} points" + (f", one in {every} of the older ones drawn" if every > 1 else "")
