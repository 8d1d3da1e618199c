"""What an own comparison can vary, and from what was typed to the arms of a study."""

from __future__ import annotations

import math
from typing import Any

from boltzmann.config import (
    ENUMERABLE,
    SAMPLER_CONFIGS,
    BinaryDataConfig,
    ConfigError,
    InverseTemperatureConfig,
    RBMConfig,
    RBMModelConfig,
    RBMTrainingConfig,
    SimulatedQPUConfig,
    Variant,
    changed,
    field_spec,
    fields_of,
    visible_units,
)
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.components.parts import number
from boltzmann.ui.components.setting_groups import LED, PROGRAMMED, meant, reached
from boltzmann.ui.components.setting_words import choice_words

TRAINER, SAMPLER = "trainer", "sampler"
MOST_ARMS = 12
TRAINERS: dict[str, dict[str, Any]] = {
    "CD-1": {"negative_phase": "cd", "gibbs_steps": 1},
    "CD-10": {"negative_phase": "cd", "gibbs_steps": 10},
    "PCD-1": {"negative_phase": "pcd", "gibbs_steps": 1},
    "PCD-10": {"negative_phase": "pcd", "gibbs_steps": 10},
    "Tempering": {"negative_phase": "tempering", "gibbs_steps": 1},
    "Exact": {"negative_phase": "exact"},
    "Mode-assisted": {"negative_phase": "cd", "gibbs_steps": 1, "mode_assisted": True},
    "Mode-assisted PCD-1": {"negative_phase": "pcd", "gibbs_steps": 1, "mode_assisted": True},
}
CHIP = "sampler.simulated_qpu"
PARTS = (
    ("Training", "training", RBMTrainingConfig),
    ("Model", "model", RBMModelConfig),
    ("Inverse temperature", LED, InverseTemperatureConfig),
    ("Simulated QPU", CHIP, SimulatedQPUConfig),
    ("Data", "data", BinaryDataConfig),
)
NOT_VARIED = {"training.measurements", "training.patience", "model.label_units"}
"""How it is measured, and what: likelihoods of pixels and of pixels with a label are two things."""
VARIED_DATA = {"data.train_size"}
"""Figures on different data say nothing of each other; on fewer rows of the same they do."""


class AxisError(ValueError):
    """What is wrong with an axis or its values, for the field where they were typed."""


def axes() -> list[dict[str, Any]]:
    """All that can be varied, in groups, as a select takes it."""
    groups: list[dict[str, Any]] = [
        {"group": "Negative phase", "items": [
            {"value": TRAINER, "label": "Trainer"}, {"value": SAMPLER, "label": "Sampler of the negative phase"}]}
    ]  # fmt: skip
    for title, part, model in PARTS:
        names = [f"{part}.{name}" for name in fields_of(model)]
        items = [{"value": name, "label": spec_of(name)["label"]} for name in names if _varied(name)]
        groups.append({"group": title, "items": items})
    return groups


def spec_of(axis: str) -> dict[str, Any]:
    """What a widget needs to know of a setting that is an axis; raises :class:`AxisError` for what is none."""
    spec = field_spec(axis, of=RBMConfig) if isinstance(axis, str) and _varied(axis) else None
    if spec is None:
        raise AxisError("choose what to vary")
    return spec


def listed(axis: str) -> list[dict[str, str]] | None:
    """The values that are chosen from a list, as a widget takes them; None where numbers are typed."""
    if axis == TRAINER:
        return [{"value": name, "label": name} for name in TRAINERS]
    if axis == SAMPLER:
        return [{"value": name, "label": sampler_title(name)} for name in SAMPLER_CONFIGS]
    spec = spec_of(axis)
    if spec["kind"] == "bool":
        return [{"value": "off", "label": "Off"}, {"value": "on", "label": "On"}]
    if spec["kind"] == "choice":
        return [{"value": str(choice), "label": choice_words(choice, axis)} for choice in spec["choices"]]
    return None


