"""``boltzmann bench``: one function for each thing that can be measured, named in ``MEASURED``."""

from __future__ import annotations

import argparse

from rich.console import Console

from boltzmann.cli.common import UsageError, answer, progress
from boltzmann.runs.models import list_models
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

BENCHED = "shipped:standard"


def bench(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Measure samplers, training or the lab here, beside other people's: some minutes with nothing else running."""
    if flags.threads is not None and flags.threads < 1:
        raise UsageError(f"--threads is {flags.threads}: use 1 or more")
    MEASURED[flags.what](flags, settings, store)
    return 0


def _samplers(flags: argparse.Namespace, settings: Settings, store: RunStore) -> None:
    from boltzmann.benchmarks.plan import FULL, QUICK
    from boltzmann.benchmarks.samplers import measure
    from boltzmann.benchmarks.table import show
    from boltzmann.benchmarks.threads import available

    trained = next((entry.folder for entry in list_models(settings, store) if entry.key == BENCHED), None)
    if trained is None:
        progress(f"no model {BENCHED} in {settings.models}: what needs a trained prior is left out")
    found = measure(QUICK if flags.quick else FULL, flags.threads or available(), trained, progress)
    answer(flags, found, lambda: show(found, Console(width=100)))


def _training(flags: argparse.Namespace, settings: Settings, store: RunStore) -> None:  # noqa: ARG001 - one signature
    from boltzmann.benchmarks.training import FULL, QUICK, measure
    from boltzmann.benchmarks.training_table import show
    from boltzmann.evaluation.reference import EvaluationError

    try:
        found = measure(QUICK if flags.quick else FULL, flags.threads or 1, settings.data, progress)
    except EvaluationError as error:
        raise UsageError(str(error)) from error
    answer(flags, found, lambda: show(found, Console(width=100)))


def _lab(flags: argparse.Namespace, settings: Settings, store: RunStore) -> None:  # noqa: ARG001 - one signature
    from boltzmann.benchmarks.lab import FULL, QUICK, measure
    from boltzmann.benchmarks.lab_table import show

    found = measure(QUICK if flags.quick else FULL, flags.threads or 1, settings.data, progress)
    answer(flags, found, lambda: show(found, Console(width=100)))


# What follows ``boltzmann bench``, and the function that measures it, prints its answer and returns nothing.
MEASURED = {"samplers": _samplers, "training": _training, "lab": _lab}
