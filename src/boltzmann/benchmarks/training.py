"""All that `boltzmann bench training` measures: our preset "demo" beside the public demo's recipe, on the same images.

Both are trained in turn, for a second each time, so that a slow moment of the machine hits both; in between, outside the
time, each reconstructs the same held-out images. Errors and digits are compared on the same pixels, ours; the recipe trains
on them within a black frame, 32 x 32.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from boltzmann import data as datasets
from boltzmann.benchmarks import peer_recipe
from boltzmann.benchmarks.samplers import machine
from boltzmann.benchmarks.threads import limited_to
from boltzmann.benchmarks.trainees import Ours, Peer, Trainee
from boltzmann.config import PRESETS, RunConfig, validate
from boltzmann.evaluation.digits import QUICK_DIGITS
from boltzmann.evaluation.reference import Reference

PRESET = "demo"


@dataclass(frozen=True)
class TrainingPlan:
    """How much is measured.

    Args:
        seconds: That the peer is trained for, at least: as long as ours where that takes longer.
        slice: Seconds of one turn.
        test_images: Held-out images of a test MSE.
        targets: Values of the test MSE whose times are told.
        changes: Of our preset, by part and setting: to make it short.
    """

    seconds: float = 120.0
    slice: float = 1.0
    test_images: int = 1000
    targets: tuple[float, ...] = (0.08, 0.07, 0.06, 0.05, 0.04)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)


FULL = TrainingPlan()
QUICK = TrainingPlan(
    seconds=2.0,
    slice=0.5,
    test_images=200,
    changes={"data": {"train_size": 2048}, "training": {"epochs": 2}},
)
"""A few seconds: shows that everything runs; ours is cut short as well, and the numbers are rough."""

WARM_UP = 0.1
"""Seconds that copies of both are trained beforehand: what is compiled or set up then counts for nobody."""


@dataclass
class Progress:
    """What was seen of a trainee: images a second in each turn while both trained; seconds and test MSE after every turn."""

    trainee: Trainee
    rates: list[float] = field(default_factory=list)
    curve: list[tuple[float, float]] = field(default_factory=list)


def measure(plan: TrainingPlan, threads: int, folder: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """Everything, as JSON values.

    Args:
        plan: How much to measure.
        threads: Of both.
        folder: Where ``MNIST/raw`` may lie.
        say: Is told what is being measured.

    Returns:
        ``machine``; ``images_per_second_ratio``, ours to the peer's; ``test_images``; ``rows``, first ours, then the peer's.
        Each has its sizes (``image_size``, ``latents``, ``batch``, ``replicas``, ``parameters``), ``images_per_second`` and
        ``steps_per_second`` (means of ``turns``), ``curve`` (pairs of seconds and test MSE), ``seconds_to_test_mse`` (None
        where a value was not reached), ``steps``, ``epochs`` and ``seconds`` of the whole training, and of 2,000 digits drawn
        at its end ``frechet_distance``, ``frechet_floor``, ``class_histogram`` and ``threshold``, the value from which on a
        pixel counts as white.

    Raises:
        EvaluationError: MNIST is not at hand.
    """
    config = _changed(PRESETS[PRESET], plan.changes)
    images = datasets.load(config.data, folder, notify=say)
    reference = Reference.load(images)
    framed = datasets.load(config.data.model_copy(update={"image_size": peer_recipe.IMAGE_SIZE}), folder)

    def start() -> tuple[Progress, Progress]:
        ours = Ours(config, images)
        return Progress(ours), Progress(Peer(framed, ours.device, ours.image_size))

    with limited_to(threads):
        say("training: warm-up")
        reference.floor(QUICK_DIGITS)  # reads the real images, once for this machine
        for copy in start():
            copy.trainee.advance(WARM_UP)
        ours, peer = start()
        race(ours, peer, plan, images.test[: plan.test_images].float() / 255, say)
        rows = []
        for name, progress in (("ours", ours), ("public demo", peer)):
            say(f"training: {QUICK_DIGITS:,} digits of {name}")
            rows.append({"recipe": name, **_row(progress, plan, reference, len(images.train))})
    return {
        "machine": machine(threads),
        "images_per_second_ratio": rows[0]["images_per_second"] / rows[1]["images_per_second"],
        "test_images": plan.test_images,
        "rows": rows,
    }


def race(ours: Progress, peer: Progress, plan: TrainingPlan, test: torch.Tensor, say: Callable[[str], None]) -> None:
    """Train both in turn: ours to its end, the peer for its time, and at least as long as ours.

    Args:
        ours, peer: Receive what is seen.
        plan: How long the peer and each turn take.
        test: Held-out images (N, H, H) in [0, 1].
        say: Is told ten times or so how far both are.
    """
    told = 0.0
    while True:
        both = not ours.trainee.done
        if not both and peer.trainee.seconds >= max(plan.seconds, ours.trainee.seconds):
            return
        for progress in (ours, peer) if both else (peer,):
            rate = progress.trainee.advance(plan.slice)
            progress.curve.append((progress.trainee.seconds, progress.trainee.test_mse(test)))
            if both:
                progress.rates.append(rate)
        if peer.trainee.seconds >= told:
            words = (f"{p.trainee.seconds:.0f} s, test MSE {p.curve[-1][1]:.4f}" for p in (ours, peer))
            say("training: ours {}; public demo {}".format(*words))
            told += plan.seconds / 10


def _row(progress: Progress, plan: TrainingPlan, reference: Reference, train_images: int) -> dict[str, Any]:
    # All turns, not the median one: in the last epochs a step with a critic takes longer.
    trainee, rate = progress.trainee, statistics.fmean(progress.rates)
    look, threshold = trainee.digits(reference)
    reached = {
        str(target): next((seconds for seconds, mse in progress.curve if mse <= target), None)
        for target in plan.targets
    }
    return {
        "image_size": trainee.image_size,
        "latents": trainee.latents,
        "batch": trainee.batch,
        "replicas": trainee.replicas,
        "parameters": trainee.parameters(),
        "turns": len(progress.rates),
        "steps_per_second": rate / trainee.batch,
        "images_per_second": rate,
        "curve": [list(point) for point in progress.curve],
        "seconds_to_test_mse": reached,
        "steps": trainee.steps,
        "epochs": trainee.steps * trainee.batch / train_images,
        "seconds": trainee.seconds,
        "frechet_distance": look.frechet_distance,
        "frechet_floor": look.frechet_floor,
        "class_histogram": list(look.class_histogram),
        "threshold": threshold,
    }


def _changed(config: RunConfig, changes: dict[str, dict[str, Any]]) -> RunConfig:
    values = config.model_dump()
    for part, settings in changes.items():
        values[part] |= settings
    return validate(values)
