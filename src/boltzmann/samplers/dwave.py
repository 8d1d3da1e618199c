"""D-Wave quantum annealers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from boltzmann import graphs
from boltzmann.config import DWaveConfig
from boltzmann.graphs import Graph
from boltzmann.samplers.base import Capabilities, IsingModel
from boltzmann.samplers.chips import Chip
from boltzmann.samplers.cloud.base import Answer, CloudSampler
from boltzmann.samplers.cloud.failures import GO_ON
from boltzmann.samplers.errors import SamplerError
from boltzmann.samplers.placement import Placement, place, program, rows_of, unembed
from boltzmann.samplers.programmed import Ranges
from boltzmann.samplers.spin_reversals import Reversals, either_sign

USUAL: dict[str, Any] = {"h_range": (-4.0, 4.0), "j_range": (-1.0, 1.0), "extended_j_range": (-2.0, 1.0)}
"""Ranges of the QPUs of today, for a replay, which asks none."""
FAREWELL = 1.0
"""Seconds before the deadline at which an unanswered problem is cancelled on the service, which would charge for it."""


class DWaveSampler(CloudSampler):
    """A QPU behind D-Wave's cloud, as it is: raw answers, no scaling by the service.

    The model's graph is placed on the chip once (:mod:`boltzmann.samplers.placement`); where a node becomes a chain of
    qubits, its spin is their majority. Couplings may go beyond ``j_range`` down to ``extended_j_range``, except at qubits
    whose negative couplings would add up to more than the chip bears; where chains still go beyond that, they are all made
    weaker for this programming. The ranges are those of one qubit and one coupler, which the shares of a chain cannot
    exceed. Spin reversals
    (:mod:`boltzmann.samplers.spin_reversals`) mirror spins of the model, hence whole chains, and limit couplings to the range
    that holds for either sign. The report adds ``endpoint``, ``solver``,
    ``simulated_service``, ``placement`` (kind and summary), ``chain_strength`` as programmed (None without chains),
    ``chain_break_fraction``, ``submissions`` and the service's ``timing`` in microseconds.
    """

    title = "D-Wave"
    variables = "DWAVE_API_TOKEN"
    module = "boltzmann.samplers.cloud.dwave_service"
    capabilities = Capabilities(
        title="D-Wave QPU",
        description="A quantum annealer in the cloud: its chip's graph, limited ranges, a temperature to be estimated.",
        reproducible=False,
        temperature_known=False,
        linear_range=USUAL["h_range"],
        quadratic_range=USUAL["extended_j_range"],
        cost="QPU access time",
        lacks="Of the simulated chip's settings it lacks the hidden temperature, the coefficient errors and the sweeps of a "
        "microsecond, which are a real chip's own. A model is embedded in its working qubits, in no topology of your choice.",
    )
    config: DWaveConfig

    def __init__(self, config: DWaveConfig, seed: int) -> None:
        super().__init__(config, config.prefactor, seed)
        self._seed = seed
        self._solver: dict[str, Any] = {}
        self._chip: Chip | None = None
        self._opened = False
        self._placed: tuple[Graph, Placement] | None = None

    def _hardware_graph(self, n: int, seed: int) -> Graph | None:
        if not self.config.own_graph:
            return None
        chip = self._open()
        whole = graphs.topology(chip.topology, chip.size)
        missing = set(whole.nodes) - chip.nodes
        broken = [pair for pair in whole.edges if pair not in chip.edges and pair[::-1] not in chip.edges]
        if n > len(chip.nodes):
            raise _does_not_fit(f"{self._solver['solver']} has {len(chip.nodes)} working qubits, the model needs {n}")
        return graphs.subgraph(chip.topology, n, chip.size, seed, missing, broken)

    def _open(self) -> Chip:
        """The chip at hand; the solver is chosen anew where the client's process has ended since."""
        if self._chip is None or not self._is_open():
            solver = self._call("open", solver=self.config.solver)
            try:
                chip = Chip.from_properties(solver)
            except ValueError as error:
                raise _does_not_fit(f"{solver['solver']}: {error}") from error
            if chip != self._chip:
                self._placed = None
            self._solver, self._chip, self._opened = solver, chip, True
        return self._chip

    def _is_open(self) -> bool:
        """Whether the client's process still is the one in which the solver was chosen."""
        self._opened = self._opened and self._client.running
        return self._opened

    def _call(self, name: str, **arguments: Any) -> dict[str, Any]:
        try:
            return super()._call(name, **arguments)
        except SamplerError:
            # Whatever went wrong, the next call begins with a new client.
            self.close()
            raise

    def close(self) -> None:
        """See :meth:`Sampler.close`."""
        self._opened = False
        super().close()

    def _begin(self, model: IsingModel) -> None:
        # Before a new process may be started in the place of one that has ended.
        self._is_open()
        super()._begin(model)
        if self._replaying:
            return
        chip = self._open()
        if self._placed is None or self._placed[0] is not model.graph:
            try:
                self._placed = model.graph, place(model.graph, chip, self._seed)
            except ValueError as error:
                raise _does_not_fit(f"{self._solver['solver']}: {error}") from error

    def _ranges(self) -> Ranges:
        solver = self._solver or USUAL
        linear, quadratic = tuple(solver["h_range"]), tuple(solver["extended_j_range"] or solver["j_range"])
        ranges = Ranges(linear, quadratic)
        return either_sign(ranges) if self.config.spin_reversals else ranges

    def _fit(self, wanted: IsingModel) -> IsingModel:
        fitting = super()._fit(wanted)
        limit = self._solver.get("coupling_limit")
        if self._replaying or self._placed is None or limit is None:
            return fitting
        placement, (_, rows, linear, quadratic) = self._placed[1], self._spread(fitting)
        _, couplings = program(placement, linear, quadratic, self.config.chain_strength)
        totals = np.bincount(placement.couplers.ravel(), np.repeat(np.minimum(couplings, 0), 2))
        beyond = np.isin(placement.couplers, np.flatnonzero(totals < limit)).any(1)
        # A chip bears the whole of j_range at all couplers of a qubit.
        limited = np.isin(rows, placement.edges[beyond])
        floor = torch.where(torch.from_numpy(limited), self._solver["j_range"][0], -torch.inf)
        return IsingModel(fitting.graph, fitting.linear, fitting.quadratic.maximum(floor.to(fitting.quadratic)))

    def _ask(self, programmed: IsingModel, num_reads: int) -> Answer:
        assert self._placed is not None
        (graph, placement), (nodes, _, linear, quadratic) = self._placed, self._spread(programmed)
        random = np.random.default_rng(self._random.seed())
        reversals = Reversals.draw(self.config.spin_reversals, num_reads, graph.n, random)
        fields, turned = reversals.problems(graph.edges, linear, quadratic)
        on = np.repeat(np.isin(np.arange(graph.n), nodes), placement.lengths)
        between = np.isin(placement.couplers, placement.qubits[on]).all(1)
        strength = self._bearable(placement, between, turned)
        biases, couplings = program(placement, fields, turned, strength or self.config.chain_strength)
        answer = self._call(
            "sample",
            qubits=placement.qubits[on],
            couplers=placement.couplers[between],
            linear=biases[:, on],
            quadratic=couplings[:, between],
            reads=reversals.reads,
            anneal=self._anneal(),
            patience=max(self.config.deadline - FAREWELL, self.config.deadline / 2),
        )
        programmed_chains = replace(placement, chains=tuple(placement.chains[i] for i in nodes))
        spins, broken = unembed(programmed_chains, answer["spins"], random)
        facts = {
            "endpoint": self._solver["endpoint"],
            "solver": self._solver["solver"],
            "simulated_service": self._solver["simulated"],
            "placement": {"kind": placement.kind, "summary": placement.summary},
            "chain_strength": strength,
            "chain_break_fraction": broken,
            "submissions": answer["submissions"],
            "timing": answer["timing"],
        }
        return Answer(reversals.undo(spins, nodes), answer["seconds"], facts)

    def _bearable(self, placement: Placement, between: Any, quadratic: np.ndarray) -> float | None:
        """The chain strength that was asked for, or the largest below it that every qubit bears; None without chains.

        Args:
            placement: Where the model is.
            between: bool (c,), the couplers that are programmed.
            quadratic: J of shape (p, m), of every problem.
        """
        wanted, limit = self.config.chain_strength, self._solver["coupling_limit"]
        inside = (placement.edges < 0) & between
        if not inside.any():
            return None
        if limit is None:
            return wanted
        _, couplings = program(placement, np.zeros(len(placement.lengths)), quadratic, 0.0)
        # Of every coupling the lowest among the problems, which differ in signs.
        lowest = np.where(between, np.minimum(couplings, 0).min(0), 0.0)
        ends = placement.couplers.ravel()
        totals, links = np.bincount(ends, np.repeat(lowest, 2)), np.bincount(ends, np.repeat(inside, 2))
        room = (totals - limit)[links > 0] / links[links > 0]
        # A chip bears the whole of j_range at all couplers of a qubit.
        return min(wanted, max(float(room.min()), -self._solver["j_range"][0]))

    def _spread(self, part: IsingModel) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Which nodes of the placed graph and which rows of its edges a part without held spins consists of; and its h and J
        over the whole graph, (n,) and (m,), 0 where it has none."""
        assert self._placed is not None
        whole = self._placed[0]
        nodes, rows = rows_of(part.graph, whole)
        linear, quadratic = np.zeros(whole.n), np.zeros(len(whole.edges))
        linear[nodes], quadratic[rows] = part.linear.double().cpu(), part.quadratic.double().cpu()
        return nodes, rows, linear, quadratic

    def _anneal(self) -> list[tuple[float, float]]:
        """Points of the anneal: time in microseconds, anneal fraction."""
        length, pause, at = self.config.annealing_time, self.config.pause_time, self.config.pause_at
        if not pause:
            return [(0.0, 0.0), (length, 1.0)]
        begin = round(at * length, 3)
        return [(0.0, 0.0), (begin, at), (begin + pause, at), (length + pause, 1.0)]


def _does_not_fit(cause: str) -> SamplerError:
    return SamplerError(
        cause,
        title="The model does not fit on the chip",
        mend=f"Choose another solver, or begin a new run, whose graph is taken from the chip. {GO_ON}",
    )
