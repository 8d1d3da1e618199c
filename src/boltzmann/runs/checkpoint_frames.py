"""What the checkpoints of a run make of the same seeds and the same test digits: one frame for each.

Asked of the interactive worker, a few frames at a time, so that it answers others meanwhile. Frames lie in the run's folder
and are made once. Only the functions import torch, not this module.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

from boltzmann.config import ConfigError
from boltzmann.runs.checkpoint_film import DRAWN, FOLDER, assemble, frame_file, missing
from boltzmann.runs.files import StoreError, write_atomic
from boltzmann.runs.inside_model import Opened, pixels
from boltzmann.runs.inside_walks import GIBBS
from boltzmann.runs.models import ModelEntry, metadata
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

STRINGS = 200
"""Strings that are sampled, and test digits that are encoded, at each checkpoint: the first of them are shown."""
QUANTILES = 1000
SEED = 0


def make_frames(settings: Settings, run_id: str, seconds: float = 1.0) -> tuple[int, int]:
    """Make frames that are still missing, at least one, and the film once all are there.

    Args:
        settings: Where runs and data lie.
        run_id: A run of the Studio.
        seconds: After which no further frame is begun.

    Returns:
        How many checkpoints have a frame, and how many checkpoints there are.

    Raises:
        StoreError: there is no such run, it is one of the lab, or a checkpoint cannot be used.
    """
    began, store = time.monotonic(), RunStore(settings.runs)
    store.config(run_id)
    folder = store.folder(run_id) / FOLDER
    folder.mkdir(exist_ok=True)
    for checkpoint in missing(store, run_id):
        try:
            # The name holds the weights' age: it is asked before they are read.
            path, arrays = folder / frame_file(checkpoint), frame(settings, run_id, checkpoint)
        except FileNotFoundError:
            continue  # thinned out meanwhile
        write_atomic(path, save(arrays), durable=False)
        if time.monotonic() - began > seconds:
            break
    # A damaged frame is removed there, and made anew when asked again.
    if not missing(store, run_id):
        assemble(store, run_id)
    total = len(store.checkpoints(run_id))
    return total - len(missing(store, run_id)), total


def frame(settings: Settings, run_id: str, checkpoint: Path) -> dict[str, np.ndarray]:
    """What a checkpoint makes of the same random numbers and the same test digits as every other.

    Returns:
        ``generated`` uint8 (50, H, H), from strings drawn by block Gibbs, of each digit in turn where the prior has classes;
        ``originals`` and ``reconstructed`` uint8 (10, H, H), the first test digit of each label; energies per spin,
        ``sampled`` and ``encoded`` float32 (200,), each under the law of its digit; of all couplings J and fields h of the
        prior, ``couplings`` and ``fields`` float32 (1000,), evenly spaced quantiles.

    Raises:
        StoreError: the checkpoint cannot be used.
        FileNotFoundError: it is there no more.
    """
    import torch

    from boltzmann.samplers.base import check_model
    from boltzmann.samplers.engines import Layout
    from boltzmann.samplers.gibbs import block_gibbs, schedule

    opened = _open(settings, run_id, checkpoint)
    model = opened.model.dvae
    test = opened.held_out()
    chosen = _chosen(test.test_labels.numpy())
    shown = min(10, len(chosen))
    images = test.test[chosen].float() / 255
    labels = model.labels(len(chosen), test.test_labels[chosen]) if opened.classes else None
    with torch.no_grad():
        law = torch.sigmoid(model.posterior(model.autoencoder.encoder(images), labels))
    # The same generator meets the same shape at each checkpoint: a spin flips only where its probability moved.
    drawn = torch.bernoulli(law, generator=torch.Generator().manual_seed(SEED))
    encoded = (drawn * 2 - 1).to(torch.int8)
    prior = model.ising(model.labels(STRINGS))
    check_model(prior, STRINGS)
    sampled = block_gibbs(Layout(prior.graph), prior, schedule(GIBBS), STRINGS, SEED)
    posterior = model.ising(labels)
    return {
        "generated": pixels(model.decode(sampled[:DRAWN])),
        "originals": pixels(images[:shown]),
        "reconstructed": pixels(model.decode(encoded[:shown])),
        "sampled": _per_spin(prior.energy(sampled), opened.n),
        "encoded": _per_spin(posterior.energy(encoded), opened.n),
        "couplings": _quantiles(prior.quadratic),
        "fields": _quantiles(prior.linear),
    }


def _open(settings: Settings, run_id: str, checkpoint: Path) -> Opened:
    from boltzmann.models.stored import StoredModel

    try:
        # Read past the models that this process keeps: they are for what people play with.
        model = StoredModel.load(checkpoint)
    except ConfigError as error:
        raise StoreError(str(error)) from None
    entry = ModelEntry(f"run:{run_id}", run_id, checkpoint, model.config, metadata(checkpoint))
    return Opened(entry, model, settings.data)


def _chosen(labels: np.ndarray) -> np.ndarray:
    """The first test digit of each label, then the others in their order."""
    first = np.unique(labels, return_index=True)[1]
    return np.concatenate([first, np.setdiff1d(np.arange(len(labels)), first)])[:STRINGS]


def _per_spin(energies: Tensor, n: int) -> np.ndarray:
    return (energies / n).float().numpy()


def _quantiles(coefficients: Tensor) -> np.ndarray:
    at = (np.arange(QUANTILES) + 0.5) / QUANTILES
    return np.quantile(coefficients.numpy(), at).astype(np.float32)
