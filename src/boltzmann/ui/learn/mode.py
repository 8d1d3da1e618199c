"""Mode-assisted training: the chance of a mode step, and what such steps do to a mode where no data lie."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.divergence import after, by_ones
from boltzmann.ui.learn.machine import Machine, ferromagnet, near_zero
from boltzmann.ui.learn.plots import colours, figure, line, mark
from boltzmann.ui.learn.spins import divergence
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values

STEPS, RATE, COUPLING = 400, 0.1, 2.5


def chance(step: np.ndarray | float, total: int, peak: float) -> np.ndarray:
    """P(i) = P_max sigmoid(20 i / N - 6) of steps i of N.

    Source: Manukian, Pei, Bearden and Di Ventra, Communications Physics 3:105 (2020), DOI 10.1038/s42005-020-0373-8.
    """
    return peak / (1 + np.exp(6 - 20 * np.asarray(step, float) / total))


def mode_rate(machine: Machine, energy: float) -> float:
    """gamma = -E0 / (4 (n + 1)(m + 1)), E0 the mode's energy in the +-1 basis, clipped to [0, 1]; ``energy`` as in 0 and 1.

    Source: as :func:`chance`.
    """
    shift = machine.visible.sum() / 2 + machine.hidden.sum() / 2 + machine.weights.sum() / 4
    bound = 4 * (len(machine.visible) + 1) * (len(machine.hidden) + 1)
    return float(np.clip(-(energy + shift) / bound, 0, 1))


@dataclass(frozen=True)
class Course:
    """A training: KL(data || model) in nats before every step and after the last, (N + 1,); the model's laws then,
    (N + 1, 2^n); and the mode steps among the steps."""

    divergences: np.ndarray
    laws: np.ndarray
    mode_steps: np.ndarray


@lru_cache(maxsize=32)
def train(peak: float, steps: int = STEPS) -> Course:
    """Steps of CD-1, each with its expectation, of which some are mode steps instead, by chance."""
    machine, data, rng = ferromagnet(COUPLING), near_zero(), np.random.default_rng(0)
    due = rng.random(steps) < chance(np.arange(steps), steps, peak)
    laws = [machine.law()]
    for of_mode in due:
        if of_mode:
            v, h, energy = machine.mode()
            down, rate = (np.outer(v, h), v, h), RATE * mode_rate(machine, energy)
        else:
            down, rate = machine.statistics(after(machine, data, 1)), RATE
        machine = machine.moved(machine.statistics(data), down, rate)
        laws.append(machine.law())
    return Course(np.array([divergence(data, law) for law in laws]), np.array(laws), due.nonzero()[0])


def draw(values: Values, scheme: str) -> Drawn:
    """The chance of a mode step, the divergences of both trainings, and where their models stand at a step."""
    c = colours(scheme)
    peak, step, data, machine = values["peak"], int(values["step"]), near_zero(), ferromagnet(COUPLING)
    plain, assisted, at = train(0.0), train(peak), np.arange(STEPS + 1)
    taken = int((assisted.mode_steps < step).sum())
    curves = [
        line(at, plain.divergences, "CD-1", c["down"], hovertemplate="step %{x}: %{y:.3f} nats"),
        line(at, assisted.divergences, "mode-assisted", c["up"], hovertemplate="step %{x}: %{y:.3f} nats"),
        mark(step, plain.divergences[step], c["down"], hoverinfo="skip"),
        mark(step, assisted.divergences[step], c["up"], hoverinfo="skip"),
    ]
    marks = go.Scatter(
        x=assisted.mode_steps,
        y=chance(assisted.mode_steps, STEPS, peak),
        mode="markers",
        name="mode steps taken",
        marker={"color": c["up"], "size": 6},
        hovertemplate="step %{x}<extra></extra>",
    )
    schedule = line(at, chance(at, STEPS, peak), "P(i)", c["up"], hovertemplate="step %{x}: %{y:.3f}<extra></extra>")
    parts = (
        ("data", data, c["quiet"]),
        ("CD-1", plain.laws[step], c["down"]),
        ("mode-assisted", assisted.laws[step], c["up"]),
    )
    bars = [
        go.Bar(x=list(range(5)), y=by_ones(law, machine), name=name, marker_color=ink, hovertemplate="%{y:.3f}")
        for name, law, ink in parts
    ]
    far = by_ones(plain.laws[step], machine)[3:].sum(), by_ones(assisted.laws[step], machine)[3:].sum()
    seen = (
        f"After {step} steps, {taken} of them mode steps: {plain.divergences[step]:.2f} nats with CD-1, "
        f"{assisted.divergences[step]:.2f} mode-assisted. States of three or four ones, of which there are no data, hold "
        f"{100 * far[0]:.0f}% and {100 * far[1]:.0f}% of the probability."
    )
    ceiling = max(0.32, float(plain.divergences.max()) * 1.1)
    aligned = {"xaxis_range": [0, STEPS], "yaxis_automargin": False, "margin_l": 58}
    return Drawn(
        [
            figure([schedule, marks], scheme, 190, "step i", "chance", yaxis_range=[-0.01, 0.32], **aligned),
            figure(curves, scheme, 230, "step i", "KL(data ‖ model), nats", yaxis_range=[0, ceiling], **aligned),
            figure(
                bars,
                scheme,
                230,
                "visible units that are 1, of four",
                "probability",
                barmode="group",
                xaxis_dtick=1,
                yaxis_range=[0, 1],
            ),
        ],
        seen,
    )


TOPIC = Topic(
    key="mode-assisted",
    title="Mode-assisted training",
    sentence="Now and then, a step takes probability from the model's mode and gives it to the data.",
    emblem=r"\langle v_i h_j \rangle_{\mathrm{data}} - v^*_i h^*_j",
    formulas=(
        r"\Delta W_{ij} = \eta\,\gamma\,\big( \langle v_i h_j \rangle_{\mathrm{data}} - v^*_i h^*_j \big)",
        r"(v^*, h^*) = \arg\min_{v,h} E(v,h)",
        r"\gamma = \frac{-E_0}{4 (n+1)(m+1)}",
        r"P(i) = P_{\max}\, \sigma\!\left( 20\, \tfrac{i}{N} - 6 \right)",
    ),
    words=r"""
