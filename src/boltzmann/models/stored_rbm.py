"""A finished restricted Boltzmann machine in its folder: config.json and weights.safetensors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from boltzmann.config import CLASSES, ConfigError, RBMConfig, validate_rbm, visible_units
from boltzmann.models.rbm import RBM

CONFIG, WEIGHTS = "config.json", "weights.safetensors"


@dataclass(frozen=True)
class StoredMachine:
    """A trained machine on the CPU.

    Args:
        config: Its run.
        rbm: The machine.
        facts: What was known of the training when it was saved, JSON values: step, epochs, seconds, data, figures.
    """

    config: RBMConfig
    rbm: RBM
    facts: dict[str, Any] = field(default_factory=dict)


def save_machine(folder: Path, config: RBMConfig, rbm: RBM, facts: dict[str, Any] | None = None) -> None:
    """Write both files into ``folder``, made if missing. ``facts``: JSON values that travel with the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(config.model_dump_json(indent=2))
    tensors = {name: value.detach().cpu().contiguous() for name, value in rbm.state_dict().items()}
    save_file(tensors, folder / WEIGHTS, {key: json.dumps(value) for key, value in (facts or {}).items()})


def load_machine(folder: Path) -> StoredMachine:
    """Read what :func:`save_machine` wrote.

    Raises:
        FileNotFoundError: a file is missing.
        ConfigError: a file is damaged, config.json is not a valid configuration, or the weights are of another machine.
    """
    weights = folder / WEIGHTS
    try:
        config = validate_rbm(json.loads((folder / CONFIG).read_text()))
        with safe_open(weights, framework="pt") as file:
            state: dict[str, torch.Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            facts = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
        rbm = RBM.from_state(state)
    except ConfigError:
        raise
    except (ValueError, SafetensorError) as error:
        raise ConfigError(f"the machine in {folder.name} cannot be read ({error}): train it again") from error
    if wrong := _mismatch(config, rbm):
        raise ConfigError(f"the machine in {folder.name} has {wrong}: train it again")
    return StoredMachine(config, rbm, facts)


def _mismatch(config: RBMConfig, rbm: RBM) -> str:
    """What the machine has and its configuration has not, in words; "". A table alone knows its columns and classes."""
    wanted = {"hidden": config.model.hidden, "visible": visible_units(config), "label": 0}
    if config.model.label_units:
        wanted["label"] = None if wanted["visible"] is None else CLASSES
    found = {"hidden": rbm.hidden, "visible": rbm.visible, "label": rbm.labels}
    for kind, units in wanted.items():
        if units not in (None, found[kind]):
            return f"{found[kind]} {kind} units, its configuration {units}"
    if config.model.label_units and not rbm.labels:
        return "no label units, its configuration asks for them"
    return ""
