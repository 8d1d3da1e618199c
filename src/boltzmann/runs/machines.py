"""The restricted Boltzmann machines that one can play with: those shipped with the app, and runs of the lab."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boltzmann.config import ConfigError, RBMConfig, validate_rbm
from boltzmann.runs.files import StoreError, UnknownIdentifier, read_json
from boltzmann.runs.models import SHIPPED_NAME, heading, metadata
from boltzmann.runs.run_folders import checkpoint_step
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

FILES = ("config.json", "weights.safetensors")


@dataclass(frozen=True)
class MachineEntry:
    """A machine that can be loaded.

    Args:
        key: "shipped:NAME" or "run:ID".
        title: What a person reads.
        folder: Holds ``config.json`` and ``weights.safetensors``: see :mod:`boltzmann.models.stored_rbm`.
        config: What it was trained with.
        trained: What is known of its training (``step``, figures, ...), JSON values.
    """

    key: str
    title: str
    folder: Path
    config: RBMConfig
    trained: dict[str, Any] = field(default_factory=dict)


def list_machines(settings: Settings, store: RunStore, studies: bool = False) -> list[MachineEntry]:
    """All machines: the shipped ones by name, then the runs, newest first. A damaged one is left out.

    Args:
        settings: Where the shipped ones are.
        store: The run store.
        studies: Whether the runs of studies are listed, too.
    """
    shipped = sorted(folder.name for folder in settings.models.iterdir()) if settings.models.is_dir() else []
    keys = [f"shipped:{name}" for name in shipped]
    keys += [f"run:{run_id}" for run_id in store.ids() if studies or not store.status(run_id).study]
    found = []
    for key in keys:
        try:
            found.append(resolve_machine(key, settings, store))
        except StoreError:
            continue
    return found


def resolve_machine(key: str, settings: Settings, store: RunStore) -> MachineEntry:
    """The machine that ``key`` names.

    Raises:
        UnknownIdentifier: when there is none: a malformed key, a missing folder, a run of the Studio or without a
            checkpoint.
        StoreError: when there is one whose configuration cannot be used.
    """
    kind, _, name = key.partition(":") if isinstance(key, str) else ("", "", "")
    if kind == "shipped" and SHIPPED_NAME.fullmatch(name):
        folder = settings.models / name
        inside = folder.resolve().is_relative_to(settings.models.resolve())
        if inside and (read_json(folder / "config.json") or {}).get("kind") == "rbm" and _complete(folder):
            return MachineEntry(key, heading(folder) or name, folder, _config(folder), metadata(folder))
    elif kind == "run" and store.exists(name) and store.kind(name) == "rbm":
        folder = store.latest_checkpoint(name)
        if folder is None or not _complete(folder):
            raise UnknownIdentifier(f"run {name} has no checkpoint yet: train it for longer, or choose another machine")
        trained = {**metadata(folder), "step": checkpoint_step(folder)}
        return MachineEntry(key, store.name(name), folder, _config(folder), trained)
    shown = repr(key)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    raise UnknownIdentifier(f"there is no machine {shown}: choose one from the list")


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def _config(folder: Path) -> RBMConfig:
    try:
        return validate_rbm(read_json(folder / "config.json"))
    except ConfigError as error:
        raise StoreError(f"the configuration of machine {folder.name} cannot be used: {error}") from None
