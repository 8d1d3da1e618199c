"""What a worker does for a comparison; the command line does the same without a store.

Only the functions import torch, not this module: the engine names them in the web process.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from boltzmann.config import DataConfig
from boltzmann.runs.comparisons import ComparisonRequest, ComparisonStore
from boltzmann.runs.drawings import DrawingStatus
from boltzmann.runs.failures import explain, full_report
from boltzmann.runs.files import write_atomic
from boltzmann.runs.models import ModelEntry, resolve
from boltzmann.runs.pictures import grid
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import Tensor

    from boltzmann.evaluation.comparison import Step
    from boltzmann.evaluation.reference import Reference
    from boltzmann.samplers.base import Samples

SHOWN, COLUMNS = 60, 10


def compare_samplers(comparison_id: str, settings: Settings) -> str:
    """Draw and judge what the comparison's request asks for. Errors end in its status. Returns the final state."""
    store = ComparisonStore.beside(settings.runs)
    if store.status(comparison_id).state == "cancelled":
        return "cancelled"
    store.write_status(comparison_id, DrawingStatus("running"))
    try:
        cancelled = lambda: store.status(comparison_id).state == "cancelled"  # noqa: E731
        for step in steps(store.request(comparison_id), settings, cancelled):
            if step.drawn is not None:
                name, images = step.drawn
                write_atomic(store.folder(comparison_id) / f"{name}.png", _picture(images))
            progress = {"words": step.words, "done": step.done, "total": step.total, "report": step.report}
            store.write_progress(comparison_id, progress)
        status = DrawingStatus("finished")
    except Exception as error:
        # A name, since its class's module imports torch.
        if type(error).__name__ == "Cancelled":
            return "cancelled"
        status = DrawingStatus("failed", error=explain(error, "Comparing"))
        with suppress(OSError):
            (store.folder(comparison_id) / "error.log").write_text(full_report(error), "utf-8")
    if store.status(comparison_id).state != "cancelled":
        store.write_status(comparison_id, status)
    return status.state


def steps(
    request: ComparisonRequest, settings: Settings, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[Step]:
    """The steps of :func:`boltzmann.evaluation.comparison.compare`, with the model's ``model``, ``title`` and
    ``not_judged``, why there is no Frechet distance, in the report.

    Raises:
        StoreError: there is no such model.
        Cancelled: ``cancelled()`` while a service was asked.
    """
    from boltzmann.evaluation.comparison import compare
    from boltzmann.evaluation.digits import FEWEST_DIGITS
    from boltzmann.models.stored import StoredModel

    entry = resolve(request.model_key, settings, RunStore(settings.runs))
    images, why = _images(entry, settings)
    if images is not None and request.reads < FEWEST_DIGITS:
        why = f"The Frechet distance takes at least {FEWEST_DIGITS} reads."
    facts: dict[str, Any] = {"model": entry.key, "title": entry.title, "not_judged": why}
    model, kept = StoredModel.load(entry.folder), _kept(entry.folder, _version(entry.folder))
    for step in compare(model, request.samplers, request.reads, images, request.seed, kept=kept, cancelled=cancelled):
        yield replace(step, report={**facts, **step.report})


def _images(entry: ModelEntry, settings: Settings) -> tuple[Reference | None, str | None]:
    """The real images that the model's are compared with, or why there are none."""
    from boltzmann.data import mnist

    if entry.config.data.dataset != "mnist" or entry.trained.get("data") == "digits":
        return None, "No Frechet distance: digits are judged beside MNIST's, and this model was trained on others."
    if not mnist.exists(settings.data):
        return (
            None,
            "No Frechet distance: MNIST is not at hand. Train a model, which fetches it, or set BOLTZMANN_DATA.",
        )
    return _reference(entry.config.data.model_dump_json(), settings.data), None


@lru_cache(maxsize=2)
def _reference(config: str, folder: Path) -> Reference:
    from boltzmann.evaluation.reference import references

    return references(DataConfig.model_validate_json(config), folder)[0]


@lru_cache(maxsize=4)
def _kept(_folder: Path, _version: int) -> dict[int, Samples]:
    """The reference's reads of a model: the next comparison in this process need not wait for them."""
    return {}


def _version(folder: Path) -> int:
    # A folder that was removed and made again is another model.
    return (folder / "weights.safetensors").stat().st_mtime_ns


def _picture(images: Tensor) -> bytes:
    """The first reads' images, ten in a row: of a model with classes, a column for each digit."""
    return grid(images[:SHOWN].mul(255).round().byte().cpu().numpy(), COLUMNS)
