"""The groups of a run's settings: their titles, what is in them, and when each has a meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boltzmann.config import SAMPLER_CONFIGS, RBMConfig, RunConfig, fields_of

LED = "inverse_temperature"
TITLES = {
    "data": "Data",
    "model": "Model",
    "sampler": "Sampler",
    LED: "Inverse temperature",
    "training": "Training",
}
PROGRAMMED = tuple(name for name, part in SAMPLER_CONFIGS.items() if "prefactor" in part.model_fields)
"""Samplers of unknown temperature, which are programmed with the machine's coefficients times a prefactor."""
LAB_ONLY = ("embedding", "chain_strength")
"""Fields of the simulated QPU for machines of the lab: models of the Studio lie on a chip's own couplers."""

Condition = dict[str, tuple[Any, ...]]
"""Fields ("training.negative_phase") and the values of each that are meant: all must have one of theirs."""

_CONDITIONS: dict[type, dict[str, tuple[Condition, ...]]] = {
    RunConfig: {LED: ({"sampler.name": PROGRAMMED},)},
    RBMConfig: {
        # As RBMConfig.asks_sampler says.
        "sampler": (
            {"training.negative_phase": ("sampler",)},
            {"training.mode_assisted": (True,), "training.mode_search": ("sampler",)},
        ),
        LED: ({"training.negative_phase": ("sampler",), "sampler.name": PROGRAMMED},),
    },
}


def groups(config: RunConfig | RBMConfig) -> list[tuple[str, str]]:
    """Titles and names of a run's groups of settings, in the order in which they are set."""
    return [(TITLES[part], part) for part in type(config).model_fields if part in TITLES]


def conditions(of: type, part: str) -> tuple[Condition, ...]:
    """When the group ``part`` of a kind of run has a meaning: where one of these is met, or always where there are none."""
    return _CONDITIONS[of].get(part, ())


def meant(config: RunConfig | RBMConfig, part: str) -> bool:
    """Whether the group ``part`` has a meaning in ``config``."""
    return one_met(conditions(type(config), part), lambda name: reached(config, name))


def one_met(any_of: tuple[Condition, ...], value: Callable[[str], Any]) -> bool:
    """Whether one of the conditions is met, or there is none. ``value``: from a field's name to its value."""
    return not any_of or any(all(value(name) in values for name, values in condition.items()) for condition in any_of)


def reached(config: Any, name: str) -> Any:
    """The value of the dotted field ``name``."""
    for key in name.split("."):
        config = getattr(config, key)
    return config


def sampler_settings(name: str, lab: bool) -> list[str]:
    """The fields of the sampler ``name`` that a widget can show, in a room."""
    left_out = () if lab or name != "simulated_qpu" else LAB_ONLY
    return [field for field in fields_of(SAMPLER_CONFIGS[name]) if field not in left_out]
