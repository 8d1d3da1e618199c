"""A trained run as a model folder of its own, with a card that says what it is and how it was made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from boltzmann.runs.models import FILES, ModelEntry
from boltzmann.runs.names import spin_words
from boltzmann.runs.pictures import black_and_white, generated_grid
from boltzmann.settings import Settings

SAMPLES = 64
SAMPLES_IN_TURN = 100
"""Of a model with classes: ten of each digit."""
WEIGHTS = "weights.safetensors"
NETWORKS = "autoencoder."
LOSSES = ("mse", "mmd", "kl", "nll")
LIMITS = {
    False: "it draws all classes at random, some strings decode to strokes that are no digit, and much longer chains than\n"
    "its own schedule draw some classes more often.",
    True: "some strings decode to strokes that are no digit, or to another digit than the one asked for.",
}


NEGATIVE = """
A divergence cannot be negative: that of the last step shows that log Z is underestimated, since chains that start at random
do not find all the states that the encoder uses. Its digits are those of the states that samplers do find."""


def export_model(
    entry: ModelEntry,
    folder: Path,
    settings: Settings,
    title: str,
    command: str,
    evaluation: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the model of ``entry`` into ``folder``: its three files, ``samples.png`` and a card, ``README.md``.

    Args:
        entry: The model.
        folder: Made if missing; files of the same names are replaced.
        settings: Where the images for the test error lie.
        title: The card's heading.
        command: The command that trained it, for the card.
        evaluation: What :func:`boltzmann.evaluation.model.evaluate_model` returned, for the card.

    Returns:
        What was measured: ``test_mse`` per pixel on all held-out images, ``mean_energy`` of the drawn samples, and the
        facts that travel with the weights.
    """
    import torch

    from boltzmann import data
    from boltzmann.models.stored import StoredModel
    from boltzmann.samplers import create

    model = StoredModel.load(entry.folder)
    classes = entry.config.model.class_conditional
    count = SAMPLES_IN_TURN if classes else SAMPLES
    samples, _ = model.sample(create(entry.config.sampler, seed=0), count)
    images = data.load(entry.config.data, settings.data, entry.config.seed)
    originals = images.test.float() / 255
    reconstructed = model.dvae.reconstruct(originals, torch.Generator().manual_seed(0))
    facts = {
        **entry.trained,
        "test_mse": round((originals - reconstructed).square().mean().item(), 5),
        "test_images": len(originals),
        "mean_energy": round(samples.energies.mean().item(), 3),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if name != WEIGHTS:
            shutil.copyfile(entry.folder / name, folder / name)
    _write_half(entry.folder / WEIGHTS, folder / WEIGHTS)
    pixels = model.decode(samples.spins).mul(255).round().byte().numpy()
    if entry.config.data.pixels == "binary":
        pixels = black_and_white(pixels)
    (folder / "samples.png").write_bytes(generated_grid(pixels, in_turn=classes))
    card = _card(entry, facts, title, command, count)
    if evaluation is not None:
        from boltzmann.evaluation.tables import tables

        heading = f"`boltzmann evaluate {folder.name}`, {evaluation['digits']:,} digits a column."
        card += f"\n## Quality\n\n{heading}\n\n{tables(evaluation)}\n"
    (folder / "README.md").write_text(card, "utf-8")
    return facts


def _write_half(source: Path, target: Path) -> None:
    """Copy weights, the networks' matrices in half precision: half the size, and no digit looks another."""
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

    with safe_open(source, framework="pt") as file:
        tensors, facts = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    halved = {name for name, tensor in tensors.items() if name.startswith(NETWORKS) and tensor.ndim > 1}
    kept = {name: tensor.to(torch.float16) if name in halved else tensor for name, tensor in tensors.items()}
    save_file(kept, target, facts)


def _card(entry: ModelEntry, facts: dict[str, Any], title: str, command: str, count: int) -> str:
    config = entry.config
    model, sampler = config.model, config.sampler.model_dump()
    settings = ", ".join(f"{key} {value}" for key, value in sampler.items() if key != "name")
    data, size = config.data, config.data.image_size
    images = f"{data.train_size:,} images, {size} x {size}, {data.pixels}"
    steps, seconds = facts.get("step", "?"), facts.get("seconds", "?")
    losses = ", ".join(f"{key.upper()} {value:.4f}" for key, value in facts.get("metrics", {}).items() if key in LOSSES)
    return f"""# {title}

A discrete variational autoencoder whose prior is a Boltzmann machine of {spin_words(model)} on a subgraph of
{model.topology.capitalize()}({model.topology_size}). `samples.png` shows {count} digits, unselected, decoded from strings
of spins that its own sampler drew ({sampler["name"]}: {settings}).

| | |
| --- | --- |
| trained on | {facts.get("data", data.dataset)}, {images} |
| length | {facts.get("epochs", config.training.epochs)} epochs, {steps} steps, {seconds} s |
| losses at the last step | {losses} (NLL in nats per spin, KL in nats per image) |
| test MSE per pixel | {facts["test_mse"]} on {facts["test_images"]:,} held-out images |
| mean energy of samples | {facts["mean_energy"]} |
| versions | {", ".join(f"{name} {version}" for name, version in config.versions.items()) or "not recorded"} |

Made by:

```
{command}
```

The whole configuration is in `config.json`; the weights are safetensors. Limits:
{LIMITS[config.model.class_conditional]}{NEGATIVE if facts.get("metrics", {}).get("kl", 0) < 0 else ""}
"""
