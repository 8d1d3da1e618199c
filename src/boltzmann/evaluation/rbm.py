"""All figures of a restricted Boltzmann machine in one report: how likely, how well it completes and how well it reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch

from boltzmann.config import ENUMERABLE, RBMConfig
from boltzmann.data.binary import BinaryData
from boltzmann.evaluation import rbm_classification as classification
from boltzmann.evaluation.rbm_ais import annealed_log_partition, reverse_annealed_log_partition
from boltzmann.evaluation.rbm_chains import free_chains
from boltzmann.evaluation.rbm_completion import completion_report, mask_of
from boltzmann.evaluation.rbm_likelihood import (
    free_energy_gap,
    kl_divergence,
    log_likelihood,
    pseudo_likelihood,
    reconstruction_error,
    some_rows,
)
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import log_partition
from boltzmann.training.rbm.measurements import finite
from boltzmann.training.rbm.validation import hold_back

CHAINS, RUNGS, SCHEDULE = 100, 5000, "split"
"""784 x 500 units: forward and back agree within 0.2 nats, in some fifteen seconds of one core each."""
START_STEPS = 1000
"""Updates from training rows to the samples that reverse annealing starts from."""
PSEUDO_ROWS = 2000
GAP_ROWS = 10_000
COMPLETED_IMAGES = 1000
READ_IMAGES = 2000
"""Test images whose label is read by chains."""
COMPLETED = ("lower", "right", "random")


def evaluate(
    rbm: RBM,
    data: BinaryData,
    config: RBMConfig,
    seed: int = 0,
    notify: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Judge a machine by its training and held-out rows.

    Args:
        rbm: The machine, on the CPU.
        data: The rows of its run, from :func:`boltzmann.data.binary.load`; validation rows are in no figure.
        config: Its run.
        seed: Of the chains and of what is drawn from the test rows.
        notify: Called with lines of progress.

    Returns:
        JSON values; likelihoods and free energies are nats a row. What does not apply is None.

        - ``rows``: how many rows of ``train`` and ``test``; ``source``, ``binarisation`` (the rule by which the likelihoods'
          rows became 0 or 1) and ``notice`` of the data.
        - ``log_likelihood``: by estimate, ``exact`` or both of ``ais``, optimistic on average, and ``reverse_ais``, the
          pessimistic side: ``log_z``, mean log p(v) of ``train`` and ``test`` rows; the estimates with ``error``, ``spread``,
          ``effective_chains``, ``chains`` and ``rungs`` of :class:`LogPartition`, and ``note`` on the starts.
        - ``kl``: of the model from data that are listed in full; None where Z is estimated.
        - ``pseudo_likelihood``, ``free_energy_gap``, ``reconstruction_error``: of held-out rows; ``pseudo_likelihood_rows``.
        - ``completion``: by missing part, see :func:`completion_report`; image data.
        - ``classification``: ``free_energy`` and ``label_completion`` with label units, ``features`` with labels, each
          :func:`scores`.
        - ``seconds``: by part.

    Raises:
        ValueError: the machine's visible units are not the data's, or its weights are not finite.
    """
    if not finite(rbm):
        raise ValueError("the machine's weights are not finite numbers: train it again with a smaller learning rate")
    if data.train.shape[1] != rbm.pixels:
        raise ValueError(
            f"the machine has {rbm.pixels} pixels, the data rows {data.train.shape[1]}: evaluate it with the data of its run"
        )
    data, _ = hold_back(config, data)
    rule, grey = _binarisation(data)
    train, test = ((rows > 0.5).float() if grey else rows for rows in (data.train, data.test))
    rows, held_out = rbm.with_labels(train, data.train_labels), rbm.with_labels(test, data.test_labels)
    report: dict[str, Any] = {
        "seed": seed,
        "units": {"visible": rbm.visible, "hidden": rbm.hidden, "labels": rbm.labels},
        "rows": {"train": len(rows), "test": len(held_out)},
        "source": data.source,
        "binarisation": rule,
        "notice": data.notice,
    }
    seconds: dict[str, float] = {}

    def timed(part: str, figure: Callable[[], Any]) -> Any:
        notify(part.replace("_", " "))
        began = time.perf_counter()
        found = figure()
        seconds[part] = round(time.perf_counter() - began, 3)
        return found

    likelihood = timed("log_likelihood", lambda: _likelihoods(rbm, rows, held_out, seed))
    report["log_likelihood"] = likelihood
    log_z = likelihood.get("exact", {}).get("log_z")
    report["kl"] = None
    if config.data.listed_in_full and log_z is not None:
        report["kl"] = timed("kl", lambda: round(kl_divergence(rbm, rows, log_z), 6))
    some = some_rows(held_out, PSEUDO_ROWS, seed)
    report["pseudo_likelihood"] = timed("pseudo_likelihood", lambda: round(pseudo_likelihood(rbm, some), 4))
    report["pseudo_likelihood_rows"] = len(some)
    few = min(len(rows), len(held_out), GAP_ROWS)
    report["free_energy_gap"] = timed(
        "free_energy_gap",
        lambda: round(free_energy_gap(rbm, some_rows(rows, few, seed), some_rows(held_out, few, seed)), 4),
    )
    report["reconstruction_error"] = timed(
        "reconstruction_error", lambda: round(reconstruction_error(rbm, held_out), 6)
    )
    images = BinaryData(train, test, data.train_labels, data.test_labels, data.shape, data.source)
    if grey and not data.stochastic:
        images = data
    report["completion"] = timed("completion", lambda: _completion(rbm, images, seed))
    report["classification"] = timed("classification", lambda: _classification(rbm, images, seed))
    return report | {"seconds": seconds}


