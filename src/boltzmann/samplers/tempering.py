"""Parallel tempering: replicas from infinite temperature down to the model's own, which exchange their levels.

Swendsen & Wang, Phys. Rev. Lett. 57 (1986) 2607; Hukushima & Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604. The ladder
follows Syed, Bouchard-Côté, Deligiannidis & Doucet, J. R. Stat. Soc. B 84 (2022) 321: the rejection rates r_k of
neighbouring levels add up to a communication barrier that belongs to the model, whatever the ladder; the best ladder
shares it out evenly, and swaps alternate between even and odd pairs.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import torch

from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Chains, Layout, chains
from boltzmann.samplers.engines.kernels import LANES
from boltzmann.samplers.mixing import Mixing, diagnose
from boltzmann.samplers.randomness import RandomSource

SWEEPS_PER_ROUND = 5
REJECTION = 0.4
"""Wanted of every pair of levels: replicas cross the ladder fastest at 1/2, and a little less leaves a margin."""
_NARROWEST, _WIDEST = 0.2, 0.6  # mean rejections outside which the ladder gets another number of levels
_PILOTS, _PILOT_SYSTEMS, _PILOT_LEVELS, _PILOT_ROUNDS = 5, 32, 16, 20
_STEP = 0.2  # of the way to an even ladder, after each call
SNAPSHOTS, EXAMINED = 32, 64
STRETCHES = tuple(SNAPSHOTS * 2**k for k in range(6))
"""Rounds of the stretches of a fresh start: about 10,000 sweeps if none of them looks mixed, unless the next had more than"""
LONGEST_STRETCH = 1e10
"""spin updates, which take two seconds or so on two cores: the report then says that the replicas are slow, or stuck."""


def levels_for(barrier: float) -> int:
    """How many levels a communication barrier asks for, at most 64, none of a vector's lanes left idle."""
    wanted = min(max(math.ceil(barrier / REJECTION) + 1, 2), LANES)
    return LANES // (LANES // wanted)


def respaced(ladder: np.ndarray, rejection: np.ndarray, levels: int) -> np.ndarray:
    """A ladder of ``levels`` with the same ends that shares the barrier evenly.

    Args:
        ladder: (L,) ascending inverse temperatures.
        rejection: (L - 1,) rates measured on it.
        levels: Of the new ladder.
    """
    # A pair that never rejects still takes a little room, so that no two levels fall together.
    barrier = np.concatenate([[0.0], np.cumsum(np.maximum(rejection, 1e-3))])
    new = np.interp(np.linspace(0, barrier[-1], levels), barrier, ladder)
    new[[0, -1]] = ladder[[0, -1]]
    return new


