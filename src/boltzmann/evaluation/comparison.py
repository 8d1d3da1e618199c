"""Samplers side by side: as many reads of one model from each, judged by the same figures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import torch

from boltzmann.config import CloudConfig, GibbsConfig, SamplerConfig
from boltzmann.evaluation.digits import FEWEST_DIGITS
from boltzmann.evaluation.equilibrium import Equilibrium
from boltzmann.evaluation.frechet import Moments, frechet_distance, standard_error
from boltzmann.evaluation.model import TEMPERED_READS, draw
from boltzmann.evaluation.reference import Reference
from boltzmann.models.stored import StoredModel
from boltzmann.samplers import capabilities, create
from boltzmann.samplers.base import IsingModel, SamplerError, Samples
from boltzmann.samplers.cloud.base import CloudSampler
from boltzmann.samplers.cloud.failures import Cancelled
from boltzmann.samplers.temperature import estimate_inverse_temperature

REFERENCE = GibbsConfig(tempering="always")
REFERENCE_READS = 4000
REPORTED = ("qpu_seconds", "calls", "cost")
FIGURES = (
    *("frechet_distance", "frechet_error", "edge_error"),
    *("inverse_temperature", "inverse_temperature_error", "inverse_temperature_note"),
    *("energy_above", "energy_above_error", "energies", "distinct", "distinct_share"),
    *("seconds", "calibration_seconds", *REPORTED, "info"),
)
"""What each row has, None where there is no figure."""


@dataclass(frozen=True)
class Step:
    """How far a comparison is.

    Args:
        words: What is done next.
        done: Steps done, of ``total``.
        total: Number of steps.
        report: All that was measured so far, see :func:`compare`.
        drawn: The name and the images (N, H, H) of the reads that were judged last, or None.
    """

    words: str
    done: int
    total: int
    report: dict[str, Any]
    drawn: tuple[str, torch.Tensor] | None = None


def compare(
    model: StoredModel,
    samplers: Sequence[SamplerConfig],
    reads: int,
    images: Reference | None,
    seed: int = 0,
    reference_reads: int = REFERENCE_READS,
    kept: dict[int, Samples] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """Draw from each sampler in turn and judge what it drew; one that fails says why in its row.

    Args:
        model: The model.
        samplers: Their settings; each name once.
        reads: Number of reads of each, digits in turn where the prior has classes.
        images: Real images like the model's own, or None: no Frechet distance then.
        seed: Of all samplers but the reference.
        reference_reads: Fewest tempered reads; never fewer than ``reads``.
        kept: This model's tempered reads by their number, from one comparison to the next: those missing are added.
        cancelled: Asked while a service is; True gives the comparison up.

    Yields:
        Steps; the last one's report is complete. JSON values: ``reads``, ``seed``, ``floors`` (``edge_error`` of as many
        independent reads, ``edge_error_95`` that 95 in 100 such draws stay below, ``frechet_distance`` of as many real
        images), ``reference`` and ``samplers``, rows with ``sampler``, ``settings``, ``error`` (None, or why there are no
        figures) and:

        - ``frechet_distance``, ``frechet_error``: to the real test images, and its standard error; None below 200 reads.
          Larger for fewer reads, as its floor is.
        - ``edge_error``: see :meth:`Equilibrium.edge_error`; in the reference's row its own estimated error.
        - ``inverse_temperature``, ``inverse_temperature_error``, ``inverse_temperature_note``: the effective one.
        - ``energy_above``, ``energy_above_error``, ``energies``: see :meth:`Equilibrium.above` and ``histogram``.
        - ``distinct``, ``distinct_share``: spin strings that differ from each other.
        - ``seconds``: of sampling alone. ``calibration_seconds``: of what came before, such as finding a temperature.
        - ``qpu_seconds``, ``calls``, ``cost``: as the sampler reports them, its calibration included; or None.
        - ``info``: the sampler's own report.

        ``reference`` also has its number of ``reads`` and ``mixing``, its replicas' verdict.

    Raises:
        Cancelled: ``cancelled()`` while a service was asked.
    """
    blocks = math.ceil(max(reference_reads, reads) / TEMPERED_READS)
    total, count = blocks + len(samplers), blocks * TEMPERED_READS
    report: dict[str, Any] = {"reads": reads, "seed": seed, "floors": None, "reference": None, "samplers": []}
    kept = {} if kept is None else kept
    pieces: list[Samples] = []
    for block in range(0 if count in kept else blocks):
        words = f"Parallel tempering, the reference: {block * TEMPERED_READS:,} of {count:,} reads"
        yield Step(words, block, total, report)
        classes = model.dvae.labels(TEMPERED_READS)
        pieces.append(draw(REFERENCE, model, TEMPERED_READS, seed=block + 1, classes=classes)[0])
    tempered = kept.setdefault(count, _joined(pieces)) if pieces else kept[count]
    whole, prior = (model.prior(model.dvae.labels(number)) for number in (count, reads))
    truth = Equilibrium.of(whole, tempered)
    judged = images if reads >= FEWEST_DIGITS else None
    report["floors"] = {
        "edge_error": truth.edge_floor(prior, reads),
        "edge_error_95": truth.edge_spread(prior, reads, whole, tempered.spins),
        "frechet_distance": judged.floor(reads) if judged else None,
    }
    drawn = model.decode(tempered.spins[:reads])
    first = Samples(tempered.spins[:reads], tempered.energies[:reads], tempered.seconds, tempered.info)
    report["reference"] = {
        **_row(REFERENCE, _judge(truth, prior, first, drawn, judged)),
        "energies": truth.histogram(whole, tempered.energies),
        "edge_error": truth.error,
        # The mean is what the others are measured by.
        "energy_above": 0.0,
        "energy_above_error": float(truth.variances.sum().sqrt()) / len(truth.variances),
        "reads": count,
        "mixing": (tempered.info.get("mixing") or {}).get("verdict"),
    }
    shown: tuple[str, torch.Tensor] | None = ("reference", drawn)
    for number, config in enumerate(samplers, blocks):
        yield Step(f"{capabilities(config.name).title}: {reads:,} reads", number, total, report, shown)
        shown = None
        try:
            began = time.perf_counter()
            with closing(create(config, seed)) as sampler:
                if isinstance(config, CloudConfig):
                    cast("CloudSampler", sampler).cancelled = cancelled
                samples, _ = model.sample(sampler, reads)
            calibrating = max(time.perf_counter() - began - samples.seconds, 0.0)
        except Cancelled:
            raise
        except (SamplerError, ValueError) as error:
            title = getattr(error, "title", None)
            row = _row(config, {}, f"{title}: {error}" if title else str(error))
        else:
            drawn = model.decode(samples.spins)
            figures = _judge(truth, prior, samples, drawn, judged)
            row = _row(config, {**figures, "calibration_seconds": calibrating})
            shown = config.name, drawn
        report = {**report, "samplers": [*report["samplers"], row]}
    yield Step("Done", total, total, report, shown)


def _joined(pieces: list[Samples]) -> Samples:
    spins, energies = (torch.cat([getattr(piece, name) for piece in pieces]) for name in ("spins", "energies"))
    return Samples(spins, energies, sum(piece.seconds for piece in pieces), pieces[-1].info)


def _judge(
    truth: Equilibrium, prior: IsingModel, samples: Samples, drawn: torch.Tensor, images: Reference | None
) -> dict[str, Any]:
    """The figures of one set of reads with its decoded images: see :func:`compare`."""
    estimate = estimate_inverse_temperature(prior, samples.spins).report()
    above, error = truth.above(prior, samples.energies)
    distinct = len(torch.unique(samples.spins, dim=0))
    distance: dict[str, float] = {}
    if images is not None:
        features = images.classifier.read(images.prepare(drawn)).features
        distance = {
            "frechet_distance": frechet_distance(Moments.of(features), images.moments),
            "frechet_error": standard_error(features, images.moments),
        }
    return {
        **distance,
        "edge_error": truth.edge_error(prior, samples.spins),
        **{name.removeprefix("effective_"): value for name, value in estimate.items()},
        "energy_above": above,
        "energy_above_error": error,
        "energies": truth.histogram(prior, samples.energies),
        "distinct": distinct,
        "distinct_share": distinct / len(samples.spins),
        "seconds": samples.seconds,
        # Of the calibration too, where the sampler counts it: that is paid for as well.
        **{name: samples.info.get(f"total_{name}", samples.info.get(name)) for name in REPORTED},
        "info": samples.info,
    }


def _row(config: SamplerConfig, figures: dict[str, Any], error: str | None = None) -> dict[str, Any]:
    return {
        "sampler": config.name,
        "settings": config.model_dump(),
        "error": error,
        **dict.fromkeys(FIGURES),
        **figures,
    }
