"""What generated digits are measured against: the real images, seen by the classifier. Kept on disk between calls."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from boltzmann import data as datasets
from boltzmann.config import DataConfig
from boltzmann.data import ImageData
from boltzmann.evaluation.classifier import Classifier
from boltzmann.evaluation.frechet import Moments, frechet_distance
from boltzmann.evaluation.manifold import Manifold, compare, nearest, normalised, reaches

LAYOUT = 1  # of the files on disk: raise it when what they hold is computed in another way


class EvaluationError(RuntimeError):
    """Digits cannot be judged. The message says why, and what to do."""


class Reference:
    """Real images of one kind, grey or binary, and all of them that a comparison needs.

    Everything is computed when first asked for, and kept in the user's cache folder under a key made of the images and the
    classifier.

    Args:
        data: Training and test images; binary when every test pixel is black or white, else grey.
        classifier: Whose features count; by default the shipped one.
        cache: Folder of the kept tensors; by default :func:`cache_folder`.
    """

    def __init__(self, data: ImageData, classifier: Classifier | None = None, cache: Path | None = None) -> None:
        self.data = data
        self.classifier = classifier or Classifier.load()
        self.binary = bool(((data.test == 0) | (data.test == 255)).all())
        self._cache = cache or cache_folder()

    @classmethod
    def load(cls, data: ImageData, classifier: Classifier | None = None, cache: Path | None = None) -> Reference:
        """The reference of ``data``, which must be MNIST.

        Raises:
            EvaluationError: for other images: the classifier knows MNIST's digits only.
        """
        if data.source != "mnist":
            raise EvaluationError(
                f"digits are judged beside MNIST's test images, and {data.source!r} was loaded instead: set BOLTZMANN_DATA "
                "(or --data) to a folder that holds MNIST/raw, or connect to the internet once"
            )
        return cls(data, classifier, cache)

    @property
    def pixels(self) -> str:
        """ "grey" or "binary": which images are compared."""
        return "binary" if self.binary else "grey"

    def prepare(self, images: torch.Tensor) -> torch.Tensor:
        """Generated images as this reference's: unchanged, or thresholded at 1/2 (128 of 255) like MNIST's own."""
        if not self.binary:
            return images
        return (images >= (128 if images.dtype == torch.uint8 else 0.5)).to(torch.uint8) * 255

    @cached_property
    def key(self) -> str:
        """Identifies images, classifier and computation."""
        digest = hashlib.sha256(f"{LAYOUT} {self.classifier.key}".encode())
        for images in (self.data.train, self.data.test):
            digest.update(str(tuple(images.shape)).encode())
            digest.update(images.numpy().tobytes())
        return digest.hexdigest()[:24]

    @cached_property
    def features(self) -> torch.Tensor:
        """Of the test images, float32 (N, d)."""
        return self._kept("test", lambda: self.classifier.read(self.data.test).features)

    @cached_property
    def moments(self) -> Moments:
        """Of :attr:`features`."""
        return Moments.of(self.features)

    @cached_property
    def training_features(self) -> torch.Tensor:
        """Of as many training images as there are test images, drawn evenly: real images on the side of the digits."""
        chosen = torch.randperm(len(self.data.train), generator=torch.Generator().manual_seed(0))[: len(self.data.test)]
        return self._kept("training", lambda: self.classifier.read(self.data.train[chosen]).features)

    @cached_property
    def reaches(self) -> torch.Tensor:
        """Of the normalised :attr:`features`, (N,): see :func:`boltzmann.evaluation.manifold.reaches`."""
        return self._kept("reaches", lambda: reaches(normalised(self.features)))

    @cached_property
    def nearest(self) -> torch.Tensor:
        """Euclidean distance (N,) of each test image to the nearest training image."""
        return self._kept("nearest", lambda: nearest(self.data.test, self.data.train))

    @cached_property
    def real_manifold(self) -> Manifold:
        """What real images would reach in the place of generated ones."""
        return compare(normalised(self.features), normalised(self.training_features), self.reaches)

    def floor(self, count: int) -> float:
        """Frechet distance of ``count`` real training images, or of as many as there are, to the test images.

        The distance of a finite sample is too large, the more so the smaller it is: a floor counts for equal numbers only.
        """
        return frechet_distance(Moments.of(self.training_features[:count]), self.moments)

    def _kept(self, name: str, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
        path = self._cache / f"{self.key}-{name}.safetensors"
        try:
            return load_file(path)[name]
        except (OSError, SafetensorError, KeyError):
            tensor = compute()
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._cache) as folder:
                save_file({name: tensor.contiguous()}, Path(folder) / name)
                os.replace(Path(folder) / name, path)
        except OSError:
            pass  # A cache that cannot be written costs time, nothing else.
        return tensor


def cache_folder() -> Path:
    """``BOLTZMANN_CACHE``, else ``boltzmann-studio`` below the user's cache folder."""
    if named := os.environ.get("BOLTZMANN_CACHE"):
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "boltzmann-studio"


def references(config: DataConfig, folder: Path) -> list[Reference]:
    """What a model trained on ``config`` is measured against: images like its own first.

    A binary model is compared with binary images only: it never saw the pen's grey edge. A grey one is compared with grey
    images, and then, both thresholded, with binary ones.

    Args:
        config: The images that the model was trained on.
        folder: Where ``MNIST/raw`` may lie.

    Raises:
        EvaluationError: the images are no MNIST, or MNIST is not at hand.
    """
    if config.dataset != "mnist":
        raise EvaluationError(
            f"this model was trained on {config.dataset!r}; the classifier that judges digits knows MNIST's only"
        )
    # All images, whatever share the model was trained on.
    whole = config.model_copy(update={"train_size": DataConfig.model_fields["train_size"].default})
    loaded = datasets.load(whole, folder)
    own = Reference.load(loaded)
    if own.binary:
        return [own]
    train, test = ((images >= 128).to(torch.uint8) * 255 for images in (loaded.train, loaded.test))
    return [own, Reference.load(replace(loaded, train=train, test=test), own.classifier)]
