"""A whole chip as a picture: thousands of qubits are too many for a chart, and a PNG is drawn once."""

from __future__ import annotations

import io
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from boltzmann import graphs
from boltzmann.ui.figures import COLOURS, scheme_of

SIDE, OVERSAMPLING, MARGIN, BLENDS = 1000, 2, 0.012, 6
COUPLERS = {"light": "#c9d2da", "dark": "#3a4754"}


def chip_picture(chip: dict[str, Any], scheme: Any) -> bytes:
    """The working graph as PNG on the ground of a card; what is broken stands out.

    Args:
        chip: ``topology``, ``size``, ``missing_qubits`` and ``missing_couplers``, as
            :func:`boltzmann.samplers.chip_facts.chip_facts` gives them.
        scheme: "light" or "dark".
    """
    scheme = scheme_of(scheme)
    colours = COLOURS[scheme]
    nodes, places, edges = _perfect(chip["topology"], chip["size"])
    side = SIDE * OVERSAMPLING
    spots = (places * (1 - 2 * MARGIN) + MARGIN) * side
    lost = set(chip["missing_qubits"])
    broken = {tuple(pair) for pair in chip["missing_couplers"]}
    picture = Image.new("RGB", (side, side), colours["card"])
    draw = ImageDraw.Draw(picture)
    rest = []
    for a, b in edges.tolist():
        if a in lost or b in lost:
            continue
        if (a, b) in broken:
            rest.append((a, b))
        else:
            draw.line([*spots[a], *spots[b]], fill=COUPLERS[scheme], width=OVERSAMPLING)
    for a, b in rest:
        draw.line([*spots[a], *spots[b]], fill=colours["down"], width=OVERSAMPLING)
    radius = max(1.6, 0.17 * SIDE / np.sqrt(len(nodes))) * OVERSAMPLING
    for qubit in nodes.tolist():
        if qubit not in lost:
            x, y = spots[qubit]
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colours["up"])
    for qubit in lost:
        (x, y), wide = spots[qubit], 1.7 * radius
        draw.ellipse([x - wide, y - wide, x + wide, y + wide], fill=colours["down"])
    picture = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    inks = [colours["card"], COUPLERS[scheme], colours["up"], colours["down"]]
    picture = picture.quantize(palette=_palette(inks), dither=Image.Dither.NONE)
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _palette(inks: list[str]) -> Image.Image:
    """The inks and what lies between each two of them: a palette made from the pixels would drop what is rare."""
    colours = [np.array(ImageColor.getrgb(ink)) for ink in inks]
    between = [a + (b - a) * step / BLENDS for a, b in combinations(colours, 2) for step in range(BLENDS + 1)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.round(between).astype(np.uint8).tobytes())
    return palette


@cache
def _perfect(topology: str, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Qubit numbers (n,), which may have gaps; by number, places (.., 2) in the unit square, y downwards; edges (m, 2)."""
    whole = graphs.subgraph(topology, len(graphs.topology(topology, size)), size)
    places = np.zeros((int(whole.nodes.max()) + 1, 2))
    places[whole.nodes] = whole.positions * (1, -1) + (0, 1)
    return whole.nodes, places, whole.nodes[whole.edges]
