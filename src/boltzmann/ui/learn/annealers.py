"""Annealers as samplers: what a chip of limited range, noisy coefficients and unknown temperature draws."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.plots import colours, figure, line
from boltzmann.ui.learn.spins import boltzmann, divergence, energies, spins
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values

SPINS, READS, BINS = 8, 2000, 24
FIELDS, COUPLINGS = (-4.0, 4.0), (-2.0, 1.0)
"""Ranges of the simulated chip, in its own units."""
HOTTEST, COLDEST = -5.0, 50.0

Problem = tuple[np.ndarray, np.ndarray]
"""h (8,) and J (8, 8) above its diagonal."""


@lru_cache(maxsize=1)
def wanted() -> Problem:
    """The model whose Boltzmann distribution is wanted: every pair coupled."""
    rng = np.random.default_rng(3)
    return 0.25 * rng.standard_normal(SPINS), np.triu(0.4 * rng.standard_normal((SPINS, SPINS)), 1)


def programmed(prefactor: float) -> tuple[Problem, int]:
    """The model times ``prefactor``, clipped to the ranges, and how many of its 36 coefficients are clipped."""
    linear, quadratic = (prefactor * part for part in wanted())
    clipped = linear.clip(*FIELDS), quadratic.clip(*COUPLINGS)
    return clipped, int((clipped[0] != linear).sum() + (clipped[1] != quadratic).sum())


def spoilt(problem: Problem, noise: float) -> Problem:
    """The same with Gaussian errors of standard deviation ``noise`` on every coefficient, always the same ones."""
    rng = np.random.default_rng(11)
    linear, quadratic = problem
    return (
        linear + noise * rng.standard_normal(linear.shape),
        quadratic + noise * np.triu(rng.standard_normal(quadratic.shape), 1),
    )


def effective(energy: np.ndarray, mean: float) -> float:
    """The inverse temperature at which these states (N,) have that mean energy: maximum likelihood of reads with it.

    The mean energy falls as beta grows, so that bisection finds it; ends at -5 and 50.
    """
    low, high = HOTTEST, COLDEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if boltzmann(energy, middle)[0] @ energy > mean else (low, middle)
    return (low + high) / 2


def draw(values: Values, scheme: str) -> Drawn:
    """Frequencies of the states against their energies, and the histogram of energies."""
    c = colours(scheme)
    states = spins(SPINS)
    energy = energies(states, *wanted())
    aim, log_partition = boltzmann(energy)
    problem, clipped = programmed(values["prefactor"])
    law = boltzmann(energies(states, *spoilt(problem, values["noise"])), values["beta"])[0]
    reads = np.random.default_rng(5).multinomial(READS, law)
    beta = effective(energy, float(reads @ energy) / READS)
    seen_states = reads > 0
    ends = np.array([energy.min(), energy.max()])
    fit = -beta * ends - boltzmann(energy, beta)[1]
    points = go.Scatter(
        x=energy[seen_states],
        y=np.log(reads[seen_states] / READS),
        mode="markers",
        name="reads",
        marker={"color": c["down"], "size": 7, "opacity": 0.75},
        hovertemplate="E = %{x:.2f}, ln p = %{y:.2f}<extra></extra>",
    )
    lines = [
        line(ends, -ends - log_partition, "wanted: slope −1", c["up"], hoverinfo="skip"),
        line(ends, fit, f"slope {-beta:.2f}".replace("-", "−"), c["down"], line={"dash": "dot"}, hoverinfo="skip"),
    ]
    frozen = beta > COLDEST - 1
    words = (
        "Every read has the lowest energy: frozen."
        if frozen
        else f"In the model's units, the reads have inverse temperature {beta:.2f}; wanted is 1."
    )
    seen = (
        f"{words} {_clipped_words(clipped)} The law drawn from is {_nats(divergence(law, aim))} nats from the wanted one "
        "(Kullback-Leibler)."
    ).replace(" -", " −")
    lowest = np.log(0.4 / READS)
    return Drawn(
        [
            figure(
                [*lines, points],
                scheme,
                290,
                "energy E in the model",
                "ln of the share of reads",
                yaxis_range=[lowest, 0.3],
            ),
            figure(
                _histogram(energy, aim, reads / READS, c),
                scheme,
                220,
                "energy E in the model",
                "share",
                barmode="overlay",
                bargap=0.05,
            ),
        ],
        seen,
    )


def _clipped_words(clipped: int) -> str:
    return "No coefficient is clipped." if not clipped else f"{clipped} of 36 coefficients are clipped."


def _nats(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.0f}"


def _histogram(energy: np.ndarray, aim: np.ndarray, share: np.ndarray, c: dict[str, str]) -> list[go.Bar]:
    edges = np.linspace(energy.min(), energy.max() + 1e-9, BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    return [
        go.Bar(
            x=middles,
            y=np.histogram(energy, edges, weights=law)[0],
            name=name,
            marker_color=ink,
            opacity=0.6,
            hovertemplate="%{y:.3f}",
        )
        for name, law, ink in (("wanted", aim, c["up"]), ("reads", share, c["down"]))
    ]


TOPIC = Topic(
    key="annealers-as-samplers",
    title="Annealers as samplers",
    sentence="An annealer draws states of low energy at a temperature of its own, which has to be found out.",
    emblem=r"a\,\beta_{\mathrm{eff}} = 1",
    formulas=(
        r"p_{\mathrm{chip}}(s) \approx \frac{e^{-\beta_{\mathrm{eff}}\, E_{\mathrm{chip}}(s)}}{Z}",
        r"(h, J)_{\mathrm{chip}} = \mathrm{clip}\big(a\,(h, J)\big) + \mathrm{noise}",
        r"a\,\beta_{\mathrm{eff}} = 1",
    ),
    words=r"""
