"""The losses: small panels with what each means."""

from __future__ import annotations

from typing import Any

from dash import html

from boltzmann.config import TrainingConfig
from boltzmann.ui.components.curve_controls import curve
from boltzmann.ui.components.learn_links import LOSSES, learn_link
from boltzmann.ui.components.parts import aria, help_mark
from boltzmann.ui.curves import losses_of
from boltzmann.ui.figures import loss_figure, picture_config

MEANING = {
    "mse": ("MSE", "mean of (x − x̂)²", "How far the reconstructed digits are from the originals, per pixel."),
    "mmd": (
        "MMD²",
        "E k(z, z′) − 2 E k(z, s) + E k(s, s′)",
        "How far the encoder's spins are from the prior's samples. Unbiased, so it may dip below zero.",
    ),
    "kl": (
        "KL",
        "E over q of log q(z | x) − log p(z)",
        "What the spins say of their image beyond what the prior knows already, in nats per image.",
    ),
    "nll": (
        "NLL",
        "mean over data of E(s) + log Z",
        "How well the Boltzmann machine explains the encoded spins, in nats per spin. log Z is followed from step "
        "to step.",
    ),
    "critic": (
        "Critic",
        "− mean of log D(x̂)",
        "How easily a critic D tells digits drawn from the prior from real ones, in nats a digit: log 2 = 0.693 where it "
        "cannot. Decoder and critic learn against each other, so a level curve is no standstill. No part of the total.",
    ),
    "total": (
        "Total",
        "w₁ reconstruction + w₂ MMD² + w₃ NLL",
        "The weighted sum that training minimises, with the weights from the settings.",
    ),
}
TOTAL_ELBO = (
    "Total",
    "w₁ reconstruction + w₂ KL",
    "The negative evidence lower bound with the weights from the settings, in nats per image where the reconstruction's "
    "error is the cross-entropy. It may rise while the weight of KL does.",
)


def meaning(loss: str, objective: str) -> tuple[str, str, str]:
    """Name, formula and sentence of a loss of a run with that objective."""
    return TOTAL_ELBO if (loss, objective) == ("total", "elbo") else MEANING[loss]


def loss_panel(training: TrainingConfig, file: str = "run") -> html.Section:
    """Empty curves, which the stream fills.

    Args:
        training: The run's settings.
        file: What the names of saved pictures begin with.
    """
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Losses", className="title"),
                    html.Span(id="points", className="quiet numbers", style={"fontSize": 13}),
                ],
                className="spread",
                style={"marginBottom": 14},
            ),
            html.Div([_panel(name, training.objective, file) for name in losses_of(training)], className="losses"),
        ],
        className="card padded",
    )


def _panel(name: str, objective: str, file: str) -> html.Div:
    title, formula, sentence = meaning(name, objective)
    tip = html.Div([html.Div(formula, style={"fontWeight": 600}), html.Div(sentence)])
    empty: Any = loss_figure([], [], [], title=title, x_title="", log=False, scheme="light", revision="")
    return html.Div(
        [
            html.Div(
                [
                    html.H3(title, className="title", style={"fontSize": 14}),
                    help_mark(f"{title}: {formula}. {sentence}", tip),
                    learn_link(LOSSES[name]) if name in LOSSES else None,
                    html.Span("–", id={"type": "latest", "name": name}, className="loss-value"),
                ],
                className="loss-head",
            ),
            curve({"type": "loss", "name": name}, empty, 164, picture_config(f"{file}-{name}")),
        ],
        role="group",
        **aria(label=f"{title} curve"),
    )
