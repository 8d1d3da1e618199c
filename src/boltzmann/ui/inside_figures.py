"""What the page "Look inside" draws, as pure functions of plain values: the chip's graph, maps of layers, energies."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import ImageColor

from boltzmann.ui.figures import COLOURS, curve_layout, scheme_of

PLACES = 10_000
"""Sides of the square, in whole numbers, in which the nodes' places travel to the browser."""

STEPS = 2
"""Steps of strength on either side of none: couplings of one step are one trace."""

HISTOGRAM, PATH = 150, 112
"""Heights in pixels, which the page keeps free."""


def graph_data(facts: dict[str, Any]) -> dict[str, Any]:
    """The graph as the browser draws it, in whole numbers.

    Args:
        facts: Of :func:`boltzmann.runs.look_inside.facts`.

    Returns:
        ``n``; ``x`` and ``y`` (n,) in 0 to :data:`PLACES`, y up; ``edges``, 2 m indices; ``qubits`` (n,), the chip's numbers;
        ``broken``, the places [x, y] of broken qubits in turn, and ``lost``, 2 c indices of nodes whose coupler is broken;
        ``hidden``, a "1" for each spin that the decoder does not read, "0" for the others.
    """
    x, y = _whole(facts["positions"])
    return {
        "n": len(facts["nodes"]),
        "x": x,
        "y": y,
        "edges": facts["edges"].ravel().tolist(),
        "qubits": facts["nodes"].tolist(),
        "broken": _whole(facts["broken"]),
        "lost": facts["broken_couplers"].ravel().tolist(),
        "hidden": "".join(np.where(np.isin(np.arange(len(facts["nodes"])), facts["hidden_spins"]), "1", "0")),
    }


def strengths(facts: dict[str, Any], digit: int | None) -> tuple[str, float]:
    """Which couplings are strong, under the law of a digit.

    Args:
        facts: Of :func:`boltzmann.runs.look_inside.facts`.
        digit: Whose law; None where the prior has no classes.

    Returns:
        A character a coupling, "0" (strongly negative) to "4" (strongly positive), "2" being weak, in the order of the
        edges; and the strength from which a coupling is called strong, the upper twentieth of all.
    """
    couplings = np.array(facts["quadratic"], dtype=np.float64)
    if digit is not None and facts["class_quadratic"] is not None:
        couplings = couplings + facts["class_quadratic"][digit]
    if not len(couplings):
        return "", 0.0
    strong = float(np.quantile(np.abs(couplings), 0.95))
    step = np.clip(np.trunc(couplings / max(strong, 1e-12) * STEPS), -STEPS, STEPS).astype(int) + STEPS
    return "".join(map(str, step.tolist())), strong


def mosaic(maps: np.ndarray, columns: int, gap: int = 1, ground: int = 0) -> np.ndarray:
    """Maps of 0 to 255, (k, h, w) or (k, h, w, 3), in rows of ``columns``, ``gap`` pixels of ``ground`` between them."""
    count, height, width = maps.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *maps.shape[3:])
    sheet = np.full(shape, ground, dtype=np.uint8)
    for index, one in enumerate(maps):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = one
    return sheet


def signed(fields: np.ndarray) -> np.ndarray:
    """Weights int8 (k, h, w), -127 to 127, in the colours of spins on black: uint8 (k, h, w, 3)."""
    # Black in both schemes, as all other maps and digits are.
    up, down = (np.array(ImageColor.getrgb(COLOURS["dark"][way])) for way in ("up", "down"))
    weight = fields[..., None].astype(np.float64) / 127
    mixed = np.clip(weight, 0, 1) * up + np.clip(-weight, 0, 1) * down
    return mixed.round().astype(np.uint8)


def histogram_figure(energies: list[float], chosen: float | None, encoded: float | None, scheme: str) -> go.Figure:
    """How the energies of sampled strings are spread; the chosen sample and the encoded string as lines.

    Args:
        energies: Of the strings, under the prior as it is.
        chosen: Of the one that is shown; None: none is.
        encoded: Of the encoded string; None: unknown.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    counts, edges = np.histogram(energies, bins=min(24, max(8, len(energies) // 3)))
    middles, width = (edges[:-1] + edges[1:]) / 2, edges[1] - edges[0]
    top = float(counts.max()) * 1.08
    traces: list[Any] = [
        go.Bar(
            x=middles.round(4).tolist(),
            y=counts.tolist(),
            width=width * 0.94,
            marker={"color": c["up"], "opacity": 0.45, "line": {"width": 0}},
            hovertemplate="%{y} strings near E = %{x:.4g}<extra></extra>",
            name="sampled",
        )
    ]
    for value, name, colour, dash in ((chosen, "sampled", c["up"], "solid"), (encoded, "encoded", c["down"], "dash")):
        if value is not None:
            traces.append(
                go.Scatter(
                    x=[value, value],
                    y=[0, top],
                    mode="lines",
                    line={"color": colour, "width": 2.5, "dash": dash},
                    hovertemplate=f"{name} string: E = %{{x:.4g}}<extra></extra>",
                    name=name,
                )
            )
    figure = go.Figure(traces)
    figure.update_layout(
        curve_layout("energy E(z)", scheme, "energies"), height=HISTOGRAM, hovermode="closest", bargap=0
    )
    figure.update_layout(xaxis={"rangemode": "normal", "nticks": 6}, yaxis={"visible": False, "range": [0, top]})
    return figure


def path_figure(flips: list[int], energies: list[float], path: list[float], mean: bool, scheme: str) -> go.Figure:
    """The energy on the way from one string to another; its last trace, a point, is moved by the page.

    Args:
        flips: Flips done at each frame.
        energies: At each frame.
        path: After each flip, from none to all.
        mean: Whether they are means of the energies under two digits' laws.
        scheme: "light" or "dark".
    """
    c = COLOURS[scheme_of(scheme)]
    figure = go.Figure(
        [
            go.Scatter(
                x=list(range(len(path))),
                y=np.round(path, 3).tolist(),
                mode="lines",
                line={"color": c["up"], "width": 2},
                hovertemplate="E = %{y:.4g} after %{x} flips<extra></extra>",
            ),
            go.Scatter(
                x=flips[:1],
                y=energies[:1],
                mode="markers",
                marker={"color": c["down"], "size": 11, "line": {"color": c["card"], "width": 1.5}},
                hoverinfo="skip",
            ),
        ]
    )
    figure.update_layout(curve_layout("spins flipped", scheme, "path"), height=PATH)
    figure.update_layout(yaxis={"title": {"text": "mean E" if mean else "E(z)"}, "nticks": 4})
    return figure


def _whole(positions: np.ndarray) -> list[list[int]]:
    places = np.round(np.asarray(positions, dtype=np.float64).reshape(-1, 2) * PLACES).astype(int)
    return [places[:, 0].tolist(), places[:, 1].tolist()]