At the end of an anneal the spins freeze, and what is read is often close to a Boltzmann distribution, at an **effective
inverse temperature** $\beta_{\mathrm{eff}}$ that nobody sets. To sample the model at $\beta = 1$, its coefficients are
programmed times a prefactor $a = 1/\beta_{\mathrm{eff}}$.

The logarithm of how often a state is read, against its energy, then lies on a line of slope $-1$. A large prefactor freezes
the spins and runs into the chip's ranges, here $|h| \le 4$ and $-2 \le J \le 1$: what lies outside is **clipped**. A small
one drowns in the **noise** of the coefficients.

The app estimates it from the samples, by maximum pseudo-likelihood, and lets the prefactor follow. Its
simulated QPU has all three faults, and hides its temperature from the trainer.
""",
    caption="Eight spins, all coupled; 2,000 reads. The reads come to equilibrium here, which a real anneal does only "
    "nearly. The slope is that of greatest likelihood.",
    knobs=(
        Knob("prefactor", "Prefactor a", 0.05, 2, 0.05, 0.3),
        Knob("beta", "The chip's inverse temperature", 0.5, 10, 0.1, 6.0, ".1f"),
        Knob("noise", "Noise of the coefficients", 0, 0.3, 0.01, 0.01),
    ),
    labels=("Share of reads of every state against its energy", "Histogram of the energies"),
    heights=(290, 220),
    draw=draw,
    sources=(
        Source(
            "Amin, Searching for quantum speedup in quasistatic quantum annealers, Physical Review A 92, 052323 (2015)",
            "10.1103/PhysRevA.92.052323",
        ),
        Source(
            "Raymond, Yarkoni and Andriyash, Global warming: temperature estimation in annealers, Frontiers in ICT 3, 23 "
            "(2016)",
            "10.3389/fict.2016.00023",
        ),
        Source(
            "Benedetti, Realpe-Gómez, Biswas and Perdomo-Ortiz, Quantum-assisted learning of hardware-embedded "
            "probabilistic graphical models, Physical Review X 7, 041052 (2017)",
            "10.1103/PhysRevX.7.041052",
        ),
        Source(
            "Amin, Andriyash, Rolfe, Kulchytskyy and Melko, Quantum Boltzmann machine, Physical Review X 8, 021050 (2018)",
            "10.1103/PhysRevX.8.021050",
        ),
        Source(
            "Xu and Oates, Adaptive hyperparameter updating for training restricted Boltzmann machines on quantum "
            "annealers, Scientific Reports 11, 2727 (2021)",
            "10.1038/s41598-021-82197-1",
        ),
    ),
    links=(
        ("See the samplers", "/samplers"),
        ("Draw digits from a simulated QPU", "/generate"),
        ("Train with one", "/?sampler=simulated_qpu"),
    ),
)