def _binarisation(data: BinaryData) -> tuple[str, bool]:
    """The rule in words, and whether the rows are grey and become binary here."""
    grey = data.stochastic or bool(((data.train > 0) & (data.train < 1)).any())
    if not grey:
        return data.rule or "the data are 0 and 1", False
    if data.stochastic:
        return "white above half of full brightness; those of training are drawn anew at each use", True
    return (
        "white above half of full brightness for likelihoods, free energies and reconstructions; grey as in training where "
        "images are completed and classified",
        True,
    )


def _likelihoods(rbm: RBM, train: torch.Tensor, test: torch.Tensor, seed: int) -> dict[str, Any]:
    def both(log_z: float) -> dict[str, float]:
        found = {name: log_likelihood(rbm, rows, log_z) for name, rows in (("train", train), ("test", test))}
        return {name: round(value, 6) for name, value in {"log_z": log_z, **found}.items()}

    if min(rbm.pixels, rbm.hidden) <= ENUMERABLE:
        return {"exact": both(log_partition(rbm))}
    generator = torch.Generator().manual_seed(seed)
    starts = free_chains(rbm, some_rows(train, CHAINS, seed), START_STEPS, generator)
    found = {
        "ais": annealed_log_partition(rbm, train, CHAINS, RUNGS, SCHEDULE, seed),
        "reverse_ais": reverse_annealed_log_partition(rbm, train, starts, RUNGS, SCHEDULE, seed),
    }
    notes = {
        "ais": "started at the base rates of the training rows; optimistic on average",
        "reverse_ais": f"started at training rows after {START_STEPS:,} updates of both layers, approximate samples; "
        "pessimistic on average as far as they are the machine's",
    }
    return {
        name: {key: round(value, 4) for key, value in asdict(one).items()} | both(one.log_z) | {"note": notes[name]}
        for name, one in found.items()
    }


def _completion(rbm: RBM, images: BinaryData, seed: int) -> dict[str, Any] | None:
    shape = images.shape
    if shape is None or 1 in shape:
        return None
    test = some_rows(images.test, COMPLETED_IMAGES, seed)
    return {
        name: completion_report(rbm, images.train, test, mask_of(name, shape, seed), seed=seed) for name in COMPLETED
    }


def _classification(rbm: RBM, images: BinaryData, seed: int) -> dict[str, Any] | None:
    if images.train_labels is None or images.test_labels is None:
        return None
    truth, classes = images.test_labels, max(images.classes, rbm.labels)
    found: dict[str, torch.Tensor] = {}
    report: dict[str, Any] = {}
    if classification.features_can_be_judged(images.train_labels):
        found["features"] = classification.feature_classes(rbm, images.train, images.train_labels, images.test)
    if rbm.labels:
        found["free_energy"] = classification.free_energy_classes(rbm, images.test)
        some = some_rows(torch.arange(len(truth)), READ_IMAGES, seed)
        read = classification.completed_labels(rbm, images.test[some], seed=seed).argmax(1)
        report["label_completion"] = classification.scores(truth[some], read, classes)
    return report | {name: classification.scores(truth, guessed, classes) for name, guessed in found.items()}
