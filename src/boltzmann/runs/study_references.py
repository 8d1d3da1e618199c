"""What the literature's setting gives: figures of reference for runs that are set up just so.

The setting: Manukian, Pei, Bearden and Di Ventra, Communications Physics 3:105 (2020), doi:10.1038/s42005-020-0373-8: full
batch, learning rate 0.2, 20,000 steps, hidden units as draws, the mode by enumeration. The figures are medians and ranges
over five seeds of an implementation of their equations that shares no code with this one.
"""

from __future__ import annotations

from typing import NamedTuple

from boltzmann.config import RBMConfig, StudyConfig, visible_units


class Reference(NamedTuple):
    """Exact KL(data || model) at the end, nats: median, least and greatest of five seeds; None where only the median is
    known."""

    median: float
    low: float | None = None
    high: float | None = None


_SETTING = {
    "epochs": 20_000, "batch_size": None, "learning_rate": 0.2, "momentum": 0.0, "weight_decay": 0.0,
    "objective": "generative", "negative_phase": "cd", "patience": None, "hidden_statistics": "draws",
}  # fmt: skip
_CONSTANT = {
    ("shifting_bars", 6, 6): {
        "cd1": Reference(0.166, 0.084, 0.568), "cd10": Reference(0.096), "mode": Reference(0.0151, 0.005, 0.023)},
    ("shifting_bars", 9, 9): {
        "cd1": Reference(0.230, 0.193, 0.555), "cd10": Reference(0.266), "mode": Reference(0.0264, 0.016, 0.058)},
    ("shifting_bars", 9, 4): {
        "cd1": Reference(0.271, 0.244, 0.771), "cd10": Reference(0.243), "mode": Reference(0.213, 0.201, 0.390)},
    ("shifting_bars", 12, 8): {"cd1": Reference(0.144, 0.091, 0.381), "mode": Reference(0.0256, 0.018, 0.030)},
    ("shifting_bars", 14, 10): {"cd1": Reference(0.203, 0.171, 0.251), "mode": Reference(0.0322, 0.025, 0.101)},
    ("inverted_bars", 9, 9): {
        "cd1": Reference(0.314, 0.077, 0.589), "cd10": Reference(0.287), "mode": Reference(0.041, 0.018, 0.065)},
    ("bars_and_stripes", 9, 9): {"cd1": Reference(1.138, 0.737, 1.77), "mode": Reference(0.092, 0.025, 0.103)},
}  # fmt: skip
_DECAYED = {("shifting_bars", 6, 6): {"cd1": Reference(0.040), "mode": Reference(0.0112)}}
_BY_SCHEDULE = {"constant": _CONSTANT, "linear": _DECAYED}


def reference(config: RBMConfig) -> Reference | None:
    """The figure of reference of a run; None where its settings are not those of the literature."""
    data, model, training = config.data, config.model, config.training
    plain = not (model.centred or model.label_units) and model.initial_scale == 0.01 and data.drawing == "all"
    if not plain or any(getattr(training, name) != value for name, value in _SETTING.items()):
        return None
    mode = training.mode_assisted
    if mode and (training.mode_probability, training.mode_search, training.gibbs_steps) != (0.1, "enumeration", 1):
        return None
    trainer = "mode" if mode else f"cd{training.gibbs_steps}"
    machine = (str(data.dataset), visible_units(config) or 0, model.hidden)
    return _BY_SCHEDULE.get(training.learning_rate_schedule, {}).get(machine, {}).get(trainer)


def references(study: StudyConfig) -> dict[tuple[str, str], Reference]:
    """The figures of reference of a study's arms, by panel and arm, where there are some."""
    found = {(member.panel, member.arm): reference(member.config) for member in study.members()}
    return {key: value for key, value in found.items() if value is not None}
