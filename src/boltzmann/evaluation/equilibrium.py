"""What a prior's laws look like at equilibrium, and how far other reads are from it.

The judge is parallel tempering, whose replicas pass over the barriers that hold plain chains. It is a sample too: its own
error is estimated, and is part of the floor that even a perfect sampler would show. Where the prior has classes, each
class has a law and a reference of its own, and the figures are averages over the laws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch

from boltzmann.samplers.base import IsingModel, Samples

BATCHES = 100
BINS_PER_DEVIATION = 4
FARTHEST_BIN = 200
"""Bins on either side of the mean energy at equilibrium; what lies beyond counts into the last."""


@dataclass(frozen=True)
class Equilibrium:
    """What the reference's reads say of each law.

    Args:
        correlations: Mean of s_i s_j along each edge, float64 (laws, m).
        error: Estimated root mean square error of ``correlations``.
        energies: Mean energy of each law, float64 (laws,).
        variances: Of those means, float64 (laws,).
        spread: Standard deviation of a read's energy about its law's mean.
        counts: Number of reads of each law, float64 (laws,).
    """

    correlations: torch.Tensor
    error: float
    energies: torch.Tensor
    variances: torch.Tensor
    spread: float
    counts: torch.Tensor

    @classmethod
    def of(cls, prior: IsingModel, samples: Samples) -> Equilibrium:
        """Of independent ``samples``, of which first and second half follow the same laws.

        Each half has twice the variance v of the whole, and they are independent: the mean square of what they differ by
        is 4 v, so that the root mean square is twice the error of the whole.
        """
        half = len(samples.spins) // 2
        first, second = (
            edge_correlations(_of_reads(prior, rows), samples.spins[rows]) for rows in (slice(half), slice(half, None))
        )
        means, variances, counts = _means(prior, samples.energies)
        return cls(
            correlations=edge_correlations(prior, samples.spins),
            error=_distance(first, second) / 2,
            energies=means,
            variances=variances,
            spread=math.sqrt(float((variances * counts).mean())),
            counts=counts,
        )

    def edge_error(self, prior: IsingModel, spins: torch.Tensor) -> float:
        """Root mean square over laws and edges of <s_i s_j> over ``spins`` (reads, n), less the reference's."""
        return _distance(edge_correlations(prior, spins), self.correlations)

    def edge_spread(self, prior: IsingModel, reads: int, whole: IsingModel, spins: torch.Tensor) -> float:
        """What :meth:`edge_error` of 95 in 100 batches of so many independent reads stays below, by the bootstrap.

        Edges move together, the more the stronger the couplings: a single batch may lie far from :meth:`edge_floor`.

        Args:
            prior: The law of each read of a batch.
            reads: Their number.
            whole: The laws of the reference's reads, the same ones.
            spins: Those reads, int8 (M, n).
        """
        generator = torch.Generator().manual_seed(0)
        pools, places = _laws(whole, len(spins)), _laws(prior, reads)
        drawn = torch.empty(reads, dtype=torch.long)
        squares = []
        for _ in range(BATCHES):
            for pool, rows in zip(pools, places, strict=True):
                drawn[rows] = pool[torch.randint(len(pool), (len(rows),), generator=generator)]
            squares.append(self.edge_error(prior, spins[drawn]) ** 2 + self.error**2)
        return math.sqrt(torch.tensor(squares, dtype=torch.float64).quantile(0.95).item())

    def edge_floor(self, prior: IsingModel, reads: int) -> float:
        """What :meth:`edge_error` of so many independent reads would be, in root mean square.

        The mean of N independent products has the variance (1 - c^2) / N. As c is itself the mean of M products, 1 - c^2
        comes out too small by (M - 1) / M on average. The reference's own error adds in square.
        """
        counts = torch.tensor([float(len(rows)) for rows in _laws(prior, reads)], dtype=torch.float64)
        variance = (1 - self.correlations.square()).mean(1) * self.counts / (self.counts - 1)
        return math.sqrt(float((variance / counts).mean()) + self.error**2)

    def above(self, prior: IsingModel, energies: torch.Tensor) -> tuple[float, float]:
        """How far the mean of ``energies`` (reads,) lies above equilibrium, averaged over the laws; its standard error."""
        means, variances, _ = _means(prior, energies)
        error = float((variances + self.variances).sum().sqrt()) / len(means)
        return float((means - self.energies).mean()), error

    def histogram(self, prior: IsingModel, energies: torch.Tensor) -> dict[str, Any]:
        """Shares of ``energies`` (reads,), each less its law's mean at equilibrium, in bins common to all that are compared.

        Returns:
            ``width`` of a bin; ``first``, the centre of the first; ``shares``, from the first to the last that is not empty.
        """
        relative = energies.clone()
        for rows, mean in zip(_laws(prior, len(energies)), self.energies, strict=True):
            relative[rows] -= mean
        width = max(self.spread, 1e-6) / BINS_PER_DEVIATION
        bins = (relative / width).round().clamp(-FARTHEST_BIN, FARTHEST_BIN).long()
        first = int(bins.min())
        shares = torch.bincount(bins - first).double() / len(bins)
        return {"width": width, "first": first * width, "shares": shares.tolist()}


def edge_correlations(prior: IsingModel, spins: torch.Tensor) -> torch.Tensor:
    """Mean of s_i s_j along each edge, float64 (laws, m), of ``spins`` (reads, n): the reads of each law apart."""
    ends = torch.from_numpy(prior.graph.edges)
    # The products of all pairs, exact up to 2^24 reads, are quicker than those of the edges alone.
    products = [(part := spins[rows].float()).T @ part / len(part) for rows in _laws(prior, len(spins))]
    return torch.stack([each[ends[:, 0], ends[:, 1]] for each in products]).double()


def _laws(prior: IsingModel, reads: int) -> list[torch.Tensor]:
    """The numbers of the reads of each law."""
    if prior.kinds is None:
        return [torch.arange(reads)]
    return [torch.nonzero(prior.kinds == kind).flatten() for kind in prior.kinds.unique()]


def _of_reads(prior: IsingModel, rows: slice) -> IsingModel:
    return prior if prior.kinds is None else replace(prior, kinds=prior.kinds[rows])


def _distance(first: torch.Tensor, second: torch.Tensor) -> float:
    return math.sqrt(float((first - second).square().mean()))


def _means(prior: IsingModel, energies: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Of each law's ``energies``: their mean, the variance of that, and their number, each float64 (laws,)."""
    parts = [energies[rows] for rows in _laws(prior, len(energies))]
    counts = torch.tensor([float(len(part)) for part in parts], dtype=torch.float64)
    means, variances = (torch.stack([function(part) for part in parts]) for function in (torch.mean, torch.var))
    return means, variances / counts, counts
