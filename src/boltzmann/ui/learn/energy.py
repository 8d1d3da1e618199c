"""Energy and the Boltzmann distribution: four spins, all sixteen states."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.plots import colours, figure
from boltzmann.ui.learn.spins import arrows, boltzmann, energies, entropy, spins
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values

SPINS = 4
FIELD = -0.3


def ring(coupling: float) -> tuple[np.ndarray, np.ndarray]:
    """h (4,) and J (4, 4) of a ring of equal couplings, with a field on the first spin alone."""
    linear, quadratic = np.zeros(SPINS), np.zeros((SPINS, SPINS))
    linear[0] = FIELD
    for one, other in ((0, 1), (1, 2), (2, 3), (0, 3)):
        quadratic[one, other] = coupling
    return linear, quadratic


def draw(values: Values, scheme: str) -> Drawn:
    """Energies and probabilities, lowest energy first."""
    c = colours(scheme)
    states = spins(SPINS)
    energy = energies(states, *ring(values["coupling"]))
    order = np.argsort(energy, kind="stable")
    states, energy = states[order], energy[order]
    law, log_partition = boltzmann(energy, values["beta"])
    names = arrows(states)
    places = list(range(len(names)))
    axis = {"tickvals": places, "ticktext": ["<br>".join(name) for name in names], "range": [-0.6, len(names) - 0.4]}
    shared = {"showlegend": False, "yaxis_automargin": False, "margin_l": 58}
    levels = go.Scatter(
        x=places,
        y=energy,
        mode="markers",
        marker={"symbol": "line-ew", "size": 12, "line": {"width": 3, "color": c["down"]}},
        customdata=names,
        hovertemplate="%{customdata}: E = %{y:.2f}<extra></extra>",
    )
    bars = go.Bar(
        x=places,
        y=law,
        marker_color=c["up"],
        customdata=names,
        hovertemplate="%{customdata}: p = %{y:.3f}<extra></extra>",
    )
    lowest = np.isclose(energy, energy[0])
    share, count = law[lowest].sum(), int(lowest.sum())
    seen = (
        f"Mean energy {law @ energy:.2f}, log Z {log_partition:.2f}, entropy {entropy(law) / math.log(2):.2f} of 4 bits. "
        f"The lowest energy is that of {'one state, which has' if count == 1 else f'{count} states, which have'} "
        f"{100 * share:.0f}% of the probability."
    ).replace("-", "−")
    bare = {**axis, "showticklabels": False}
    return Drawn(
        [
            figure([levels], scheme, 190, "", "energy E", xaxis=bare, **shared),
            figure([bars], scheme, 290, "state, lowest energy first", "probability p", xaxis=axis, **shared),
        ],
        seen,
    )


TOPIC = Topic(
    key="energy-and-boltzmann",
    title="Energy and the Boltzmann distribution",
    sentence="Every state of the spins has an energy, and the lower it is, the likelier the state.",
    emblem=r"p(s) = \frac{e^{-\beta E(s)}}{Z}",
    formulas=(
        r"E(s) = \sum_i h_i s_i + \sum_{i<j} J_{ij}\, s_i s_j",
        r"p(s) = \frac{e^{-\beta E(s)}}{Z}, \quad Z = \sum_{s} e^{-\beta E(s)}",
    ),
    words=r"""
Each spin $s_i$ is $+1$, up, or $-1$, down. Fields $h$ and couplings $J$ give every state an energy. A negative
coupling wants its two spins equal, a positive one wants them opposed.

The inverse temperature $\beta$ says how much energy counts. At $\beta = 0$ all states are equally likely; the larger
$\beta$, the more of the probability lies in the states of lowest energy.

$Z$ adds up all $2^n$ states. Four spins have 16 of them; a chip of 1,000 spins has more than $10^{300}$. Nobody can list
those: one draws samples instead.
""",
    caption="Four spins on a ring with equal couplings; a field of −0.3 pulls the first one up.",
    knobs=(
        Knob("beta", "Inverse temperature β", 0, 4, 0.05, 1.0),
        Knob("coupling", "Coupling J", -1.5, 1.5, 0.05, -0.6),
    ),
    labels=("Energy of every state", "Probability of every state"),
    heights=(190, 290),
    draw=draw,
    sources=(
        Source(
            "Ackley, Hinton and Sejnowski, A learning algorithm for Boltzmann machines, Cognitive Science 9, 147 (1985)",
            "10.1207/s15516709cog0901_7",
        ),
    ),
    links=(("See the samplers that draw from it", "/samplers"), ("Draw digits from such a machine", "/generate")),
)
