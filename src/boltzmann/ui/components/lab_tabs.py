"""The tabs over the pages of the QRBM lab."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from boltzmann.ui.components.parts import aria

TABS = (("Train", "/lab"), ("Compare", "/lab/compare"), ("Play", "/lab/play"))


def lab_tabs(here: str) -> html.Nav:
    """Links to the lab's pages; ``here`` is the path of the one that is open."""
    links = [
        dmc.Anchor(title, href=path, underline="never", **(aria(current="page") if path == here else {}))
        for title, path in TABS
    ]
    return html.Nav(links, className="nav lab-tabs", **aria(label="QRBM lab"))
