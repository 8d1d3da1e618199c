"""Checkpoints of the lab: a folder that is a finished machine and, with two more files, a run to go on with.

====================== ==================================================================
config.json            the run's configuration
weights.safetensors    the machine, with step and figures
training.safetensors   chains, momentum, offsets, random numbers, sampler: only to resume
training.json          step and seconds: only to resume
====================== ==================================================================
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file

from boltzmann.config import ConfigError
from boltzmann.models.stored_rbm import load_machine, save_machine
from boltzmann.training.rbm.batches import stream

if TYPE_CHECKING:
    from boltzmann.training.rbm.trainer import RBMTraining

TENSORS, FACTS = "training.safetensors", "training.json"


def save(training: RBMTraining, folder: Path) -> None:
    """Write all four files of ``training`` into ``folder``, made if missing."""
    save_machine(folder, training.config, training.rbm, training.summary())
    tensors = {f"{name}.{key}": value for name, part in training.parts.items() for key, value in part.state().items()}
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    save_file(plain, folder / TENSORS)
    (folder / FACTS).write_text(json.dumps({"step": training.step, "seconds": training.seconds}))


def restore(training: RBMTraining, folder: Path) -> None:
    """Bring ``training``, newly made, to where ``folder`` was saved.

    Raises:
        ConfigError: the folder holds a machine of another size, or a run whose trainer was another.
    """
    stored = load_machine(folder)
    if stored.rbm.weights.shape != training.rbm.weights.shape:
        raise ConfigError(
            f"the checkpoint has {stored.rbm.visible} + {stored.rbm.hidden} units, the run {training.rbm.visible} + "
            f"{training.rbm.hidden}: start a new run instead"
        )
    for name in ("weights", "visible_bias", "hidden_bias"):
        getattr(training.rbm, name).copy_(getattr(stored.rbm, name))
    tensors = load_file(folder / TENSORS)
    facts = json.loads((folder / FACTS).read_text())
    training.step, training.seconds = facts["step"], facts["seconds"]
    moved = False
    # A run may go on with another sampler than it began with, which then starts afresh.
    other_sampler = stored.config.sampler.name != training.config.sampler.name
    for name, part in training.parts.items():
        if name == "sampler" and other_sampler:
            continue
        state = _under(tensors, name)
        if name != "sampler" and _renew_streams(training, name, state):
            moved = True
        try:
            part.restore(state)
        except (KeyError, RuntimeError) as error:
            raise ConfigError(
                f"the checkpoint is of another trainer ({name}: {error}): start a new run instead"
            ) from error
    if moved:
        training.notice = (
            f"The checkpoint was made on another kind of device: the run goes on on this {training.device.type.upper()} with "
            "new random numbers."
        )
    training.planned_steps = training.steps_per_epoch * stored.config.training.epochs


def _renew_streams(training: RBMTraining, name: str, state: dict[str, torch.Tensor]) -> bool:
    """Put new random numbers in place of those in ``state`` that are of another kind of device; whether there were any.

    The state of a generator has 16 bytes on CUDA and 5,056 on a CPU, and neither can take the other's.
    """
    others = [
        key
        for key, own in training.parts[name].state().items()
        if own.dtype == torch.uint8 and key in state and state[key].shape != own.shape
    ]
    for key in others:
        state[key] = stream(training.config.seed, f"{name}/{key}/{training.step}", training.device).get_state()
    return bool(others)


def _under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix + "."): value for key, value in tensors.items() if key.startswith(prefix + ".")}
