"""Images by name: :func:`load` turns a :class:`~boltzmann.config.DataConfig` into uint8 tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from boltzmann.config import DataConfig
from boltzmann.data import digits, mnist
from boltzmann.settings import ROOT


@dataclass(frozen=True)
class ImageData:
    """Training and held-out images.

    Args:
        train, test: uint8 of shape (N, H, W), 0 black to 255 white.
        train_labels, test_labels: int64 of shape (N,).
        source: "mnist" or "digits": what was really loaded.
        notice: What a person should know of it, or None.
    """

    train: torch.Tensor
    test: torch.Tensor
    train_labels: torch.Tensor
    test_labels: torch.Tensor
    source: str
    notice: str | None = None


def load(
    config: DataConfig,
    folder: Path,
    seed: int = 0,
    notify: Callable[[str], None] = lambda _: None,
    download: bool = True,
) -> ImageData:
    """Load images.

    MNIST is looked for in ``folder``, then in the project's own data folder, then downloaded; failing all, the embedded
    digits stand in and ``notice`` says so.

    Args:
        config: Which images, how many, which size and pixels.
        folder: Where ``MNIST/raw`` may lie.
        seed: Chooses the training images when fewer than all are asked for.
        notify: Called with a line of progress during a download.
        download: Whether MNIST is fetched where it is not at hand.
    """
    tensors, source, notice = find(config.dataset, folder, notify, download)
    train, train_labels, test, test_labels = tensors
    chosen = choose(len(train), config.train_size, seed)
    train, train_labels = train[chosen], train_labels[chosen]
    train, test = (_frame(images, config) for images in (train, test))
    return ImageData(train, test, train_labels, test_labels, source, notice)


def find(
    dataset: str, folder: Path, notify: Callable[[str], None], download: bool = True
) -> tuple[digits.Parts, str, str | None]:
    """MNIST, or the embedded digits: the images as :func:`mnist.read` gives them, what they really are, and a notice.

    Args:
        dataset: "mnist" or "digits": what is asked for.
        folder, notify: As of :func:`load`.
        download: Whether MNIST is fetched where it is not at hand.
    """
    if dataset == "digits":
        return digits.read(), "digits", None
    try:
        return _find_mnist(folder, notify, download), "mnist", None
    except mnist.MnistUnavailable as error:
        notice = (
            f"MNIST is not at hand: {error}. The embedded 8 x 8 digits stand in for it. "
            "To use MNIST, connect to the internet once or set BOLTZMANN_DATA to a folder that holds MNIST/raw."
        )
        return digits.read(), "digits", notice


def choose(available: int, wanted: int, seed: int) -> torch.Tensor | slice:
    """Which of the training images are used: all, or ``wanted`` of them drawn with the seed."""
    if wanted >= available:
        return slice(None)
    return torch.randperm(available, generator=torch.Generator().manual_seed(seed))[:wanted]


def _find_mnist(folder: Path, notify: Callable[[str], None], download: bool) -> digits.Parts:
    own = ROOT / "data"
    for place in dict.fromkeys((folder, own)):
        if mnist.exists(place):
            return mnist.read(place)
    if not download:
        raise mnist.MnistUnavailable("no folder holds it")
    target = own
    for place in (folder, own):
        try:
            place.mkdir(parents=True, exist_ok=True)
            probe = place / ".writable"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        target = place
        break
    mnist.download(target, notify)
    return mnist.read(target)


def _frame(images: torch.Tensor, config: DataConfig) -> torch.Tensor:
    border = (config.image_size - images.shape[-1]) // 2
    if border:
        images = torch.nn.functional.pad(images, (border,) * 4)
    if config.pixels == "binary":
        images = (images >= 128).to(torch.uint8) * 255
    return images
