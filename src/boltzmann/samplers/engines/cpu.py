"""Chains on the processor: tiles of 64 chains through the compiled loops, shared out among threads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from llvmlite.binding import get_host_cpu_features

from boltzmann.samplers.engines import kernels
from boltzmann.samplers.engines.base import Chains
from boltzmann.samplers.engines.kernels import LANES
from boltzmann.samplers.engines.layout import Layout

# Less than this many spin updates is done before a second thread has started.
_WORTH_A_THREAD = 500_000
_NOTHING = np.zeros(0, np.uint64)
_EXTENSIONS = {"avx512f": "AVX-512", "avx2": "AVX2", "neon": "NEON"}


class CpuChains(Chains):
    """See :class:`Chains`. As many threads as torch uses; the same spins from any number of them."""

    def __init__(self, layout: Layout, systems: int, device: torch.device, ladder: Sequence[float] = (1.0,)) -> None:
        super().__init__(layout, systems, device, ladder)
        levels, n = len(self.ladder), layout.graph.n
        if levels > LANES:
            raise ValueError(f"the ladder has {levels} levels; at most {LANES} fit")
        per_tile = LANES // levels
        tiles = -(-systems // per_tile)
        self._padded = tiles * per_tile
        self._shape = tiles, per_tile
        self._spins = _aligned((tiles, n, LANES), np.float32)
        self._spins[:] = 1
        self._random = _aligned((tiles, 4, LANES), np.uint32)
        self._home = np.tile(np.arange(per_tile * levels).reshape(per_tile, levels), (tiles, 1, 1))
        self._first = self._home[:, :, :1]
        self._lanes = self._home.copy()
        self._heading = np.zeros((tiles, LANES), np.uint8)
        self._held = _NOTHING
        self._rows = tuple(part.astype(np.uint64) for part in (layout.starts, layout.columns, layout.edges))

    @staticmethod
    def description(device: torch.device) -> str:  # noqa: ARG004 - the processor is one
        """See :meth:`Chains.description`."""
        features = get_host_cpu_features()
        extension = next((name for flag, name in _EXTENSIONS.items() if features.get(flag)), "compiled")
        threads = torch.get_num_threads()
        return f"processor, {extension}, {threads} thread{'s' * (threads != 1)}"

    def load(self, linear: torch.Tensor, quadratic: torch.Tensor, kinds: torch.Tensor | None = None) -> None:
        """See :meth:`Chains.load`."""
        fields = _numpy(linear)[..., self.layout.order]
        self._linear = fields if fields.ndim == 1 else self._across_lanes(fields, kinds)
        values = _numpy(quadratic)
        values = values[self.layout.edges] if values.ndim == 1 else self._across_lanes(values, kinds)
        self._couplings = (*self._rows, values)

    def place(self, spins: torch.Tensor) -> None:
        """See :meth:`Chains.place`."""
        values = self._by_tile(spins.cpu().numpy().astype(np.int8))
        self._in_parallel(values.size, kernels.scatter, values, self._lanes, self.layout.place, self._spins)

    def hold(self, clamp: torch.Tensor | None) -> None:
        """See :meth:`Chains.hold`."""
        self._held = _NOTHING
        if clamp is not None:
            values = self._across_lanes(clamp.cpu().numpy().astype(np.float32)[:, self.layout.order], None)
            held = values != 0
            np.copyto(self._spins, values, where=held)
            self._held = np.packbits(held, axis=-1, bitorder="little").view("<u8").astype(np.uint64)

    def run(self, seed: int, schedule: Sequence[float], rounds: int = 1, scales: torch.Tensor | None = None) -> None:
        """See :meth:`Chains.run`."""
        tiles, levels = self._shape[0], len(self.ladder)
        self._random[:] = _streams(seed, tiles)
        times = np.asarray(schedule, dtype=np.float64)
        scale = self._by_tile(np.ones(self.systems) if scales is None else scales.double().cpu().numpy())
        work, common = (
            self._spins.size * len(times) * rounds,
            (self._spins, self._random, self._linear, self._couplings, self._held),
        )
        betas = _aligned((tiles, 2, LANES), np.float32)
        if levels == 1:
            betas[:, 0] = 2 / math.log(2) * scale
            self._in_parallel(work, kernels.sweep, *common, betas, np.tile(times, rounds))
            return
        rejection, attempts = np.zeros((tiles, levels - 1)), np.zeros((tiles, levels - 1), np.int64)
        trips, parity = np.zeros(tiles, np.int64), self.swaps.rounds // self.systems % 2
        self._in_parallel(
            work, kernels.temper, *common, betas, times,
            self.ladder, scale, self._lanes, self._heading, rounds, parity, rejection, attempts, trips,
        )  # fmt: skip
        self.swaps.rejection += rejection.sum(0)
        self.swaps.attempts += attempts.sum(0)
        self.swaps.round_trips += int(trips.sum())
        self.swaps.rounds += rounds * self.systems

    def spins(self) -> torch.Tensor:
        """See :meth:`Chains.spins`."""
        return self._level(self._lanes)

    def energies(self) -> torch.Tensor:
        """See :meth:`Chains.energies`."""
        energies = np.empty((self._shape[0], LANES))
        self._in_parallel(
            self._spins.size, kernels.energies_of,
            self._spins, self._linear, self._couplings, energies,
        )  # fmt: skip
        return torch.from_numpy(np.take_along_axis(energies, self._lanes[:, :, -1], 1).reshape(-1)[: self.systems])

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Chains.state`."""
        tiles, per_tile = self._shape
        used = self._heading[:, : self._home[0].size].reshape(tiles, per_tile, -1)
        replicas = [self._level(lane) for lane in self._each_replica()]
        levels, heading = (
            array.reshape(self._padded, -1)[: self.systems] for array in (self._lanes - self._first, used)
        )
        return {
            "replicas": torch.stack(replicas, dim=1),
            "levels": torch.from_numpy(levels.copy()),
            "heading": torch.from_numpy(heading.copy()),
            "rounds": torch.tensor(self.swaps.rounds // self.systems),
        }

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """See :meth:`Chains.restore`."""
        for k, lane in enumerate(self._each_replica()):
            values = self._by_tile(state["replicas"][:, k].numpy())
            self._in_parallel(values.size, kernels.scatter, values, lane, self.layout.place, self._spins)
        self._lanes = self._by_tile(state["levels"].numpy()) + self._first
        self._heading[:, : self._home[0].size] = self._by_tile(state["heading"].numpy()).reshape(self._shape[0], -1)
        self.swaps.rounds = int(state["rounds"]) * self.systems

    def _each_replica(self) -> list[np.ndarray]:
        return [np.ascontiguousarray(self._home[:, :, k : k + 1]) for k in range(len(self.ladder))]

    def _level(self, lanes: np.ndarray) -> torch.Tensor:
        out = np.empty((*self._shape, self.layout.graph.n), np.int8)
        self._in_parallel(out.size, kernels.gather, self._spins, lanes, self.layout.place, out)
        return torch.from_numpy(out.reshape(self._padded, -1)[: self.systems])

    def _by_tile(self, values: np.ndarray) -> np.ndarray:
        """(systems, ...) as (tiles, systems of a tile, ...), the last system repeated to fill the last tile."""
        missing = self._padded - self.systems
        whole = np.concatenate([values, np.repeat(values[-1:], missing, axis=0)]) if missing else values
        return np.ascontiguousarray(whole).reshape(*self._shape, *values.shape[1:])

    def _across_lanes(self, values: np.ndarray, kinds: torch.Tensor | None) -> np.ndarray:
        """Row ``kinds[s]`` of ``values``, or row s, for each system s and all its replicas: (tiles, rows, LANES)."""
        own = np.arange(self.systems) if kinds is None else kinds.cpu().numpy()
        out = _aligned((self._shape[0], values.shape[1], LANES), np.float32)
        self._in_parallel(out.size, kernels.spread, values, self._by_tile(own), self._lanes, out)
        return out

    def _in_parallel(self, work: int, kernel: Callable[..., None], *arguments: Any) -> None:
        tiles = self._shape[0]
        threads = min(torch.get_num_threads(), tiles, 1 + work // _WORTH_A_THREAD)
        bounds = [tiles * part // threads for part in range(threads + 1)]
        parts = list(pairwise(bounds))
        if threads == 1:
            kernel(parts[0], *arguments)
            return
        with ThreadPoolExecutor(threads - 1) as pool:
            others = [pool.submit(kernel, part, *arguments) for part in parts[1:]]
            kernel(parts[0], *arguments)
            for other in others:
                other.result()


def _numpy(values: torch.Tensor) -> np.ndarray:
    return values.detach().to("cpu", torch.float32).numpy()


def _aligned(shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """Zeros on a cache line's boundary: a vector across two lines takes twice the time."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(kind).reshape(shape)


def _streams(seed: int, tiles: int) -> np.ndarray:
    """Starts of the lanes' generators, uint32 (tiles, 4, LANES): SplitMix64 (Steele, Lea & Flood, OOPSLA 2014)."""
    number = np.arange(1, 2 * tiles * LANES + 1, dtype=np.uint64)
    z = np.uint64(seed % 2**64) + number * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z.view(np.uint32).reshape(tiles, LANES, 4).transpose(0, 2, 1)
