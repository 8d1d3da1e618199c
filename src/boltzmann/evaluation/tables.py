"""The report of an evaluation as Markdown: for a terminal, and for a model's card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Quality = dict[str, Any]


def tables(report: dict[str, Any]) -> str:
    """The figures of :func:`boltzmann.evaluation.model.evaluate_model`: a table with a column a sampling, and notes.

    Args:
        report: What it returned.
    """
    samplings, pixels = report["samplings"], report["headline"]["pixels"]
    shown = report["headline"]["sampling"]
    looks = [found["quality"] for found in samplings.values()]
    real = looks[0][pixels]
    rows = [
        _row("sampling", [name.replace("_", " ") for name in samplings], "real images"),
        _row("---", ["---"] * len(samplings), "---"),
    ]
    for kind in looks[0]:
        cells = [f"{look[kind]['frechet_distance']:.2f} ± {look[kind]['frechet_error']:.2f}" for look in looks]
        rows.append(_row(f"Frechet distance, {kind}", cells, f"{looks[0][kind]['frechet_floor']:.2f}"))
    for name in ("precision", "recall", "density", "coverage"):
        cells = [f"{look[pixels]['manifold'][name]:.3f}" for look in looks]
        rows.append(_row(name, cells, f"{real['real_manifold'][name]:.3f}"))
    for label, value in _FIGURES.items():
        rows.append(_row(label, [value(look[pixels]) for look in looks], ""))
    if real["read_as_asked"] is not None:
        rows.append(_row("read as asked", [f"{look[pixels]['read_as_asked']:.1%}" for look in looks], ""))
    for label, name in (("mean", "mean"), ("1st percentile", "percentile_1")):
        cells = [f"{look[pixels]['nearest_training_image'][name]:.2f}" for look in looks]
        own = real["test_nearest_training_image"][name]
        rows.append(_row(f"nearest training image, {label}", cells, f"{own:.2f}"))
    rows.append(_row("mixing", [str(found["mixing"] or "not known") for found in samplings.values()], ""))
    agreement = "agree" if report["agree"] else "do not agree"
    return "\n".join(
        [
            *rows,
            "",
            f"Generate draws by: {shown.replace('_', ' ')}. The samplings {agreement}: their Frechet distances differ by "
            f"{report['disagreement']:.0%}.",
            f"Reconstruction MSE per pixel on the test images: {report['reconstruction_mse']:.5f}.",
        ]
    )


_FIGURES: dict[str, Callable[[Quality], str]] = {
    "class histogram, KL to uniform (nats)": lambda look: f"{look['class_kl']:.4f}",
    "confidence, mean": lambda look: f"{look['confidence']:.3f}",
    "confident (above 0.9)": lambda look: f"{look['confident']:.1%}",
}


def _row(label: str, cells: list[str], last: str) -> str:
    return f"| {' | '.join([label, *cells, last])} |"