The mode $(v^*, h^*)$ is the state of lowest energy. Contrastive divergence takes probability from what its chains
reach, near the data. A **mode step** takes it from the mode, wherever that is; if it lies where data are, both terms nearly
cancel.

Step $i$ of $N$ is a mode step with probability $P(i)$: hardly ever at first, while the model is still vague, and up to
$P_{\max}$ later. $\gamma$, between 0 and 1, scales it by the depth $E_0$ of the mode in the $\pm 1$ basis, for $n$ visible
and $m$ hidden units.

Finding the mode is an optimisation problem. The lab enumerates small machines; for larger ones it anneals, or asks a
quantum annealer.
""",
    caption="4 + 4 units whose model begins with a mode at all 1, where no data lie. Every step is taken with its exact "
    "expectation; which ones are mode steps is drawn. CD-1 gets out of it as well, but later.",
    knobs=(
        Knob("peak", "Largest chance Pₘₐₓ", 0, 0.3, 0.05, 0.1),
        Knob("step", "Step i of 400", 0, STEPS, 10, 300, ".0f"),
    ),
    labels=("Chance of a mode step", "Divergence between data and model", "Data and both models"),
    heights=(190, 230, 230),
    draw=draw,
    sources=(
        Source(
            "Manukian, Pei, Bearden and Di Ventra, Mode-assisted unsupervised learning of restricted Boltzmann machines, "
            "Communications Physics 3, 105 (2020)",
            "10.1038/s42005-020-0373-8",
        ),
    ),
    links=(("Compare it with CD, fairly", "/lab/compare"), ("Train with mode steps", "/lab")),
)
