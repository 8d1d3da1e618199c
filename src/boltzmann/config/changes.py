"""Other values for a configuration, by dotted name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

from boltzmann.config.rbm import RBMConfig
from boltzmann.config.run import RunConfig
from boltzmann.config.validation import ConfigError, validate, validate_rbm


@overload
def changed(base: RunConfig, changes: Mapping[str, Any]) -> RunConfig: ...
@overload
def changed(base: RBMConfig, changes: Mapping[str, Any]) -> RBMConfig: ...
def changed(base: RunConfig | RBMConfig, changes: Mapping[str, Any]) -> RunConfig | RBMConfig:
    """``base`` with other values: ``{"training.epochs": 5}``.

    Raises:
        ConfigError: a name that is no setting, or a value that is not allowed.
    """
    values = base.model_dump()
    for name, value in changes.items():
        *parents, last = name.split(".")
        part: Any = values
        for parent in parents:
            part = part.get(parent) if isinstance(part, dict) else None
        if not isinstance(part, dict):
            raise ConfigError(f"{name} is no setting")
        if name == "sampler.name" and value != part.get("name"):
            part.clear()  # another sampler has other settings
        part[last] = value
    return validate(values) if isinstance(base, RunConfig) else validate_rbm(values)
