"""A field of a configuration that carries what a widget shows, and the base of all parts."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def setting(
    default: Any,
    label: str,
    help: str,
    *,
    step: float | None = None,
    unit: str = "",
    advanced: bool = False,
    shown_if: dict[str, tuple[Any, ...]] | None = None,
    **limits: Any,
) -> Any:
    """A pydantic field that also carries what a widget shows.

    Args:
        default: Value when nothing is given.
        label: Short name on the page.
        help: One or two plain sentences.
        step: Increment of a number widget.
        unit: Unit shown after the number.
        advanced: Whether the page folds it away at first.
        shown_if: Values of another field of the same part with which this one has a meaning, by that field's name.
        limits: ``ge``, ``le``, ``gt`` and the like, enforced on the server.
    """
    extra = {"label": label, "step": step, "unit": unit, "advanced": advanced, "shown_if": shown_if or {}}
    return Field(default, description=help, json_schema_extra=extra, **limits)


class Part(BaseModel):
    """Base of every part of a configuration: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
