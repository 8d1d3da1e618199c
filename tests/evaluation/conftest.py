"""Real images in small numbers, when MNIST is at hand."""

import os
from pathlib import Path

import pytest
import torch

from boltzmann.data import ImageData, mnist
from boltzmann.evaluation.reference import Reference


@pytest.fixture(scope="session")
def whole_mnist():
    """Training images and labels, test images and labels; the test is skipped without BOLTZMANN_DATA."""
    if "BOLTZMANN_DATA" not in os.environ:
        pytest.skip("BOLTZMANN_DATA names no folder with MNIST")
    return mnist.read(Path(os.environ["BOLTZMANN_DATA"]).resolve())


@pytest.fixture(scope="session")
def few_images(whole_mnist):
    """5,000 training and 2,000 test images, drawn evenly."""
    train, train_labels, test, test_labels = whole_mnist
    some, others = (torch.randperm(n, generator=torch.Generator().manual_seed(0)) for n in (60_000, 10_000))
    some, others = some[:5000], others[:2000]
    return ImageData(train[some], test[others], train_labels[some], test_labels[others], "mnist")


@pytest.fixture(scope="session")
def reference(few_images, tmp_path_factory):
    """Of :func:`few_images`, with a cache of its own."""
    return Reference.load(few_images, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def fresh_images(whole_mnist):
    """2,000 real images, uint8 (N, 28, 28), and labels, that are neither :func:`few_images`' test nor training images."""
    train, labels, *_ = whole_mnist
    chosen = torch.randperm(60_000, generator=torch.Generator().manual_seed(0))[-2000:]
    return train[chosen], labels[chosen]
