"""All that `boltzmann bench lab` measures: an epoch of contrastive divergence beside scikit-learn's, and a run on bars.

Both machines see the same binary images, in turn, so that a slow moment of the computer hits both. scikit-learn's
``BernoulliRBM`` keeps persistent chains (PCD-1), which is as much work as CD-1. It computes in double precision, unless its
images come in single precision: both are measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neural_network import BernoulliRBM
from threadpoolctl import threadpool_limits  # comes with scikit-learn

from boltzmann.benchmarks.samplers import machine
from boltzmann.benchmarks.threads import limited_to
from boltzmann.config import RBM_PRESETS, BinaryDataConfig, RBMConfig, RBMModelConfig, RBMTrainingConfig
from boltzmann.data.binary import BinaryData, load
from boltzmann.training.events import Measured
from boltzmann.training.rbm import RBMTraining

HIDDEN, BATCH, RATE = 500, 128, 0.05
WARM_UP = 10 * BATCH
"""Images that all are trained on beforehand: what is set up then counts for nobody."""


@dataclass(frozen=True)
class LabPlan:
    """How much is measured.

    Args:
        data: The images of an epoch.
        repeats: Of everything; the median counts.
        steps: Of the mode-assisted run on bars.
    """

    data: BinaryDataConfig
    repeats: int = 5
    steps: int = 20_000


FULL = LabPlan(BinaryDataConfig(dataset="mnist"))
QUICK = LabPlan(BinaryDataConfig(dataset="mnist", train_size=2 * WARM_UP), repeats=1, steps=500)
"""A few seconds: shows that everything runs; the numbers are rough."""


def measure(plan: LabPlan, threads: int, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Everything, as JSON values.

    Args:
        plan: How much to measure.
        threads: Of all.
        folder: Where ``MNIST/raw`` may lie.
        say: Is told what is being measured.

    Returns:
        ``machine``; ``epoch`` with ``data``, ``images``, ``visible``, ``hidden``, ``batch``, the ``device`` of ours, and
        ``rows``, first ours, each with ``trainer``, ``precision``, ``seconds`` (median), ``range`` (least and most) and
        ``ours_to_it``, the ratio of the medians; ``bars`` with ``steps``, ``seconds`` and ``range`` of the steps, and
        ``whole_seconds``, the median with figures and pictures.
    """
    data = load(plan.data, folder, notify=say)
    # Looking at held-out images is no part of what is measured: a few will do.
    data = replace(data, test=data.test[:BATCH])
    bars = RBM_PRESETS["bars"]
    bars = bars.model_copy(update={"training": bars.training.model_copy(update={"epochs": plan.steps})})
    listed = load(bars.data, folder)
    with limited_to(threads), threadpool_limits(threads):
        say("lab: warm-up")
        short = replace(data, train=data.train[:WARM_UP])
        device = _ours(short)[1]
        for precision in (np.float64, np.float32):
            _scikit_learn(short, precision)
        ours, double, single, steps, whole = [], [], [], [], []
        for repeat in range(plan.repeats):
            say(f"lab: repeat {repeat + 1} of {plan.repeats}")
            ours.append(_ours(data)[0])
            double.append(_scikit_learn(data, np.float64))
            single.append(_scikit_learn(data, np.float32))
            alone, together = _bars(bars, listed)
            steps.append(alone)
            whole.append(together)
    rows = [("ours, CD-1", "single", ours), ("scikit-learn, PCD-1", "double", double)]
    rows.append(("scikit-learn, PCD-1", "single", single))
    used = machine(threads)
    used["versions"]["scikit-learn"] = version("scikit-learn")
    return {
        "machine": used,
        "epoch": {
            "data": data.source,
            "images": len(data.train),
            "visible": data.train.shape[1],
            "hidden": HIDDEN,
            "batch": BATCH,
            "device": device,
            "rows": [
                {
                    "trainer": trainer,
                    "precision": precision,
                    **_spread(seconds),
                    "ours_to_it": statistics.median(ours) / statistics.median(seconds),
                }
                for trainer, precision, seconds in rows
            ],
        },
        "bars": {"steps": plan.steps, **_spread(steps), "whole_seconds": statistics.median(whole)},
    }


def _ours(data: BinaryData) -> tuple[float, str]:
    """Seconds of an epoch of CD-1 as the lab trains, without its figures and pictures; and the kind of device."""
    # The first epoch of many: it is measured at its end, and few pictures are drawn so early.
    training = RBMTrainingConfig(epochs=100, batch_size=BATCH, learning_rate=RATE, measurements=100)
    config = RBMConfig(data=BinaryDataConfig(dataset="mnist"), model=RBMModelConfig(hidden=HIDDEN), training=training)
    run = RBMTraining(config, data)
    looks = (event for event in run.events() if isinstance(event, Measured))
    return next(look.seconds for look in looks if look.step == run.steps_per_epoch), run.device.type


def _bars(config: RBMConfig, data: BinaryData) -> tuple[float, float]:
    """Seconds of the steps of a whole run, and with figures and pictures."""
    began = time.perf_counter()
    training = RBMTraining(config, data)
    for _ in training.events():
        pass
    return training.seconds, time.perf_counter() - began


def _scikit_learn(data: BinaryData, precision: type[np.floating]) -> float:
    """Seconds of its epoch on the same images."""
    images = data.train.numpy().astype(precision)
    rbm = BernoulliRBM(n_components=HIDDEN, batch_size=BATCH, learning_rate=RATE, n_iter=1, random_state=0)
    began = time.perf_counter()
    rbm.fit(images)
    return time.perf_counter() - began


def _spread(seconds: list[float]) -> dict[str, Any]:
    return {"seconds": statistics.median(seconds), "range": [min(seconds), max(seconds)]}
