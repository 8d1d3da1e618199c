"""Whoever runs Gibbs sweeps, behind one interface: our engines and those of other people."""

from __future__ import annotations

import math
import os
import time
from abc import ABC, abstractmethod

import torch
from dimod import SPIN, BinaryQuadraticModel
from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine
from dwave.plugins.torch.samplers.block_spin_sampler import BlockSampler
from dwave.samplers import SimulatedAnnealingSampler

from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.engines.accelerator import AcceleratorChains
from boltzmann.samplers.engines.base import Chains
from boltzmann.samplers.engines.cpu import CpuChains

CPU = torch.device("cpu")
_SEED = 1


class Contender(ABC):
    """Chains at unit temperature that start at random and go on from call to call."""

    @abstractmethod
    def sweep(self, sweeps: int) -> float:
        """Update every spin of every chain ``sweeps`` times; returns the seconds that the sweeping took."""

    @abstractmethod
    def spins(self) -> torch.Tensor:
        """int8 (chains, n), on the CPU, columns in the order of the model's nodes."""


class Ours(Contender):
    """One of our engines. Timed: :meth:`Chains.run`, that is, seeding, sweeping, waiting for all threads or the device.

    Args:
        model: h of shape (n,).
        num_chains: In parallel.
        device: Where they run.
        compiled: By the compiled loops, else by torch.
    """

    def __init__(self, model: IsingModel, num_chains: int, device: torch.device = CPU, compiled: bool = True) -> None:
        kind = CpuChains if compiled else AcceleratorChains
        self._chains: Chains = kind(Layout(model.graph), num_chains, device)
        self._chains.load(model.linear, model.quadratic)
        self._seed = _SEED
        self._chains.run(self._seed, [0.0])

    def sweep(self, sweeps: int) -> float:
        """See :meth:`Contender.sweep`."""
        self._seed += 1
        device = self._chains.device
        _wait_for(device)
        began = time.perf_counter()
        self._chains.run(self._seed, [1.0] * sweeps)
        _wait_for(device)
        return time.perf_counter() - began

    def spins(self) -> torch.Tensor:
        """See :meth:`Contender.spins`."""
        return self._chains.spins().cpu()


class Plugin(Contender):
    """BlockSampler of dwave-pytorch-plugin. Timed: ``sample()``, which sweeps and copies the last state.

    Args:
        model: What :func:`machine_of` made ``machine`` from.
        machine: The same model.
        num_chains: In parallel.
    """

    def __init__(self, model: IsingModel, machine: GraphRestrictedBoltzmannMachine, num_chains: int) -> None:
        self._machine, self._num_chains = machine, num_chains
        self._colours = model.graph.colours.tolist()
        self._sweeps, self._state = 0, None
        self._seed = _SEED

    @classmethod
    def fits(cls, model: IsingModel, num_chains: int) -> bool:
        """Whether its two arrays of chains x nodes of a colour x neighbours stay below a third of this machine's memory."""
        degree = torch.from_numpy(model.graph.edges).flatten().bincount(minlength=model.n).max()
        widest = torch.from_numpy(model.graph.colours).bincount().max()
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
        return 2 * 4 * num_chains * int(degree) * int(widest) < memory / 3

    def sweep(self, sweeps: int) -> float:
        """See :meth:`Contender.sweep`. The sampler is given its schedule when it is made: outside the time."""
        if sweeps != self._sweeps:
            self._seed += 1
            self._sweeps = sweeps
            self._sampler = BlockSampler(
                self._machine,
                self._colours.__getitem__,
                self._num_chains,
                schedule=[1.0] * sweeps,
                initial_states=self._state,
                seed=self._seed,
            )
        began = time.perf_counter()
        self._state = self._sampler.sample()
        return time.perf_counter() - began

    def spins(self) -> torch.Tensor:
        """See :meth:`Contender.spins`."""
        assert self._state is not None, "no sweep was made yet"
        return self._state.to(torch.int8)


class Annealer(Contender):
    """SimulatedAnnealingSampler of dwave-samplers at a constant inverse temperature, with Gibbs acceptance.

    Timed: what it calls its sampling time, without the conversion of its arguments and answers.

    Args:
        model: h of shape (n,).
        num_chains: One after the other.
    """

    def __init__(self, model: IsingModel, num_chains: int) -> None:
        linear, quadratic = model.linear.detach().double().numpy(), model.quadratic.detach().double().numpy()
        self._problem = BinaryQuadraticModel.from_numpy_vectors(linear, (*model.graph.edges.T, quadratic), 0.0, SPIN)
        self._annealer = SimulatedAnnealingSampler()
        self._num_chains = num_chains
        self._answer = None
        self._seed = _SEED

    def sweep(self, sweeps: int) -> float:
        """See :meth:`Contender.sweep`."""
        self._seed += 1
        self._answer = self._annealer.sample(
            self._problem,
            num_reads=self._num_chains,
            beta_schedule_type="custom",
            beta_schedule=[1.0],
            num_sweeps_per_beta=sweeps,
            proposal_acceptance_criteria="Gibbs",
            initial_states=self._answer,
            seed=self._seed,
        )
        return self._answer.info["timing"]["sampling_ns"] / 1e9

    def spins(self) -> torch.Tensor:
        """See :meth:`Contender.spins`."""
        assert self._answer is not None, "no sweep was made yet"
        columns = [self._answer.variables.index(i) for i in range(len(self._answer.variables))]
        return torch.from_numpy(self._answer.record.sample[:, columns]).to(torch.int8)


def machine_of(model: IsingModel) -> GraphRestrictedBoltzmannMachine:
    """The plugin's own form of a model, nodes numbered from 0."""
    edges = [(a, b) for a, b in model.graph.edges.tolist()]
    return GraphRestrictedBoltzmannMachine(
        range(model.n),
        edges,
        linear=dict(enumerate(model.linear.tolist())),
        quadratic=dict(zip(edges, model.quadratic.tolist(), strict=True)),
    )


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
