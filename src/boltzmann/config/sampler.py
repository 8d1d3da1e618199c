"""The settings of each sampler. A new sampler adds a class here and its name to ``SamplerConfig``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from boltzmann.config.fields import Part, setting


def _prefactor() -> Any:
    return setting(
        None,
        "Prefactor",
        "Scale of the programmed problem. Empty: follows the estimated inverse temperature.",
        gt=0.0,
        le=10.0,
        step=0.05,
        advanced=True,
    )


def _pause_at() -> Any:
    return setting(
        0.5,
        "Pause position",
        "Share of the anneal at which it pauses. Only with a pause length.",
        gt=0.0,
        lt=1.0,
        step=0.05,
        advanced=True,
    )


def _pause_time(help: str) -> Any:
    return setting(0.0, "Pause length", help, unit="µs", ge=0.0, le=1000.0, step=10, advanced=True)


def _spin_reversals(help: str) -> Any:
    return setting(0, "Spin reversals", help, ge=0, le=16, step=1, advanced=True)


def _chain_strength(help: str, **more: Any) -> Any:
    return setting(1.0, "Chain strength", help, gt=0.0, le=2.0, step=0.1, advanced=True, **more)


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
        "Longer anneals come closer to equilibrium.",
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
    sweeps_per_microsecond: float = setting(
        2.0,
        "Sweeps a microsecond",
        "How many updates of every spin stand for a microsecond of the anneal.",
        ge=0.1,
        le=100.0,
        step=1,
        advanced=True,
    )
    pause_at: float = _pause_at()
    pause_time: float = _pause_time(
        "Added to the annealing time: sweeps at the inverse temperature of that point. A model of a pause, not of its "
        "quantum dynamics. 0: no pause."
    )
    spin_reversals: int = _spin_reversals(
        "Share the reads among so many programmings, each with a random half of the spins mirrored and errors of its own. "
        "0: the problem as it is."
    )
    embedding: Literal["none", "chimera", "pegasus", "zephyr"] = setting(
        "none",
        "Embedding",
        "None: the chip has the machine's own couplers. Chimera(16), Pegasus(16) and Zephyr(12): each unit becomes a chain "
        "of qubits, found by minorminer, and its value is their majority. For machines of the lab.",
        advanced=True,
    )
    chain_strength: float = _chain_strength(
        "Of the couplings within a chain of qubits that stand for one unit, in the chip's units, where J reaches 1. Chains "
        "break where it is too weak.",
        shown_if={"embedding": ("chimera", "pegasus", "zephyr")},
    )
    prefactor: float | None = _prefactor()


class CloudConfig(Part):
    """What all services have in common: deadline, budget, record."""

    deadline: float = setting(
        120.0,
        "Deadline",
        "Longest wait for one answer, queueing included. Then the call is given up; nothing of the run is lost.",
        unit="s",
        ge=1.0,
        le=3600.0,
        step=10,
        advanced=True,
    )
    max_calls: int = setting(
        2000,
        "Calls at most",
        "The run stops at a checkpoint before it would ask the service more often. It can be resumed with a higher limit.",
        ge=1,
        le=1_000_000,
        step=100,
    )
    max_seconds: float = setting(
        60.0,
        "QPU seconds at most",
        "The run stops at a checkpoint once the service has reported so much access time.",
        unit="s",
        ge=0.1,
        le=100_000.0,
        step=10,
    )
    price: float | None = setting(
        None,
        "Price",
        "Of a minute of access time, in your currency. Empty: costs are not shown.",
        ge=0.0,
        le=1e6,
        step=1,
        advanced=True,
    )
    record: bool = setting(
        True,
        "Record answers",
        "Keep every answer with the run, so that its training can be replayed without the service.",
        advanced=True,
    )


class DWaveConfig(CloudConfig):
    """A D-Wave quantum annealer, reached with the account of your environment."""

    name: Literal["dwave"] = "dwave"
    solver: str = setting(
        "",
        "Solver",
        "Name of the solver. Empty: the environment's, else the one with the shortest queue.",
        max_length=80,
        pattern=r"^[A-Za-z0-9_.:-]*$",
    )
    annealing_time: float = setting(20.0, "Annealing time", "Of one read.", unit="µs", ge=0.5, le=2000.0, step=10)
    pause_at: float = _pause_at()
    pause_time: float = _pause_time("Added to the annealing time. 0: no pause.")
    spin_reversals: int = _spin_reversals(
        "Share the reads among so many programmings, each with a random half of the spins mirrored, which averages out the "
        "chip's biases. Each programming takes access time. 0: the problem as it is."
    )
    own_graph: bool = setting(
        True,
        "The chip's own graph",
        "A new run takes its graph from the working qubits at hand. Off: a graph of a perfect chip, to be placed.",
        advanced=True,
    )
    chain_strength: float = _chain_strength(
        "Of the couplings within a chain of qubits that stand for one spin, in the chip's units, where J reaches 1. Chains "
        "break where it is too weak. Only models that do not fit the chip's working qubits have any."
    )
    prefactor: float | None = _prefactor()


class DynexConfig(CloudConfig):
    """Dynex, reached with the key of your environment. It takes no temperature: what it draws at is estimated each time."""

    name: Literal["dynex"] = "dynex"
    backend: Literal["cpu", "gpu", "qpu"] = setting(
        "cpu",
        "Backend",
        "What of Dynex computes. A read of the QPU takes, by the client library's estimate, spins x annealing time / 4000 "
        "seconds, but at least one: it is for small models, few reads and a long deadline.",
    )
    qpu_model: Literal["apollo_rc1", "apollo_10000"] = setting(
        "apollo_rc1", "QPU model", "With the QPU backend.", advanced=True
    )
    annealing_time: int = setting(
        200, "Annealing time", "Integration steps, as Dynex counts them.", ge=10, le=16_383, step=100
    )
    max_seconds: float = setting(
        3600.0,
        "Seconds at most",
        "The run stops at a checkpoint once its calls have taken so long. Dynex reports no time of its own, so the wall time "
        "of the calls stands for it.",
        unit="s",
        ge=0.1,
        le=100_000.0,
        step=60,
    )
    prefactor: float | None = _prefactor()


class ExactConfig(Part):
    """Enumeration of all states: exact samples, up to 20 spins."""

    name: Literal["exact"] = "exact"


SamplerConfig = Annotated[
    GibbsConfig | AnnealingConfig | SimulatedQPUConfig | ExactConfig | DWaveConfig | DynexConfig,
    Field(discriminator="name"),
]
SAMPLER_CONFIGS: dict[str, type[Part]] = {
    part.model_fields["name"].default: part for part in get_args(get_args(SamplerConfig)[0])
}
CLOUD_SAMPLERS = {name for name, part in SAMPLER_CONFIGS.items() if issubclass(part, CloudConfig)}
"""Names of those that ask a service."""
