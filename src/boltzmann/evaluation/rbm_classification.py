"""Classes read by a restricted Boltzmann machine: from its label units, or from its hidden units by logistic regression."""

from __future__ import annotations

import math
from typing import Any

import torch

from boltzmann.evaluation.rbm_chains import clamped_probability
from boltzmann.models.rbm import RBM

FREE_ENERGY_CHUNK = 2**22
"""Hidden fields held at a time: one for each image, class and hidden unit."""
PENALTIES = (1.0, 0.1, 0.01, 0.001)
"""Inverse strengths C of the L2 penalty that are tried."""
ITERATIONS = 500
"""Most steps of L-BFGS; 60,000 images and 500 features take some 20 to 50."""


@torch.no_grad()
def free_energy_classes(rbm: RBM, pixels: torch.Tensor) -> torch.Tensor:
    """The class of least free energy F(pixels, y), the most probable one: (N, n - labels) to int64 (N,)."""
    size = max(1, FREE_ENERGY_CHUNK // (rbm.labels * rbm.hidden))
    return torch.cat([rbm.class_free_energies(part).argmin(1) for part in pixels.split(size)])


def completed_labels(rbm: RBM, pixels: torch.Tensor, chains: int = 5, steps: int = 100, seed: int = 0) -> torch.Tensor:
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


def features_can_be_judged(labels: torch.Tensor) -> bool:
    """Whether :func:`feature_classes` has two classes or more, and ten training rows of each."""
    counts = labels.bincount()
    counts = counts[counts > 0]
    return len(counts) > 1 and int(counts.min()) >= 10


def feature_classes(rbm: RBM, train: torch.Tensor, labels: torch.Tensor, test: torch.Tensor) -> torch.Tensor:
    """Classes of test images by logistic regression on the machine's features of training images.

    The features are whitened, which makes L-BFGS some ten times faster, up to 99.9 % of their variance; the L2 penalty is
    the best of :data:`PENALTIES` on a tenth of the training images, held out. Test images choose nothing.

    Args:
        rbm: The machine.
        train: Training images (M, n - labels).
        labels: Their classes, int64 (M,); see :func:`features_can_be_judged`.
        test: Test images (N, n - labels).

    Returns:
        int64 of shape (N,).
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit

    whitening = PCA(0.999, whiten=True, svd_solver="covariance_eigh")
    x = whitening.fit_transform(features(rbm, train).cpu().numpy())
    search = GridSearchCV(
        LogisticRegression(max_iter=ITERATIONS),
        {"C": PENALTIES},
        cv=StratifiedShuffleSplit(1, test_size=0.1, random_state=0),
    ).fit(x, labels.cpu().numpy())
    found = search.predict(whitening.transform(features(rbm, test).cpu().numpy()))
    return torch.from_numpy(found)


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
