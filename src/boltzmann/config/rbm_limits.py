"""What a run of the lab may ask of time and memory: checked as soon as its size is known, for a table when that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boltzmann.config.rbm import RBMConfig

ENUMERABLE = 25
"""Most units on the smaller side of a machine that is enumerated."""
OFTEN = 2**26
"""Terms of an enumeration that may be made at every step or measurement: 0.1 s."""
LARGEST = 2**26
"""Numbers in one tensor of a training step: 256 MB, of which a step holds a few."""


def enumeration_terms(pixels: int, hidden: int, labels: int = 0) -> int:
    """Terms of a sum over all states of the smaller layer, class by class."""
    smaller, larger = sorted((pixels, hidden))
    return 2**smaller * larger * max(1, labels)


def too_large(config: RBMConfig, pixels: int, labels: int, rows: int) -> str:
    """What is too large in a run on so many training rows of so many pixels, and how to mend it; "" where all fits.

    Args:
        config: The run.
        pixels: Visible units that are no label units.
        labels: Label units; 0: none.
        rows: Training rows.
    """
    training, hidden = config.training, config.model.hidden
    return (
        _enumeration(config, pixels, labels)
        or _tensor(
            f"{training.temperatures} training.temperatures x {training.chains:,} training.chains",
            training.temperatures * training.chains if training.negative_phase == "tempering" else 0,
            max(pixels + labels, hidden),
            "fewer chains or temperatures",
        )
        or _batch(config, pixels, labels, rows)
    )


def _enumeration(config: RBMConfig, pixels: int, labels: int) -> str:
    training, hidden = config.training, config.model.hidden
    phase = training.negative_phase == "exact"
    if not phase and not (training.mode_assisted and training.mode_search == "enumeration"):
        return ""
    mend = "choose fewer model.hidden units, another training.negative_phase, or the mode by annealing"
    smaller = min(pixels, hidden)
    if smaller > ENUMERABLE:
        return f"the smaller layer has {smaller} units, but enumeration takes at most {ENUMERABLE}: {mend}"
    terms = enumeration_terms(pixels, hidden, labels)
    often = 1.0 if phase else training.mode_probability
    if terms * often > OFTEN:
        return (
            f"enumeration has {terms:.1e} terms with {pixels} pixels and {hidden} hidden units, and is made in "
            f"{often:.0%} of the steps; at that rate at most {OFTEN / often:.1e} are allowed: {mend}"
        )
    return ""


def _batch(config: RBMConfig, pixels: int, labels: int, rows: int) -> str:
    training, hidden = config.training, config.model.hidden
    batch = min(training.batch_size or rows, rows)
    words = f"training.batch_size of {batch:,} rows"
    if training.objective == "generative":
        return _tensor(words, batch, max(pixels + labels, hidden), "smaller batches")
    return _tensor(f"{words} x {labels} classes", batch * labels, hidden, "smaller batches")


def _tensor(words: str, rows: int, units: int, mend: str) -> str:
    if rows * units <= LARGEST:
        return ""
    return (
        f"{words} x {units:,} units make {rows * units * 4 / 1e9:.1f} GB a tensor, at most {LARGEST * 4 / 1e9:.2f} GB are "
        f"allowed: choose {mend}, or fewer model.hidden units"
    )
