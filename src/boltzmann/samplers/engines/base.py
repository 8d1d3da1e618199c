"""What runs Markov chains, whatever the hardware."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from boltzmann.samplers.engines.layout import Layout


@dataclass
class Swaps:
    """What the swaps of a ladder of L levels did, summed over systems.

    Args:
        rejection: (L - 1,) sum of the rejection probabilities of each pair of levels.
        attempts: (L - 1,) their number.
        round_trips: Replicas that went from the hottest level to the coldest and back.
        rounds: Sweeps and swaps, times the number of systems.
    """

    rejection: np.ndarray
    attempts: np.ndarray
    round_trips: int = 0
    rounds: int = 0

    @classmethod
    def none(cls, levels: int) -> Swaps:
        """Nothing yet."""
        return cls(np.zeros(levels - 1), np.zeros(levels - 1, dtype=np.int64))

    @property
    def rejection_rates(self) -> np.ndarray:
        """(L - 1,), NaN for a pair that was never tried."""
        return np.divide(
            self.rejection, self.attempts, out=np.full(len(self.rejection), np.nan), where=self.attempts > 0
        )


class Chains(ABC):
    """Markov chains of Gibbs updates: independent systems of one graph, each a replica on every level of a ladder.

    Without a ladder a system is one plain chain. Coefficients, held spins and a scale of the inverse temperature may differ
    from system to system. Every run is given its own seed and depends on that, on the model and on the spins alone, whatever
    the number of threads; so spins, replicas' levels and headings are all the state there is.

    Args:
        layout: The graph.
        systems: S of them.
        device: Where the chains live.
        ladder: Inverse temperatures of the levels, relative to the model's own, ascending; the last is 1.
    """

    def __init__(self, layout: Layout, systems: int, device: torch.device, ladder: Sequence[float] = (1.0,)) -> None:
        self.layout, self.systems, self.device = layout, systems, device
        self.ladder = np.asarray(ladder, dtype=np.float64)
        self.swaps = Swaps.none(len(self.ladder))

    @staticmethod
    @abstractmethod
    def description(device: torch.device) -> str:
        """Which engine this is and what it runs on, in plain words."""

    @abstractmethod
    def load(self, linear: torch.Tensor, quadratic: torch.Tensor, kinds: torch.Tensor | None = None) -> None:
        """Take the model's coefficients: h of shape (n,) or (laws, n), J of shape (m,) or (laws, m).

        Args:
            linear, quadratic: h and J.
            kinds: int64 (systems,), the number of each system's law; only where there are several.
        """

    @abstractmethod
    def place(self, spins: torch.Tensor) -> None:
        """Set every replica of each system to that system's row of ``spins``, (systems, n) of -1 and +1.

        Chains that were never placed need not be: a first sweep at inverse temperature 0 draws them uniformly.
        """

    @abstractmethod
    def hold(self, clamp: torch.Tensor | None) -> None:
        """Hold spins from now on: int8 (systems, n), -1 or +1 holds, 0 leaves free. None frees all."""

    @abstractmethod
    def run(self, seed: int, schedule: Sequence[float], rounds: int = 1, scales: torch.Tensor | None = None) -> None:
        """Sweep all free spins, once for each inverse temperature of ``schedule``; then try to swap levels; and again.

        Args:
            seed: Of all random numbers of this run.
            schedule: Multiplies the levels' inverse temperatures.
            rounds: How often.
            scales: (systems,), multiplies each system's inverse temperature; None: 1.
        """

    @abstractmethod
    def spins(self) -> torch.Tensor:
        """int8 (systems, n): the replica on the last level of each system."""

    @abstractmethod
    def energies(self) -> torch.Tensor:
        """float64 (systems,): E of :meth:`spins`, from sums in float32."""

    @abstractmethod
    def state(self) -> dict[str, torch.Tensor]:
        """All that the next run depends on besides the model and what is held.

        ``replicas`` int8 (systems, levels, n); ``levels`` int64 (systems, levels), the number of the replica on each level;
        ``heading`` uint8 (systems, levels), 1 for a replica last seen at the hot end, 2 at the cold end, 0 for neither;
        ``rounds`` int64, those done.
        """

    @abstractmethod
    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a :meth:`state` of as many systems and levels."""
