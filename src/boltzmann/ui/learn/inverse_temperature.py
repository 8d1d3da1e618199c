"""Leading an annealer's inverse temperature: what the printed step of Xu and Oates climbs, and what it descends."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.machine import Machine, sigmoid
from boltzmann.ui.learn.plots import colours, figure, line, mark
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values

RATE = 1.5
"""Of the steps that are drawn as arrows."""
LOWEST, HIGHEST = 0.5, 6.0
"""Range of the inverse temperatures, beta_h among them."""


@lru_cache(maxsize=1)
def truth() -> Machine:
    """The machine whose law the data follow: 4 + 3 units."""
    rng = np.random.default_rng(4)
    return Machine(1.2 * rng.standard_normal((4, 3)), 0.6 * rng.standard_normal(4), 0.6 * rng.standard_normal(3))


def scaled(machine: Machine, x: float) -> Machine:
    """The machine of energy x E."""
    return Machine(x * machine.weights, x * machine.visible, x * machine.hidden)


def loss(machine: Machine, x: float) -> float:
    """Mean negative log-likelihood of the data under p(v) ~ sum_h exp(-x E(v, h)), nats a row."""
    return float(-truth().law() @ np.log(scaled(machine, x).law()))


def mean_energy(machine: Machine, law: np.ndarray, x: float) -> float:
    """Mean of E(v, p(h | v)) over rows drawn by ``law`` (2^n,), with p(h | v) of the machine of energy x E."""
    fields = machine.fields(machine.rows)
    hidden = sigmoid(x * fields)
    return float(law @ (-machine.rows @ machine.visible - (hidden * fields).sum(1)))


def bracket(machine: Machine, beta: float, own: float) -> float:
    """Mean of E_DW = E / beta over the data, with p(h | v) of the machine itself, minus its mean over endless reads of a chip
    of inverse temperature ``own``.

    Source: Xu and Oates, Scientific Reports 11:2727 (2021), DOI 10.1038/s41598-021-82197-1.
    """
    x = own / beta
    reads = mean_energy(machine, scaled(machine, x).law(), x)
    return (mean_energy(machine, truth().law(), 1.0) - reads) / beta


def draw(values: Values, scheme: str) -> Drawn:
    """The likelihood against the beta programmed, and against that of the law, with a step in either direction."""
    beta, own, strength = values["beta"], values["own"], values["strength"]
    machine = scaled(truth(), strength)
    step = bracket(machine, beta, own)
    now, best = loss(machine, own / beta), strength * own
    moves = "leaves β where it is" if abs(step) < 0.005 else "raises β" if step > 0 else "lowers β"
    least = loss(machine, 1 / strength)
    seen = (
        f"Programmed for {beta:.1f}, a chip of {own:.1f} draws at {own / beta:.2f} times the machine's inverse temperature: "
        f"the data have {now:.2f} nats a row, {least:.2f} at best, at β = {best:.2f}. "
        f"The bracket is {step:+.2f}: the printed step {moves}."
    )
    seen = seen.replace("+0.00", "0.00").replace("-0.00", "0.00").replace("-", "−")
    return Drawn(
        [
            _figure(lambda b: loss(machine, own / b), beta, step, "programmed β; the machine E stays", scheme),
            _figure(lambda b: loss(machine, b / beta), own, step, "β of the law; E_DW stays", scheme),
        ],
        seen,
    )


def _figure(height_at: Callable[[float], float], at: float, step: float, title: str, scheme: str) -> go.Figure:
    """``height_at`` as a curve, and both steps from ``at``."""
    c, grid = colours(scheme), np.linspace(LOWEST, HIGHEST, 111)
    curve = [height_at(b) for b in grid]
    made = figure(
        [
            line(
                grid,
                curve,
                "likelihood",
                c["quiet"],
                showlegend=False,
                hovertemplate="%{x:.2f}: %{y:.3f} nats<extra></extra>",
            ),
            _arrow_name("printed: + bracket", c["up"]),
            _arrow_name("the opposite sign", c["down"]),
            mark(at, height_at(at), c["ink"], hoverinfo="skip"),
        ],
        scheme,
        230,
        title,
        "−log p, nats a row",
        xaxis_range=[0, HIGHEST + 0.2],
    )
    for sign, ink in ((1, c["up"]), (-1, c["down"])):
        end = float(np.clip(at + sign * RATE * step, LOWEST, HIGHEST))
        made.add_annotation(
            x=end, y=height_at(end), ax=at, ay=height_at(at), xref="x", yref="y", axref="x", ayref="y", text="",
            arrowhead=2, arrowsize=1.2, arrowwidth=2.6, arrowcolor=ink,
        )  # fmt: skip
    return made


def _arrow_name(name: str, colour: str) -> go.Scatter:
    return line([None], [None], name, colour, hoverinfo="skip")


TOPIC = Topic(
    key="inverse-temperature",
    title="Leading the inverse temperature",
    sentence="Nobody knows the inverse temperature of an annealer: training can guess it, estimate it, or step towards it.",
    emblem=r"E_{\mathrm{DW}} = E / \beta",
    formulas=(
        r"p_{\mathrm{chip}} \propto e^{-\beta_h E_{\mathrm{DW}}}, \quad E_{\mathrm{DW}} = E / \beta",
        r"\text{linear:}\quad \beta_i = \beta_0 + (\beta_N - \beta_0)\, i / N",
        r"\text{MaxLL:}\quad \Delta\beta = \eta\, ( \overline{E}_{\mathrm{DW}} - \langle E_{\mathrm{DW}} \rangle )",
        r"\text{MinSE:}\quad \Delta\beta = \eta'\, \langle ( E_{\mathrm{DW}} - \langle E_{\mathrm{DW}} \rangle )^2 \rangle",
    ),
    words=r"""
