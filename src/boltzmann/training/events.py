"""What a trainer says while it works. Command line, jobs and tests read the same stream.

Every event has a ``kind`` and plain values; only :class:`Picture` carries pixels and :class:`CheckpointDue` asks its
reader to save the trainer's state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np


@dataclass(frozen=True)
class Event:
    """Base of all events.

    Args:
        step: Training steps done when the event was made.
    """

    kind: ClassVar[str]
    step: int


@dataclass(frozen=True)
class Started(Event):
    """Training (or its resumption) begins.

    Args:
        facts: What a reader may show: parameters, device, data, sampler.
        critic_from: Steps without a critic, which come first and take about half the time of the others; None: all.
    """

    kind: ClassVar[str] = "started"
    total_steps: int
    steps_per_epoch: int
    facts: dict[str, Any] = field(default_factory=dict)
    critic_from: int | None = None


@dataclass(frozen=True)
class Metrics(Event):
    """The losses of one step.

    Args:
        epoch: Epochs done, as a fraction.
        seconds: Seconds of training so far, summed over resumptions.
        mse: Mean squared error per pixel.
        mmd: Squared maximum mean discrepancy (unbiased, so slightly negative values occur).
        kl: Divergence of the encoded spins' law given their image from the prior, nats per image.
        nll: The prior's negative log-likelihood of the encoded spins, nats per spin.
        total: What is minimised: weighted MSE + MMD + NLL, or weighted reconstruction + KL; without the critic, against whom
            nothing is minimised for good.
        learning_rate: Of encoder and decoder.
        prior_learning_rate: Of h and J.
        critic: The decoder's loss in the critic's eyes, nats a digit: log 2 where it cannot tell digits drawn from real
            ones. None where there is no critic, or not yet.
    """

    kind: ClassVar[str] = "metrics"
    epoch: float
    seconds: float
    mse: float
    mmd: float
    kl: float
    nll: float
    total: float
    learning_rate: float
    prior_learning_rate: float
    critic: float | None = None


@dataclass(frozen=True)
class Measured(Event):
    """The figures of a restricted Boltzmann machine at one step; None where one cannot be had. Likelihoods and energies
    are in nats a row.

    Args:
        epoch: Epochs done, as a fraction.
        seconds: Seconds of training so far, summed over resumptions, measurements not counted.
        learning_rate: At this step.
        mode_probability: Chance of a mode step, P, at this step; None without mode assistance.
        mode_steps: Mode steps so far.
        mode_rate: gamma of the last mode step, its share of the learning rate; None before the first.
        updates: Updates of a unit so far: chains x units x k in Gibbs chains of the negative phase, reads x units x sweeps
            in anneals for the mode.
        samples: Rows drawn so far for the negative phase and the mode.
        calls: Calls of the sampler so far.
        kl: Divergence of the model from the data, exact; for data that are listed in full.
        log_likelihood: Of the training rows, exact.
        test_log_likelihood: Of the held-out rows, exact.
        pseudo_likelihood: Of the held-out rows (Besag 1975).
        reconstruction_error: Mean squared error of v -> h -> v a unit, held-out rows.
        free_energy_gap: Mean free energy of held-out rows minus that of as many training rows: grows with overfitting.
        error_rate: Share of held-out rows whose label is read wrongly; with label units.
        sum_squares: Sum over held-out rows and visible units of the squared error of v -> h -> v; trained on a sampler.
        beta: The inverse temperature that the sampler was programmed for, 1 / prefactor, in its last drawing.
        beta_change: By how much the last full epoch moved what the next drawing is programmed for. So ``beta`` of the next
            epoch is the sum where each has one drawing; an estimated beta moves with every drawing, so here with all.
        data_energy, model_energy: Mean of E_DW = E / beta over the data, with p(h | v), and over the last reads, of the
            machine as it was before this step's update.
        hardware_beta: The sampler's own inverse temperature as estimated from its last reads, in the units of ``beta``.
        hardware_beta_error: Its standard error.
        chain_breaks: Share of broken chains in the last reads, on an embedded graph.
    """

    kind: ClassVar[str] = "metrics"
    epoch: float
    seconds: float
    learning_rate: float
    mode_probability: float | None = None
    mode_steps: int = 0
    mode_rate: float | None = None
    updates: int = 0
    samples: int = 0
    calls: int = 0
    kl: float | None = None
    log_likelihood: float | None = None
    test_log_likelihood: float | None = None
    pseudo_likelihood: float | None = None
    reconstruction_error: float | None = None
    free_energy_gap: float | None = None
    error_rate: float | None = None
    sum_squares: float | None = None
    beta: float | None = None
    beta_change: float | None = None
    data_energy: float | None = None
    model_energy: float | None = None
    hardware_beta: float | None = None
    hardware_beta_error: float | None = None
    chain_breaks: float | None = None


@dataclass(frozen=True)
class Working(Event):
    """Steps were done of which there is nothing else to say: shows life, and lets the reader stop. Not kept.

    Args:
        epoch: Epochs done, as a fraction.
        seconds: Seconds of training so far, as of :class:`Measured`.
    """

    kind: ClassVar[str] = "working"
    epoch: float
    seconds: float


@dataclass(frozen=True)
class Energies(Event):
    """Histograms of the free energy F(v) of held-out rows and of the model's free samples, on the same bins.

    Args:
        edges: Edges of the bins, ascending, nats.
        data, model: Share of rows in each bin.
    """

    kind: ClassVar[str] = "energies"
    edges: list[float]
    data: list[float]
    model: list[float]


@dataclass(frozen=True)
class Picture(Event):
    """Images to look at.

    Args:
        name: "generated", "reconstructed", or "filters", the weights of hidden units.
        images: uint8 of shape (count, H, W), 0 black to 255 white; for "reconstructed" originals and
            reconstructions alternate; for "filters" 128 is a weight of 0.
    """

    kind: ClassVar[str] = "picture"
    name: Literal["generated", "reconstructed", "filters"]
    images: np.ndarray


@dataclass(frozen=True)
class SamplerReport(Event):
    """What the sampler said of its last call, at each of the first steps and every few later.

    Args:
        seconds: Wall time of the call.
        info: ``Samples.info`` with ``mean_energy`` and, where the sampler gave none, an estimate of its
            ``effective_inverse_temperature`` with ``_error`` and ``_note``.
    """

    kind: ClassVar[str] = "sampler"
    seconds: float
    info: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quality(Event):
    """How good the digits of the last samples are: see :class:`boltzmann.evaluation.digits.Quick`."""

    kind: ClassVar[str] = "quality"
    report: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckpointDue(Event):
    """The reader should save the trainer's state now."""

    kind: ClassVar[str] = "checkpoint"


@dataclass(frozen=True)
class Notice(Event):
    """Something a person should know: the embedded digits stand in for MNIST, say."""

    kind: ClassVar[str] = "notice"
    message: str


@dataclass(frozen=True)
class Finished(Event):
    """All steps are done."""

    kind: ClassVar[str] = "finished"
    seconds: float
