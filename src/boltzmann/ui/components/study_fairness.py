"""What the arms of a study share, what differs, and over what they can be drawn."""

from __future__ import annotations

from typing import Any

from boltzmann.config import RBMConfig, StudyConfig, changed, field_spec
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.components.parts import number
from boltzmann.ui.components.setting_words import choice_words, empty_words

START = {"model.hidden", "model.initial_scale", "model.label_units", "model.centred"}
"""Settings that change the weights or biases that a run starts from."""
ORDER = {"model.label_units", "training.batch_size"}
"""Settings that change its batches."""
AXES = {"step": "Steps", "updates": "Updates of a unit", "seconds": "Time, s"}
"""What the curves can be drawn over."""


def shared(study: StudyConfig) -> str:
    """What all arms share: initial weights and batches only where the settings that differ leave them equal."""
    names = _differing(study)
    data = not any(name.startswith("data.") for name in names)
    found = [
        *(["data"] if data else []),
        *(["initial weights"] if data and not names & START else []),
        *(["batches"] if data and not names & ORDER else []),
    ]
    things = " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
    setting = "every setting that is not named beside this"
    words = f"{things} of each seed, and {setting}." if things else f"{setting}."
    words = words[:1].upper() + words[1:]
    if data and names & START == {"model.hidden"}:
        words += " The initial weights of a smaller machine are part of a larger one's."
    return words


def horizontal(study: StudyConfig) -> dict[str, str]:
    """Those of :data:`AXES` that a study has: updates only where the negative phase of every arm is made of them."""
    trainings = [
        changed(study.base, {**panel.changes, **arm.changes}).training for panel in study.panels for arm in study.arms
    ]
    counted = all(one.negative_phase in ("cd", "pcd", "tempering") and one.objective != "discriminative"
                  for one in trainings)  # fmt: skip
    return {name: title for name, title in AXES.items() if counted or name != "updates"}


def differences(study: StudyConfig) -> list[str]:
    """The settings in which a study's arms differ, with their values arm by arm: "Gibbs steps k: 1, 10"."""
    configs = [changed(study.base, arm.changes) for arm in study.arms]
    found = []
    for name in sorted(_differing(study)):
        spec = field_spec(name, of=RBMConfig) or {"label": name}
        title = "Sampler" if name == "sampler.name" else spec["label"]
        found.append(f"{title}: {', '.join(_shown(name, _reached(config, name)) for config in configs)}")
    return found


def _differing(study: StudyConfig) -> set[str]:
    configs = [changed(study.base, arm.changes) for arm in study.arms]
    names = {name for arm in study.arms for name in arm.changes}
    return {name for name in names if any(_reached(config, name) != _reached(configs[0], name) for config in configs)}


def _reached(config: RBMConfig, name: str) -> Any:
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def _shown(name: str, value: Any) -> str:
    if name == "sampler.name":
        return sampler_title(value)
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return number(value)
    return empty_words(name) if value is None else choice_words(value, name)
