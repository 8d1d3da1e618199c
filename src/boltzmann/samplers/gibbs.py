"""Block Gibbs sampling, with parallel tempering where plain chains would not mix.

Given its neighbours a spin is drawn from its conditional law, ``P(s_i = +1 | rest) = sigmoid(-2 beta f_i)``,
``f_i = h_i + sum_j J_ij s_j`` (Geman & Geman, IEEE Trans. Pattern Anal. Mach. Intell. 6, 1984); colour after colour, since
nodes of one colour share no edge.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch

from boltzmann.config import GibbsConfig
from boltzmann.samplers.base import Capabilities, IsingModel, Sampler, Samples, check_clamp, check_model
from boltzmann.samplers.engines import Layout, chains, description
from boltzmann.samplers.mixing import Mixing, diagnose
from boltzmann.samplers.randomness import RandomSource
from boltzmann.samplers.tempering import Tempering

EXAMINE_EVERY = 50
"""Calls between two looks at the mixing: parameters move little meanwhile."""
EXAMINED, SNAPSHOTS = 64, 64
SHORTEST, LONGEST = 640, 2560
"""Sweeps that a look at plain chains spans: twenty times those of a sample, within these."""


def block_gibbs(
    layout: Layout,
    model: IsingModel,
    inverse_temperatures: Sequence[float],
    num_chains: int,
    seed: int,
    start: torch.Tensor | None = None,
    clamp: torch.Tensor | None = None,
) -> torch.Tensor:
    """Run chains through a schedule and return their last states.

    Args:
        layout: Of the model's graph.
        model: One law, or those of ``num_chains`` reads; the chains run on its device.
        inverse_temperatures: One for each sweep.
        num_chains: Independent chains.
        seed: Of all random numbers.
        start: int8 (num_chains, n) of -1 and +1; None draws it.
        clamp: int8 (num_chains, n): -1 or +1 holds that spin, 0 leaves it free.

    Returns:
        int8 of shape (num_chains, n).
    """
    running = chains(layout, num_chains, model.linear.device)
    running.load(model.linear, model.quadratic, model.kinds)
    if start is not None:
        running.place(start)
    running.hold(clamp)
    # A sweep at inverse temperature 0 draws every free spin uniformly.
    running.run(seed, [*([] if start is not None else [0.0]), *inverse_temperatures])
    return running.spins()


def schedule(config: GibbsConfig) -> list[float]:
    """The inverse temperature of each sweep: 1 throughout, or a ramp from 0 over the first half."""
    if config.schedule == "constant":
        return [1.0] * config.sweeps
    ramp = config.sweeps // 2
    return [i / ramp for i in range(ramp)] + [1.0] * (config.sweeps - ramp)


class GibbsSampler(Sampler):
    """Block Gibbs with fresh or persistent chains, tempered when plain ones would not mix.

    Persistent chains go on from the last call without a clamp and with as many reads; they skip an annealed schedule's
    ramp, which would wipe them out. Any other call starts afresh, and a clamped call leaves the kept chains alone.

    Whether to temper is looked into every 50 calls, on chains of their own started at random; tempered replicas are always
    persistent. The report (``Samples.info``) names the engine and says whether replicas were tempered, how their ladder did,
    and what the last look at the mixing found (see :class:`Mixing`).
    """

    capabilities = Capabilities(
        title="Block Gibbs",
        description="All spins of one colour at once, at unit temperature, on this computer.",
    )

    def __init__(self, config: GibbsConfig, seed: int) -> None:
        self.config = config
        self._random = RandomSource(seed)
        self._tempering = Tempering(self._random)
        self._tempered = config.tempering == "always"
        self._calls = 0
        self._layout: Layout | None = None
        self._chains: torch.Tensor | None = None
        self._mixing: Mixing | None = None

    @torch.no_grad()
    def sample(self, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None) -> Samples:
        """See :meth:`Sampler.sample`."""
        began = time.perf_counter()
        check_model(model, num_reads)
        held = check_clamp(clamp, num_reads, model.n)
        layout = self._layout = prepare(self._layout, model)
        due = self._calls % EXAMINE_EVERY == 0
        self._calls += 1
        if due and self.config.tempering != "always":
            self._mixing = self._look(layout, model)
            self._tempered = self.config.tempering == "auto" and self._mixing.verdict != "mixing"
        if self._tempered:
            spins, persistent = self._tempering.sample(layout, model, num_reads, self.config.sweeps, held, due), True
        else:
            spins, persistent = self._plain(layout, model, num_reads, held)
        info = {"sweeps": self.config.sweeps, "persistent": persistent, **self._report(model)}
        return Samples(spins, model.energy(spins), time.perf_counter() - began, info)

    def _plain(
        self, layout: Layout, model: IsingModel, num_reads: int, held: torch.Tensor | None
    ) -> tuple[torch.Tensor, bool]:
        start, betas = None, schedule(self.config)
        keep = self.config.persistent and held is None
        if keep and self._chains is not None and tuple(self._chains.shape) == (num_reads, model.n):
            start, betas = self._chains, [1.0] * self.config.sweeps
        seed = self._random.seed()
        spins = block_gibbs(layout, model, betas, num_reads, seed, start=start, clamp=held)
        if keep:
            self._chains = spins
        return spins, start is not None

    def _look(self, layout: Layout, model: IsingModel) -> Mixing:
        """How plain chains mix: some of their own, from random spins."""
        sweeps = self.config.sweeps
        if model.reads is not None:
            # Chains of different laws never agree: those of another read each time.
            model, _ = model.law(self._calls // EXAMINE_EVERY % model.reads)
        interval = min(max(20 * sweeps, SHORTEST), LONGEST) // SNAPSHOTS
        looked_at = chains(layout, EXAMINED, model.linear.device)
        looked_at.load(model.linear, model.quadratic)
        looked_at.run(self._random.seed(), [0.0, *[1.0] * (SNAPSHOTS * interval // 4)])
        began, snapshots = time.perf_counter(), []
        for _ in range(SNAPSHOTS):
            looked_at.run(self._random.seed(), [1.0] * interval)
            snapshots.append(looked_at.spins().cpu())
        return diagnose(model, torch.stack(snapshots), interval, sweeps, time.perf_counter() - began)

    def _report(self, model: IsingModel) -> dict[str, Any]:
        engine = description(model.linear.device)
        plain = None if self._mixing is None else self._mixing.report()
        if not self._tempered:
            return {"engine": engine, "tempering": None, "mixing": plain}
        replicas = None if self._tempering.mixing is None else self._tempering.mixing.report()
        return {"engine": engine, "tempering": self._tempering.report(), "mixing": replicas, "plain_mixing": plain}

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        kept = {} if self._chains is None else {"chains": self._chains.cpu().clone()}
        replicas = {f"tempering.{key}": value for key, value in self._tempering.state().items()}
        counts = {"calls": torch.tensor(self._calls), "tempered": torch.tensor(self._tempered)}
        return {"random": self._random.state(), **counts, **kept, **replicas}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        self._random.restore(state["random"])
        self._calls, self._tempered = int(state["calls"]), bool(state["tempered"])
        self._chains = state.get("chains")
        self._tempering.restore({key[10:]: value for key, value in state.items() if key.startswith("tempering.")})


def prepare(layout: Layout | None, model: IsingModel) -> Layout:
    """``layout`` if it is of the model's graph, else a new one."""
    return layout if layout is not None and layout.graph is model.graph else Layout(model.graph)
