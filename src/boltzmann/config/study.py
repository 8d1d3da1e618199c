"""A study: one base configuration, what is varied, and seeds; every combination is a run of the lab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args

from pydantic import Field, ValidationError, model_validator

from boltzmann.config.changes import changed
from boltzmann.config.fields import Part
from boltzmann.config.rbm import RBMConfig
from boltzmann.config.validation import ConfigError, explain

MOST_RUNS = 1200

Figure = Literal[
    "kl",
    "log_likelihood",
    "test_log_likelihood",
    "pseudo_likelihood",
    "reconstruction_error",
    "free_energy_gap",
    "error_rate",
    "sum_squares",
    "chain_breaks",
]
FIGURES: tuple[str, ...] = get_args(Figure)
"""What says how good a machine is, or its annealer: fields of :class:`boltzmann.training.events.Measured`."""

NOT_VARIED = ("kind", "replay_of", "versions", "seed")
VARIED_DATA = "data.train_size"
"""Figures on different data say nothing of each other; on fewer rows of the same they do."""


class Variant(Part):
    """A changed configuration and what it is called.

    Args:
        title: What a person reads: "CD-1", "6 + 6".
        changes: Values by dotted name: ``{"training.negative_phase": "pcd"}``. A changed ``sampler.name`` starts from that
            sampler's defaults.
    """

    title: str = Field(min_length=1, max_length=60)
    changes: dict[str, Any] = Field(default_factory=dict)


class Member(NamedTuple):
    """One run of a study."""

    panel: str
    arm: str
    config: RBMConfig


class StudyConfig(Part):
    """A fair comparison. All arms of one panel and seed start from the same weights and see the same batches, unless they
    differ in what makes these.

    Args:
        title: What a person reads.
        question: The question that it answers, in a sentence.
        base: What all runs have in common.
        arms: What is compared: curves in one plot.
        panels: What the comparison is repeated for: a plot each. One without changes: just once.
        seeds: Runs of each arm and panel, seeds 0, 1, ...
        figure: The measured figure that the plots show: see :class:`boltzmann.training.events.Measured`.
        analysis: "decay": each arm's ``sum_squares`` over the epochs is fitted by an exponential decay, beside the figures.
        fit_from: The epoch from which on it is fitted.
    """

    title: str = Field(min_length=1, max_length=80)
    question: str = Field(default="", max_length=300)
    base: RBMConfig = RBMConfig()
    arms: tuple[Variant, ...] = Field(min_length=1, max_length=12)
    panels: tuple[Variant, ...] = Field(default=(Variant(title="All"),), min_length=1, max_length=20)
    seeds: int = Field(default=5, ge=1, le=20)
    figure: Figure = "kl"
    analysis: Literal["figures", "decay"] = "figures"
    fit_from: int = Field(default=20, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _runs_are_possible(self) -> StudyConfig:
        for kind, variants in (("arms", self.arms), ("panels", self.panels)):
            titles = [variant.title for variant in variants]
            if len(set(titles)) < len(titles):
                raise ValueError(f"two {kind} have the same title: give each its own")
            for variant in variants:
                _may_vary(variant, kind)
        runs = len(self.arms) * len(self.panels) * self.seeds
        if runs > MOST_RUNS:
            raise ValueError(f"the study has {runs} runs, more than {MOST_RUNS}: choose fewer arms, panels or seeds")
        for panel in self.panels:
            for arm in self.arms:
                changed(self.base, {**panel.changes, **arm.changes})
        return self

    def members(self) -> Iterator[Member]:
        """All runs: seed by seed, so that the arms grow side by side."""
        for panel in self.panels:
            for seed in range(self.seeds):
                for arm in self.arms:
                    yield Member(
                        panel.title, arm.title, changed(self.base, {**panel.changes, **arm.changes, "seed": seed})
                    )


def _may_vary(variant: Variant, kind: str) -> None:
    for name in variant.changes:
        part = name.split(".")[0]
        if part in NOT_VARIED:
            raise ValueError(f"{variant.title} changes {name}, which a study sets itself: leave it out")
        if kind == "arms" and part == "data" and name != VARIED_DATA:
            raise ValueError(
                f"the arm {variant.title} changes {name}, but arms are compared on the same data: make panels of it; arms "
                f"may change {VARIED_DATA} only"
            )


def validate_study(values: Any) -> StudyConfig:
    """A :class:`StudyConfig` of ``values`` (a nested mapping).

    Raises:
        ConfigError: naming each bad field, its value and what is allowed.
    """
    try:
        return StudyConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(explain(item, of=StudyConfig) for item in error.errors())) from None
