"""Classes read by a restricted Boltzmann machine: from its label units, or from its hidden units by logistic regression."""

from __future__ import annotations

import math
from typing import Any

import torch

from boltzmann.evaluation.rbm_chains import clamped_probability
from boltzmann.models.rbm import RBM

FREE_ENERGY_CHUNK = 2**22
"""Hidden fields held at a time: one for each image, class and hidden unit."""
ITERATIONS = 100
"""Of L-BFGS: the accuracy on 60,000 images no longer moves."""


@torch.no_grad()
def free_energy_classes(rbm: RBM, pixels: torch.Tensor) -> torch.Tensor:
    """The class of least free energy F(pixels, y), the most probable one: (N, n - labels) to int64 (N,)."""
    size = max(1, FREE_ENERGY_CHUNK // (rbm.labels * rbm.hidden))
    return torch.cat([rbm.class_free_energies(part).argmin(1) for part in pixels.split(size)])


def completed_labels(rbm: RBM, pixels: torch.Tensor, chains: int = 10, steps: int = 50, seed: int = 0) -> torch.Tensor:
    """p(y | pixels) by Gibbs chains that hold the pixels fixed: (N, n - labels) to (N, labels).

    What a sampler without free energies can do; :func:`free_energy_classes` needs no chains.
    """
    unknown = torch.arange(rbm.visible, device=pixels.device) >= rbm.pixels
    rows = torch.cat([pixels, pixels.new_zeros(len(pixels), rbm.labels)], dim=1)
    generator = torch.Generator(pixels.device).manual_seed(seed)
    return clamped_probability(rbm, rows, unknown, generator, chains, steps)


@torch.no_grad()
def features(rbm: RBM, pixels: torch.Tensor) -> torch.Tensor:
    """p(h = 1 | pixels), label units silent: (N, n - labels) to (N, m)."""
    rows = torch.cat([pixels, pixels.new_zeros(len(pixels), rbm.labels)], dim=1) if rbm.labels else pixels
    return rbm.hidden_probability(rows)


def feature_classes(rbm: RBM, train: torch.Tensor, labels: torch.Tensor, test: torch.Tensor) -> torch.Tensor:
    """Classes of test images by logistic regression on the machine's features of training images.

    Args:
        rbm: The machine.
        train: Training images (M, n - labels).
        labels: Their classes, int64 (M,).
        test: Test images (N, n - labels).

    Returns:
        int64 of shape (N,).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    x = scaler.fit_transform(features(rbm, train).cpu().numpy())
    regression = LogisticRegression(max_iter=ITERATIONS)
    regression.fit(x, labels.cpu().numpy())
    return torch.from_numpy(regression.predict(scaler.transform(features(rbm, test).cpu().numpy())))


def scores(truth: torch.Tensor, found: torch.Tensor, classes: int) -> dict[str, Any]:
    """How often ``found`` (N,) is ``truth`` (N,).

    Returns:
        JSON values: ``accuracy``, its binomial ``standard_error``, ``images`` and ``confusion``, counts of shape
        (classes, classes) whose rows are the truth.
    """
    accuracy = float((truth == found).double().mean())
    confusion = torch.bincount(truth * classes + found, minlength=classes**2).view(classes, classes)
    return {
        "accuracy": round(accuracy, 5),
        "standard_error": round(math.sqrt(accuracy * (1 - accuracy) / len(truth)), 5),
        "images": len(truth),
        "confusion": confusion.tolist(),
    }
