"""Training of a restricted Boltzmann machine: :class:`RBMTraining` yields what happens, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import torch

from boltzmann.config import ConfigError, RBMConfig, too_large
from boltzmann.data.binary import BinaryData
from boltzmann.models.rbm import RBM
from boltzmann.samplers import create
from boltzmann.samplers.base import Sampler
from boltzmann.training.errors import Diverged
from boltzmann.training.events import (
    CheckpointDue,
    Event,
    Finished,
    Measured,
    Notice,
    Picture,
    SamplerReport,
    Started,
    Working,
)
from boltzmann.training.rbm import checkpoints, pictures
from boltzmann.training.rbm.batches import Batches, stream
from boltzmann.training.rbm.discriminative import add_discriminative
from boltzmann.training.rbm.early_stop import EarlyStop
from boltzmann.training.rbm.facts import facts
from boltzmann.training.rbm.gradients import Ascent
from boltzmann.training.rbm.measurements import Measurements, exact_steps, finite, measured_steps, seldom_steps
from boltzmann.training.rbm.mode_assistance import ModeSteps
from boltzmann.training.rbm.negative_phases import HiddenStatistics
from boltzmann.training.rbm.phases import negative_phase
from boltzmann.training.rbm.programmed import programmed
from boltzmann.training.rbm.sampled import Drawings
from boltzmann.training.rbm.schedules import another_rate, learning_rate
from boltzmann.training.rbm.validation import hold_back

TIMES = 10
"""Pictures and checkpoints in a run."""
REPORT_EVERY = 10
"""Steps between two reports of the sampler; the first ones are all reported."""
SILENT_SECONDS = 0.5
"""Longest time of training without an event."""
ON_ACCELERATOR = 100_000
"""Weights from which a machine is trained on an accelerator: a smaller one only waits for its launches."""


class Part(Protocol):
    """What a checkpoint keeps of the run beside the machine."""

    def state(self) -> dict[str, torch.Tensor]: ...

    def restore(self, state: dict[str, torch.Tensor]) -> None: ...


class RBMTraining:
    """One run of the lab, ready to go on from where it stands.

    Args:
        config: The run. When resuming, it may ask for more epochs than the checkpoint's.
        data: Rows of ``config.data``.
        checkpoint: A folder written by :meth:`save`, to resume from. Its run may have had another sampler.
        sampler: Instead of a new one of ``config.sampler``.

    Runs of the same seed start from the same weights and see the same batches, whatever the trainer. Resuming repeats, bit
    for bit on the same machine and thread count, what an unbroken run would have done.
    """

    def __init__(
        self, config: RBMConfig, data: BinaryData, checkpoint: Path | None = None, sampler: Sampler | None = None
    ) -> None:
        model, training, seed = config.model, config.training, config.seed
        self.config = config
        self.step = 0
        self.seconds = 0.0
        self.figures: dict[str, float] = {}
        labels = data.classes if model.label_units else 0
        if model.label_units and not labels:
            raise ConfigError("the rows have no labels: switch model.label_units off, or give data with a label column")
        data, validation = hold_back(config, data)
        if words := too_large(config, data.train.shape[1], labels, len(data.train)):
            raise ConfigError(words)
        self.data = data
        visible = data.train.shape[1] + labels
        large = visible * model.hidden >= ON_ACCELERATOR
        self.device = torch.device("cuda" if large and torch.cuda.is_available() else "cpu")
        weights = stream(seed, "weights")
        self.rbm = RBM(visible, model.hidden, labels, model.initial_scale, weights, self.device)
        rows = self.rbm.with_labels(data.train, data.train_labels).to(self.device)
        classes = None if data.train_labels is None else data.train_labels.to(self.device)
        self._batches = Batches(rows, classes, training.batch_size, seed, data.stochastic)
        self.steps_per_epoch = self._batches.per_epoch
        self.total_steps = self.steps_per_epoch * training.epochs
        mean = rows.mean(0) if model.centred else None
        if mean is not None:
            # As if each unit had been seen once at 1 and once at 0 more: pixels that are always black stay finite.
            smooth = (mean * len(rows) + 1) / (len(rows) + 2)
            self.rbm.visible_bias.copy_(smooth.logit())
        self._ascent = Ascent(self.rbm, training.momentum, training.weight_decay, mean)
        self._generative = {"generative": 1.0, "discriminative": 0.0, "hybrid": training.generative_weight}[
            training.objective
        ]
        self.sampler = (sampler or create(config.sampler, seed=seed)) if config.asks_sampler else None
        self.phase = negative_phase(training, self.rbm, self.sampler, stream(seed, "chains", self.device))
        draws = training.hidden_statistics == "draws"
        self._hidden = HiddenStatistics(draws, stream(seed, "hidden", self.device))
        self.mode = None
        if training.mode_assisted:
            anneals = stream(seed, "anneals", self.device)
            self.mode = ModeSteps(training, stream(seed, "mode"), anneals, self.sampler)
        self._stop = None if training.patience is None else EarlyStop(self.rbm, training.patience)
        self._measurements = Measurements(
            self.rbm, data, config.data.listed_in_full, validation, sampled=training.negative_phase == "sampler"
        )
        self._rows: torch.Tensor | None = None
        self._programmed = programmed(config, self.phase, self._measurements.train)
        self.planned_steps = self.total_steps
        """Steps that the checkpoint's run was to have: a run made longer has more now."""
        named = {
            "ascent": self._ascent,
            "batches": self._batches,
            "phase": self.phase,
            "hidden": self._hidden,
            "mode": self.mode,
            "stop": self._stop,
            "sampler": self.sampler,
            "programmed": self._programmed,  # after the sampler, whose prefactor it leads
        }
        self.parts: dict[str, Part] = {name: part for name, part in named.items() if part is not None}
        self.notice = ""
        if checkpoint:
            checkpoints.restore(self, checkpoint)

    def save(self, folder: Path) -> None:
        """Write a complete checkpoint into ``folder``: a machine that can be loaded, and all that resuming needs."""
        checkpoints.save(self, folder)

    def events(self) -> Iterator[Event]:
        """Train to the end, saying what happens. Closing the generator stops between two steps.

        Raises:
            Diverged: a weight is no longer a finite number.
            SamplerError: when the sampler cannot answer.
        """
        yield Started(
            self.step,
            self.total_steps,
            self.steps_per_epoch,
            facts(self.rbm, self.data, self._measurements, self.sampler),
        )
        for words in filter(None, (self.data.notice, self.notice, *self._made_longer())):
            yield Notice(self.step, words)
        measured = measured_steps(self.total_steps, self.config.training.measurements, self.steps_per_epoch)
        exact = exact_steps(measured)
        seldom = seldom_steps(self.total_steps, TIMES)
        said = time.perf_counter()
        while self.step < self.total_steps:
            began = time.perf_counter()
            rate = self._train_step(self.step + 1 in measured)
            self.step += 1
            words = self._end_epoch() if self.step % self.steps_per_epoch == 0 else ""
            now = time.perf_counter()
            self.seconds += now - began
            if now - said > SILENT_SECONDS:
                said = now
                yield Working(self.step, self.step / self.steps_per_epoch, self.seconds)
            if words:
                yield Notice(self.step, words)
            yield from self._sampler_report()
            over = False
            if self.step in measured:
                self.figures = self._measurements.figures(self.step in exact)
                yield self._measured(rate)
                over = self._stop is not None and self._stop.over(self._score(), self.step)
            if over or self.step == self.total_steps:
                yield from self._end(rate, over)
                break
            if self.step in seldom:
                yield from self._pictures()
                yield CheckpointDue(self.step)
        yield Finished(self.step, self.seconds)

    def _train_step(self, measured: bool) -> float:
        """One step; its learning rate. ``measured``: its figures are wanted."""
        training, rbm, ascent = self.config.training, self.rbm, self._ascent
        rate = learning_rate(training, self.step, self.total_steps)
        v0, labels = self._batches.at(self.step)
        h0 = self._hidden.of(rbm.hidden_probability(v0))
        mean = rate / len(v0)
        if self._generative == 0.0:
            ascent.begin(rate)
        elif self.mode and self.mode.due(self.step, self.total_steps):
            (v, h, _), gamma = self.mode.find(rbm)
            gamma *= self._generative
            self._look(measured)
            ascent.begin(rate)
            ascent.add(v0, h0, gamma * mean)
            ascent.add(v[None], h[None], -gamma * rate)
        else:
            v, probability = self.phase.negative(rbm, v0, h0)
            h = self._hidden.of(probability)
            self._rows = v
            self._look(measured)
            ascent.begin(rate)
            ascent.add(v0, h0, self._generative * mean)
            ascent.add(v, h, -self._generative * rate / len(v))
        if labels is not None and training.objective != "generative":
            add_discriminative(ascent.pieces, rbm, v0, labels, mean)
        ascent.follow(v0, h0)
        ascent.finish()
        if not finite(rbm):
            raise Diverged(
                f"weights or biases are no longer finite numbers at step {self.step + 1}: train again with a smaller "
                "learning rate, or with weight decay"
            )
        return rate

    def _look(self, measured: bool) -> None:
        if self._programmed and (measured or (self.step + 1) % self.steps_per_epoch == 0):
            self._programmed.look(self.rbm)

    def _end_epoch(self) -> str:
        return self._programmed.after_epoch(self.step // self.steps_per_epoch) if self._programmed else ""

    def _made_longer(self) -> Iterator[str]:
        planned, total = self.planned_steps, self.total_steps
        if planned != total:
            yield another_rate(self.config.training, self.step, planned, total)
            if self._programmed and self._programmed.led:
                yield self._programmed.led.extended(planned // self.steps_per_epoch)

    def _score(self) -> float:
        return self._measurements.score(self.config.training.objective != "generative")

    def _measured(self, rate: float) -> Measured:
        mode, phase = self.mode, self.phase
        return Measured(
            self.step,
            epoch=self.step / self.steps_per_epoch,
            seconds=self.seconds,
            learning_rate=rate,
            mode_probability=mode.probability(self.step, self.total_steps) if mode else None,
            mode_steps=mode.taken if mode else 0,
            mode_rate=mode.rate if mode else None,
            updates=phase.updates + (mode.updates(self.rbm) if mode else 0),
            samples=phase.samples + (mode.samples if mode else 0),
            calls=phase.calls + (mode.calls if mode else 0),
            **(self._programmed.figures() if self._programmed else {}),
            **self.figures,
        )

    def _end(self, rate: float, over: bool) -> Iterator[Event]:
        if self._stop is not None and self._stop.step != self.step:
            if over:
                self.total_steps = self.step
            self._stop.take_best()
            reason = f"no better since step {self._stop.step}" if over else f"best at step {self._stop.step}"
            watched = self._measurements.watched
            yield Notice(self.step, f"The figure of {watched} was {reason}: the run ends with those weights.")
            self.figures = self._measurements.figures(seldom=True)
            yield self._measured(rate)
        yield from self._pictures()
        yield CheckpointDue(self.step)

    def _pictures(self) -> Iterator[Event]:
        rbm, shape = self.rbm, self.data.shape
        generator = stream(self.config.seed, f"pictures/{self.step}", self.device)
        # Rows of contrastive divergence are the data, hardly moved: free chains show the model.
        free = self.config.training.negative_phase != "cd" and self._rows is not None
        rows = self._rows if free and self._rows is not None else pictures.free_samples(rbm, generator)
        if shape:
            yield Picture(self.step, "filters", pictures.filters(rbm, shape))
            yield Picture(self.step, "generated", pictures.generated(rbm, rows, shape, generator))
            yield Picture(self.step, "reconstructed", pictures.reconstructed(rbm, self._measurements.shown, shape))
        yield pictures.energies(self.step, rbm, self._measurements.rows, rows)

    def _sampler_report(self) -> Iterator[SamplerReport]:
        due = self.step <= REPORT_EVERY or self.step % REPORT_EVERY == 0 or self.step == self.total_steps
        for asked in (self.phase, self.mode and self.mode.drawings) if due else ():
            if isinstance(asked, Drawings) and asked.unreported:
                yield SamplerReport(self.step, *asked.report())

    def summary(self) -> dict[str, object]:
        """What is worth knowing of the training so far, JSON values: it travels with the weights."""
        return {
            "step": self.step,
            "epochs": round(self.step / self.steps_per_epoch, 2),
            "seconds": round(self.seconds, 1),
            "data": self.data.source,
            "metrics": self.figures,
        }
