"""Chromatic block Gibbs sampling in torch.

Nodes of one colour share no edge, so given the others they are independent and are drawn at once:
``P(s_i = +1 | rest) = sigmoid(-2 beta f_i)``, ``f_i = h_i + sum_j J_ij s_j`` (Gonzalez et al., "Parallel Gibbs
sampling: from colored fields to thin junction trees", AISTATS 2011).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch

from boltzmann.config import GibbsConfig
from boltzmann.graphs import Graph
from boltzmann.samplers.base import Capabilities, IsingModel, Sampler, Samples, check_clamp, check_reads
from boltzmann.samplers.randomness import RandomSource
from boltzmann.samplers.sparse import sparse_rows

_TWO_31_BITS = 0x7FFFFFFF_7FFFFFFF


class Blocks:
    """A graph prepared for block updates: nodes ordered by colour, one sparse matrix a colour.

    The structure is made once; :meth:`load` only refills the values, since training changes them at every step.

    Args:
        graph: Its colouring must be proper.
        device: Where the sweeps run.
    """

    def __init__(self, graph: Graph, device: torch.device) -> None:
        self.graph, self.device = graph, device
        order = np.argsort(graph.colours, kind="stable")
        place = np.argsort(order)
        ends = place[graph.edges].reshape(-1, 2)
        rows, columns = np.concatenate([ends, ends[:, ::-1]]).T
        by_row = np.lexsort((columns, rows))
        starts = np.searchsorted(rows[by_row], np.arange(graph.n + 1))
        bounds = np.append(np.unique(graph.colours[order], return_index=True)[1], graph.n)

        self.order = torch.from_numpy(order).to(device)
        self.place = torch.from_numpy(place).to(device)
        self._edge = torch.from_numpy(np.tile(np.arange(len(graph.edges)), 2)[by_row]).to(device)
        self._row = torch.from_numpy(rows[by_row].astype(np.int64)).to(device)
        # 32-bit indices: what MKL's and CUDA's sparse products read without conversion.
        self._starts = torch.from_numpy(starts.astype(np.int32)).to(device)
        self._columns = torch.from_numpy(columns[by_row].astype(np.int32)).to(device)
        self._bounds = [(a, b, int(starts[a]), int(starts[b])) for a, b in pairwise(bounds.tolist())]

    def load(self, linear: torch.Tensor, quadratic: torch.Tensor) -> list[tuple[slice, torch.Tensor, torch.Tensor]]:
        """For each colour its rows, its fields and its couplings, in terms of x = (s + 1) / 2.

        A comparison yields x with no further arithmetic, and ``f = (h - sum_j J_ij) + 2 sum_j J_ij x_j``.
        """
        values = quadratic[self._edge].float()
        fields = linear[self.order].float().index_add(0, self._row, values, alpha=-1)[:, None]
        return [
            (slice(a, b), fields[a:b], self._couplings(a, b, first, last, values)) for a, b, first, last in self._bounds
        ]

    def _couplings(self, a: int, b: int, first: int, last: int, values: torch.Tensor) -> torch.Tensor:
        starts = self._starts[a : b + 1] - first
        return sparse_rows(starts, self._columns[first:last], values[first:last], self.graph.n)


def block_gibbs(
    blocks: Blocks,
    linear: torch.Tensor,
    quadratic: torch.Tensor,
    inverse_temperatures: Sequence[float],
    num_chains: int,
    generator: torch.Generator,
    start: torch.Tensor | None = None,
    clamp: torch.Tensor | None = None,
) -> torch.Tensor:
    """Run chains through a schedule and return their last states.

    Args:
        blocks: The prepared graph.
        linear: h, shape (n,), on the blocks' device.
        quadratic: J, shape (m,).
        inverse_temperatures: One for each sweep.
        num_chains: Independent chains.
        generator: Source of all random numbers, on the blocks' device.
        start: int8 (num_chains, n) of -1 and +1; None draws it.
        clamp: int8 (num_chains, n): -1 or +1 holds that spin, 0 leaves it free.

    Returns:
        int8 of shape (num_chains, n).
    """
    n, device = blocks.graph.n, blocks.device
    colours = blocks.load(linear, quadratic)
    widest = max(rows.stop - rows.start for rows, *_ in colours)
    noise = torch.empty((widest * num_chains + 1) // 2, dtype=torch.int64, device=device)
    if start is None:
        state = torch.randint(2, (n, num_chains), generator=generator, device=device).float()
    else:
        state = (start.to(device).T[blocks.order] > 0).float()
    if clamp is None:
        held, values = None, None
    else:
        values = clamp.to(device).T[blocks.order]
        held, values = values != 0, (values > 0).float()
        state = torch.where(held, values, state)

    for beta in inverse_temperatures:
        for rows, fields, couplings in colours:
            block = state[rows]
            drive = torch.addmm(fields, couplings, state, beta=-2 * beta, alpha=-4 * beta)
            # One 64-bit draw fills two uniform 31-bit integers: half as many calls of the generator.
            noise.random_(-(2**63), None, generator=generator).bitwise_and_(_TWO_31_BITS)
            uniform = noise.view(torch.int32)[: block.numel()].view(block.shape)
            torch.lt(uniform, torch.sigmoid(drive).mul_(2.0**31), out=block)
            if held is not None and values is not None:
                torch.where(held[rows], values[rows], block, out=block)
    return (state[blocks.place].T.contiguous() * 2 - 1).to(torch.int8)


def schedule(config: GibbsConfig) -> list[float]:
    """The inverse temperature of each sweep: 1 throughout, or a ramp from 0 over the first half."""
    if config.schedule == "constant":
        return [1.0] * config.sweeps
    ramp = config.sweeps // 2
    return [i / ramp for i in range(ramp)] + [1.0] * (config.sweeps - ramp)


class GibbsSampler(Sampler):
    """Block Gibbs with fresh or persistent chains.

    Persistent chains go on from the last call without a clamp and with as many reads; they skip an annealed schedule's
    ramp, which would wipe them out. Any other call starts afresh, and a clamped call leaves the kept chains alone.
    """

    capabilities = Capabilities(
        title="Block Gibbs",
        description="All spins of one colour at once, at unit temperature, on this computer.",
    )

    def __init__(self, config: GibbsConfig, seed: int) -> None:
        self.config = config
        self._random = RandomSource(seed)
        self._blocks: Blocks | None = None
        self._chains: torch.Tensor | None = None

    @torch.no_grad()
    def sample(self, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None) -> Samples:
        """See :meth:`Sampler.sample`."""
        began = time.perf_counter()
        check_reads(num_reads)
        held = check_clamp(clamp, num_reads, model.n)
        start, betas = None, schedule(self.config)
        keep = self.config.persistent and held is None
        if keep and self._chains is not None and tuple(self._chains.shape) == (num_reads, model.n):
            start, betas = self._chains, [1.0] * self.config.sweeps
        self._blocks = prepare(self._blocks, model)
        generator = self._random.on(self._blocks.device)
        spins = block_gibbs(
            self._blocks, model.linear, model.quadratic, betas, num_reads, generator, start=start, clamp=held
        )
        if keep:
            self._chains = spins
        info = {"sweeps": self.config.sweeps, "persistent": start is not None}
        return Samples(spins, model.energy(spins), time.perf_counter() - began, info)

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        chains = {} if self._chains is None else {"chains": self._chains.cpu().clone()}
        return {"random": self._random.state(), **chains}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """See :meth:`Sampler.restore`."""
        self._random.restore(state["random"])
        self._chains = state.get("chains")


def prepare(blocks: Blocks | None, model: IsingModel) -> Blocks:
    """``blocks`` if they fit the model's graph and device, else new ones."""
    device = model.linear.device
    if blocks is not None and blocks.graph is model.graph and blocks.device == device:
        return blocks
    return Blocks(model.graph, device)
