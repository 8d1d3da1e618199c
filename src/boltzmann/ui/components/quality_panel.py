"""How good the drawn digits are, beside the curves: each checkpoint's last samples, judged by a classifier of digits."""

from __future__ import annotations

from typing import Any

from dash import html

from boltzmann.ui.components.parts import aria
from boltzmann.ui.components.report_curve import report_curve

HIDDEN = {"visibility": "hidden", "height": 0, "overflow": "hidden"}
"""As wide as when shown: a figure drawn without a place takes a width of its own, and the page would scroll sideways."""


def quality_panel(class_conditional: bool, file: str = "run") -> html.Section:
    """The panel that the stream fills; models with classes have a curve more. ``file`` begins the names of saved pictures."""
    curves = ["frechet", *(["asked"] if class_conditional else [])]
    return html.Section(
        [
            html.H2("Digits", className="title"),
            html.P(id="quality-words", className="quiet sampler-words"),
            html.Div(
                [report_curve(name, file=file) for name in curves],
                id="quality-curves",
                className="reports" if len(curves) > 1 else "",
                style=HIDDEN,
            ),
        ],
        className="card padded",
        **aria(label="Quality of the digits"),
    )


def quality_words(report: dict[str, Any] | None, data: str | None, active: bool) -> str:
    """What was measured, or why nothing was.

    Args:
        report: The last quality event's; None for none.
        data: "mnist" or "digits", what the run trains on; None while unknown.
        active: Whether more may come.
    """
    if report is not None:
        count = report.get("count") or 0
        return f"The last {count:,} samples of each checkpoint, decoded, beside MNIST's test images."
    if data == "digits":
        return "Not measured: digits are judged beside MNIST's test images, and this run has the embedded digits."
    if active:
        return "Measured at each checkpoint, on the last samples drawn."
    return "Not measured: no checkpoint of this run had enough samples, or an earlier version made it."
