"""A quantum annealer in software: its ranges, its coefficient errors, its unknown temperature.

The asked model (h, J) is scaled by a prefactor, clipped to the chip's ranges and spoilt by coefficient errors. Samples
then come from an anneal that ends at exp(-beta E_programmed) with a hidden beta, as a chip's roughly do (Raymond,
Yarkoni and Andriyash, "Global warming: temperature estimation in annealers", Frontiers in ICT 3, 2016). So a
prefactor must be found that makes the samples look drawn at inverse temperature 1 (:mod:`boltzmann.samplers.prefactor`).
"""

from __future__ import annotations

import time

import torch

from boltzmann.config import SimulatedQPUConfig
from boltzmann.samplers.base import Capabilities, IsingModel, Sampler, Samples, check_clamp, check_model
from boltzmann.samplers.clamping import sample_folded
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.gibbs import block_gibbs, prepare
from boltzmann.samplers.prefactor import Prefactor
from boltzmann.samplers.randomness import RandomSource
from boltzmann.samplers.temperature import estimate_inverse_temperature

LINEAR_RANGE = (-4.0, 4.0)
QUADRATIC_RANGE = (-2.0, 1.0)
SWEEPS_PER_MICROSECOND = 2
FEWEST_SWEEPS = 4
CALIBRATION_CALLS, CALIBRATION_READS, CALIBRATED = 15, 256, 0.03


class SimulatedQPUSampler(Sampler):
    """Anneals of the programmed problem, each from a fresh random start.

    One microsecond is two sweeps, and the inverse temperature rises linearly over the whole anneal. Held spins are
    folded into the fields of the others, one programming for each pattern, which is exact where the folded fields stay
    in range. The report (``Samples.info``) holds the prefactor of this call, the effective inverse temperature with
    respect to the asked model as estimated from the samples, its standard error, a note where it means nothing, and
    how many programmed coefficients were clipped.
    """

    capabilities = Capabilities(
        title="Simulated QPU",
        description="A chip in software: limited ranges, coefficient errors, a temperature to be estimated.",
        temperature_known=False,
        linear_range=LINEAR_RANGE,
        quadratic_range=QUADRATIC_RANGE,
    )

    def __init__(self, config: SimulatedQPUConfig, seed: int) -> None:
        self.config = config
        self._random = RandomSource(seed)
        self._prefactor = Prefactor(config.prefactor)
        self._layout: Layout | None = None

    @torch.no_grad()
    def sample(self, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None) -> Samples:
        """See :meth:`Sampler.sample`."""
        began = time.perf_counter()
        check_model(model, num_reads)
        held = check_clamp(clamp, num_reads, model.n)
        clipped, programmed = 0, 0

        def draw(part: IsingModel, reads: int) -> torch.Tensor:
            nonlocal clipped, programmed
            spins, cut = self._anneal(part, reads)
            clipped += cut
            programmed += len(part.linear) + len(part.quadratic)
            return spins

        spins = sample_folded(model, num_reads, held, draw)
        estimate = estimate_inverse_temperature(model, spins, None if held is None else held.to(spins.device) != 0)
        info = {
            "prefactor": self._prefactor.value,
            **estimate.report(),
            "clipped": clipped,
            "annealing_time": self.config.annealing_time,
        }
        self._prefactor.follow(estimate, clipped / max(programmed, 1))
        return Samples(spins, model.energy(spins), time.perf_counter() - began, info)

    def calibrate(self, model: IsingModel) -> None:
        """Draw until the prefactor is known to 3%, at most 15 times (see :class:`Prefactor`)."""
        for _ in range(CALIBRATION_CALLS):
            if self._prefactor.uncertainty < CALIBRATED:
                break
            self.sample(model, model.reads or CALIBRATION_READS)

    def _anneal(self, model: IsingModel, num_reads: int) -> tuple[torch.Tensor, int]:
        self._layout = prepare(self._layout, model)
        generator = self._random.on(model.linear.device)
        linear, cut_linear = self._program(model.linear, LINEAR_RANGE, generator)
        quadratic, cut_quadratic = self._program(model.quadratic, QUADRATIC_RANGE, generator)
        sweeps = max(FEWEST_SWEEPS, round(SWEEPS_PER_MICROSECOND * self.config.annealing_time))
        betas = [self.config.inverse_temperature * (i + 1) / sweeps for i in range(sweeps)]
        programmed = IsingModel(model.graph, linear, quadratic)
        spins = block_gibbs(self._layout, programmed, betas, num_reads, self._random.seed())
        return spins, cut_linear + cut_quadratic

    def _program(
        self, coefficients: torch.Tensor, allowed: tuple[float, float], generator: torch.Generator
    ) -> tuple[torch.Tensor, int]:
        wanted = coefficients * self._prefactor.value
        programmed = wanted.clamp(*allowed)
        noise = torch.randn(wanted.shape, generator=generator, device=wanted.device)
        return programmed + self.config.coefficient_noise * noise, int((programmed != wanted).sum())

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        return {"random": self._random.state(), "prefactor": self._prefactor.state()}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        self._random.restore(state["random"])
        self._prefactor.restore(state["prefactor"])
