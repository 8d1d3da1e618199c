"""The models that digits can be drawn from: those shipped with the app, and runs that have a checkpoint."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boltzmann.config import ConfigError, RunConfig, validate
from boltzmann.runs.files import StoreError, UnknownIdentifier, read_json
from boltzmann.runs.run_folders import checkpoint_step
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

SHIPPED_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SLOWER = 10
SHAPE = (
    *("n_latents", "hidden_spins", "topology", "topology_size", "hidden", "channels"),
    *("class_conditional", "class_couplings"),
)
"""Settings of a model that its weights and graph have fixed."""

FILES = ("config.json", "graph.safetensors", "weights.safetensors")


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be loaded.

    Args:
        key: "shipped:NAME" or "run:ID".
        title: What a person reads.
        folder: Holds ``config.json``, ``graph.safetensors`` and ``weights.safetensors``.
        config: What it was trained with.
        trained: What is known of its training (``step``, ``metrics``, ...), JSON values.
    """

    key: str
    title: str
    folder: Path
    config: RunConfig
    trained: dict[str, Any] = field(default_factory=dict)


def list_models(settings: Settings, store: RunStore) -> list[ModelEntry]:
    """All models: the shipped ones, longest trained first, then the runs, newest first. A damaged one is left out."""
    shipped = sorted(folder.name for folder in settings.models.iterdir()) if settings.models.is_dir() else []
    keys = [f"shipped:{name}" for name in shipped] + [f"run:{run_id}" for run_id in store.ids()]
    found = []
    for key in keys:
        try:
            found.append(resolve(key, settings, store))
        except StoreError:
            continue
    # A stable sort: runs keep their order behind the shipped ones.
    return sorted(found, key=lambda model: -model.trained.get("step", 0) if model.key.startswith("shipped:") else 1)


def resolve(key: str, settings: Settings, store: RunStore) -> ModelEntry:
    """The model that ``key`` names.

    Raises:
        UnknownIdentifier: when there is none: a malformed key, a missing folder, a run without a checkpoint.
        StoreError: when there is one whose configuration cannot be used.
    """
    kind, _, name = key.partition(":") if isinstance(key, str) else ("", "", "")
    if kind == "shipped" and SHIPPED_NAME.fullmatch(name):
        folder = settings.models / name
        if _complete(folder) and folder.resolve().is_relative_to(settings.models.resolve()):
            return ModelEntry(key, heading(folder) or name, folder, _config(folder), metadata(folder))
    elif kind == "run" and store.exists(name) and store.kind(name) == "rbm":
        raise UnknownIdentifier(f"run {name} is a machine of the QRBM lab, which draws no digits here: open it there")
    elif kind == "run" and store.exists(name):
        folder = store.latest_checkpoint(name)
        if folder is None or not _complete(folder):
            raise UnknownIdentifier(f"run {name} has no checkpoint yet: train it for longer, or choose another model")
        trained = {**metadata(folder), "step": checkpoint_step(folder)}
        return ModelEntry(key, store.name(name), folder, _config(folder), trained)
    shown = repr(key)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    raise UnknownIdentifier(f"there is no model {shown}: choose one from the list")


def fine_tuning(entry: ModelEntry) -> RunConfig:
    """A short run that begins with a model's weights: one epoch, at a tenth of the learning rates, to suit a sampler."""
    training = entry.config.training
    changes = {
        "epochs": 1,
        "kl_warm_up": 0.0,
        "critic_share": 0.0,
        "placed_after": 0.0,
        "learning_rate": training.learning_rate / SLOWER,
        "prior_learning_rate": training.prior_learning_rate / SLOWER,
    }
    changed = {"training": training.model_copy(update=changes), "start_from": entry.key, "replay_of": ""}
    return entry.config.model_copy(update=changed)


def starting_folder(config: RunConfig, settings: Settings, store: RunStore) -> Path | None:
    """The folder of the model that a run begins with; None where its weights are new.

    Raises:
        StoreError: there is no such model.
        ConfigError: the run's model is another one.
    """
    if not config.start_from:
        return None
    entry = resolve(config.start_from, settings, store)
    ours, theirs = config.model.model_dump(), entry.config.model.model_dump()
    other = [f"model.{name}" for name in ours if name in SHAPE and ours[name] != theirs[name]]
    if config.data.image_size != entry.config.data.image_size:
        other.append("data.image_size")
    if other:
        raise ConfigError(
            f"{', '.join(other)} differ from those of {entry.title}, whose weights the run begins with: leave them so"
        )
    return entry.folder


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def _config(folder: Path) -> RunConfig:
    try:
        return validate(read_json(folder / "config.json"))
    except ConfigError as error:
        raise StoreError(f"the configuration of model {folder.name} cannot be used: {error}") from None


def heading(folder: Path) -> str:
    """The first heading of the model's card, or ""."""
    try:
        lines = (folder / "README.md").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), "")


def metadata(folder: Path) -> dict[str, Any]:
    """What is known of a model's training: the text fields in the header of its weights, decoded where they are JSON."""
    try:
        with (folder / "weights.safetensors").open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            fields = json.loads(file.read(min(size, 1 << 20))).get("__metadata__", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return {name: _decoded(text) for name, text in fields.items()}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
