"""The discrete variational autoencoder: a string of spins, its digit, and the digit's string."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from boltzmann.runs.spin_flips import spin_flips
from boltzmann.ui.figures import chip_figure
from boltzmann.ui.learn.plots import colours, figure, nothing
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values
from boltzmann.ui.services import Services

HEIGHTS = (210, 400)
GAP = 4


def ask(services: Services, values: Values) -> dict[str, Any]:
    """What the warm worker makes of the values; see :func:`boltzmann.runs.spin_flips.spin_flips`."""
    numbers = (int(values[name]) for name in ("digit", "string", "flips"))
    return services.engine.ask(spin_flips, services.settings, *numbers)


def draw(values: Values, scheme: str) -> Drawn:
    """Three digits side by side, and the flipped string on its chip."""
    answer = values.get("answer")
    if answer is None:
        return Drawn([nothing(scheme, height) for height in HEIGHTS], "")
    spins, flipped, encoded = answer["spins"], answer["flipped"], answer["encoded"]
    count = int((spins != flipped).sum())
    kept = 100 * (encoded == spins).mean()
    before, after, again = answer["energies"]
    chip = chip_figure(answer["positions"], answer["edges"], flipped, answer["nodes"], scheme)
    at = answer["positions"][spins != flipped]
    ring = {"symbol": "circle-open", "size": 19, "color": colours(scheme)["ink"], "line": {"width": 2}}
    chip.add_trace(
        go.Scatter(x=at[:, 0], y=at[:, 1], mode="markers", marker=ring, name=f"flipped ({count})", hoverinfo="skip")
    )
    chip.update_layout(height=HEIGHTS[1], dragmode=False, xaxis_fixedrange=True, yaxis_fixedrange=True)
    flips = f"{count} of {len(spins)} spins are flipped: the energy goes from {before:.0f} to {after:.0f}."
    seen = (
        f"{flips if count else 'No spin is flipped.'} Encoded again, the image gives a string of energy {again:.0f} that "
        f"has {kept:.0f}% of the spins that were drawn."
    ).replace("-", "−")
    return Drawn([_row(answer["images"], scheme), chip], seen)


def _row(images: np.ndarray, scheme: str) -> go.Figure:
    side = images.shape[1]
    gap = np.full((side, GAP), np.nan)
    whole = np.concatenate([images[0], gap, images[1], gap, images[2]], axis=1)
    picture = go.Heatmap(
        z=whole, colorscale=[[0, "#000"], [1, "#fff"]], zmin=0, zmax=255, showscale=False, hoverinfo="skip"
    )
    words = ("drawn and decoded", "spins flipped", "encoded, decoded")
    notes = [
        {
            "x": (side - 1) / 2 + k * (side + GAP),
            "y": -1.5,
            "text": text,
            "showarrow": False,
            "yanchor": "bottom",
            "font": {"size": 12, "color": colours(scheme)["quiet"]},
        }
        for k, text in enumerate(words)
    ]
    hidden = {"visible": False, "fixedrange": True}
    return figure(
        [picture],
        scheme,
        HEIGHTS[0],
        "",
        "",
        annotations=notes,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis={**hidden, "constrain": "domain"},
        yaxis={**hidden, "range": [side - 0.5, -5.5], "scaleanchor": "x", "constrain": "domain"},
    )


TOPIC = Topic(
    key="dvae",
    title="The discrete variational autoencoder",
    sentence="An encoder turns images into strings of spins, a decoder turns strings into images, a Boltzmann machine "
    "supplies new strings.",
    emblem=r"x \;\to\; s \;\to\; x'",
    formulas=(
        r"\begin{aligned} \ln p(x) \ge\; & \mathbb{E}_{q(s \mid x)}\big[ \ln p(x \mid s) \big] \\ & - \mathrm{KL}\big( "
        r"q(s \mid x) \,\|\, p(s) \big) \end{aligned}",
        r"p(s) = \frac{e^{-E(s)}}{Z}, \quad q(s \mid x) = \prod_i q(s_i \mid x)",
    ),
    words=r"""
The **encoder** gives every spin its chance of being up, given an image $x$. The **decoder** makes an image of a string $s$.
The **prior** $p(s)$ is a Boltzmann machine on the graph of a chip, so that an annealer can draw its strings.

The bound has two terms: images should come back as they were, and encoded strings should look like the prior's. Then a new
string from the prior decodes to a new digit.

A decoder that sees nothing but encoded strings draws smoothly, the mean of what a string could stand for. So a **critic** may
teach it at the end: a network that learns to tell its digits, of the prior's strings, from real ones.

A digit is spread over the whole string. Flip a few spins and it stays; the encoder even finds most of the string again. Flip
half of them and nothing of it is left.
""",
    caption="A model that comes with the app. Left: a string drawn from its prior, decoded. Middle: the same with spins "
    "flipped at random. Right: the middle image, encoded to its likeliest string and decoded.",
    knobs=(
        Knob("digit", "Digit asked for", 0, 9, 1, 3, ".0f"),
        Knob("string", "Number of the draw", 1, 12, 1, 1, ".0f"),
        Knob("flips", "Spins flipped", 0, 256, 4, 24, ".0f"),
    ),
    labels=(
        "Three digits: decoded, with spins flipped, encoded and decoded again",
        "The string on the graph of its chip",
    ),
    heights=HEIGHTS,
    draw=draw,
    sources=(
        Source("Rolfe, Discrete variational autoencoders, ICLR (2017)", "https://arxiv.org/abs/1609.02200"),
        Source(
            "Larsen, Sønderby, Larochelle and Winther, Autoencoding beyond pixels using a learned similarity metric, ICML "
            "(2016)",
            "https://arxiv.org/abs/1512.09300",
        ),
        Source(
            "Khoshaman, Vinci, Denis, Andriyash, Sadeghi and Amin, Quantum variational autoencoder, Quantum Science and "
            "Technology 4, 014001 (2018)",
            "10.1088/2058-9565/aada1f",
        ),
    ),
    links=(("Train one in the Studio", "/"), ("Generate digits", "/generate")),
    ask=ask,
)
