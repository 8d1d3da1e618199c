"""How two sets of points lie among each other, by nearest neighbours: fidelity, variety, memorisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

NEIGHBOURS = 5
BLOCK = 2000  # points a side: a block of distances takes 16 MB


@dataclass(frozen=True)
class Manifold:
    """Shares in [0, 1], but for the density, whose mean is 1 for digits of the real law.

    Args:
        precision: Generated points within reach of a real one (Kynkäänniemi et al., arXiv 1904.06991).
        recall: Real points within reach of a generated one (the same).
        density: Mean number of real points in whose reach a generated one lies, over k (Naeem et al., arXiv 2002.09797).
        coverage: Real points that have a generated one within their reach (the same).
    """

    precision: float
    recall: float
    density: float
    coverage: float


def normalised(features: torch.Tensor) -> torch.Tensor:
    """Features (N, d) of length 1.

    Raw features of images that are no digits are small; all lie near the origin, within reach of many real points. Their
    direction shows what they are.
    """
    return torch.nn.functional.normalize(features, dim=1)


def reaches(points: torch.Tensor, neighbours: int = NEIGHBOURS) -> torch.Tensor:
    """The reach of each of ``points`` (N, d): the squared distance (N,) to its k-th nearest among the others.

    Raises:
        ValueError: when there are no k others.
    """
    if len(points) <= neighbours:
        raise ValueError(f"{len(points)} points have no {neighbours} neighbours each: give more of them")
    found = torch.empty(len(points))
    for rows in torch.arange(len(points)).split(BLOCK):
        distances = torch.cat([block for _, block in _distances(points[rows], points)], dim=1)
        distances[torch.arange(len(rows)), rows] = torch.inf
        found[rows] = distances.kthvalue(neighbours, dim=1).values
    return found


def compare(
    real: torch.Tensor, generated: torch.Tensor, real_reaches: torch.Tensor, neighbours: int = NEIGHBOURS
) -> Manifold:
    """Precision, recall, density and coverage.

    Args:
        real: (N, d).
        generated: (M, d). As many as real ones: recall and coverage rise with their number.
        real_reaches: (N,) by :func:`reaches` with the same ``neighbours`` k.
        neighbours: k.
    """
    generated_reaches = reaches(generated, neighbours)
    held = torch.zeros(len(generated))  # number of real points in whose reach each lies
    recalled, covered = (torch.zeros(len(real), dtype=torch.bool) for _ in range(2))
    for rows in torch.arange(len(generated)).split(BLOCK):
        for columns, block in _distances(generated[rows], real):
            within = block <= real_reaches[columns]
            held[rows] += within.sum(1)
            covered[columns] |= within.any(0)
            recalled[columns] |= (block <= generated_reaches[rows, None]).any(0)
    return Manifold(
        precision=(held > 0).float().mean().item(),
        recall=recalled.float().mean().item(),
        density=held.mean().item() / neighbours,
        coverage=covered.float().mean().item(),
    )


def nearest(images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Euclidean distance (N,) of each image to the nearest of ``others``, 0 where it is one of them.

    Args:
        images: (N, H, H), uint8 (0 to 255) or floats in [0, 1].
        others: (M, H, H), likewise.
    """
    queries = _flat(images)
    best = torch.full((len(queries),), torch.inf)
    which = torch.zeros(len(queries), dtype=torch.long)
    for begin in range(0, len(others), 5 * BLOCK):
        candidates = _flat(others[begin : begin + 5 * BLOCK])
        for rows in torch.arange(len(queries)).split(BLOCK):
            for columns, block in _distances(queries[rows], candidates):
                least, where = block.min(1)
                closer = least < best[rows]
                best[rows[closer]] = least[closer]
                which[rows[closer]] = begin + columns[0] + where[closer]
    # Differences of large squares lose what is nearly 0: once more, for the pairs found.
    pairs = zip(queries.split(BLOCK), which.split(BLOCK), strict=True)
    return torch.cat([(part - _flat(others[index])).square().sum(1).sqrt() for part, index in pairs])


def _distances(rows: torch.Tensor, columns: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Blocks of squared distances (rows, some columns), each with the indices of its columns."""
    lengths = rows.square().sum(1, keepdim=True)
    for chosen in torch.arange(len(columns)).split(BLOCK):
        part = columns[chosen]
        yield chosen, torch.addmm(lengths + part.square().sum(1), rows, part.T, alpha=-2).clamp_(min=0)


def _flat(images: torch.Tensor) -> torch.Tensor:
    flat = images.flatten(1).float()
    return flat / 255 if images.dtype == torch.uint8 else flat
