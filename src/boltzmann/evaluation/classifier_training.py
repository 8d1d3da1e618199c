"""Training of the classifier that judges digits, on images changed as a decoder's images may differ from MNIST's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

from boltzmann.data import ImageData
from boltzmann.evaluation.classifier import Classifier, Network, as_input, save

BATCH = 200
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-2
TURN, SHEAR = math.radians(12), math.radians(8)
GROWTH, SHIFT = 0.1, 2.0 / 16  # of the size, and of half a side: 2 pixels
BINARY, BLURRED = 0.35, 0.25  # shares of the images


def train_classifier(
    data: ImageData, folder: Path, epochs: int = 20, seed: int = 0, notify: Callable[[str], None] = lambda _: None
) -> dict[str, object]:
    """Train on ``data.train``, test on ``data.test``, and write the classifier into ``folder``.

    The last weights are kept, whatever they score: test images choose nothing.

    Args:
        data: Grey images with labels.
        folder: Gets ``weights.safetensors``, ``classifier.json`` and a card, ``README.md``.
        epochs: Passes over the training images.
        seed: Of weights, order and augmentation: the same seed repeats the training on the same machine.
        notify: Called with a line after each epoch.

    Returns:
        The facts of the training, JSON values: ``test_accuracy``, ``test_accuracy_binary`` (images thresholded at 1/2),
        ``epochs``, ``seed``, ``seconds``, ``threads``, ``parameters`` and ``versions``.
    """
    began = time.perf_counter()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _train(data, epochs, torch.Generator().manual_seed(seed), notify)
    facts: dict[str, object] = {
        "test_accuracy": accuracy(network, data.test, data.test_labels),
        "test_accuracy_binary": accuracy(network, (data.test >= 128).to(torch.uint8) * 255, data.test_labels),
        "epochs": epochs,
        "seed": seed,
        "seconds": round(time.perf_counter() - began, 1),
        "threads": torch.get_num_threads(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "versions": {name: version(name) for name in ("boltzmann-studio", "torch")},
    }
    save(network, folder, facts, _card(facts, folder))
    return facts


def accuracy(network: Network, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of ``images`` (N, H, H) that are read as their label (N,)."""
    return (Classifier(network, "", {}).read(images).classes == labels).double().mean().item()


def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Other images of the same digits: moved and bent a little, in another ink, some blurred, some black and white.

    Args:
        images: (N, 1, H, H) in [0, 1].
        generator: Random numbers.

    Returns:
        The same shape and range.
    """
    count = len(images)

    def uniform(low: float, high: float) -> torch.Tensor:
        return torch.rand(count, 1, 1, 1, generator=generator) * (high - low) + low

    grid = nn.functional.affine_grid(_bend(uniform), list(images.shape), align_corners=False)
    images = nn.functional.grid_sample(images, grid, align_corners=False).clamp(0, 1)
    blurred = nn.functional.conv2d(images, _bell(0.5 + 0.7 * torch.rand((), generator=generator)), padding=2)
    images = torch.where(uniform(0, 1) < BLURRED, blurred, images)
    ink = images.pow(uniform(-0.7, 0.7).exp()) * uniform(0.6, 1.0)
    binary = (images > uniform(0.25, 0.75)).float()
    return torch.where(uniform(0, 1) < BINARY, binary, ink)


def _train(data: ImageData, epochs: int, generator: torch.Generator, notify: Callable[[str], None]) -> Network:
    network = Network()
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    steps = epochs * (len(data.train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps, pct_start=0.2)
    for epoch in range(epochs):
        network.train()
        order = torch.randperm(len(data.train), generator=generator)
        total = torch.zeros(())
        for chosen in order[: len(order) // BATCH * BATCH].split(BATCH):
            _, logits = network(augment(as_input(data.train[chosen]), generator))
            loss = nn.functional.cross_entropy(logits, data.train_labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.detach()
        mean = total.item() / (len(order) // BATCH)
        correct = accuracy(network, data.test, data.test_labels)
        notify(f"epoch {epoch + 1}/{epochs}: training loss {mean:.4f}, test accuracy {correct:.2%}")
    return network


def _bend(uniform: Callable[[float, float], torch.Tensor]) -> torch.Tensor:
    """Affine maps (N, 2, 3): a turn, a shear, a change of each side, a shift."""
    turn, shear = uniform(-TURN, TURN), uniform(-SHEAR, SHEAR).tan()
    wide, high = uniform(1 - GROWTH, 1 + GROWTH), uniform(1 - GROWTH, 1 + GROWTH)
    cosine, sine = turn.cos(), turn.sin()
    rows = [
        torch.cat([wide * cosine, wide * (shear * cosine - sine), uniform(-SHIFT, SHIFT)], dim=-1),
        torch.cat([high * sine, high * (shear * sine + cosine), uniform(-SHIFT, SHIFT)], dim=-1),
    ]
    return torch.cat(rows, dim=2).squeeze(1)


def _bell(width: torch.Tensor) -> torch.Tensor:
    """A Gaussian kernel (1, 1, 5, 5) of standard deviation ``width`` pixels that sums to 1."""
    profile = torch.exp(-0.5 * (torch.arange(-2, 3) / width).square())
    profile = profile / profile.sum()
    return (profile[:, None] * profile).view(1, 1, 5, 5)


def _card(facts: dict[str, object], folder: Path) -> str:
    return f"""# The classifier that judges digits

A small convolutional network of {facts["parameters"]:,} parameters, trained by this project on MNIST's training images.
Its penultimate layer gives the features in which `boltzmann evaluate` compares generated digits with test images. No digits
are drawn from it.

| | |
| --- | --- |
| accuracy on the 10,000 test images | {facts["test_accuracy"]:.2%} |
| the same, thresholded to black and white | {facts["test_accuracy_binary"]:.2%} |
| training | {facts["epochs"]} epochs, seed {facts["seed"]}, {facts["seconds"]} s on {facts["threads"]} thread(s) |

Made by:

```
boltzmann train-classifier --out models/{folder.name}
```

It sees grey images in [0, 1], 32 x 32; smaller ones get a black border. In training they are shifted, turned, sheared and
resized a little, drawn in another ink, a quarter of them blurred, a third thresholded to black and white, so that a decoder's
images are within what it knows. `weights.safetensors` holds the weights, `classifier.json` what is in the table.
"""
