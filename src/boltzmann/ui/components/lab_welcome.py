"""The lab before any run: what a restricted Boltzmann machine is, and one button that trains one."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.runs.machines import MachineEntry, list_machines
from boltzmann.ui.components.parts import icon
from boltzmann.ui.services import Services


def welcome(services: Services) -> html.Section:
    """A sentence, a picture of the two layers, a button; and what is trained already."""
    steps: list[Any] = [
        dmc.Button("Train it: ten seconds", id="lab-train-demo", size="md", leftSection=icon("play")),
        dmc.Anchor("Ready-made comparisons", href="/lab/compare", fw=500),
    ]
    machines = list_machines(services.settings, services.store)
    # Those shipped are shown before those of this folder.
    trained = [entry for entry in machines if entry.key.startswith("shipped:")] or machines[:1]
    return html.Section(
        [
            html.Div(
                [
                    html.H1(
                        "Restricted Boltzmann machines, trained every way", className="title", style={"fontSize": 34}
                    ),
                    html.P(
                        "Two layers of units that are 0 or 1, and a weight between each pair across: the machine learns "
                        "which rows of pixels belong together, and draws new ones. Train one by contrastive divergence, by "
                        "its lowest energy, or on an annealer, and see what is true of it where it can be counted.",
                        className="lead",
                    ),
                    html.Div(steps, className="row", style={"marginTop": 24, "gap": 20}),
                    html.P(
                        "The first machine learns to shift a bar around a ring of nine pixels: 18 units, mode-assisted, "
                        "with its exact divergence from the data measured a hundred times on the way.",
                        className="quiet",
                        style={"fontSize": 14},
                    ),
                    *_trained(trained),
                ]
            ),
            html.Figure(
                [
                    html.Img(
                        src="/assets/rbm.svg",
                        className="rbm-picture",
                        alt="A restricted Boltzmann machine: a row of hidden units above, a row of visible units below, "
                        "and a line between each hidden and each visible one",
                    ),
                    html.Figcaption(
                        "E(v, h) = −a·v − b·h − v′Wh: hidden units above, visible ones below, no edge within a layer.",
                        className="quiet",
                        style={"fontSize": 14, "marginTop": 10},
                    ),
                ],
                style={"margin": 0},
            ),
        ],
        className="welcome card padded",
        style={"padding": 36},
    )


def _trained(entries: list[MachineEntry]) -> list[Any]:
    if not entries:
        return []
    links: list[Any] = []
    for entry in entries:
        links += [", ", dmc.Anchor(entry.title, href=f"/lab/play?machine={entry.key}", size="sm")]
    words = ["Or play with one that is trained already: ", *links[1:], "."]
    return [html.P(words, style={"fontSize": 14, "margin": 0})]