The chip is programmed with $E_{\mathrm{DW}} = E/\beta$ and draws at an inverse temperature $\beta_h$ of its own. Only
where $\beta = \beta_h$ are the reads those of the machine. Elsewhere the negative phase of the **gradient** is that of
another machine, hotter or colder by $\beta_h/\beta$, and the weights learn to make up for it.

Xu and Oates move $\beta$ once an epoch: **fixed**, a **linear** ramp, **MaxLL** by the energies of data, $\overline E$,
and reads, $\langle E \rangle$, **MinSE** by the reads' variance, which only ever raises it. The lab adds **estimated**,
by pseudo-likelihood from the reads, and **known**, an oracle that only a simulated chip has.

**The sign of MaxLL.** For a law $e^{-\beta E_{\mathrm{DW}}}$ whose $E_{\mathrm{DW}}$ stays, the bracket is the derivative
of the negative log-likelihood, as long as $\beta$ is near $\beta_h$: its $p(h|v)$ is the machine's, not that of the law.
There the printed step *climbs* it (second figure). But it is the machine that stays, and $E_{\mathrm{DW}}$ is programmed
anew: near $\beta_h$ the slope against that $\beta$ is minus the bracket, and the printed step *descends* (first figure). It
goes to $\beta_h$ only if the machine already fits. While its weights are weak it goes below, so that colder reads make up
for them. In training the weights move as well: the lab offers both signs.

A **pause** holds the anneal at one point for a while. On a chip, it lets the spins exchange heat with their surroundings
before they freeze, which changes $\beta_h$ and how close the reads come to equilibrium. The simulated QPU models that by
more sweeps at the inverse temperature of that point. It has a hidden $\beta_h$, coefficient errors, ranges and broken
chains, but no quantum dynamics, and no $\beta_h$ that depends on the problem.
""",
    caption="4 + 3 units, all sums exact; arrows are steps at rate 1.5. At strength 1 the machine is the data's own.",
    knobs=(
        Knob("beta", "Programmed for β", 0.8, 5, 0.1, 1.5, ".1f"),
        Knob("own", "The chip's own βₕ", 1, 4, 0.1, 2.5, ".1f"),
        Knob("strength", "Strength of the weights", 0.3, 1.5, 0.05, 1.0),
    ),
    labels=(
        "Negative log-likelihood of the data under what the chip draws, against the beta that it is programmed for",
        "Negative log-likelihood of the data against the inverse temperature of a law of fixed programmed energies",
    ),
    heights=(230, 230),
    draw=draw,
    sources=(
        Source(
            "Xu and Oates, Adaptive hyperparameter updating for training restricted Boltzmann machines on quantum "
            "annealers, Scientific Reports 11, 2727 (2021)",
            "10.1038/s41598-021-82197-1",
        ),
        Source(
            "Marshall, Venturelli, Hen and Rieffel, Power of pausing: advancing understanding of thermalization in "
            "experimental quantum annealers, Physical Review Applied 11, 044083 (2019)",
            "10.1103/PhysRevApplied.11.044083",
        ),
        Source(
            "Raymond, Yarkoni and Andriyash, Global warming: temperature estimation in annealers, Frontiers in ICT 3, 23 "
            "(2016)",
            "10.3389/fict.2016.00023",
        ),
    ),
    links=(("Compare the schemes", "/lab/compare"), ("Train on a simulated chip", "/lab")),
)
