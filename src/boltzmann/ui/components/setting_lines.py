"""All settings of a run that have a meaning, as words; and those in which runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boltzmann.config import RBMConfig, RunConfig, field_spec, fields_of
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.components.parts import number
from boltzmann.ui.components.setting_groups import groups, meant, sampler_settings
from boltzmann.ui.components.setting_words import choice_words, empty_words

ABSENT = "–"


@dataclass(frozen=True)
class Line:
    """One setting.

    Args:
        name: "training.batch_size"; of a sampler's settings without the sampler's name.
        label: What a person calls it.
        value: As it stands in the configuration.
        text: The same in words, with its unit.
    """

    name: str
    label: str
    value: Any
    text: str


def setting_lines(config: RunConfig | RBMConfig) -> list[tuple[str, list[Line]]]:
    """The groups of a run's settings, each its title and its lines."""
    found = []
    for title, part in groups(config):
        if not meant(config, part):
            continue
        values = getattr(config, part)
        prefix, fields = part, list(fields_of(type(values)))
        if part == "sampler":
            prefix += f".{config.sampler.name}"
            fields = sampler_settings(config.sampler.name, isinstance(config, RBMConfig))
        names = [(f"{prefix}.{key}", key) for key in fields]
        lines = [
            _line(f"{part}.{key}", name, getattr(values, key), spec)
            for name, key in names
            if (spec := _meant(name, values, config))
        ]
        if part == "sampler":
            name = config.sampler.name
            lines.insert(0, Line("sampler.name", "Sampler", name, sampler_title(name)))
        if part == "training":
            lines.append(_line("seed", "seed", config.seed, field_spec("seed", type(config))))
        found.append((title, lines))
    return found


def differing(configs: Sequence[RunConfig | RBMConfig | None]) -> list[tuple[str, list[str]]]:
    """The settings in which ``configs`` differ, in the order of the form: label with its group, and the words of each.

    One that has no meaning in a run, or whose configuration cannot be read (None), is a dash there.
    """
    titles: dict[str, str] = {}
    values: list[dict[str, Line]] = []
    for config in configs:
        lines = [(title, line) for title, of in (setting_lines(config) if config else []) for line in of]
        values.append({line.name: line for _, line in lines})
        for title, line in lines:
            titles.setdefault(line.name, line.label if line.label == title else f"{title}: {line.label}")
    rows = []
    # Settings that only later runs have come where their group is: dotted names begin with it.
    places = list(dict.fromkeys(name.split(".")[0] for name in titles))
    for name in sorted(titles, key=lambda one: places.index(one.split(".")[0])):
        readable = [one for one, config in zip(values, configs, strict=True) if config]
        kinds = {repr(one[name].value) if name in one else None for one in readable}
        if len(kinds) > 1:
            texts = [one[name].text if name in one else ABSENT for one in values]
            rounded = len(set(texts)) < len({ABSENT if name not in one else one[name].value for one in values})
            rows.append((titles[name], [_exact(one.get(name)) for one in values] if rounded else texts))
    return rows


def _exact(line: Line | None) -> str:
    return str(line.value) if line else ABSENT


def _meant(name: str, values: Any, config: RunConfig | RBMConfig) -> dict[str, Any] | None:
    """What is known of a setting; None for one that has no meaning beside its part's other ``values``."""
    spec = field_spec(name, type(config)) or {"label": name, "unit": "", "shown_if": {}, "choices": []}
    met = all(getattr(values, sibling) in wanted for sibling, wanted in spec["shown_if"].items())
    return spec if met else None


def _line(name: str, dotted: str, value: Any, spec: Any) -> Line:
    if value is None:
        text = empty_words(dotted)
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, int) and not spec["choices"]:
        text = f"{value:,}"
    elif isinstance(value, float):
        text = number(value)
    else:
        text = choice_words(value, dotted)
    return Line(name, spec["label"], value, f"{text} {spec['unit']}".strip())
