"""What the lab's workers do: train a restricted Boltzmann machine. Only the functions import torch, not this module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boltzmann.config import RBMConfig, RBMTrainingConfig
from boltzmann.runs import training_job
from boltzmann.runs.models import metadata
from boltzmann.runs.rbm_data import load_rows
from boltzmann.runs.threads import lab_threads, use_threads
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from boltzmann.runs.training_job import Start
    from boltzmann.training.rbm import RBMTraining

CHECKPOINTS_APART = 1.0
"""Seconds between two checkpoints, which wait for the disk: a run that is over in a few would wait ten times."""


def train_rbm(run_id: str, settings: Settings) -> str:
    """Train a run of the lab: see :func:`boltzmann.runs.training_job.train`. Returns the final state."""
    return training_job.train(run_id, settings, _begin, CHECKPOINTS_APART)


def warm_up_lab(settings: Settings) -> None:
    """Import torch and train a tiny machine: what takes seconds the first time."""
    from boltzmann.data import binary
    from boltzmann.training.rbm import RBMTraining

    use_threads(lab_threads())
    config = RBMConfig(training=RBMTrainingConfig(epochs=2, mode_assisted=True))
    for _ in RBMTraining(config, binary.load(config.data, settings.data, config.seed)).events():
        pass


def _begin(start: Start) -> RBMTraining:
    config = start.store.rbm_config(start.run_id)
    start.say("Loading torch")
    from boltzmann.training.rbm import RBMTraining

    use_threads(lab_threads())
    sampler = start.sampler() if config.asks_sampler else None
    start.say("Loading data")
    learned = metadata(start.checkpoint).get("data") if start.checkpoint else None
    data = load_rows(config.data, config.seed, start.settings, learned, notify=start.say)
    start.say("Building the machine")
    return RBMTraining(config, data, start.checkpoint, sampler)
