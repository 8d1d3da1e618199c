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
    """Training (or its resumption) begins. ``facts`` holds what a reader may show: parameters, device, data, sampler."""

    kind: ClassVar[str] = "started"
    total_steps: int
    steps_per_epoch: int
    facts: dict[str, Any] = field(default_factory=dict)


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
        total: What is minimised: weighted MSE + MMD + NLL, or weighted reconstruction + KL.
        learning_rate: Of encoder and decoder.
        prior_learning_rate: Of h and J.
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


@dataclass(frozen=True)
class Picture(Event):
    """Images to look at.

    Args:
        name: "generated" or "reconstructed".
        images: uint8 of shape (count, H, W), 0 black to 255 white; for "reconstructed" originals and
            reconstructions alternate.
    """

    kind: ClassVar[str] = "picture"
    name: Literal["generated", "reconstructed"]
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
