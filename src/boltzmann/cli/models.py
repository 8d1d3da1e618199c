"""``boltzmann generate`` and ``export``: what one does with a trained model, and how a model is found by its name."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boltzmann.cli.common import UsageError, answer, pairs
from boltzmann.config import validate_sampler
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import ModelEntry, list_models, resolve
from boltzmann.runs.sampler_words import sampler_words
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import torch

    from boltzmann.samplers.base import Samples

MOST_DIGITS = 100_000


def generate(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Draw digits from a model into a PNG or .npz file."""
    entry = find_model(flags.model, settings, store)
    out = Path(flags.out)
    if out.suffix not in (".png", ".npz"):
        raise UsageError(f"--out is {out.name!r}: its name must end in .png or .npz")
    if not 1 <= flags.count <= MOST_DIGITS:
        raise UsageError(f"--count is {flags.count}: allowed are 1 to {MOST_DIGITS:,}")
    chosen = entry.config.sampler.model_dump() if flags.sampler in (None, entry.config.sampler.name) else {}
    changes = {name.removeprefix("sampler."): value for name, value in pairs(flags.set).items()}
    sampler = validate_sampler({**chosen, "name": flags.sampler or entry.config.sampler.name, **changes})

    from boltzmann.models.stored import StoredModel
    from boltzmann.samplers import create
    from boltzmann.samplers.base import SamplerError

    model = StoredModel.load(entry.folder)
    begun = time.perf_counter()
    try:
        samples, labels = model.sample(create(sampler, seed=flags.seed), flags.count, flags.digit)
    except (SamplerError, ValueError) as error:
        raise UsageError(str(error)) from error
    images = model.decode(samples.spins).numpy()
    facts = {
        "model": entry.key,
        "sampler": sampler.model_dump(),
        "count": flags.count,
        "seconds": round(time.perf_counter() - begun, 3),
        "sampling_seconds": round(samples.seconds, 3),
        "mean_energy": round(samples.energies.mean().item(), 4),
        "info": samples.info,
        "out": str(out),
    }
    in_turn = labels is not None and flags.digit is None
    _write(out, images, samples, labels, in_turn)

    def show() -> None:
        print(f"{flags.count} digits in {facts['seconds']} s: {out}")
        print(sampler_words(samples.info, sampler.name))

    answer(flags, facts, show)
    return 0


def _write(out: Path, images: np.ndarray, samples: Samples, labels: torch.Tensor | None, in_turn: bool) -> None:
    if out.suffix == ".npz":
        import numpy as np

        asked: dict[str, Any] = {} if labels is None else {"labels": labels.numpy()}
        np.savez_compressed(out, images=images, spins=samples.spins.numpy(), energies=samples.energies.numpy(), **asked)
    else:
        from boltzmann.runs.pictures import generated_grid

        out.write_bytes(generated_grid((images * 255).round().astype("uint8"), in_turn=in_turn))


def export(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Write a trained run as a model folder with its card and samples."""
    from boltzmann.runs.export import export_model

    entry = find_model(flags.model, settings, store)
    folder = Path(flags.out)
    command = flags.made_by or f"boltzmann train --config {folder.name}/config.json"
    evaluation = None
    if flags.evaluation:
        try:
            evaluation = json.loads(Path(flags.evaluation).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--evaluation is {flags.evaluation}: it must be what `boltzmann evaluate --json` printed"
            ) from error
    facts = export_model(entry, folder, settings, flags.title or folder.name, command, evaluation)
    answer(
        flags,
        {"model": entry.key, "out": str(folder), **facts},
        lambda: print(f"{folder}: test MSE {facts['test_mse']}"),
    )
    return 0


def find_model(name: str, settings: Settings, store: RunStore) -> ModelEntry:
    """The model that ``name`` means: a run's identifier, a shipped model's name, a folder, or a key such as run:ID.

    Raises:
        UsageError: where there is none; it names those that there are.
        StoreError: the same for a key.
    """
    if ":" in name:
        return resolve(name, settings, store)
    folder = Path(name)
    if folder.name != name and folder.is_dir():
        settings, name = replace(settings, models=folder.resolve().parent), folder.resolve().name
    try:
        return resolve(f"run:{name}" if store.exists(name) else f"shipped:{name}", settings, store)
    except StoreError as error:
        known = ", ".join(entry.key for entry in list_models(settings, store)) or "none yet"
        raise UsageError(f"{error} (known: {known})") from error
