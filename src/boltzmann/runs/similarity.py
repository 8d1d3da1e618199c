"""An order of images in which similar ones stand side by side."""

from __future__ import annotations

import numpy as np


def by_similarity(images: np.ndarray) -> np.ndarray:
    """A greedy walk: from the image with the least ink always on to the nearest one that is left.

    The walk of the nearest neighbour for the travelling salesman (Rosenkrantz, Stearns & Lewis, SIAM J. Comput. 6, 1977,
    563), in Euclidean distance between the images at half their width and height.

    Args:
        images: uint8 (count, H, W), H and W even.

    Returns:
        The places of the images along the walk, int64 (count,), each once.
    """
    count, height, width = images.shape
    halved = images.reshape(count, height // 2, 2, width // 2, 2).mean((2, 4), dtype=np.float32).reshape(count, -1)
    lengths = np.square(halved).sum(1)
    distances = lengths[:, None] + lengths - 2 * halved @ halved.T
    order = [int(halved.sum(1).argmin())]
    left = np.ones(count, bool)
    for _ in range(count - 1):
        left[order[-1]] = False
        order.append(int(np.where(left, distances[order[-1]], np.inf).argmin()))
    return np.array(order)
