"""The settings of each sampler. A new sampler adds a class here and its name to ``SamplerConfig``."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from boltzmann.config.fields import Part, setting


class GibbsConfig(Part):
    """Chromatic block Gibbs sampling."""

    name: Literal["gibbs"] = "gibbs"
    sweeps: int = setting(30, "Sweeps", "Updates of every spin before a sample is taken.", ge=1, le=10_000, step=10)
    persistent: bool = setting(
        False,
        "Persistent chains",
        "Chains go on from the last step. Off: every sample is a fresh start through the whole schedule, as on an annealer.",
    )
    schedule: Literal["constant", "annealed"] = setting(
        "constant",
        "Schedule",
        "Constant inverse temperature, or a linear ramp from 0 to 1 over the first half of the sweeps.",
    )
    tempering: Literal["auto", "never", "always"] = setting(
        "auto",
        "Parallel tempering",
        "Replicas at higher temperatures that exchange places with the chains. Automatic: where plain chains would not mix.",
    )


class AnnealingConfig(Part):
    """Simulated annealing of dwave-samplers, held at a constant inverse temperature so that it samples."""

    name: Literal["annealing"] = "annealing"
    sweeps: int = setting(100, "Sweeps", "Gibbs updates of every spin for each read.", ge=1, le=10_000, step=10)


class SimulatedQPUConfig(Part):
    """A chip in software: its graph, its ranges of h and J, its unknown temperature, its noise."""

    name: Literal["simulated_qpu"] = "simulated_qpu"
    annealing_time: float = setting(
        20.0,
        "Annealing time",
        "Longer anneals come closer to equilibrium. One microsecond is simulated by two sweeps.",
        unit="µs",
        ge=0.5,
        le=2000.0,
        step=10,
    )
    inverse_temperature: float = setting(
        6.0,
        "Hidden inverse temperature",
        "The simulated chip's effective inverse temperature. The trainer never sees it: it estimates it from the samples.",
        ge=0.5,
        le=20.0,
        step=0.5,
    )
    coefficient_noise: float = setting(
        0.01,
        "Coefficient noise",
        "Standard deviation of the Gaussian error on every programmed h and J, new for each call, in the chip's units, "
        "where J reaches 1: 0.03 is 3% of full scale. The samples feel it times the hidden inverse temperature.",
        ge=0.0,
        le=0.5,
        step=0.005,
    )
    prefactor: float | None = setting(
        None,
        "Prefactor",
        "Scale of the programmed problem. Empty: follows the estimated inverse temperature.",
        gt=0.0,
        le=10.0,
        step=0.05,
        advanced=True,
    )


class ExactConfig(Part):
    """Enumeration of all states: exact samples, up to 20 spins."""

    name: Literal["exact"] = "exact"


SamplerConfig = Annotated[GibbsConfig | AnnealingConfig | SimulatedQPUConfig | ExactConfig, Field(discriminator="name")]
SAMPLER_CONFIGS: dict[str, type[Part]] = {
    part.model_fields["name"].default: part for part in get_args(get_args(SamplerConfig)[0])
}
