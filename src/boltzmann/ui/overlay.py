"""Runs laid over each other: which can be, and their curves as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boltzmann.config import RBMConfig, RunConfig, TrainingConfig
from boltzmann.runs.event_log import without_rewound
from boltzmann.runs.files import StoreError
from boltzmann.runs.store import RunStore
from boltzmann.ui.components.loss_panel import meaning
from boltzmann.ui.curve_marks import marks_of, thinned
from boltzmann.ui.curves import AXES, LOSSES, losses_of, placed
from boltzmann.ui.lab_curves import LAB_CURVES, LINES
from boltzmann.ui.report_figures import REPORT_CURVES, quality_columns, report_columns
from boltzmann.ui.services import Services

MOST = 12
"""Runs in one overlay: as many as there are colours that can be told apart."""
REPORTED = {
    "frechet": "frechet",
    "asked": "asked",
    "temperature": "beta",
    "prefactor": "prefactor",
    "r_hat": "spin_r_hat",
}
"""The curves of reports that are laid over each other, and the column of each."""
TOO_MANY = "at most {most} runs can be told apart by their colours, and {count} were asked for: leave some out"
MIXED = (
    "these are runs of the Studio and of the QRBM lab, whose losses are different things: compare those of one room, "
    "and then those of the other"
)

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Overlay:
    """One figure with a line for each run.

    Args:
        name: The loss, the field of the lab, or the report.
        title, formula, sentence: What it means; the formula may be empty.
        lines: Columns, and what each is called where there are several; the last is drawn solid, the others dotted.
        source: "points", "reports" or "quality": only points are smoothed.
        ticks: Plotly's format of the vertical axis.
        log: Whether that axis is logarithmic whatever the controls say.
        reference: Where a dashed line stands, or None.
        include: Values that the vertical axis always shows.
    """

    name: str
    title: str
    formula: str
    sentence: str
    lines: tuple[tuple[str, str], ...]
    source: str = "points"
    ticks: str = ""
    log: bool = False
    reference: float | None = None
    include: tuple[float, ...] = ()


def chosen(store: RunStore, runs: Any) -> list[str]:
    """The runs that an address names, "ID,ID", each once.

    Raises:
        StoreError: one of them does not exist, they are too many, or of both rooms.
    """
    names = list(dict.fromkeys(filter(None, str(runs or "").split(",")))) if isinstance(runs, str) else []
    if len(names) > MOST:
        raise StoreError(TOO_MANY.format(most=MOST, count=len(names)))
    kinds = {store.kind(name) for name in names}
    if len(kinds) > 1:
        raise StoreError(MIXED)
    return names


def kept(runs: list[str], hidden: Any) -> list[str]:
    """``runs`` without those that an address hides, "ID,ID"; whatever else stands there hides none."""
    unseen = set(hidden.split(",")) if isinstance(hidden, str) else set()
    return [run for run in runs if run not in unseen]


def overlays(configs: list[RunConfig | RBMConfig | None], lab: bool) -> list[Overlay]:
    """The figures that runs with these configurations may have; None is one that cannot be read."""
    if lab:
        return [
            Overlay(name, c.title, c.formula, c.sentence, c.lines, "points", c.ticks) for name, c in LAB_CURVES.items()
        ]
    trainings = [config.training for config in configs if isinstance(config, RunConfig)] or [TrainingConfig()]
    objectives = {training.objective for training in trainings}
    losses = [loss for loss in LOSSES if any(loss in losses_of(training) for training in trainings)]
    if len(objectives) > 1:
        losses.remove("total")  # sums of different things
    objective = next(iter(objectives))
    found = [Overlay(loss, *meaning(loss, objective), ((loss, ""),)) for loss in losses]
    for name, column in REPORTED.items():
        curve = REPORT_CURVES[name]
        kept = {"ticks": curve.ticks, "log": curve.log, "reference": curve.reference, "include": curve.include}
        found.append(Overlay(name, curve.title, "", curve.help, ((column, ""),), curve.source, **kept))
    return found


def columns_of(services: Services, run_id: str) -> dict[str, Columns]:
    """The columns of a run under "points", "reports", "quality" and "marks" (with "kind" and "text"), each with "step",
    "epoch" and "seconds". Read again only when the run has written more."""
    path = services.store.folder(run_id) / "events.jsonl"
    size = path.stat().st_size if path.exists() else 0
    key = f"overlay {run_id}"
    kept = services.cache.get(key)
    if kept is None or kept[0] != size:
        kept = (size, read_columns(services.store, run_id))
        services.cache.set(key, kept)
    return kept[1]


def read_columns(store: RunStore, run_id: str) -> dict[str, Columns]:
    """As :func:`columns_of`, from the run's events."""
    written = store.read_events(run_id)[0]
    marks, events = thinned(marks_of(written)), without_rewound(written)
    points = [event for event in events if event.get("kind") == "metrics"]
    fields = LINES if store.kind(run_id) == "rbm" else LOSSES
    found = {"points": {name: [point.get(name) for point in points] for name in (*AXES, *fields)}}
    for source, columns in (("reports", report_columns(events)), ("quality", quality_columns(events))):
        steps = columns.pop("x")
        found[source] = {**columns, **{axis: placed(steps, points, axis) for axis in AXES}}
    steps = [mark["step"] for mark in marks]
    found["marks"] = {
        **{key: [mark[key] for mark in marks] for key in ("kind", "text")},
        **{axis: placed(steps, points, axis) for axis in AXES},
    }
    return found


def has(columns: dict[str, Columns], curve: Overlay) -> bool:
    """Whether a run has a value of the figure."""
    return any(value is not None for field, _ in curve.lines for value in columns[curve.source].get(field, []))
