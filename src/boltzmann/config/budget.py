"""What a run or a drawing will ask of its sampler, before it starts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boltzmann.config.rbm import RBMConfig
from boltzmann.config.run import RunConfig
from boltzmann.config.sampler import CloudConfig, DWaveConfig, SamplerConfig

CALLS_AN_EPOCH = 60
"""Calls of a service in one epoch, at most, unless the settings say for how many steps samples are used."""

CALIBRATION_CALLS, CALIBRATION_READS = 15, 256
"""Drawings that may find the temperature of a model that is trained already, at most, and the reads of each."""

CLASSES = 10
MODE_SHARE = 0.7
"""Of the highest chance of a mode step, its mean over a run: that of sigmoid(20 u - 6) for u from 0 to 1."""

EMBEDDED_DIGITS = 1500

# D-Wave's own figures differ from chip to chip: programming 10 to 20 ms, readout and delay together 50 to 250 us a read.
PROGRAMMING_SECONDS, READOUT_SECONDS = 0.016, 150e-6


@dataclass(frozen=True)
class Estimate:
    """What a run will need, or a drawing.

    Args:
        steps: Training steps; 0 of a drawing.
        images: Images seen, each as often as it is, or drawn.
        reads: Spin strings drawn.
        calls: Problems sent to a service; 0 where the sampler is none.
        calibration: Problems that may be sent before, at most, to find the temperature.
        seconds: Access time, seconds, with that of ``calibration``; None where it is not known beforehand.
        cost: In the currency of the configured price, or None.
    """

    steps: int
    images: int
    reads: int
    calls: int = 0
    calibration: int = 0
    seconds: float | None = None
    cost: float | None = None


def sample_age(config: RunConfig, steps_per_epoch: int) -> int:
    """For how many steps one set of samples is used: as set, else 1 where sampling is free, else what few calls ask for."""
    if config.training.sample_reuse is not None:
        return config.training.sample_reuse
    if not isinstance(config.sampler, CloudConfig):
        return 1
    return math.ceil(steps_per_epoch * calls_a_drawing(config) / CALLS_AN_EPOCH)


def calls_a_drawing(config: RunConfig) -> int:
    """Programmings that the samples of one step need: one a digit with class fields, times the spin reversals."""
    return (CLASSES if config.model.class_conditional else 1) * _programmings(config.sampler)


def estimate(config: RunConfig) -> Estimate:
    """What ``config`` will need."""
    training, sampler = config.training, config.sampler
    images = min(config.data.train_size, EMBEDDED_DIGITS) if config.data.dataset == "digits" else config.data.train_size
    per_epoch = max(1, images // training.batch_size)
    steps = per_epoch * training.epochs
    seen = steps * min(training.batch_size, images)
    drawings = math.ceil(steps / sample_age(config, per_epoch))
    reads = drawings * training.num_reads
    calls = drawings * calls_a_drawing(config)
    return _estimate(sampler, steps, seen, reads, calls, calibrated=config.start_from != "")


def estimate_drawing(sampler: SamplerConfig, images: int, laws: int) -> Estimate:
    """What ``images`` digits of a trained model will need, which follow so many laws: one for each class among them."""
    return _estimate(sampler, 0, images, images, laws * _programmings(sampler), calibrated=True)


def estimate_lab(config: RBMConfig, rows: int) -> Estimate:
    """What a run of the lab on so many training rows will need; of its mode steps, what is expected."""
    training = config.training
    batch = min(training.batch_size or rows, rows)
    steps = rows // batch * training.epochs
    modes = round(MODE_SHARE * training.mode_probability * steps) if training.mode_assisted else 0
    drawings = math.ceil((steps - modes) / training.sample_reuse) if training.negative_phase == "sampler" else 0
    searches = modes if training.mode_search == "sampler" else 0
    reads = drawings * training.chains + searches * training.mode_reads
    calls = (drawings + searches) * _programmings(config.sampler)
    return _estimate(config.sampler, steps, steps * batch, reads, calls, calibrated=False)


def ends_early(config: RunConfig) -> tuple[str, float] | None:
    """The limit that ends the run first: see :func:`first_limit`."""
    return first_limit(config.sampler, estimate(config))


def first_limit(sampler: SamplerConfig, need: Estimate) -> tuple[str, float] | None:
    """The limit that ends a run with that need first, "calls" or "seconds", and after which share of the training; None:
    neither does."""
    if not isinstance(sampler, CloudConfig):
        return None
    limits: list[tuple[str, float, float]] = [("calls", sampler.max_calls - need.calibration, need.calls)]
    if isinstance(sampler, DWaveConfig):
        calibration = _seconds(sampler, need.calibration, _calibration_reads(need.calibration, sampler))
        limits.append(("seconds", sampler.max_seconds - calibration, _seconds(sampler, need.calls, need.reads)))
    name, share = min(((name, allowed / needed) for name, allowed, needed in limits), key=lambda limit: limit[1])
    return (name, max(0.0, share)) if share < 1 else None


def _estimate(sampler: SamplerConfig, steps: int, images: int, reads: int, calls: int, calibrated: bool) -> Estimate:
    if not isinstance(sampler, CloudConfig):
        return Estimate(steps, images, reads)
    calibration = CALIBRATION_CALLS * _programmings(sampler) if calibrated and sampler.prefactor is None else 0
    seconds = cost = None
    if isinstance(sampler, DWaveConfig):
        seconds = _seconds(sampler, calls + calibration, reads + _calibration_reads(calibration, sampler))
        cost = None if sampler.price is None else seconds / 60 * sampler.price
    return Estimate(steps, images, reads, calls, calibration, seconds, cost)


def _programmings(sampler: SamplerConfig) -> int:
    """Problems that one law's samples take."""
    return max(1, sampler.spin_reversals) if isinstance(sampler, DWaveConfig) else 1


def _calibration_reads(problems: int, sampler: DWaveConfig) -> int:
    return problems // _programmings(sampler) * CALIBRATION_READS


def _seconds(sampler: DWaveConfig, calls: int, reads: int) -> float:
    read = (sampler.annealing_time + sampler.pause_time) * 1e-6 + READOUT_SECONDS
    return calls * PROGRAMMING_SECONDS + reads * read
