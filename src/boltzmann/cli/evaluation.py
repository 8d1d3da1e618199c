"""``boltzmann evaluate`` and ``train-classifier``: how good a model's digits are, and the classifier that judges them."""

from __future__ import annotations

import argparse
from pathlib import Path

from boltzmann.cli.common import UsageError, answer, progress
from boltzmann.cli.models import MOST_DIGITS, find_model
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings


def evaluate(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Measure how good a model's digits are, beside MNIST's test images."""
    from boltzmann.evaluation.model import evaluate_model
    from boltzmann.evaluation.reference import EvaluationError, references
    from boltzmann.evaluation.tables import tables
    from boltzmann.models.stored import StoredModel
    from boltzmann.samplers.base import SamplerError

    entry = find_model(flags.model, settings, store)
    if not 1000 <= flags.digits <= MOST_DIGITS:
        raise UsageError(f"--digits is {flags.digits}: allowed are 1,000 to {MOST_DIGITS:,}")
    try:
        if entry.trained.get("data") == "digits":
            raise EvaluationError(f"{entry.key} was trained on the embedded digits; it can be judged beside MNIST only")
        measured_against = references(entry.config.data, settings.data)
        model = StoredModel.load(entry.folder)
        report = evaluate_model(model, measured_against, flags.digits, flags.seed, progress)
    except (EvaluationError, SamplerError, ValueError) as error:
        raise UsageError(str(error)) from error
    answer(flags, {"model": entry.key, **report}, lambda: print(tables(report)))
    return 0


def train_classifier(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:  # noqa: ARG001 - one signature
    """Train the classifier in whose features digits are judged."""
    from boltzmann import data
    from boltzmann.config import DataConfig
    from boltzmann.evaluation.classifier_training import train_classifier as train

    if flags.epochs < 1:
        raise UsageError(f"--epochs is {flags.epochs}: at least 1 is needed")
    images = data.load(DataConfig(), settings.data)
    if images.source != "mnist":
        raise UsageError(images.notice or "MNIST is not at hand")
    facts = train(images, Path(flags.out), flags.epochs, flags.seed, progress)
    answer(
        flags, {"out": flags.out, **facts}, lambda: print(f"{flags.out}: test accuracy {facts['test_accuracy']:.2%}")
    )
    return 0
