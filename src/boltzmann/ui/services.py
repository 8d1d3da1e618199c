"""What the pages work with, handed to them by the factory: nothing is kept in modules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_caching import Cache

from boltzmann.config import PRESETS, RunConfig
from boltzmann.runs.drawings import DrawingStore
from boltzmann.runs.engine import Engine
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings
from boltzmann.ui.looker import Looker


@dataclass(frozen=True)
class Preset:
    """A choice of settings that is offered on the page.

    Args:
        key: Name in ``boltzmann.config.PRESETS``.
        title: What the button says.
        blurb: One plain sentence about it.
    """

    key: str
    title: str
    blurb: str

    @property
    def config(self) -> RunConfig:
        """The settings."""
        return PRESETS[self.key]


@dataclass(frozen=True)
class Demo:
    """What a presenter edits.

    Args:
        title: The name in the header and the browser's tab.
        headline: The first line of the first page.
        lead: The sentences under it.
        accent: Ten shades of the accent colour, light to dark.
        presets: The presets offered, the first one chosen; the first is also what "Train your own" starts.
        lab_presets: The same for the lab, by their names in ``boltzmann.config.RBM_PRESETS``.
        ranges: Narrower ranges shown for a field ("model.n_latents": (64, 1024)); the server's own stay in force.
        welcome_count: Digits drawn for a first visitor.
    """

    title: str
    headline: str
    lead: str
    accent: tuple[str, ...]
    presets: tuple[Preset, ...]
    lab_presets: tuple[Preset, ...]
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    welcome_count: int = 64

    def preset(self, key: Any) -> Preset:
        """The preset of that name, the first for any other."""
        return next((preset for preset in self.presets if preset.key == key), self.presets[0])


@dataclass(frozen=True)
class Services:
    """Stores, engine and cache, as one argument."""

    settings: Settings
    engine: Engine
    store: RunStore
    drawings: DrawingStore
    demo: Demo
    cache: Cache
    looker: Looker = field(default_factory=Looker)
