"""Training rows in the order of the seed, the same for every trainer; and the seed's separate random streams."""

from __future__ import annotations

import hashlib

import torch


def stream(seed: int, name: str, device: torch.device | str = "cpu") -> torch.Generator:
    """Random numbers for one purpose: what another purpose draws, or whether it draws at all, does not change them."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=7).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest))


class Batches:
    """Batches by step number; a remainder of rows too small for one is left out of its epoch.

    Args:
        rows: Visible units, float32 (N, n).
        labels: int64 (N,), or None.
        size: Rows of a batch; None, or more than there are: all of them, in their own order.
        seed: Of order and stochastic pixels.
        stochastic: Whether grey rows are drawn as 0 or 1 anew each time.
    """

    def __init__(
        self, rows: torch.Tensor, labels: torch.Tensor | None, size: int | None, seed: int, stochastic: bool
    ) -> None:
        self._rows, self._labels, self._seed = rows, labels, seed
        self._size = min(size or len(rows), len(rows))
        self._pixels = stream(seed, "pixels", rows.device) if stochastic else None
        self._epoch = -1
        self.per_epoch = len(rows) // self._size

    def at(self, step: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Rows (batch, n) and labels (batch,) of a step, counted from 0. Steps are asked for in turn."""
        rows, labels = self._rows, self._labels
        if self._size < len(rows):
            epoch, position = divmod(step, self.per_epoch)
            if epoch != self._epoch:
                # From seed and epoch alone, so that a resumed run meets the same rows in the same order.
                order = torch.randperm(len(rows), generator=stream(self._seed, f"batches/{epoch}"))
                self._order, self._epoch = order.to(rows.device), epoch
            chosen = self._order[position * self._size : (position + 1) * self._size]
            rows, labels = rows[chosen], None if labels is None else labels[chosen]
        if self._pixels is not None:
            rows = torch.rand(rows.shape, generator=self._pixels, device=rows.device).lt(rows).to(rows)
        return rows, labels

    def state(self) -> dict[str, torch.Tensor]:
        """The random numbers of stochastic pixels, where there are any."""
        return {} if self._pixels is None else {"pixels": self._pixels.get_state()}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`."""
        if self._pixels is not None:
            self._pixels.set_state(state["pixels"])
