"""How good a model's digits are: by its own schedule, by one ten times as long, and at equilibrium.

Chains too short for equilibrium can flatter a prior or wrong it. Where the three agree, the digits show what it has learned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from boltzmann.config import CloudConfig, GibbsConfig, SamplerConfig
from boltzmann.evaluation.digits import evaluate_images
from boltzmann.evaluation.reference import Reference
from boltzmann.models.stored import StoredModel
from boltzmann.samplers import create
from boltzmann.samplers.base import Samples

LONGER = 10
AGREEMENT = 0.2
"""Largest Frechet distance over the smallest, less 1, up to which samplings are said to agree."""
TEMPERED_READS = 1000
"""Reads of one tempered drawing: its search for equilibrium ends at a number of spin updates, sooner for more reads."""


def evaluate_model(
    model: StoredModel,
    references: Sequence[Reference],
    digits: int = 10_000,
    seed: int = 0,
    notify: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Draw digits in each way of :func:`samplers_of` and judge every set.

    Args:
        model: The model.
        references: From :func:`boltzmann.evaluation.reference.references`: images like the model's own first.
        digits: Number N drawn in each way.
        seed: Of all samplers, and of the reconstructions.
        notify: Called with lines of progress.

    Returns:
        JSON values. ``samplings``: by name, each with its ``sampler``, ``seconds`` of drawing, ``mean_energy``, ``mixing``
        (the sampler's verdict, or None) and ``quality``, the figures of :class:`DigitQuality` by kind of pixels.
        ``headline``: ``sampling`` and ``pixels`` that stand for the model (what Generate draws, compared with images of its
        own kind), ``frechet_distance`` and ``frechet_floor``. ``disagreement``: the largest of the samplings' Frechet
        distances over the smallest, less 1; ``agree``: whether it is at most a fifth. ``reconstruction_mse``: per pixel, on
        the test images.

    Raises:
        ValueError: the model's images have another size than the references', or ``digits`` are too few.
        SamplerError: the sampler cannot answer.
    """
    own = references[0]
    classes = None
    if model.config.model.class_conditional:
        # As common as in the data: an unconditional digit is one of a class drawn so, then of its law.
        classes = own.data.train_labels[torch.arange(digits) * len(own.data.train_labels) // digits]
    samplings: dict[str, dict[str, Any]] = {}
    for name, config in samplers_of(model.config.sampler).items():
        notify(f"{name.replace('_', ' ')}: drawing {digits:,} digits")
        samples, labels = draw(config, model, digits, seed, classes)
        notify(f"{name.replace('_', ' ')}: judging them")
        images = model.decode(samples.spins)
        samplings[name] = {
            "sampler": config.model_dump(),
            "seconds": round(samples.seconds, 2),
            "mean_energy": round(samples.energies.mean().item(), 3),
            "mixing": (samples.info.get("mixing") or {}).get("verdict"),
            "quality": {kind.pixels: evaluate_images(images, kind, labels).report() for kind in references},
        }
    looks = {name: found["quality"][own.pixels] for name, found in samplings.items()}
    distances = [look["frechet_distance"] for look in looks.values()]
    disagreement = max(distances) / min(distances) - 1
    shown = "tempering" if _tempers(model, seed) else "own"
    headline = {key: looks[shown][key] for key in ("frechet_distance", "frechet_error", "frechet_floor")}
    return {
        "digits": digits,
        "seed": seed,
        "headline": {"sampling": shown, "pixels": own.pixels, **headline},
        "disagreement": round(disagreement, 4),
        "agree": disagreement <= AGREEMENT,
        "reconstruction_mse": round(reconstruction_error(model, own, seed), 6),
        "classifier": {"key": own.classifier.key, "test_accuracy": own.classifier.facts.get("test_accuracy")},
        "samplings": samplings,
    }


def samplers_of(config: SamplerConfig) -> dict[str, SamplerConfig]:
    """The ways in which a model of sampler ``config`` is judged.

    ``own``: its schedule; where the sampler itself decides whether to temper, plain chains, since that is the schedule.
    ``ten_times``: the same, ten times as long. ``tempering``: parallel tempering, whatever the model's own sampler, until its
    replicas mix. A sampler without a length, such as the exact one, has no ``ten_times``; nor has a service, which charges.
    """
    if isinstance(config, GibbsConfig) and config.tempering == "auto":
        config = config.model_copy(update={"tempering": "never"})
    names = () if isinstance(config, CloudConfig) else ("sweeps", "annealing_time")
    lengths = {name: LONGER * getattr(config, name) for name in names if hasattr(config, name)}
    # A copy is not validated: ten times a length may be more than a form allows.
    longer = {"ten_times": config.model_copy(update=lengths)} if lengths else {}
    return {"own": config, **longer, "tempering": GibbsConfig(tempering="always")}


def draw(
    config: SamplerConfig, model: StoredModel, count: int, seed: int, classes: torch.Tensor | None = None
) -> tuple[Samples, torch.Tensor | None]:
    """``count`` independent reads, of ``classes`` (count,) if given, and the digit of each: see :meth:`StoredModel.sample`.

    Tempered ones run on for the configured sweeps once their replicas look mixed.
    """
    tempered = isinstance(config, GibbsConfig) and config.tempering == "always"
    reads = [min(TEMPERED_READS, count - done) for done in range(0, count, TEMPERED_READS)] if tempered else [count]
    pieces, labels, seconds = [], [], 0.0
    for number, few in enumerate(reads):
        # A new sampler for each: its first reads start at random spins.
        source = create(config, seed=seed * 1_000_003 + number)
        done = number * TEMPERED_READS
        wanted = None if classes is None else classes[done : done + few]
        found = [model.sample(source, few, wanted) for _ in range(2 if tempered else 1)]
        seconds += sum(samples.seconds for samples, _ in found)
        pieces.append(found[-1][0])
        labels.append(found[-1][1])
    spins, energies = (torch.cat([getattr(piece, name) for piece in pieces]) for name in ("spins", "energies"))
    digits = None if labels[0] is None else torch.cat([part for part in labels if part is not None])
    return Samples(spins, energies, seconds, pieces[-1].info), digits


@torch.no_grad()
def reconstruction_error(model: StoredModel, reference: Reference, seed: int) -> float:
    """Mean squared error per pixel of the test images, each encoded, drawn once and decoded."""
    generator = torch.Generator().manual_seed(seed)
    errors = []
    for images in reference.data.test.split(1000):
        originals = images.float() / 255
        errors.append((model.dvae.reconstruct(originals, generator) - originals).square().mean(dim=(1, 2)))
    return torch.cat(errors).mean().item()


def _tempers(model: StoredModel, seed: int) -> bool:
    """Whether Generate would draw with parallel tempering."""
    config = model.config.sampler
    if not isinstance(config, GibbsConfig) or config.tempering == "never":
        return False
    return config.tempering == "always" or model.sample(create(config, seed), 64)[0].info.get("tempering") is not None
