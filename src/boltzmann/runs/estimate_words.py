"""What a run, a drawing or a comparison will ask of a service, in words, before it starts."""

from __future__ import annotations

from boltzmann.config import (
    CloudConfig,
    Estimate,
    RBMConfig,
    RunConfig,
    SamplerConfig,
    estimate,
    estimate_drawing,
    estimate_lab,
    first_limit,
)
from boltzmann.config.budget import CLASSES


def run_words(config: RunConfig) -> str:
    """What a run will need, and where a limit of its sampler ends it."""
    need = estimate(config)
    words = f"{need.steps:,} steps, {need.images:,} images seen, {need.reads:,} spin strings drawn."
    return f"{words}{_asked_words(config.sampler, need, config.training.epochs)}"


def lab_words(config: RBMConfig, rows: int, seconds: float) -> str:
    """What a run of the lab will need.

    Args:
        config: Its settings.
        rows: Training rows.
        seconds: About how long its steps take on this machine, without those of a service.
    """
    need = estimate_lab(config, rows)
    words = f"{need.steps:,} steps, {need.images:,} rows seen."
    if not need.calls:
        about = f"{max(1, round(seconds))} s" if seconds < 60 else duration(seconds)
        return f"{words[:-1]}, about {about} on one core."
    return f"{words}{_asked_words(config.sampler, need, config.training.epochs)}"


def drawing_words(sampler: SamplerConfig, reads: int, laws: int) -> str:
    """What a drawing from a service will need; empty where the sampler is none.

    Args:
        sampler: Its settings.
        reads: Spin strings to draw.
        laws: See :func:`laws_of`.
    """
    need = estimate_drawing(sampler, reads, laws)
    return f"About {_service_words(need)}" if need.calls else ""


def laws_of(class_conditional: bool, reads: int, digit: int | None = None) -> int:
    """How many laws the reads follow, each of which is a call: one for each class among them."""
    return min(CLASSES, reads) if class_conditional and digit is None else 1


def _service_words(need: Estimate) -> str:
    calibration = f" and up to {need.calibration:,} to find the temperature" if need.calibration else ""
    about = "up to about" if need.calibration else "about"
    seconds = "" if need.seconds is None else f", {about} {duration(need.seconds)} of access time"
    cost = "" if need.cost is None else f", {about} {need.cost:,.2f} at your price"
    return f"{need.calls:,} call{'' if need.calls == 1 else 's'} of the service{calibration}{seconds}{cost}."


def _asked_words(sampler: SamplerConfig, need: Estimate, epochs: int) -> str:
    """What a service will be asked, and where a limit ends a run of so many epochs; empty for other samplers."""
    return f" {_service_words(need)}{_limit_words(sampler, need, epochs)}" if need.calls else ""


def _limit_words(sampler: SamplerConfig, need: Estimate, epochs: int) -> str:
    end = first_limit(sampler, need)
    if end is None or not isinstance(sampler, CloudConfig):
        return ""
    name, share = end
    limit = f"{sampler.max_calls:,} calls" if name == "calls" else f"{sampler.max_seconds:g} s of access time"
    reached = int(share * epochs)
    when = f"after about epoch {reached:,} of {epochs:,}" if reached else f"in the first epoch of {epochs:,}"
    return f" The limit of {limit} ends it {when}; then it can be allowed as much again."


def duration(seconds: float | None) -> str:
    """``seconds`` as "0.4 s", "12 s", "3:05" or "1:02:45"."""
    if seconds is None:
        return "unknown"
    if 0 < seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
