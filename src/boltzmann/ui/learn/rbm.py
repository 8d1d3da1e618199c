"""The restricted Boltzmann machine: two layers, drawn with their units."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.machine import Machine, sigmoid
from boltzmann.ui.learn.plots import colours, figure
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Units, Values

WEIGHTS = np.array([[3.0, -2.0, 1.0], [3.0, -2.0, -2.0], [-2.0, 3.0, -2.0], [-2.0, 3.0, 1.0]])
VISIBLE, HIDDEN = np.full(4, -0.5), np.array([-2.0, -2.0, 0.5])


@lru_cache(maxsize=1)
def drawn_machine() -> Machine:
    """The machine of the drawing: 4 visible and 3 hidden units."""
    return Machine(WEIGHTS, VISIBLE, HIDDEN)


def scaled(strength: float) -> Machine:
    """The same with all its weights times ``strength``."""
    machine = drawn_machine()
    return Machine(strength * machine.weights, machine.visible, machine.hidden)


def draw(values: Values, scheme: str) -> Drawn:
    """The network with the chances of its hidden units, and p(v) of all visible states."""
    machine = scaled(values["strength"])
    row = np.array(values["visible"])
    chances = sigmoid(machine.fields(row[None]))[0]
    law, at = machine.law(), int("".join(map(str, row)), 2)
    free = float(machine.free_energies(row[None])[0])
    chance_words = ", ".join(f"{chance:.2f}" for chance in chances)
    seen = (
        f"Given these visible units, the hidden ones are 1 with probabilities {chance_words}, each by itself. "
        f"F(v) = {free:.2f}; the machine draws this row with probability {law[at]:.3f}."
    ).replace("-", "−")
    return Drawn([_network(machine, row, chances, scheme), _bars(machine, law, at, scheme)], seen)


def _network(machine: Machine, row: np.ndarray, chances: np.ndarray, scheme: str) -> go.Figure:
    c = colours(scheme)
    places = {"v": [(x, 0.0) for x in range(4)], "h": [(x + 0.5, 1.0) for x in range(3)]}
    largest = np.abs(WEIGHTS).max()
    traces: list[go.Scatter] = []
    for i, (x0, y0) in enumerate(places["v"]):
        for j, (x1, y1) in enumerate(places["h"]):
            weight = machine.weights[i, j]
            style = {"color": c["up"] if weight > 0 else c["down"], "width": 0.5 + 3.5 * abs(weight) / (2 * largest)}
            # Only couplings of units that are 1 take part in the hidden fields.
            active = 0.9 if row[i] else 0.18
            traces.append(
                go.Scatter(
                    x=[x0, (x0 + x1) / 2, x1],
                    y=[y0, (y0 + y1) / 2, y1],
                    mode="lines",
                    line=style,
                    opacity=active,
                    hovertemplate=f"weight of v{i + 1} and h{j + 1}: {weight:.2f}<extra></extra>",
                )
            )
    for kind, filled, words in (
        ("v", row.astype(float), [str(bit) for bit in row]),
        ("h", chances, [f"{chance:.2f}" for chance in chances]),
    ):
        x, y = zip(*places[kind], strict=True)
        ring = {"color": c["card"], "size": 46, "line": {"width": 2, "color": c["up"]}}
        traces.append(go.Scatter(x=x, y=y, mode="markers", marker=ring, hoverinfo="skip"))
        shade = {"color": c["up"], "size": 46, "opacity": np.clip(filled, 0, 1), "line": {"width": 0}}
        traces.append(go.Scatter(x=x, y=y, mode="markers", marker=shade, hoverinfo="skip"))
        inks = [c["card"] if level > 0.5 else c["ink"] for level in filled]
        traces.append(
            go.Scatter(x=x, y=y, mode="text", text=words, textfont={"color": inks, "size": 13}, hoverinfo="skip")
        )
        names = [f"{kind}<sub>{k + 1}</sub>" for k in range(len(x))]
        above = "top center" if kind == "h" else "bottom center"
        lifted = [level + (0.2 if kind == "h" else -0.2) for level in y]
        traces.append(
            go.Scatter(x=x, y=lifted, mode="text", text=names, textposition=above, textfont_size=14, hoverinfo="skip")
        )
    hidden = {"visible": False, "fixedrange": True}
    return figure(
        traces,
        scheme,
        280,
        "",
        "",
        showlegend=False,
        xaxis={**hidden, "range": [-0.5, 3.5]},
        yaxis={**hidden, "range": [-0.55, 1.55]},
    )


def _bars(machine: Machine, law: np.ndarray, at: int, scheme: str) -> go.Figure:
    c = colours(scheme)
    names = ["".join(map(str, row)) for row in machine.rows]
    inks = [c["down"] if k == at else c["up"] for k in range(len(names))]
    bars = go.Bar(x=names, y=law, marker_color=inks, hovertemplate="%{x}: p(v) = %{y:.3f}<extra></extra>")
    return figure(
        [bars],
        scheme,
        240,
        "visible units v₁ v₂ v₃ v₄",
        "probability p(v)",
        xaxis_type="category",
        xaxis_tickangle=-90,
        yaxis_rangemode="tozero",
        showlegend=False,
    )


TOPIC = Topic(
    key="rbm",
    title="The restricted Boltzmann machine",
    sentence="Two layers with couplings between them only, so that a whole layer can be drawn at once.",
    emblem=r"v^{\top} W\, h",
    formulas=(
        r"E(v,h) = -\sum_i a_i v_i - \sum_j b_j h_j - \sum_{ij} v_i W_{ij} h_j",
        r"p(h_j = 1 \mid v) = \sigma\Big(b_j + \sum_i v_i W_{ij}\Big)",
        r"F(v) = -\sum_i a_i v_i - \sum_j \ln\!\big(1 + e^{\,b_j + \sum_i v_i W_{ij}}\big)",
    ),
    words=r"""
The visible units $v$ hold the data, the hidden units $h$ what they have in common. All units are 0 or 1, and no two units
of one layer are coupled.

So, given one layer, the units of the other are **independent**: each is drawn by itself, with the chance
$\sigma(x) = 1/(1+e^{-x})$ of its own field. Drawing one layer and then the other is a step of Gibbs sampling.

The hidden units can be added up by hand. What is left is the **free energy** $F$, a sum of softplus terms, one for each
hidden unit, and $p(v) = e^{-F(v)}/Z$.
""",
    caption="Four visible and three hidden units. Thick lines are strong weights, orange ones negative.",
    knobs=(
        Units("visible", "Visible units that are 1", ("v1", "v2", "v3", "v4"), ("v1", "v2")),
        Knob("strength", "Strength of the weights", 0, 2, 0.05, 1.0),
    ),
    labels=("The network, with the probabilities of its hidden units", "Probability of every visible state"),
    heights=(280, 240),
    draw=draw,
    sources=(
        Source(
            "Hinton, A practical guide to training restricted Boltzmann machines, in Neural Networks: Tricks of the Trade, "
            "LNCS 7700, 599 (2012)",
            "10.1007/978-3-642-35289-8_32",
        ),
        Source(
            "Salakhutdinov and Murray, On the quantitative analysis of deep belief networks, ICML (2008)",
            "10.1145/1390156.1390266",
        ),
    ),
    links=(("Train one in the lab", "/lab"), ("Draw from one, step by step", "/lab/play?show=motion")),
)
