"""The figures of a restricted Boltzmann machine over its run: what each means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class LabCurve:
    """One small figure.

    Args:
        title: Its heading.
        formula: What is measured.
        sentence: What that tells, plainly.
        lines: Fields of :class:`boltzmann.training.events.Measured` and the name of each; the second is drawn in the
            second colour.
        ticks: Plotly's format of the vertical axis.
        error: Field of the standard error of the first line, drawn as a band of one error to both sides.
    """

    title: str
    formula: str
    sentence: str
    lines: tuple[tuple[str, str], ...]
    ticks: str = ""
    error: str = ""


LAB_CURVES = {
    "kl": LabCurve(
        "KL divergence",
        "KL = Σ q(v) log (q(v) / p(v))",
        "How far the machine's law p is from the data's law q, in nats: 0 when they are the same.",
        (("kl", "KL"),),
    ),
    "log_likelihood": LabCurve(
        "Log-likelihood",
        "mean of log p(v) = −F(v) − log Z",
        "How probable the rows are under the machine, in nats a row: nearer to 0 is better.",
        (("log_likelihood", "training"), ("test_log_likelihood", "held-out")),
    ),
    "pseudo_likelihood": LabCurve(
        "Pseudo-likelihood",
        "mean of Σᵢ log p(vᵢ | all other pixels)",
        "How well each pixel of held-out rows follows from the others, in nats a row. It needs no Z (Besag 1975).",
        (("pseudo_likelihood", "held-out"),),
    ),
    "reconstruction_error": LabCurve(
        "Reconstruction error",
        "mean of (v − v′)² over v → h → v′",
        "How far held-out rows are from themselves after one way up and down. Small in machines that draw badly, too.",
        (("reconstruction_error", "held-out"),),
    ),
    "free_energy_gap": LabCurve(
        "Free-energy gap",
        "mean F(v) of held-out rows − of training rows",
        "Grows when the machine learns its training rows by heart (Hinton 2012). Nats a row.",
        (("free_energy_gap", "gap"),),
    ),
    "error_rate": LabCurve(
        "Error rate",
        "share of held-out rows with argmax p(y | v) ≠ y",
        "How often the label that the machine finds most probable is the wrong one.",
        (("error_rate", "held-out"),),
        ".1%",
    ),
    "sum_squares": LabCurve(
        "Sum of squares",
        "Σ (v − v′)² over v → h → v, all rows and units",
        "The figure of Xu and Oates (2021). Reconstructions are sharp in machines that draw badly, too: look at KL or "
        "log-likelihood beside it.",
        (("sum_squares", "held-out"),),
    ),
    "beta": LabCurve(
        "Inverse temperature",
        "programmed with E_DW = E / β, so that it draws p ∝ exp(−(βₕ / β) E)",
        "β, which the chip is programmed for, and the chip's own, estimated from its reads by pseudo-likelihood, with "
        "a band of one standard error. The machine's own law is drawn where they meet. Dashed: a simulated chip's hidden "
        "value, which training is not told unless its scheme is the known one.",
        (("hardware_beta", "chip's own"), ("beta", "programmed")),
        error="hardware_beta_error",
    ),
    "beta_change": LabCurve(
        "Change of β", "Δβ", "By how much β has changed since the last epoch.", (("beta_change", "Δβ"),)
    ),
    "annealer_energies": LabCurve(
        "Annealer energies",
        "mean of E_DW = E / β over the data, with p(h | v), and over the reads",
        "Maximum likelihood moves β by their difference. Both are equal where the reads look like the data.",
        (("data_energy", "data"), ("model_energy", "reads")),
    ),
    "chain_breaks": LabCurve(
        "Broken chains",
        "share of chains whose qubits disagree",
        "A unit that is a chain of qubits has the value of their majority. Stronger chains break less, but leave less of "
        "the chip's range to the problem.",
        (("chain_breaks", "broken"),),
        ".1%",
    ),
    "mode": LabCurve(
        "Mode probability",
        "P(i) = Pₘₐₓ sigmoid(20 i / N − 6), γ = (−E₀ in the basis of spins) / (4 (n + 1) (m + 1)), from 0 to 1",
        "P, the chance that a step is a mode step: one that takes probability from the lowest energy, E₀. γ: the factor on "
        "the learning rate in the last mode step (Manukian et al. 2020). Marks on the axis: where mode steps were taken.",
        (("mode_rate", "γ"), ("mode_probability", "P")),
    ),
    "learning_rate": LabCurve(
        "Learning rate", "η", "The factor of each step's gradient.", (("learning_rate", "rate"),)
    ),
}
LINES = tuple(field for curve in LAB_CURVES.values() for field, _ in curve.lines)
"""Fields that are drawn as lines, and smoothed."""
MEASURED = (
    "mode_steps",
    *LINES,
    *(curve.error for curve in LAB_CURVES.values() if curve.error),
)
"""Fields of a measurement that the curves need."""


def columns_of(points: Sequence[dict[str, Any]], x: str) -> Columns:
    """Measurements as columns: ``x`` ("step", "epoch" or "seconds"), and each of :data:`MEASURED`."""
    return {"x": [point.get(x) for point in points], **{f: [point.get(f) for point in points] for f in MEASURED}}


def smoothed_name(field: str) -> str:
    """The column of the moving average of ``field``, which columns of curves that are not smoothed do not have."""
    return f"{field} smoothed"
