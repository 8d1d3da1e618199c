"""What a widget needs to know of a field."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from boltzmann.config.fields import Part
from boltzmann.config.run import RunConfig
from boltzmann.config.sampler import SAMPLER_CONFIGS, GibbsConfig


def fields_of(part: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a part that a widget can show: those made by :func:`setting`."""
    return {name: info for name, info in part.model_fields.items() if isinstance(info.json_schema_extra, dict)}


def field_spec(name: str, of: type[Part] = RunConfig) -> dict[str, Any] | None:
    """What a widget needs for the dotted field ``name`` ("training.epochs", "sampler.gibbs.sweeps") of a kind of run, or
    None.

    Keys: ``label``, ``help``, ``kind`` ("int", "float", "bool", "choice"), ``choices``, ``minimum``, ``maximum``,
    ``step``, ``unit``, ``advanced``, ``shown_if``, ``optional``, ``default``, ``allowed`` (the range in words).
    """
    part: Any = of
    *parents, last = name.split(".")
    for parent in parents:
        if parent in SAMPLER_CONFIGS:
            part = SAMPLER_CONFIGS[parent]
        elif parent == "sampler":
            part = next((p for p in SAMPLER_CONFIGS.values() if last in p.model_fields), GibbsConfig)
        elif parent in getattr(part, "model_fields", {}):
            part = part.model_fields[parent].annotation
        else:
            return None
    info = fields_of(part).get(last) if isinstance(part, type) else None
    return _spec(info) if info else None


def _spec(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    assert isinstance(extra, dict)
    limits: dict[str, Any] = {}
    for item in info.metadata:
        limits.update({key: getattr(item, key) for key in ("ge", "gt", "le", "lt") if hasattr(item, key)})
    minimum, maximum = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    kinds = get_args(info.annotation) or (info.annotation,)
    if get_origin(info.annotation) is Literal:
        kind, choices = "choice", list(kinds)
        allowed = " or ".join(str(choice) for choice in choices)
    else:
        kind, choices = getattr(kinds[0], "__name__", ""), []
        allowed = f"{_plain(minimum)} to {_plain(maximum)}" if minimum is not None and maximum is not None else ""
    return {
        "label": extra["label"],
        "help": info.description or "",
        "kind": kind,
        "choices": choices,
        "minimum": minimum,
        "maximum": maximum,
        "step": extra["step"],
        "unit": extra["unit"],
        "advanced": extra["advanced"],
        "shown_if": extra["shown_if"],
        "optional": type(None) in kinds,
        "default": info.default,
        "allowed": allowed,
    }


def _plain(number: float) -> str:
    """``number`` as people write it: 60,000 and 0.000001 rather than 6e4 and 1e-06."""
    return f"{number:,.6f}".rstrip("0").rstrip(".")
