"""The negative log-likelihood and its gradient, along one coupling."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.plots import colours, figure, line, mark
from boltzmann.ui.learn.spins import boltzmann, energies, entropy, spins
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values

SPINS = 3
LINEAR = np.array([0.2, 0.0, -0.3])
OTHERS = {(1, 2): -0.8, (0, 2): 0.5}
RANGE = 2.5


def law_of(coupling: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Law (8,), energies (8,) and log Z of three spins, with this coupling between the first two."""
    quadratic = np.zeros((SPINS, SPINS))
    quadratic[0, 1] = coupling
    for (one, other), strength in OTHERS.items():
        quadratic[one, other] = strength
    energy = energies(spins(SPINS), LINEAR, quadratic)
    law, log_partition = boltzmann(energy)
    return law, energy, log_partition


def correlation(law: np.ndarray) -> float:
    """<s_1 s_2>."""
    return float(law @ spins(SPINS)[:, :2].prod(1))


def loss(data: np.ndarray, coupling: float) -> float:
    """<E>_data + log Z, the mean of -log p over states drawn by ``data`` (8,), in nats."""
    _, energy, log_partition = law_of(coupling)
    return float(data @ energy + log_partition)


def slope(data: np.ndarray, coupling: float) -> float:
    """d loss / d J = <s_1 s_2>_data - <s_1 s_2>_model.

    Source: Ackley, Hinton and Sejnowski, Cognitive Science 9 (1985) 147, DOI 10.1207/s15516709cog0901_7.
    """
    return correlation(data) - correlation(law_of(coupling)[0])


def draw(values: Values, scheme: str) -> Drawn:
    """The loss with its tangent, and the two correlations whose difference is the slope."""
    c = colours(scheme)
    coupling, data = values["coupling"], law_of(values["truth"])[0]
    grid = np.linspace(-RANGE, RANGE, 101)
    losses = [loss(data, at) for at in grid]
    here, steep = loss(data, coupling), slope(data, coupling)
    near = np.clip(np.array([coupling - 0.8, coupling + 0.8]), -RANGE, RANGE)
    curve = line(grid, losses, "NLL", c["up"], hovertemplate="J = %{x:.2f}: %{y:.3f} nats<extra></extra>")
    tangent = line(near, here + steep * (near - coupling), "slope", c["down"], line={"dash": "dot"}, hoverinfo="skip")
    floor = line(
        [-RANGE, RANGE], [entropy(data)] * 2, "entropy of the data", c["quiet"], line={"width": 1}, hoverinfo="skip"
    )
    names = ["data", "model", "difference = slope"]
    heights = [correlation(data), correlation(law_of(coupling)[0]), steep]
    bars = go.Bar(
        x=names,
        y=heights,
        marker_color=[c["quiet"], c["up"], c["down"]],
        text=[f"{height:.2f}".replace("-", "−") for height in heights],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    way = "at the minimum" if abs(steep) < 0.005 else "raise J" if steep < 0 else "lower J"
    seen = (
        f"NLL {here:.3f} nats, slope {steep:.3f}: "
        + (f"{way}." if way.startswith("at") else f"a step down the gradient would {way}.")
        + f" It cannot fall below the data's entropy, {entropy(data):.3f} nats."
    ).replace("-", "−")
    return Drawn(
        [
            figure(
                [floor, curve, tangent, mark(coupling, here, c["down"], hoverinfo="skip")],
                scheme,
                290,
                "coupling J₁₂ of the model",
                "NLL, nats",
            ),
            figure([bars], scheme, 220, "", "correlation ⟨s₁s₂⟩", yaxis_range=[-1.6, 1.6], showlegend=False),
        ],
        seen,
    )


TOPIC = Topic(
    key="nll-gradient",
    title="The likelihood and its gradient",
    sentence="Learning lowers the energy of the data and raises that of what the model draws, until they agree.",
    emblem=r"\langle E \rangle_{\mathrm{data}} + \ln Z",
    formulas=(
        r"\mathcal{L} = -\langle \ln p(s) \rangle_{\mathrm{data}} = \langle E \rangle_{\mathrm{data}} + \ln Z",
        r"\frac{\partial \mathcal{L}}{\partial \theta} = \left\langle \frac{\partial E}{\partial \theta} "
        r"\right\rangle_{\!\mathrm{data}} - \left\langle \frac{\partial E}{\partial \theta} \right\rangle_{\!\mathrm{model}}",
        r"\frac{\partial \mathcal{L}}{\partial J_{ij}} = \langle s_i s_j \rangle_{\mathrm{data}} - \langle s_i s_j "
        r"\rangle_{\mathrm{model}}",
    ),
    words=r"""
The negative log-likelihood $\mathcal{L}$ asks how unlikely the model finds the data. Its gradient needs no $Z$: only means
over the data and over **samples of the model**. That is what Gibbs chains, or an annealer, are for.

For a coupling it is a difference of two correlations. Where they agree, learning stops. In $h$ and $J$ the loss is convex,
so that without hidden units there is no second minimum.

The value of $\mathcal{L}$ does need $\ln Z$. Small machines are enumerated; for larger ones it is estimated by annealed
importance sampling.
""",
    caption="Three spins. One coupling of the model is turned; the data come from a machine that differs in this one only.",
    knobs=(
        Knob("coupling", "Coupling J₁₂ of the model", -RANGE, RANGE, 0.05, 1.0),
        Knob("truth", "Coupling J₁₂ behind the data", -2, 2, 0.05, -0.7),
    ),
    labels=(
        "Negative log-likelihood by the coupling, with its tangent",
        "Correlations of data and model, and the difference",
    ),
    heights=(290, 220),
    draw=draw,
    sources=(
        Source(
            "Ackley, Hinton and Sejnowski, A learning algorithm for Boltzmann machines, Cognitive Science 9, 147 (1985)",
            "10.1207/s15516709cog0901_7",
        ),
        Source(
            "Salakhutdinov and Murray, On the quantitative analysis of deep belief networks, ICML (2008)",
            "10.1145/1390156.1390266",
        ),
    ),
    links=(("Watch it fall in the lab", "/lab"), ("Watch the three losses of the Studio", "/")),
)
