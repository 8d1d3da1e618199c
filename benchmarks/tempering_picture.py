"""The picture of the tempering benchmark's numbers: errors against spin updates and against seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from chromium import open_chromium
from plotly.offline import get_plotlyjs
from plotly.subplots import make_subplots

from boltzmann.ui.figures import COLOURS, template

INK = COLOURS["light"]["ink"]
SIZE = {"width": 760, "height": 400}
LOOKS = {
    "plain": ("plain Gibbs", "#b8650a", "rgba(224,138,30,.28)"),
    "tempering": ("parallel tempering", "#0b7f94", "rgba(11,127,148,.28)"),
}
PANELS = {"updates": "spin updates, all replicas counted", "seconds": "seconds on two cores"}
TO_SVG = """([figure, size]) => Plotly.toImage(JSON.parse(figure), {format: 'svg', ...size})
  .then((url) => decodeURIComponent(url.slice(url.indexOf(',') + 1)))"""


def figure(found: dict[str, Any]) -> go.Figure:
    """Two panels: lines are root mean squares over the seeds, coloured bands their range, the grey one the floor's."""
    made = make_subplots(cols=len(PANELS), shared_yaxes=True, horizontal_spacing=0.07)
    low, _, high = found["truth"]["draws"]
    for column, (what, title) in enumerate(PANELS.items(), start=1):
        for name, look in LOOKS.items():
            made.add_traces(_curve(found[name], what, look, named=column == 1), cols=column, rows=1)
        made.update_xaxes(title_text=title, exponentformat="power", dtick=1, col=column)
    own = found["by_itself"]
    diamonds = go.Scatter(
        x=[call["seconds"] for call in own],
        y=[call["error"] for call in own],
        name="the sampler by itself",
        mode="markers",
        marker={"symbol": "diamond", "size": 8, "color": INK},
    )
    made.add_trace(diamonds, col=2, row=1)
    made.add_hrect(y0=low, y1=high, fillcolor="#55616f", opacity=0.22, line_width=0, layer="below")
    made.add_annotation(
        text="256 independent samples",
        x=0.02,
        xref="x domain",
        y=np.log10(low),
        xanchor="left",
        yanchor="top",
        showarrow=False,
        font_size=12,
    )
    return _dressed(made)


def _curve(runs: list[dict[str, Any]], what: str, look: tuple[str, str, str], named: bool) -> list[go.Scatter]:
    title, colour, faint = look
    errors = np.array([course["errors"] for course in runs])
    x = np.exp(np.mean(np.log([course[what] for course in runs]), axis=0))
    band = go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([errors.max(0), errors.min(0)[::-1]]),
        fill="toself",
        fillcolor=faint,
        line_width=0,
        mode="lines",
        showlegend=False,
    )
    middle = np.sqrt((errors**2).mean(0))
    line = {"color": colour, "width": 2.5}
    return [band, go.Scatter(x=x, y=middle, name=title, mode="lines", line=line, showlegend=named)]


def _dressed(made: go.Figure) -> go.Figure:
    words = {"size": 13, "color": INK}
    made.update_layout(
        template=template("light"),
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        font={"family": "Arial, Helvetica, sans-serif", **words},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": words},
        margin={"l": 70, "r": 16, "t": 40, "b": 58},
        width=SIZE["width"],
        height=SIZE["height"],
    )
    made.update_xaxes(type="log", tickfont=words, title_font=words, showline=True)
    made.update_yaxes(type="log", tickfont=words, title_font=words, showline=True, tickvals=[0.5, 1, 2, 5, 10, 20])
    made.update_yaxes(title_text="error of edge correlations / floor", col=1)
    return made


def draw(found: dict[str, Any], path: Path) -> None:
    """Write an SVG. Needs a Chromium, as the browser tests do."""
    with open_chromium() as browser:
        page = browser.new_page()
        page.add_script_tag(content=get_plotlyjs())
        path.write_text(page.evaluate(TO_SVG, [figure(found).to_json(), SIZE]))
