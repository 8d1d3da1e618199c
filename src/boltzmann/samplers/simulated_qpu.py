"""A quantum annealer in software: its ranges, its coefficient errors, its unknown temperature, its chains of qubits."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from boltzmann.config import SimulatedQPUConfig
from boltzmann.graphs import Graph
from boltzmann.samplers.base import Capabilities, IsingModel, SamplerError
from boltzmann.samplers.embeddings import Embedding, Part, of_model
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.gibbs import block_gibbs, prepare
from boltzmann.samplers.programmed import ProgrammedSampler, Ranges
from boltzmann.samplers.spin_reversals import Reversals, either_sign

RANGES = Ranges((-4.0, 4.0), (-2.0, 1.0))
FEWEST_SWEEPS = 4


class SimulatedQPUSampler(ProgrammedSampler):
    """Anneals of the programmed problem, spoilt by coefficient errors, each from a fresh random start.

    A microsecond is as many sweeps as the settings say, and the inverse temperature rises linearly over the whole anneal to
    its hidden value. A pause adds sweeps at the inverse temperature of the point where it stands. That is a model: as with
    the thermal relaxation by which Marshall et al. explain what a pause does ("Power of pausing", Physical Review Applied 11,
    2019, DOI 10.1103/PhysRevApplied.11.044083), spins get time while they still move. There is no transverse field here, and
    no quantum dynamics.

    Spin reversals share the reads among programmings with coefficient errors of their own
    (:mod:`boltzmann.samplers.spin_reversals`). With an embedding each spin is a chain of qubits on a whole chip
    (:mod:`boltzmann.samplers.embeddings`), errors are those of qubits and couplers, chains included, and a spin is the
    majority of its chain; the ranges are those of one qubit and one coupler, which the shares of a chain cannot exceed. The
    report then adds ``placement`` (kind and summary), ``chain_strength`` (None without chains) and ``chain_break_fraction``.
    """

    capabilities = Capabilities(
        title="Simulated QPU",
        description="A chip in software: limited ranges, coefficient errors, a temperature to be estimated.",
        temperature_known=False,
        linear_range=RANGES.linear,
        quadratic_range=RANGES.quadratic,
    )

    def __init__(self, config: SimulatedQPUConfig, seed: int) -> None:
        super().__init__(config.prefactor, seed)
        self.config = config
        self._schedule = schedule(config)
        self._layout: Layout | None = None
        self._embedded: Embedding | None = None
        self._part: Part | None = None
        self._broken: list[tuple[float, int]] = []

    def _ranges(self) -> Ranges:
        return either_sign(RANGES) if self.config.spin_reversals else RANGES

    def _begin(self, model: IsingModel) -> None:
        self._broken = []
        if self.config.embedding == "none":
            return
        try:
            self._embedded = of_model(model.graph, self.config.embedding)
        except ValueError as error:
            raise SamplerError(
                str(error),
                title="The model does not fit on the chip",
                mend="Choose another embedding or none, or a smaller model.",
            ) from error

    def _draw(self, programmed: IsingModel, num_reads: int) -> torch.Tensor:
        if not self.config.spin_reversals:
            return self._read(programmed, num_reads)
        random = np.random.default_rng(self._random.seed())
        reversals = Reversals.draw(self.config.spin_reversals, num_reads, programmed.n, random)
        problems = zip(*reversals.problems(programmed.graph.edges, *_arrays(programmed)), reversals.reads, strict=True)
        reads = [
            self._read(_model(programmed, linear, quadratic), count).cpu().numpy()
            for linear, quadratic, count in problems
        ]
        return torch.from_numpy(reversals.undo(np.concatenate(reads))).to(programmed.linear.device)

    def _read(self, programmed: IsingModel, num_reads: int) -> torch.Tensor:
        """int8 (reads, n): the answers to one programming."""
        if self._embedded is None:
            return self._anneal(programmed, num_reads)
        if self._part is None or self._part.of is not programmed.graph:
            self._part = self._embedded.part(programmed.graph)
        linear, quadratic = self._part.program(*_arrays(programmed), self.config.chain_strength)
        qubits = self._anneal(_model(programmed, linear, quadratic, self._part.graph), num_reads)
        random = np.random.default_rng(self._random.seed())
        spins, broken = self._part.vote(qubits.cpu().numpy(), random)
        self._broken.append((broken, num_reads))
        return torch.from_numpy(spins).to(qubits.device)

    def _anneal(self, problem: IsingModel, num_reads: int) -> torch.Tensor:
        self._layout = prepare(self._layout, problem)
        generator = self._random.on(problem.linear.device)
        linear, quadratic = (self._spoil(part, generator) for part in (problem.linear, problem.quadratic))
        spoilt = IsingModel(problem.graph, linear, quadratic)
        return block_gibbs(self._layout, spoilt, self._schedule, num_reads, self._random.seed())

    def _spoil(self, coefficients: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        noise = torch.randn(coefficients.shape, generator=generator, device=coefficients.device)
        return coefficients + self.config.coefficient_noise * noise

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {"annealing_time": self.config.annealing_time}
        if self._embedded is None:
            return info
        placement = self._embedded.placement
        shares, reads = zip(*self._broken, strict=True) if self._broken else ((0.0,), (1,))
        return info | {
            "placement": {"kind": placement.kind, "summary": placement.summary},
            "chain_strength": self.config.chain_strength if self._embedded.inside.any() else None,
            "chain_break_fraction": float(np.average(shares, weights=reads)),
        }


def schedule(config: SimulatedQPUConfig) -> list[float]:
    """The inverse temperature of each sweep of an anneal: the ramp to the hidden value, and the pause in it."""
    sweeps = max(FEWEST_SWEEPS, round(config.sweeps_per_microsecond * config.annealing_time))
    ramp = [config.inverse_temperature * (i + 1) / sweeps for i in range(sweeps)]
    if not config.pause_time:
        return ramp
    pause = max(1, round(config.sweeps_per_microsecond * config.pause_time))
    before = int(config.pause_at * sweeps)
    return [*ramp[:before], *[config.pause_at * config.inverse_temperature] * pause, *ramp[before:]]


def _arrays(model: IsingModel) -> tuple[np.ndarray, np.ndarray]:
    return model.linear.double().cpu().numpy(), model.quadratic.double().cpu().numpy()


def _model(like: IsingModel, linear: np.ndarray, quadratic: np.ndarray, graph: Graph | None = None) -> IsingModel:
    """float32, on the device of ``like``, and on its graph unless another is given."""
    own = (torch.from_numpy(values).to(like.linear) for values in (linear, quadratic))
    return IsingModel(graph or like.graph, *own)
