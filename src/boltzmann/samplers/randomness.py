"""Random numbers whose whole state fits in a checkpoint."""

from __future__ import annotations

import hashlib

import torch


class RandomSource:
    """A seeded stream on the CPU, from which streams on other devices are seeded.

    One state then resumes a run on any device, and no sampler shares torch's global stream.
    """

    def __init__(self, seed: int) -> None:
        # Scrambled: a model drawn by torch from the same small seed would otherwise equal this sampler's noise.
        scrambled = hashlib.blake2b(f"sampler {seed}".encode(), digest_size=7).digest()
        self._generator = torch.Generator().manual_seed(int.from_bytes(scrambled))

    def on(self, device: torch.device) -> torch.Generator:
        """A generator for one call on ``device``."""
        if device.type == "cpu":
            return self._generator
        return torch.Generator(device).manual_seed(self.seed(2**63 - 1))

    def seed(self, limit: int = 2**31) -> int:
        """A fresh seed in [0, ``limit``) for a foreign random number generator."""
        return int(torch.randint(limit, (), generator=self._generator))

    def state(self) -> torch.Tensor:
        """uint8 tensor for :meth:`restore`."""
        return self._generator.get_state()

    def restore(self, state: torch.Tensor) -> None:
        """Go on from a :meth:`state`."""
        self._generator.set_state(state.cpu())
