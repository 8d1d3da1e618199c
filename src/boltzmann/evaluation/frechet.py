"""The Frechet distance of two sets of features, taken as Gaussian."""

from __future__ import annotations

from dataclasses import dataclass

import torch

RESAMPLES = 20  # they give the standard error to within a sixth of itself


@dataclass(frozen=True)
class Moments:
    """Mean float64 (d,) and covariance float64 (d, d) of features."""

    mean: torch.Tensor
    covariance: torch.Tensor

    @classmethod
    def of(cls, features: torch.Tensor) -> Moments:
        """Of ``features`` (N, d), N at least 2.

        Raises:
            ValueError: for fewer.
        """
        if features.ndim != 2 or len(features) < 2:
            raise ValueError(f"features have shape {tuple(features.shape)}; moments take (N, d), N at least 2")
        return cls(features.double().mean(0), torch.cov(features.double().T).reshape(2 * features.shape[1:]))


def frechet_distance(first: Moments, second: Moments) -> float:
    """The squared 2-Wasserstein distance of two Gaussians, in squared units of the features.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` (Dowson & Landau, J. Multivariate Analysis 12, 1982, 450; Heusel et al.,
    arXiv 1706.08500). The trace of ``(C1 C2)^(1/2)`` is that of ``(C1^(1/2) C2 C1^(1/2))^(1/2)``, which is symmetric.
    """
    values, vectors = torch.linalg.eigh(first.covariance)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    overlap = torch.linalg.eigvalsh(root @ second.covariance @ root).clamp(min=0).sqrt().sum()
    apart = (first.mean - second.mean).square().sum()
    return (apart + first.covariance.trace() + second.covariance.trace() - 2 * overlap).item()


def standard_error(features: torch.Tensor, reference: Moments, seed: int = 0) -> float:
    """Standard error of the distance of ``features`` (N, d) to ``reference``, by the bootstrap over the N images.

    What another drawing of as many digits would change; the reference is held.
    """
    generator = torch.Generator().manual_seed(seed)
    count = len(features)
    distances = [
        frechet_distance(Moments.of(features[torch.randint(count, (count,), generator=generator)]), reference)
        for _ in range(RESAMPLES)
    ]
    return torch.tensor(distances, dtype=torch.float64).std().item()
