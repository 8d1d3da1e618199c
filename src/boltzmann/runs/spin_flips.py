"""From spins to a digit, some of them flipped, and back: what Learn asks of the interactive worker.

Only the function imports torch, not this module.
"""

from __future__ import annotations

from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from boltzmann.runs.files import StoreError
from boltzmann.runs.loaded_models import loaded_model
from boltzmann.runs.models import list_models
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings


def spin_flips(settings: Settings, digit: int, seed: int, flips: int) -> dict[str, Any]:
    """A string of the first shipped model, the digit that it makes, and the same with spins flipped and encoded again.

    Args:
        settings: Where models lie.
        digit: Which digit, where the model's prior has classes.
        seed: Of the string, and of which spins are flipped.
        flips: How many of them; at most all.

    Returns:
        ``spins``, ``flipped`` and ``encoded``, int8 (n,): the string drawn, what flipping makes of it, and the likeliest one
        for the image of the flipped one; ``images`` uint8 (3, H, H), decoded from these; ``positions`` (n, 2), ``edges``
        (m, 2) and ``nodes`` (n,) of the graph; ``energies``, three floats.

    Raises:
        StoreError: no model is shipped.
    """
    import torch

    entry = next((model for model in list_models(settings, RunStore(settings.runs)) if _shipped(model.key)), None)
    if entry is None:
        raise StoreError(
            "no model is shipped in the models folder: fetch the app again, or draw from a run of your own"
        )
    model = loaded_model(entry.folder)
    spins = _string(entry.folder, digit, seed)
    flipped = spins.copy()
    flipped[np.random.default_rng(seed).permutation(len(spins))[:flips]] *= -1
    graph = model.graph
    with torch.no_grad():
        images = model.decode(torch.from_numpy(np.stack([spins, flipped])))
        labels = model.dvae.labels(1, digit) if model.dvae.class_fields is not None else None
        law = model.dvae.posterior(model.dvae.autoencoder.encoder(images[1:]), labels)
        encoded = (law > 0).numpy()[0] * 2 - 1
    strings = torch.from_numpy(np.stack([spins, flipped, encoded]).astype(np.int8))
    return {
        **dict(zip(("spins", "flipped", "encoded"), strings.numpy(), strict=True)),
        "images": model.decode(strings).mul(255).round().byte().numpy(),
        "energies": model.law(digit).energy(strings).tolist(),
        "positions": graph.positions,
        "edges": graph.edges,
        "nodes": graph.nodes,
    }


def _shipped(key: str) -> bool:
    return key.startswith("shipped:")


@lru_cache(maxsize=128)
def _string(folder: Path, digit: int, seed: int) -> np.ndarray:
    from boltzmann.samplers import create

    model = loaded_model(folder)
    # The sampler of its training: what its prior was made for.
    with closing(create(model.config.sampler, seed=seed)) as sampler:
        samples, _ = model.sample(sampler, 1, digit if model.dvae.class_fields is not None else None)
    return samples.spins[0].cpu().numpy()
