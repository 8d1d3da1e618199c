"""The small classifier whose features judge the digits: what it is, and how it is stored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from boltzmann.settings import ROOT

SHIPPED = ROOT / "models" / "classifier"
SIDE = 32  # pixels that the network sees
FEATURES = 96
CLASSES = 10
BATCH = 500
WEIGHTS = "weights.safetensors"
# Not config.json: a folder below models/ that has one is a model that digits can be drawn from.
FACTS = "classifier.json"


class Network(nn.Module):
    """Three convolutional blocks, a hidden layer whose outputs are the features, and ten logits.

    Input (batch, 1, 32, 32) in [0, 1]; output: features (batch, 96), which are at least 0, and logits (batch, 10).
    """

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*_block(1, 24), *_block(24, 48), *_block(48, 96), nn.Flatten(), nn.Dropout(0.2))
        self.features = nn.Sequential(nn.Linear(96 * (SIDE // 8) ** 2, FEATURES), nn.ReLU())
        self.logits = nn.Linear(FEATURES, CLASSES)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.features(self.blocks(images))
        return features, self.logits(features)


@dataclass(frozen=True)
class Readings:
    """What the classifier says of N images.

    Args:
        features: float32 (N, 96), the penultimate layer after its nonlinearity.
        probabilities: float32 (N, 10), rows that sum to 1.
    """

    features: torch.Tensor
    probabilities: torch.Tensor

    @property
    def classes(self) -> torch.Tensor:
        """The class that each image is read as, int64 (N,)."""
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> torch.Tensor:
        """The probability of that class, (N,)."""
        return self.probabilities.amax(1)


class Classifier:
    """A trained network, ready to read images of any supported size.

    Args:
        network: In evaluation mode.
        key: Identifies the weights: figures of two classifiers cannot be compared.
        facts: How it was trained, JSON values.
    """

    def __init__(self, network: Network, key: str, facts: dict[str, object]) -> None:
        self.network = network.eval()
        self.key = key
        self.facts = facts

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Classifier:
        """Read the classifier in ``folder``; by default the one that comes with the project.

        Raises:
            FileNotFoundError: there is none.
        """
        path = folder / WEIGHTS
        if not path.is_file():
            raise FileNotFoundError(
                f"there is no classifier in {folder} ({WEIGHTS} is missing): restore it, or train it with "
                f"boltzmann train-classifier --out {folder}"
            )
        network = Network()
        network.load_state_dict(load_file(path))
        facts = json.loads((folder / FACTS).read_text("utf-8"))
        return cls(network, hashlib.sha256(path.read_bytes()).hexdigest()[:16], facts)

    @torch.no_grad()
    def read(self, images: torch.Tensor) -> Readings:
        """Features and class probabilities of ``images``: (N, H, H), uint8 or floats in [0, 1]; see :func:`as_input`."""
        pairs = [self.network(as_input(part)) for part in images.split(BATCH)]
        features, logits = (torch.cat(parts) for parts in zip(*pairs, strict=True))
        return Readings(features, logits.softmax(1))


def as_input(images: torch.Tensor) -> torch.Tensor:
    """Images of any supported size as the network's input: float32 (N, 1, 32, 32) in [0, 1].

    Smaller ones get a black border, as MNIST's own frame was made, so that no pixel is resampled.

    Args:
        images: (N, H, H), uint8 (0 to 255) or floating (0 to 1), H even and at most 32.

    Raises:
        ValueError: for another shape, type or range.
    """
    side = images.shape[-1]
    if images.ndim != 3 or images.shape[-2] != side or side > SIDE or side % 2:
        raise ValueError(
            f"images have shape {tuple(images.shape)}; the classifier takes (N, H, H), H even and at most {SIDE}"
        )
    if images.dtype == torch.uint8:
        images = images.float() / 255
    elif not images.is_floating_point():
        raise ValueError(f"images are {images.dtype}; the classifier takes uint8 (0 to 255) or floats in [0, 1]")
    elif images.numel() and not bool(((images >= 0) & (images <= 1)).all()):
        raise ValueError("images hold values outside [0, 1], or no numbers at all: scale them, or give uint8")
    border = (SIDE - side) // 2
    padded = nn.functional.pad(images.float(), (border,) * 4)
    return padded.unsqueeze(1).contiguous(memory_format=torch.channels_last)


def save(network: Network, folder: Path, facts: dict[str, object], card: str) -> None:
    """Write weights, facts and card into ``folder``, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    (folder / "README.md").write_text(card, "utf-8")


def _block(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True), nn.MaxPool2d(2)
