"""A quantum annealer in software: its ranges, its coefficient errors, its unknown temperature."""

from __future__ import annotations

from typing import Any

import torch

from boltzmann.config import SimulatedQPUConfig
from boltzmann.samplers.base import Capabilities, IsingModel
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.gibbs import block_gibbs, prepare
from boltzmann.samplers.programmed import ProgrammedSampler, Ranges

RANGES = Ranges((-4.0, 4.0), (-2.0, 1.0))
SWEEPS_PER_MICROSECOND = 2
FEWEST_SWEEPS = 4


class SimulatedQPUSampler(ProgrammedSampler):
    """Anneals of the programmed problem, spoilt by coefficient errors, each from a fresh random start.

    One microsecond is two sweeps, and the inverse temperature rises linearly over the whole anneal to its hidden value.
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
        self._layout: Layout | None = None

    def _ranges(self) -> Ranges:
        return RANGES

    def _draw(self, programmed: IsingModel, num_reads: int) -> torch.Tensor:
        self._layout = prepare(self._layout, programmed)
        generator = self._random.on(programmed.linear.device)
        linear, quadratic = (self._spoil(part, generator) for part in (programmed.linear, programmed.quadratic))
        sweeps = max(FEWEST_SWEEPS, round(SWEEPS_PER_MICROSECOND * self.config.annealing_time))
        betas = [self.config.inverse_temperature * (i + 1) / sweeps for i in range(sweeps)]
        spoilt = IsingModel(programmed.graph, linear, quadratic)
        return block_gibbs(self._layout, spoilt, betas, num_reads, self._random.seed())

    def _spoil(self, coefficients: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        noise = torch.randn(coefficients.shape, generator=generator, device=coefficients.device)
        return coefficients + self.config.coefficient_noise * noise

    def _info(self) -> dict[str, Any]:
        return {"annealing_time": self.config.annealing_time}
