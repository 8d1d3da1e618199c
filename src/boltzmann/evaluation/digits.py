"""How good digits are: compared with real images in a classifier's features, and with the training images in pixels."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch

from boltzmann.evaluation.classifier import CLASSES, Readings
from boltzmann.evaluation.frechet import Moments, frechet_distance, standard_error
from boltzmann.evaluation.manifold import Manifold, compare, nearest, normalised
from boltzmann.evaluation.reference import EvaluationError, Reference

QUICK_DIGITS = 2000
FEWEST_DIGITS = 200  # below, a covariance of 96 features means little
CONFIDENT = 0.9


@dataclass(frozen=True)
class Distances:
    """Euclidean distances in pixels of [0, 1] to the nearest training image: their mean and 1st percentile."""

    mean: float
    percentile_1: float

    @classmethod
    def of(cls, distances: torch.Tensor) -> Distances:
        """Of distances (N,)."""
        return cls(distances.mean().item(), distances.quantile(0.01).item())


@dataclass(frozen=True)
class Quick:
    """The first look, cheap enough for every checkpoint of a training run.

    Args:
        pixels: "grey" or "binary": what was compared.
        count: Number N of digits. The Frechet distance of fewer is larger: compare figures of equal numbers only.
        frechet_distance: Of their features to the test images' (squared units of the features).
        frechet_floor: The same of N real training images.
        class_histogram: Share of the digits that are read as 0, ..., 9.
        class_kl: Kullback-Leibler divergence of that histogram to the uniform one, in nats. N digits of a uniform law show
            about 4.5 / N.
        confidence: Mean probability of the class that a digit is read as.
        confident: Share of the digits where it is above 0.9.
        read_as_asked: Share of the digits that are read as the class asked for; None when none was.
    """

    pixels: str
    count: int
    frechet_distance: float
    frechet_floor: float
    class_histogram: tuple[float, ...]
    class_kl: float
    confidence: float
    confident: float
    read_as_asked: float | None

    def report(self) -> dict[str, Any]:
        """The figures as JSON values, to five significant digits."""
        return _rounded(asdict(self))


@dataclass(frozen=True)
class DigitQuality(Quick):
    """Everything that is measured of one set of digits.

    Args:
        frechet_error: Standard error of the Frechet distance, by the bootstrap over the digits.
        manifold, real_manifold: Precision, recall, density and coverage in normalised features, and what as many real
            training images as there are test images reach.
        nearest_training_image: Of the digits.
        test_nearest_training_image: Of the test images: digits much nearer than they are remembered, not drawn.
    """

    frechet_error: float
    manifold: Manifold
    real_manifold: Manifold
    nearest_training_image: Distances
    test_nearest_training_image: Distances


def quick(images: torch.Tensor, reference: Reference, labels: torch.Tensor | None = None) -> Quick:
    """A first look at digits during training: always at as many, so that its curve shows the model and not the number.

    Args:
        images: (2000, H, H) as :func:`evaluate_images` takes them.
        reference: What they are measured against.
        labels: As there.

    Raises:
        ValueError: for another number of images.
    """
    if len(images) != QUICK_DIGITS:
        raise ValueError(
            f"{len(images)} digits were given; a quick look takes {QUICK_DIGITS}: the Frechet distance depends on the number"
        )
    return Quick(**_first_look(reference.prepare(images), reference, labels)[0])


def evaluate_images(images: torch.Tensor, reference: Reference, labels: torch.Tensor | None = None) -> DigitQuality:
    """Every figure of a set of digits. Nothing is drawn at random but the bootstrap, whose seed is fixed.

    Args:
        images: (N, H, H), uint8 (0 to 255) or floats in [0, 1], of the reference's size; a binary reference thresholds
            them at 1/2, as its own images are. N should be the number of test images, 10,000.
        reference: What they are measured against.
        labels: int64 (N,), the class that each was asked to be, or None.

    Raises:
        ValueError: for images of another size or range, fewer than 200 of them, or labels that do not fit.
    """
    images = reference.prepare(images)
    look, readings = _first_look(images, reference, labels)
    return DigitQuality(
        **look,
        frechet_error=standard_error(readings.features, reference.moments),
        manifold=compare(normalised(reference.features), normalised(readings.features), reference.reaches),
        real_manifold=reference.real_manifold,
        nearest_training_image=Distances.of(nearest(images, reference.data.train)),
        test_nearest_training_image=Distances.of(reference.nearest),
    )


def class_histogram(classes: torch.Tensor) -> tuple[tuple[float, ...], float]:
    """The share of each class among ``classes`` (N,), and its Kullback-Leibler divergence to the uniform law, in nats."""
    shares = torch.bincount(classes, minlength=CLASSES).double() / len(classes)
    return tuple(shares.tolist()), math.log(CLASSES) + torch.special.xlogy(shares, shares).sum().item()


def _first_look(
    images: torch.Tensor, reference: Reference, labels: torch.Tensor | None
) -> tuple[dict[str, Any], Readings]:
    if images.shape[1:] != reference.data.test.shape[1:] or len(images) < FEWEST_DIGITS:
        size = tuple(reference.data.test.shape[1:])
        raise ValueError(f"digits have shape {tuple(images.shape)}; expected are at least {FEWEST_DIGITS} of {size}")
    if labels is not None and labels.shape != images.shape[:1]:
        raise ValueError(f"labels have shape {tuple(labels.shape)}; {len(images)} digits take ({len(images)},)")
    readings = reference.classifier.read(images)
    if not bool(torch.isfinite(readings.features).all()):
        raise EvaluationError(
            "the classifier's features are no finite numbers: its weights are damaged, train it again"
        )
    shares, divergence = class_histogram(readings.classes)
    look = {
        "pixels": reference.pixels,
        "count": len(images),
        "frechet_distance": frechet_distance(Moments.of(readings.features), reference.moments),
        "frechet_floor": reference.floor(len(images)),
        "class_histogram": shares,
        "class_kl": max(0.0, divergence),
        "confidence": readings.confidence.mean().item(),
        "confident": (readings.confidence > CONFIDENT).float().mean().item(),
        "read_as_asked": None if labels is None else (readings.classes == labels).float().mean().item(),
    }
    return look, readings


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