def suggested(axis: str, base: RBMConfig) -> list[str]:
    """Values to begin with: all of a short list, or three numbers around the base's."""
    options = listed(axis)
    if axis == TRAINER:
        return ["CD-1", "CD-10", "Mode-assisted"]
    if axis == SAMPLER:
        return ["gibbs", "simulated_qpu"]
    if options is not None:
        return [option["value"] for option in options][:3]
    spec = spec_of(axis)
    now = _value(base, axis) if _is_there(axis, base) else spec["default"]
    now = now or spec["step"] or 1
    low, high = spec["minimum"], spec["maximum"]
    if spec["kind"] == "float":
        # Some ranges leave out their upper end.
        around = [value for value in (now / 2, now, now * 2) if high is None or value < high]
    else:
        around = [value for value in (max(1, now // 2), now, now * 2) if high is None or value <= high]
    inside = [value for value in around if low is None or value >= low]
    return [f"{value:g}" if spec["kind"] == "float" else str(value) for value in dict.fromkeys(inside)]


def arms_of(axis: Any, values: Any, base: RBMConfig) -> tuple[Variant, ...]:
    """The arms of a study that varies ``axis``.

    Args:
        axis: One of :func:`axes`.
        values: The chosen values of a list, or the numbers as typed.
        base: What all arms have in common.

    Raises:
        AxisError: saying which value is wrong and what is allowed.
    """
    chosen = [str(value).strip() for value in values if str(value).strip()] if isinstance(values, list) else []
    chosen = list(dict.fromkeys(chosen))
    if axis not in (TRAINER, SAMPLER):
        _has_a_meaning(axis, base)
    if not 2 <= len(chosen) <= MOST_ARMS:
        raise AxisError(
            f"{len(chosen) or 'no'} value{'s' if len(chosen) != 1 else ''}: give 2 to {MOST_ARMS} to compare"
        )
    arms = tuple(_arm(axis, value, base) for value in chosen)
    if len({arm.title for arm in arms}) < len(arms):
        raise AxisError("two values are the same: leave one out")
    for arm in arms:
        try:
            changed(base, arm.changes)
        except ConfigError as error:
            raise AxisError(f"{arm.title}: {error}") from None
    return arms


def _arm(axis: str, value: str, base: RBMConfig) -> Variant:
    options = listed(axis)
    if options is not None:
        option = next((one for one in options if one["value"] == value), None)
        if option is None:
            raise AxisError(f"{value[:40]!r} is not on the list")
        if axis == TRAINER:
            return Variant(title=value, changes=_trainer(value, base))
        if axis == SAMPLER:
            changes = {"training.negative_phase": "sampler", "training.mode_assisted": False, "sampler.name": value}
            return Variant(title=option["label"], changes=changes)
        spec = spec_of(axis)
        plain = value == "on" if spec["kind"] == "bool" else next(c for c in spec["choices"] if str(c) == value)
        return Variant(title=f"{spec['label']}: {option['label']}"[:60], changes={_setting(axis): plain})
    spec = spec_of(axis)
    typed = _number(value, spec)
    low, high = spec["minimum"], spec["maximum"]
    if typed is None or (low is not None and typed < low) or (high is not None and typed > high):
        kind = "a whole number" if spec["kind"] == "int" else "a number"
        raise AxisError(f"{value[:40]!r} must be {kind} from {spec['allowed']}")
    return Variant(title=f"{spec['label']} {number(typed)}", changes={_setting(axis): typed})


def _trainer(name: str, base: RBMConfig) -> dict[str, Any]:
    changes = {"mode_assisted": False, **TRAINERS[name]}
    visible = visible_units(base)
    if changes["mode_assisted"] and (visible is None or min(visible, base.model.hidden) > ENUMERABLE):
        changes["mode_search"] = "annealing"
    return {f"training.{key}": value for key, value in changes.items()}


def _has_a_meaning(axis: Any, base: RBMConfig) -> None:
    spec = spec_of(axis)
    part = axis.rpartition(".")[0]
    group = part.split(".")[0]
    if group in (LED, "sampler") and not (meant(base, group) and _is_there(axis, base)):
        wanted = " or ".join(map(sampler_title, PROGRAMMED if group == LED else ("simulated_qpu",)))
        raise AxisError(
            f"{spec['label']} counts only where {'the negative phase' if group == LED else 'training'} asks the sampler "
            f"{wanted}: choose another base or axis"
        )
    for other, allowed in spec["shown_if"].items():
        if _value(base, f"{part}.{other}") not in allowed:
            name = (field_spec(f"{part}.{other}", of=RBMConfig) or {"label": other})["label"]
            wanted = " or ".join("on" if one is True else choice_words(one, other) for one in allowed)
            raise AxisError(f"{spec['label']} counts only where {name} is {wanted}: choose another base or axis")


def _varied(name: str) -> bool:
    part = name.rpartition(".")[0]
    return (part in ("training", "model", LED, CHIP) and name not in NOT_VARIED) or name in VARIED_DATA


def _setting(axis: str) -> str:
    """The name of the setting that an axis changes."""
    return axis.replace(CHIP, "sampler")


def _is_there(axis: str, base: RBMConfig) -> bool:
    return not axis.startswith(CHIP) or base.sampler.name == "simulated_qpu"


def _number(value: str, spec: dict[str, Any]) -> int | float | None:
    try:
        typed = int(value) if spec["kind"] == "int" else float(value)
    except ValueError:
        return None
    return typed if math.isfinite(typed) else None


def _value(base: RBMConfig, axis: str) -> Any:
    return reached(base, _setting(axis))
