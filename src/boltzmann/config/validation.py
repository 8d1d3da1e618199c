"""Validation at every entrance: errors that name the field, its value and what is allowed."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from boltzmann.config.fields import Part
from boltzmann.config.rbm import RBMConfig
from boltzmann.config.run import RunConfig
from boltzmann.config.sampler import SAMPLER_CONFIGS, SamplerConfig
from boltzmann.config.specs import field_spec

_SAMPLER: TypeAdapter[Any] = TypeAdapter(SamplerConfig)


class ConfigError(ValueError):
    """A configuration that was refused. Its message has a line a field: name, value, what is allowed."""


def validate(values: Any) -> RunConfig:
    """A :class:`RunConfig` of ``values`` (a nested mapping).

    Raises:
        ConfigError: naming each bad field, its value and the allowed range.
    """
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(item) for item in error.errors())) from None


def validate_rbm(values: Any) -> RBMConfig:
    """A :class:`RBMConfig` of ``values``, a run of the lab. Raises as :func:`validate` does."""
    try:
        return RBMConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(item, of=RBMConfig) for item in error.errors())) from None


def validate_json(text: str) -> RunConfig:
    """A :class:`RunConfig` of a JSON file's text. Raises as :func:`validate` does."""
    try:
        return RunConfig.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(item) for item in error.errors())) from None


def validate_sampler(values: Any) -> SamplerConfig:
    """The sampler part alone, for drawing digits from a finished model. Raises as :func:`validate` does."""
    try:
        return _SAMPLER.validate_python(values)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(item, "sampler") for item in error.errors())) from None


def explain(item: Any, *above: str, of: type[Part] = RunConfig) -> str:
    """An error of pydantic's in words: which field ``above`` and below, its value, what is allowed."""
    # The discriminator's tag stands in the location of a sampler's field; a reader knows the field without it.
    location = [*above, *item["loc"]]
    path = [str(part) for part in location if part not in SAMPLER_CONFIGS or location[0] != "sampler"]
    name = ".".join(path) or "configuration"
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    if item["type"] == "extra_forbidden":
        return f"{name} is no setting"
    value = "empty" if item["input"] in (None, "") else repr(item["input"])
    if len(value) > 60:
        value = value[:57] + "..."
    spec = field_spec(name, of)
    if spec and spec["allowed"]:
        kind = {"int": "a whole number from ", "float": "a number from "}.get(spec["kind"], "")
        return f"{name} is {value}: it must be {kind}{spec['allowed']}"
    return f"{name} is {value}: {item['msg'][:1].lower()}{item['msg'][1:]}"
