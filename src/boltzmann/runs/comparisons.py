"""Comparisons: one shoot-out of samplers each, asked for by the page and made by the interactive worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from pydantic import Field, ValidationError

from boltzmann.config import SAMPLER_CONFIGS, Part, SamplerConfig, validate_sampler
from boltzmann.redaction import presentable
from boltzmann.runs.drawings import INTERRUPTED as DRAWING_INTERRUPTED
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.files import StoreError, folder_of, read_json, to_json, write_atomic
from boltzmann.runs.models import resolve
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

FEWEST_READS, MOST_READS = 64, 10_000
INTERRUPTED = {
    "title": "The comparison was interrupted",
    "cause": "The process that drew the reads ended before its work was done.",
    "mend": "Compare again.",
}


class ComparisonRequest(Part):
    """What to compare.

    Args:
        model_key: "shipped:NAME" or "run:ID".
        samplers: Their settings, each sampler once.
        reads: Number of reads of each.
        seed: Of all samplers.
    """

    model_key: str = Field(max_length=120)
    samplers: tuple[SamplerConfig, ...] = Field(min_length=1, max_length=20)
    reads: int = Field(2000, ge=FEWEST_READS, le=MOST_READS)
    seed: int = Field(0, ge=0, le=2**31 - 1)


def request_of(
    settings: Settings,
    model_key: Any,
    names: Sequence[Any],
    reads: Any,
    seed: Any = 0,
    changes: dict[str, dict[str, Any]] | None = None,
) -> ComparisonRequest:
    """A request: the model's own sampler with the settings that it was trained with, the others with their defaults.

    Args:
        settings: Where the models are.
        model_key: Which model.
        names: The samplers; one that is named twice is drawn from once.
        reads: Number of reads of each.
        seed: Of all samplers.
        changes: Other values of a sampler's settings, by its name.

    Raises:
        StoreError: names all that is wrong: no such model, no sampler, an unknown one, a number out of range.
        ConfigError: a changed setting is out of range.
    """
    wrong, own = [], None
    try:
        own = resolve(model_key, settings, RunStore(settings.runs)).config.sampler
    except StoreError as error:
        wrong.append(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    known, unknown = ", ".join(SAMPLER_CONFIGS), [name for name in names if name not in list(SAMPLER_CONFIGS)]
    if not names:
        wrong.append(f"No sampler is chosen: choose one or more of {known}.")
    if unknown:
        wrong.append(f"There is no sampler {_short(unknown[0])}: choose of {known}.")
    for label, value, least, most in (("reads", reads, FEWEST_READS, MOST_READS), ("seed", seed, 0, 2**31 - 1)):
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            wrong.append(f"The number of {label} is {_short(value)}; allowed are {least:,} to {most:,}.")
    if wrong:
        raise StoreError(" ".join(wrong).replace("number of seed", "seed"))
    chosen = dict.fromkeys(names)
    if strangers := set(changes or {}) - set(chosen):
        raise StoreError(
            f"A setting of {sorted(strangers)[0]!r} was changed, which is not among the samplers compared."
        )
    start = {own.name: own.model_dump()} if own else {}
    samplers = [
        validate_sampler({**start.get(name, {}), "name": name, **(changes or {}).get(name, {})}) for name in chosen
    ]
    return ComparisonRequest(model_key=model_key, samplers=tuple(samplers), reads=reads, seed=seed)


class ComparisonStore(DrawingStore):
    """The last comparisons below one folder. Their pictures are ``NAME.png``, by sampler, and ``reference.png``."""

    @classmethod
    def beside(cls, runs: Path) -> ComparisonStore:
        """The comparisons that belong to the run store at ``runs``."""
        return cls(Path(runs) / "comparisons")

    def create(self, request: DrawingRequest | ComparisonRequest) -> str:
        """A new comparison, queued; the oldest beyond the last 50 are removed. Returns its identifier."""
        return super().create(cast(DrawingRequest, request))

    def exists(self, comparison_id: Any) -> bool:
        """Whether there is such a comparison."""
        try:
            return self.folder(comparison_id).is_dir()
        except StoreError:
            return False

    # The parameters keep the names that a drawing's have: one call serves both stores.
    def folder(self, drawing_id: str) -> Path:
        """The folder of a comparison.

        Raises:
            UnknownIdentifier: when there is none.
        """
        return folder_of(self.root, drawing_id, "comparison")

    def request(self, drawing_id: str) -> ComparisonRequest:  # type: ignore[override]
        """What was asked for."""
        try:
            return ComparisonRequest.model_validate(read_json(self.folder(drawing_id) / "request.json"))
        except ValidationError:
            raise StoreError(f"the request of comparison {drawing_id} cannot be read: compare again") from None

    def status(self, drawing_id: str) -> DrawingStatus:
        """How the comparison is doing; an active one that has gone silent has failed."""
        status = super().status(drawing_id)
        return replace(status, error=INTERRUPTED) if status.error == DRAWING_INTERRUPTED else status

    def write_progress(self, comparison_id: str, progress: dict[str, Any]) -> None:
        """Write how far the job is, atomically. Apart from the status, which a cancellation writes, too."""
        write_atomic(self.folder(comparison_id) / "progress.json", to_json(presentable(progress)))

    def progress(self, comparison_id: str) -> dict[str, Any]:
        """``words``, ``done``, ``total`` and ``report``, as far as the job has come: see
        :class:`boltzmann.evaluation.comparison.Step`. Empty before it began."""
        return read_json(self.folder(comparison_id) / "progress.json") or {}


def _short(value: Any) -> str:
    return "empty" if value in (None, "") else repr(value)[:40]
