"""Chains on any device that torch has: one sparse product of couplings and spins a colour, all replicas side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from boltzmann.samplers.engines.base import Chains
from boltzmann.samplers.engines.layout import Layout
from boltzmann.samplers.sparse import sparse_rows

_TWO_31_BITS = 0x7FFFFFFF_7FFFFFFF


class AcceleratorChains(Chains):
    """See :class:`Chains`. Nodes of one colour share no edge, so given the others they are drawn at once (Gonzalez et al.,
    "Parallel Gibbs sampling: from colored fields to thin junction trees", AISTATS 2011).

    A replica is a column. Swapping two levels exchanges the columns' inverse temperatures, not their spins.
    """

    def __init__(self, layout: Layout, systems: int, device: torch.device, ladder: Sequence[float] = (1.0,)) -> None:
        super().__init__(layout, systems, device, ladder)
        levels, n = len(self.ladder), layout.graph.n
        self._order = torch.from_numpy(layout.order).to(device)
        self._place = torch.from_numpy(layout.place).to(device)
        self._edges = torch.from_numpy(layout.edges).to(device)
        # 32-bit indices: what MKL's and CUDA's sparse products read without conversion.
        self._starts = torch.from_numpy(layout.starts.astype(np.int32)).to(device)
        self._columns = torch.from_numpy(layout.columns.astype(np.int32)).to(device)
        self._levels = torch.tensor(self.ladder, device=device)
        self._state = torch.ones(n, systems * levels, device=device)
        self._column = torch.arange(systems * levels, device=device).view(systems, levels)
        self._heading = torch.zeros(systems * levels, dtype=torch.uint8, device=device)
        self._held: torch.Tensor | None = None

    @staticmethod
    def description(device: torch.device) -> str:
        """See :meth:`Chains.description`."""
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return f"torch, {name}"

    def load(self, linear: torch.Tensor, quadratic: torch.Tensor, kinds: torch.Tensor | None = None) -> None:
        """See :meth:`Chains.load`."""
        values = quadratic.detach().to(self.device, torch.float32)
        fields = linear.detach().to(self.device, torch.float32)[..., self._order]
        self._linear = fields[:, None] if fields.ndim == 1 else self._across_levels(fields[kinds])
        if values.ndim == 2:
            own = torch.cat([self._across_levels(values[kinds]), values.new_zeros(1, self._state.shape[1])])
            self._neighbours, edges = (torch.from_numpy(table).to(self.device) for table in self.layout.table)
            self._couplings = [(slice(a, b), own[edges[a:b]]) for a, b, _, _ in self.layout.blocks]
            return
        values = values[self._edges]
        self._couplings = [
            (
                slice(a, b),
                sparse_rows(self._starts[a : b + 1] - i, self._columns[i:j], values[i:j], self.layout.graph.n),
            )
            for a, b, i, j in self.layout.blocks
        ]

    def place(self, spins: torch.Tensor) -> None:
        """See :meth:`Chains.place`."""
        self._state = self._across_levels(spins.to(self.device, torch.float32)[:, self._order])

    def hold(self, clamp: torch.Tensor | None) -> None:
        """See :meth:`Chains.hold`."""
        self._held = None
        if clamp is not None:
            values = self._across_levels(clamp.to(self.device, torch.float32)[:, self._order])
            self._held = values != 0
            self._state = torch.where(self._held, values, self._state)

    def run(self, seed: int, schedule: Sequence[float], rounds: int = 1, scales: torch.Tensor | None = None) -> None:
        """See :meth:`Chains.run`."""
        generator = torch.Generator(self.device).manual_seed(seed)
        widest = max(rows.stop - rows.start for rows, _ in self._couplings)
        noise = torch.empty((widest * self._state.shape[1] + 1) // 2, dtype=torch.int64, device=self.device)
        scale = torch.ones(self.systems) if scales is None else scales
        own = scale.to(self.device, torch.float64)[:, None] * self._levels
        rejection = torch.zeros(len(self.ladder) - 1, dtype=torch.float64, device=self.device)
        trips = torch.zeros((), dtype=torch.int64, device=self.device)
        for done in range(rounds):
            betas = torch.empty(self._state.shape[1], dtype=torch.float64, device=self.device)
            betas[self._column] = own
            for factor in schedule:
                self._sweep((factor * betas).float(), noise, generator)
            if len(self.ladder) > 1:
                rejection += self._swap(own, (self._rounds + done) % 2, generator)
                trips += self._count_trips()
        if len(self.ladder) > 1:
            self.swaps.rejection += rejection.cpu().numpy()
            first = [(self._rounds + k) % 2 for k in range(len(self.ladder) - 1)]
            self.swaps.attempts += np.array([(rounds + 1 - late) // 2 for late in first]) * self.systems
            self.swaps.round_trips += int(trips)
            self.swaps.rounds += rounds * self.systems

    @property
    def _rounds(self) -> int:
        return self.swaps.rounds // self.systems

    def _sweep(self, betas: torch.Tensor, noise: torch.Tensor, generator: torch.Generator) -> None:
        for rows, couplings in self._couplings:
            block = self._state[rows]
            drive = self._fields(rows, couplings).mul_(-2 * betas)
            # One 64-bit draw fills two uniform 31-bit integers: half as many calls of the generator.
            noise.random_(-(2**63), None, generator=generator).bitwise_and_(_TWO_31_BITS)
            uniform = noise.view(torch.int32)[: block.numel()].view(block.shape)
            up = uniform < torch.sigmoid_(drive).mul_(2.0**31)
            if self._held is not None:
                up = torch.where(self._held[rows], block > 0, up)
            torch.sub(2.0 * up, 1.0, out=block)

    def _fields(self, rows: slice, couplings: torch.Tensor) -> torch.Tensor:
        """f of some rows, (rows, replicas). ``couplings``: sparse, or (rows, degree, replicas), each replica's own."""
        fields = self._linear[rows].expand(-1, self._state.shape[1])
        if couplings.ndim == 2:
            return torch.addmm(fields, couplings, self._state)
        return fields + (couplings * self._state[self._neighbours[rows]]).sum(1)

    def _swap(self, betas: torch.Tensor, first: int, generator: torch.Generator) -> torch.Tensor:
        """Exchange pairs of levels; the sum over systems of each pair's rejection probability, zero for those left out."""
        pairs = torch.arange(first, len(self.ladder) - 1, 2, device=self.device)
        below, above = self._column[:, pairs], self._column[:, pairs + 1]
        energies = self._energies()
        drive = (betas[:, pairs] - betas[:, pairs + 1]) * (energies[below] - energies[above])
        accept = torch.exp(drive.clamp(max=0))
        swap = torch.rand(accept.shape, dtype=torch.float64, generator=generator, device=self.device) < accept
        self._column[:, pairs] = torch.where(swap, above, below)
        self._column[:, pairs + 1] = torch.where(swap, below, above)
        rejection = torch.zeros(len(self.ladder) - 1, dtype=torch.float64, device=self.device)
        rejection[pairs] = (1 - accept).sum(0)
        return rejection

    def _count_trips(self) -> torch.Tensor:
        hot, cold = self._column[:, 0], self._column[:, -1]
        trips = (self._heading[hot] == 2).sum()
        self._heading[hot] = 1
        self._heading[cold] = torch.where(self._heading[cold] == 1, 2, self._heading[cold])
        return trips

    def _energies(self) -> torch.Tensor:
        """E of every column, float64."""
        energies = torch.zeros(self._state.shape[1], dtype=torch.float64, device=self.device)
        for rows, couplings in self._couplings:
            both = self._linear[rows] + self._fields(rows, couplings)
            energies += 0.5 * (self._state[rows] * both).sum(0, dtype=torch.float64)
        return energies

    def spins(self) -> torch.Tensor:
        """See :meth:`Chains.spins`."""
        return self._rows(self._column[:, -1])

    def energies(self) -> torch.Tensor:
        """See :meth:`Chains.energies`."""
        return self._energies()[self._column[:, -1]]

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Chains.state`."""
        columns = self._state.shape[1]
        shape = self.systems, len(self.ladder)
        first = torch.arange(0, columns, shape[1], device=self.device)[:, None]
        return {
            "replicas": self._rows(torch.arange(columns, device=self.device)).view(*shape, -1).cpu(),
            "levels": (self._column - first).cpu(),
            "heading": self._heading.view(shape).cpu(),
            "rounds": torch.tensor(self._rounds),
        }

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """See :meth:`Chains.restore`."""
        self._state = state["replicas"].to(self.device, torch.float32).flatten(0, 1)[:, self._order].T.contiguous()
        first = torch.arange(0, self._state.shape[1], len(self.ladder), device=self.device)[:, None]
        self._column = state["levels"].to(self.device) + first
        self._heading = state["heading"].flatten().to(self.device, copy=True)
        self.swaps.rounds = int(state["rounds"]) * self.systems

    def _rows(self, columns: torch.Tensor) -> torch.Tensor:
        return self._state[:, columns][self._place].T.contiguous().to(torch.int8)

    def _across_levels(self, values: torch.Tensor) -> torch.Tensor:
        """(systems, rows) as (rows, systems * levels), contiguous."""
        return values.repeat_interleave(len(self.ladder), dim=0).T.contiguous()
