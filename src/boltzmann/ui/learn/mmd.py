"""Maximum mean discrepancy: two samples, a kernel, an unbiased estimate."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from boltzmann.ui.learn.plots import colours, figure, line, mark
from boltzmann.ui.learn.topic import Drawn, Knob, Source, Topic, Values

COUNT, SHUFFLES = 150, 200
WIDTHS = tuple(float(f"{width:.2g}") for width in np.geomspace(0.03, 10, 22))


def kernel(x: np.ndarray, y: np.ndarray, width: float) -> np.ndarray:
    """exp(-(x - y)^2 / (2 width^2)) of every pair of x (a,) and y (b,): (a, b)."""
    return np.exp(-((x[:, None] - y[None, :]) ** 2) / (2 * width**2))


def squared_mmd(x: np.ndarray, y: np.ndarray, width: float) -> float:
    """Unbiased estimate of MMD^2 of the laws of x (a,) and y (b,). Negative now and then where they agree.

    Source: Gretton, Borgwardt, Rasch, Schölkopf and Smola, JMLR 13 (2012) 723, lemma 6.
    """
    of_x, of_y = (
        (pairs.sum() - np.trace(pairs)) / (len(pairs) * (len(pairs) - 1))
        for pairs in (kernel(x, x, width), kernel(y, y, width))
    )
    return float(of_x + of_y - 2 * kernel(x, y, width).mean())


def shuffled(x: np.ndarray, y: np.ndarray, width: float) -> float:
    """Standard deviation of the estimate when all points, a of either kind, are dealt out anew: what chance alone does."""
    both, count = np.concatenate([x, y]), len(x)
    rng = np.random.default_rng(1)
    signs = rng.permuted(np.tile(np.repeat([1.0, -1.0], count), (SHUFFLES, 1)), axis=1)
    pairs = kernel(both, both, width)
    np.fill_diagonal(pairs, 0)
    total, turned = pairs.sum(), ((signs @ pairs) * signs).sum(1)
    within, between = (total + turned) / 2, (total - turned) / 4
    return float((within / (count * (count - 1)) - 2 * between / count**2).std())


@lru_cache(maxsize=64)
def samples(apart: float) -> tuple[np.ndarray, np.ndarray]:
    """A standard normal sample, and one of two bumps at -apart and +apart with the same mean 0 and variance 1."""
    rng = np.random.default_rng(7)
    x, noise, side = rng.standard_normal(COUNT), rng.standard_normal(COUNT), np.tile([-1.0, 1.0], COUNT // 2)
    return x, apart * side + np.sqrt(1 - apart**2) * noise


@lru_cache(maxsize=64)
def _curve(apart: float) -> tuple[np.ndarray, np.ndarray]:
    x, y = samples(apart)
    return (
        np.array([squared_mmd(x, y, width) for width in WIDTHS]),
        np.array([shuffled(x, y, width) for width in WIDTHS]),
    )


def draw(values: Values, scheme: str) -> Drawn:
    """Both samples with the witness, and the estimate by the kernel's width."""
    c = colours(scheme)
    apart, width = round(values["apart"], 2), values["width"]
    x, y = samples(apart)
    value, chance = squared_mmd(x, y, width), shuffled(x, y, width)
    bins = {"start": -3.6, "end": 3.6, "size": 0.3}
    bars = [
        go.Histogram(
            x=sample,
            xbins=bins,
            name=name,
            marker_color=ink,
            opacity=0.55,
            histnorm="probability density",
            hovertemplate="%{y:.2f}",
        )
        for name, sample, ink in (("x", x, c["up"]), ("y", y, c["down"]))
    ]
    grid = np.linspace(-3.6, 3.6, 181)
    witness = kernel(grid, x, width).mean(1) - kernel(grid, y, width).mean(1)
    largest = max(float(np.abs(witness).max()), 1e-9)
    shape = line(grid, 0.4 * witness / largest, "witness, scaled", c["ink"], hoverinfo="skip")
    estimates, spread = _curve(apart)
    band = go.Scatter(
        x=[*WIDTHS, *WIDTHS[::-1]],
        y=[*(2 * spread), *(-2 * spread[::-1])],
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=c["edge"],
        name="± 2 deviations by chance alone",
        hoverinfo="skip",
    )
    curve = line(WIDTHS, estimates, "estimate", c["up"], hovertemplate="width %{x:.2g}: %{y:.4f}<extra></extra>")
    ratio = value / chance
    verdict = "the two laws are told apart." if ratio > 2 else "no more than chance."
    seen = (
        f"MMD² = {value:.4f}, which is {ratio:.1f} standard deviations of what chance alone would give: {verdict}"
    ).replace("-", "−")
    return Drawn(
        [
            figure(
                [*bars, shape], scheme, 260, "", "density", barmode="overlay", yaxis_range=[-0.5, 0.75], bargap=0.02
            ),
            figure(
                [band, curve, mark(width, value, c["down"], hoverinfo="skip")],
                scheme,
                240,
                "width of the kernel",
                "MMD²",
                xaxis_type="log",
                xaxis_tickvals=[0.03, 0.1, 0.3, 1, 3, 10],
            ),
        ],
        seen,
    )


TOPIC = Topic(
    key="mmd",
    title="Maximum mean discrepancy",
    sentence="How far two samples are from having the same law, measured with a kernel and nothing else.",
    emblem=r"\lVert \mu_x - \mu_y \rVert^2_{\mathcal{H}}",
    formulas=(
        r"\mathrm{MMD}^2 = \mathbb{E}\,k(x,x') + \mathbb{E}\,k(y,y') - 2\,\mathbb{E}\,k(x,y)",
        r"k(x,y) = e^{-\lVert x-y \rVert^2 / 2\sigma^2}",
    ),
    words=r"""
Points of one sample are compared with each other, and with those of the other sample. If both have the same law, the terms
cancel; with this kernel, only then. Leaving out each point's pair with itself makes the estimate **unbiased**: it is 0 on
average for equal laws, and so negative now and then.

The width $\sigma$ decides what is seen. A wide kernel sees little but the mean, which is the same here; a narrow one sees
only single points. The **witness** shows where one sample has more than the other.

The Studio uses it to draw encoded spin strings towards those of the prior, whoever drew them. Its kernel is a mixture of
widths, and its distances are those of whole strings.
""",
    caption="150 points each. Both laws have mean 0 and variance 1, whatever the slider says: x is normal, y has two bumps.",
    knobs=(
        Knob("apart", "How far apart the bumps are", 0, 0.95, 0.05, 0.8),
        Knob("width", "Width of the kernel σ", value=12, form=".2g", stops=WIDTHS),
    ),
    labels=("Histograms of both samples, with the witness function", "Estimate by the width of the kernel"),
    heights=(260, 240),
    draw=draw,
    sources=(
        Source(
            "Gretton, Borgwardt, Rasch, Schölkopf and Smola, A kernel two-sample test, Journal of Machine Learning Research "
            "13, 723 (2012)",
            "https://jmlr.org/papers/v13/gretton12a.html",
        ),
    ),
    links=(("Train with it: preset MMD", "/"),),
)
