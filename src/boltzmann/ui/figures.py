"""Figures, as pure functions of plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

CONFIG: Any = {
    "displaylogo": False,
    "responsive": True,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["sendChartToCloud", "lasso2d", "select2d", "autoScale2d"],
}


def picture_config(file: str) -> dict[str, Any]:
    """:data:`CONFIG` with the button that saves the curve as ``file``.png, twice as large as on the screen."""
    return {**CONFIG, "toImageButtonOptions": {"format": "png", "filename": file, "scale": 2}}


COLOURS = {
    "light": {
        "ink": "#17212b",
        "quiet": "#55616f",
        "line": "#e1e6eb",
        "up": "#0b7f94",
        "down": "#e08a1e",
        "card": "#ffffff",
        "edge": "rgba(85,97,111,.28)",
        "mixing": "#2b8a3e",
        "slow": "#c77700",
        "stuck": "#c92a2a",
    },
    "dark": {
        "ink": "#e8edf2",
        "quiet": "#a3b0be",
        "line": "#2c3743",
        "up": "#48b4c6",
        "down": "#f3a64b",
        "card": "#1a222c",
        "edge": "rgba(163,176,190,.22)",
        "mixing": "#69db7c",
        "slow": "#ffc078",
        "stuck": "#ff8787",
    },
}
FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
SVG_EDGES = 6000
"""Up to here a graph is drawn as SVG, which is crisper and needs no WebGL."""


def template(scheme: str) -> go.layout.Template:
    """The look of every figure in a colour scheme ("light" or "dark")."""
    c = COLOURS[scheme_of(scheme)]
    axis = {
        "gridcolor": c["line"],
        "linecolor": c["line"],
        "zerolinecolor": c["line"],
        "tickfont": {"color": c["quiet"], "size": 11},
        "title": {"font": {"color": c["quiet"], "size": 12}},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "color": c["ink"]},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"bgcolor": c["card"], "bordercolor": c["line"], "font": {"color": c["ink"]}},
            "legend": {"font": {"color": c["quiet"]}},
            "modebar": {"color": c["quiet"], "activecolor": c["up"], "bgcolor": "rgba(0,0,0,0)"},
        }
    )


def scheme_of(value: Any) -> str:
    """ "dark" or "light", light for anything else."""
    return "dark" if value == "dark" else "light"


def loss_figure(
    x: list[Any],
    raw: list[Any],
    smoothed: list[Any],
    *,
    title: str,
    x_title: str,
    log: bool,
    scheme: str,
    revision: str,
    log_x: bool = False,
) -> go.Figure:
    """One loss: the raw values faint behind, the smoothed ones before them.

    Args:
        x: Steps, epochs or seconds.
        raw: As many values of the loss.
        smoothed: Their moving average.
        title: Name of the loss, for the hover text.
        x_title: What x is, with its unit.
        log: Logarithmic y axis; ignored where the smoothed curve is not positive.
        scheme: "light" or "dark".
        revision: As long as it stays the same, a user's zoom is kept.
        log_x: Logarithmic x axis.
    """
    c = COLOURS[scheme_of(scheme)]
    figure = go.Figure(
        [
            go.Scatter(
                x=x,
                y=raw,
                mode="lines",
                name="raw",
                line={"color": c["up"], "width": 1},
                opacity=0.4,
                hoverinfo="skip",
            ),
            go.Scatter(
                x=x,
                y=smoothed,
                mode="lines",
                name=title,
                line={"color": c["up"], "width": 2.2},
                hovertemplate="%{y:.4g} at %{x:,.6~g}<extra></extra>",
            ),
        ]
    )
    positive = all(value > 0 for value in smoothed if value is not None)
    figure.update_layout(
        curve_layout(x_title, scheme, revision, log_x),
        height=164,
        yaxis={"type": "log" if log and positive else "linear"},
    )
    return figure


def curve_layout(x_title: str, scheme: str, revision: str, log_x: bool = False) -> dict[str, Any]:
    """What the layouts of all small curves over a run share; the arguments as in :func:`loss_figure`."""
    return {
        "template": template(scheme),
        "margin": {"l": 46, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "hovermode": "x",
        "uirevision": revision,
        "xaxis": {"title": {"text": x_title}, "rangemode": "tozero", **({"type": "log"} if log_x else {})},
    }


def chip_figure(
    positions: np.ndarray,
    edges: np.ndarray,
    spins: np.ndarray,
    nodes: np.ndarray,
    scheme: str,
    hidden: np.ndarray | None = None,
) -> go.Figure:
    """A spin string on its graph: couplers as light lines, spins up and down in two colours.

    Args:
        positions: (n, 2) drawing coordinates.
        edges: (m, 2) indices into the nodes.
        spins: (n,), each -1 or +1.
        nodes: (n,) qubit numbers of the chip, for the hover text.
        scheme: "light" or "dark".
        hidden: Indices of nodes that decide no pixel, drawn as diamonds; None: none.
    """
    c = COLOURS[scheme_of(scheme)]
    apart = np.isin(np.arange(len(nodes)), [] if hidden is None else hidden)
    kind = go.Scatter if len(edges) <= SVG_EDGES else go.Scattergl
    ends = positions[edges].astype(float)
    gaps = np.full((len(edges), 1, 2), np.nan)
    lines = np.concatenate([ends, gaps], axis=1).reshape(-1, 2).round(4)
    size = float(np.clip(170 / np.sqrt(max(len(nodes), 1)), 3.5, 16))
    traces = [
        kind(
            x=lines[:, 0],
            y=lines[:, 1],
            mode="lines",
            line={"color": c["edge"], "width": 0.8},
            hoverinfo="skip",
            showlegend=False,
        )
    ]
    for value, name, colour in ((1, "up", c["up"]), (-1, "down", c["down"])):
        chosen = spins == value
        at = positions[chosen].round(4)
        traces.append(
            kind(
                x=at[:, 0],
                y=at[:, 1],
                mode="markers",
                name=f"spin {name} ({int(chosen.sum())})",
                customdata=nodes[chosen],
                text=np.where(apart[chosen], ", hidden", "") if apart.any() else None,
                marker={
                    "color": colour,
                    "size": size,
                    "line": {"width": 1, "color": c["card"]},
                    "symbol": np.where(apart[chosen], "diamond", "circle") if apart.any() else "circle",
                },
                hovertemplate="qubit %{customdata}<br>spin "
                + name
                + ("%{text}" if apart.any() else "")
                + "<extra></extra>",
            )
        )
    if apart.any():
        mark = {"color": c["quiet"], "symbol": "diamond", "size": size}
        traces.append(kind(x=[None], y=[None], mode="markers", name=f"hidden ({int(apart.sum())})", marker=mark))
    without = {"visible": False}
    figure = go.Figure(traces)
    figure.update_layout(
        template=template(scheme),
        height=400,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        xaxis=without,
        yaxis={**without, "scaleanchor": "x"},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        uirevision="chip",
        dragmode="pan",
    )
    return figure
