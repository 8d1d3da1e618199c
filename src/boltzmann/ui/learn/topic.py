"""What a page of Learn is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from boltzmann.ui.services import Services

Values = Mapping[str, Any]
"""Values of the knobs by name."""


@dataclass(frozen=True)
class Knob:
    """A slider.

    Args:
        name: In the values.
        title: What a person reads.
        low, high, step: Its range.
        value: Where it begins.
        form: Format of the shown value.
        stops: Values that it takes instead, in turn; range and ``value`` are then their positions.
    """

    name: str
    title: str
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    value: float = 0.0
    form: str = ".2f"
    stops: tuple[float, ...] = ()

    @property
    def last(self) -> float:
        """The largest value of the slider itself."""
        return len(self.stops) - 1 if self.stops else self.high

    def read(self, raw: Any) -> float:
        """The value meant by what a browser sent: within the range, the first one for what is no number."""
        usable = isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw)
        at = min(max(float(raw), self.low), self.last) if usable else self.value
        return self.stops[round(at)] if self.stops else at

    def shown(self, value: Any) -> str:
        """The value as text, with a proper minus sign."""
        return format(value, self.form).replace("-", "−")


@dataclass(frozen=True)
class Units:
    """Units that are on or off, each with a name.

    Args:
        name: In the values.
        title: What a person reads.
        names: Of the units, in turn.
        value: Names of those that begin as on.
    """

    name: str
    title: str
    names: tuple[str, ...]
    value: tuple[str, ...]

    def read(self, raw: Any) -> tuple[int, ...]:
        """1 or 0 of every unit."""
        on = raw if isinstance(raw, list) else self.value
        return tuple(int(name in on) for name in self.names)

    def shown(self, value: Any) -> str:
        """The units as text."""
        return " ".join(map(str, value))


@dataclass(frozen=True)
class Source:
    """Where it is written down.

    Args:
        words: Authors, title, journal, year.
        link: DOI without its resolver's address, or a whole address where there is none.
    """

    words: str
    link: str

    @property
    def address(self) -> str:
        """Where the link leads."""
        return self.link if self.link.startswith("https://") else f"https://doi.org/{self.link}"


@dataclass(frozen=True)
class Drawn:
    """What the live part shows: one figure for each of the topic's labels, and a sentence about what is seen."""

    figures: list[go.Figure]
    seen: str


@dataclass(frozen=True)
class Topic:
    """A page of Learn.

    Args:
        key: Its address below ``/learn/``.
        title: Its heading.
        sentence: What it is about, in one sentence.
        emblem: A short formula for its card, LaTeX.
        formulas: What the page is about, LaTeX, each on a line of its own.
        words: Markdown with LaTeX between dollars.
        caption: What the figures show.
        knobs: What can be turned.
        labels: One for each figure, for screen readers.
        heights: Their heights, pixels.
        draw: From the values of the knobs and a colour scheme to figures.
        sources: Where it is written down.
        links: Titles and addresses of pages of the app where it is at work.
        ask: What the warm worker is asked first; its answer joins the values as "answer".
    """

    key: str
    title: str
    sentence: str
    emblem: str
    formulas: tuple[str, ...]
    words: str
    caption: str
    knobs: tuple[Knob | Units, ...]
    labels: tuple[str, ...]
    heights: tuple[int, ...]
    draw: Callable[[Values, str], Drawn]
    sources: tuple[Source, ...]
    links: tuple[tuple[str, str], ...] = field(default=())
    ask: Callable[[Services, Values], Any] | None = None
