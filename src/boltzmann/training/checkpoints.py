"""Checkpoints: a folder that is a finished model and, with two more files, a run to go on with.

====================== ==================================================================
config.json            the run's configuration
graph.safetensors      the prior's graph
weights.safetensors    encoder, decoder, prior
training.safetensors   optimisers, sampler, log Z, critic, random numbers: only to resume
training.json          step and seconds: only to resume
====================== ==================================================================
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file

from boltzmann.graphs import Graph
from boltzmann.models.stored import load_weights

if TYPE_CHECKING:
    from boltzmann.training.dvae import DvaeTraining

CONFIG, GRAPH, WEIGHTS = "config.json", "graph.safetensors", "weights.safetensors"
TRAINING_TENSORS, TRAINING = "training.safetensors", "training.json"


def save(training: DvaeTraining, folder: Path) -> None:
    """Write all five files of ``training`` into ``folder``, made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(training.config.model_dump_json(indent=2))
    training.model.graph.save(folder / GRAPH)
    _write(folder / WEIGHTS, training.model.state_dict(), training.summary())
    tensors: dict[str, torch.Tensor] = {"random": training._random}
    for name, optimiser in training.optimisers.items():
        for index, values in optimiser.state_dict()["state"].items():
            tensors.update({f"optimiser.{name}.{index}.{key}": value for key, value in values.items()})
    tensors.update({f"sampler.{key}": value for key, value in training.sampler.state().items()})
    if training.adversary:
        tensors.update({f"critic.{key}": value for key, value in training.adversary.critic.state_dict().items()})
    if training.led:
        tensors.update({f"led.{key}": value for key, value in training.led.state().items()})
    tensors.update({f"buffer.{key}": value for key, value in training.buffer.state().items()})
    tensors.update({f"nll.{key}": value for key, value in training.nll.state().items()})
    _write(folder / TRAINING_TENSORS, tensors)
    (folder / TRAINING).write_text(json.dumps({"step": training.step, "seconds": training.seconds}))


def restore(training: DvaeTraining, folder: Path) -> None:
    """Bring ``training``, newly made for the same model, to where ``folder`` was saved."""
    load_weights(training.model, folder / WEIGHTS)
    tensors = load_file(folder / TRAINING_TENSORS)
    if training.adversary:
        training.adversary.critic.load_state_dict(_under(tensors, "critic"))
    for name, optimiser in training.optimisers.items():
        state: dict[int, dict[str, Any]] = {}
        for key, value in _under(tensors, f"optimiser.{name}").items():
            index, _, field = key.partition(".")
            state.setdefault(int(index), {})[field] = value
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        _lay_out_as_parameters(optimiser)
    # A run may go on with another sampler than it began with, which then starts afresh.
    stored = json.loads((folder / CONFIG).read_text())
    if stored["sampler"]["name"] == training.config.sampler.name:
        training.sampler.restore(_under(tensors, "sampler"))
    training.buffer.restore(_under(tensors, "buffer"), training.model)
    training.nll.restore(_under(tensors, "nll"))
    training._random = tensors["random"]
    facts = json.loads((folder / TRAINING).read_text())
    training.step, training.seconds = facts["step"], facts["seconds"]
    if training.led and (led := _under(tensors, "led")):
        training.led.restore(led)
        training.notice = training.led.extended(stored["training"]["epochs"])
    elif training.led:
        # Where nothing led beta before, an adaptive scheme begins at its start.
        training.led.begin(training.step // training.steps_per_epoch)
    training.program()


def _lay_out_as_parameters(optimiser: torch.optim.Optimizer) -> None:
    # Files hold contiguous tensors, parameters are channels-last, and the fused optimiser walks both by memory order.
    for parameter, values in optimiser.state.items():
        for key, value in values.items():
            if value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter).copy_(value)


def load_graph(folder: Path) -> Graph:
    """The graph of a model folder."""
    return Graph.load(folder / GRAPH)


def _write(path: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any] | None = None) -> None:
    plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
    save_file(plain, path, {key: json.dumps(value) for key, value in (facts or {}).items()})


def _under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix + "."): value for key, value in tensors.items() if key.startswith(prefix + ".")}
