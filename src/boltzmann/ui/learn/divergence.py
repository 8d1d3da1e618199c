"""Contrastive divergence: where k Gibbs steps from the data end, against where they should."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.machine import Machine, ferromagnet, near_zero
from boltzmann.ui.learn.plots import colours, figure, line, mark
from boltzmann.ui.learn.spins import divergence
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values

STEPS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000)


def after(machine: Machine, start: np.ndarray, steps: int) -> np.ndarray:
    """The law of visible states (2^n,) after ``steps`` Gibbs steps from ``start``, exactly."""
    return start @ np.linalg.matrix_power(machine.transitions(), steps)


def cosine(machine: Machine, data: np.ndarray, negative: np.ndarray) -> float:
    """Of the angle between the step with this negative phase (2^n,) and the gradient of the log-likelihood."""

    def step(law: np.ndarray) -> np.ndarray:
        up, down = machine.statistics(data), machine.statistics(law)
        return np.concatenate([(one - other).ravel() for one, other in zip(up, down, strict=True)])

    exact, taken = step(machine.law()), step(negative)
    return float(exact @ taken / (np.linalg.norm(exact) * np.linalg.norm(taken)))


def by_ones(law: np.ndarray, machine: Machine) -> np.ndarray:
    """Probability of each number of units that are 1, (n + 1,)."""
    return np.bincount(machine.rows.sum(1), law, minlength=len(machine.visible) + 1)


@lru_cache(maxsize=128)
def _curve(coupling: float) -> tuple[float, ...]:
    machine, data = ferromagnet(coupling), near_zero()
    return tuple(cosine(machine, data, after(machine, data, steps)) for steps in STEPS)


def draw(values: Values, scheme: str) -> Drawn:
    """Data, chains and model by the number of ones; and the angle to the gradient by k."""
    c = colours(scheme)
    machine, data, steps = ferromagnet(values["coupling"]), near_zero(), int(values["steps"])
    chains, model = after(machine, data, steps), machine.law()
    parts = (("data", data, c["quiet"]), (f"chains, k = {steps}", chains, c["down"]), ("model", model, c["up"]))
    bars = [
        go.Bar(x=list(range(5)), y=by_ones(law, machine), name=name, marker_color=ink, hovertemplate="%{y:.3f}")
        for name, law, ink in parts
    ]
    angles = _curve(values["coupling"])
    here = angles[STEPS.index(steps)]
    seen = (
        f"The chains are {divergence(chains, model):.3f} nats from the model (Kullback-Leibler). The step of CD-{steps} and "
        f"the exact gradient have a cosine of {here:.2f}: "
        + ("nearly the same way." if here > 0.95 else "roughly the same way." if here > 0.3 else "not the same way.")
    ).replace("-0", "−0")
    curve = line(STEPS, angles, "", c["up"], mode="lines+markers", hovertemplate="CD-%{x}: %{y:.3f}<extra></extra>")
    return Drawn(
        [
            figure(
                bars, scheme, 270, "visible units that are 1, of four", "probability", barmode="group", xaxis_dtick=1
            ),
            figure(
                [curve, mark(steps, here, c["down"], hoverinfo="skip")],
                scheme,
                230,
                "Gibbs steps k",
                "cosine",
                xaxis_type="log",
                xaxis_tickvals=[1, 10, 100, 1000],
                yaxis_range=[-1.05, 1.1],
                showlegend=False,
            ),
        ],
        seen,
    )


TOPIC = Topic(
    key="contrastive-divergence",
    title="Contrastive divergence",
    sentence="Gibbs chains that start at the data and run for only k steps stand in for samples of the model.",
    emblem=r"\langle v_i h_j \rangle_{\mathrm{data}} - \langle v_i h_j \rangle_{k}",
    formulas=(
        r"\frac{\partial \ln p}{\partial W_{ij}} = \langle v_i h_j \rangle_{\mathrm{data}} - \langle v_i h_j "
        r"\rangle_{\mathrm{model}}",
        r"\Delta W_{ij} = \eta\,\big( \langle v_i h_j \rangle_{\mathrm{data}} - \langle v_i h_j \rangle_{k} \big)",
    ),
    words=r"""
The gradient of the log-likelihood compares the data with samples of the model. Those would take chains long enough to
forget where they began. Contrastive divergence, **CD-k**, starts the chains at the data and stops after $k$ steps.

Where chains move freely, a few steps are enough. Strong couplings raise barriers between the modes: the chains stay near
the data and never see a mode in which no data lie. Then the step need not even point along the gradient.

**Persistent** chains (PCD) go on where the last step left them, parallel tempering lets hot chains cross the barriers, and a
mode step or an annealer looks for the far modes directly.
""",
    caption="4 + 4 units with equal couplings: the model has modes at all 0 and at all 1. The data lie near all 0. "
    "Everything is computed exactly.",
    knobs=(
        Knob("steps", "Gibbs steps k", value=0, form=".0f", stops=STEPS),
        Knob("coupling", "Coupling W", 0.5, 3, 0.25, 2.0),
    ),
    labels=(
        "Data, chains and model by the number of units that are 1",
        "Cosine between the step and the gradient, by k",
    ),
    heights=(270, 230),
    draw=draw,
    sources=(
        Source(
            "Hinton, Training products of experts by minimizing contrastive divergence, Neural Computation 14, 1771 (2002)",
            "10.1162/089976602760128018",
        ),
        Source(
            "Tieleman, Training restricted Boltzmann machines using approximations to the likelihood gradient, ICML (2008)",
            "10.1145/1390156.1390290",
        ),
    ),
    links=(("Compare CD-1, CD-10 and PCD", "/lab/compare"), ("One step at a time", "/lab/play?show=motion")),
)