class Tempering:
    """A ladder of replicas for each read, kept from call to call while the model's parameters move.

    Args:
        random: Where the seeds come from.
    """

    def __init__(self, random: RandomSource) -> None:
        self._random = random
        self._chains: Chains | None = None
        self._restored: dict[str, torch.Tensor] = {}
        self._rejection = np.zeros(0)
        self.mixing: Mixing | None = None
        """What the replicas' last examination found."""

    @torch.no_grad()
    def sample(
        self,
        layout: Layout,
        model: IsingModel,
        num_reads: int,
        sweeps: int,
        clamp: torch.Tensor | None = None,
        examine: bool = False,
    ) -> torch.Tensor:
        """Draw reads: go on from the last call where that fits, else start afresh and run until the replicas mix.

        Args:
            layout: Of the model's graph.
            model: Of one law, or of ``num_reads`` reads.
            num_reads: One ladder each.
            sweeps: From call to call.
            clamp: int8 (num_reads, n), or None. Held spins always start afresh and leave the kept replicas alone.
            examine: Look at the mixing on the way, which takes some more sweeps; a fresh start does so anyway.

        Returns:
            int8 of shape (num_reads, n).
        """
        if clamp is not None:
            return Tempering(self._random).fresh(layout, model, num_reads, clamp)
        self._revive(layout, model.linear.device)
        kept = self._chains
        if kept is None or kept.systems != num_reads or kept.layout is not layout or kept.device != model.linear.device:
            return self.fresh(layout, model, num_reads)
        kept.load(model.linear, model.quadratic, model.kinds)
        if examine:
            self.mixing = self._examine(kept, model, sweeps, STRETCHES[1])
        self._chains = self._follow(kept, *self._run(kept, math.ceil(sweeps / SWEEPS_PER_ROUND)), model)
        return self._chains.spins()

    def fresh(
        self, layout: Layout, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None
    ) -> torch.Tensor:
        """As :meth:`sample`, from random spins: each stretch twice as long as the last, until one looks mixed."""
        ladder = self._pilot(layout, model, num_reads, clamp)
        self._chains = _chains(layout, model, num_reads, ladder, clamp)
        self._rejection = np.full(len(ladder) - 1, REJECTION)
        self._chains.run(self._random.seed(), [0.0])
        for stretch in STRETCHES:
            # Settled: what the stretch began with is forgotten by its middle, so that its end is as good as fresh.
            self.mixing = self._examine(self._chains, model, stretch * SWEEPS_PER_ROUND // 2, stretch)
            updates = num_reads * len(ladder) * model.n * stretch * SWEEPS_PER_ROUND
            # And the reads have come down the ladder: on average each system's replicas have been round once.
            came_down = self._chains.swaps.round_trips >= num_reads
            if (
                came_down and self.mixing is not None and self.mixing.verdict == "mixing"
            ) or 2 * updates > LONGEST_STRETCH:
                break
        return self._chains.spins()

    def _examine(self, replicas: Chains, model: IsingModel, sweeps: int, rounds: int) -> Mixing | None:
        """Run on for ``rounds`` and look at how some reads change meanwhile, all of one law; None where no two are."""
        began, snapshots, every = time.perf_counter(), [], rounds // SNAPSHOTS
        law, alike = model.law()
        rows = (torch.arange(replicas.systems) if alike is None else alike)[:EXAMINED]
        for _ in range(SNAPSHOTS):
            self._run(replicas, every)
            snapshots.append(replicas.spins()[rows].cpu())
        if len(rows) < 2:
            return None
        seconds = (time.perf_counter() - began) * len(snapshots[0]) / replicas.systems
        trace = torch.stack(snapshots)
        return diagnose(law, trace, every * SWEEPS_PER_ROUND, sweeps, seconds)

    def report(self) -> dict[str, Any]:
        """Levels, share of swaps accepted, and round trips of a replica in a thousand rounds, since the chains began."""
        if self._chains is None:
            return {}
        swaps, levels = self._chains.swaps, len(self._chains.ladder)
        return {
            "levels": levels,
            "swap_rate": round(float(1 - np.nanmean(swaps.rejection_rates)), 3),
            "round_trips": swaps.round_trips,
            "round_trips_per_1000_sweeps": round(
                1000 * swaps.round_trips / max(1, swaps.rounds * levels * SWEEPS_PER_ROUND), 3
            ),
        }

    def _pilot(self, layout: Layout, model: IsingModel, num_reads: int, clamp: torch.Tensor | None) -> np.ndarray:
        """A ladder for the model, by short runs of a few systems."""
        few = min(num_reads, _PILOT_SYSTEMS)
        ladder = np.linspace(0, 1, _PILOT_LEVELS)
        for _ in range(_PILOTS):
            pilot = _chains(layout, model.first(few), few, ladder, None if clamp is None else clamp[:few])
            pilot.run(self._random.seed(), [0.0])
            self._run(pilot, _PILOT_ROUNDS)
            rejection, _ = self._run(pilot, _PILOT_ROUNDS)
            ladder = respaced(ladder, rejection, levels_for(rejection.sum()))
        return ladder

    def _run(self, replicas: Chains, rounds: int) -> tuple[np.ndarray, np.ndarray]:
        """Run on; each pair's rejection rate in this run, and how often it was tried."""
        rejection, attempts = replicas.swaps.rejection.copy(), replicas.swaps.attempts.copy()
        replicas.run(self._random.seed(), [1.0] * SWEEPS_PER_ROUND, rounds)
        tried = replicas.swaps.attempts - attempts
        return (replicas.swaps.rejection - rejection) / np.maximum(tried, 1), tried

    def _follow(self, replicas: Chains, rejection: np.ndarray, tried: np.ndarray, model: IsingModel) -> Chains:
        """Let the ladder follow the parameters; the replicas, on new ones if it needs another number of levels."""
        self._rejection = np.where(tried > 0, (1 - _STEP) * self._rejection + _STEP * rejection, self._rejection)
        levels = len(replicas.ladder)
        even = respaced(replicas.ladder, self._rejection, levels)
        replicas.ladder = (1 - _STEP) * replicas.ladder + _STEP * even
        wanted = levels_for(self._rejection.sum())
        if not _NARROWEST < self._rejection.mean() < _WIDEST and wanted != levels:
            return self._with_levels(replicas, wanted, model)
        return replicas

    def _with_levels(self, old: Chains, levels: int, model: IsingModel) -> Chains:
        """Give each new level a copy of the replica on the nearest old one."""
        ladder = respaced(old.ladder, self._rejection, levels)
        state = old.state()
        nearest = torch.from_numpy(np.abs(ladder[:, None] - old.ladder).argmin(1))
        rows = torch.arange(old.systems)[:, None]
        new = _chains(old.layout, model, old.systems, ladder, None)
        new.restore(
            {
                "replicas": state["replicas"][rows, state["levels"][:, nearest]],
                "levels": torch.arange(levels).repeat(old.systems, 1),
                "heading": torch.zeros(old.systems, levels, dtype=torch.uint8),
                "rounds": torch.tensor(0),
            }
        )
        self._rejection = np.full(levels - 1, self._rejection.sum() / (levels - 1))
        return new

    def state(self) -> dict[str, torch.Tensor]:
        """All that a later call depends on, as tensors by name; empty before the first."""
        if self._chains is None:
            return self._restored
        return {
            **self._chains.state(),
            "ladder": torch.from_numpy(self._chains.ladder),
            "rejection": torch.from_numpy(self._rejection),
        }

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a :meth:`state`. The replicas are set up by the next call, which brings their graph."""
        self._restored = state

    def _revive(self, layout: Layout, device: torch.device) -> None:
        if self._restored:
            self._chains = chains(layout, len(self._restored["replicas"]), device, self._restored["ladder"].tolist())
            self._chains.restore(self._restored)
            self._rejection = self._restored["rejection"].numpy().copy()
            self._restored = {}


def _chains(layout: Layout, model: IsingModel, systems: int, ladder: np.ndarray, clamp: torch.Tensor | None) -> Chains:
    made = chains(layout, systems, model.linear.device, ladder.tolist())
    made.load(model.linear, model.quadratic, model.kinds)
    made.hold(clamp)
    return made
