"""What happened to a run beside its losses, as marks on its curves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boltzmann.ui.curves import thin

KINDS = {
    "checkpoint": "Checkpoint",
    "sampler": "Sampler changed",
    "notice": "Notice or warning",
    "resumed": "Stopped, resumed",
}
"""The kinds of marks, and what the legend calls each."""
CHECKPOINTS = 100
"""Most of them that are marked: more would be a solid line."""

Mark = dict[str, Any]


def marks_of(events: Iterable[dict[str, Any]]) -> list[Mark]:
    """The marks among ``events``, which still hold what was rewound: ``step``, ``kind`` and ``text`` of each, in order.

    A checkpoint or notice of steps that were taken back is taken back with them; that the run was stopped there is not.
    """
    marks: list[Mark] = []
    for event in events:
        step = event.get("step")
        if not isinstance(step, int):
            continue
        found = _mark(event, step)
        if event.get("kind") == "rewound":
            marks = [mark for mark in marks if mark["step"] <= step or mark["kind"] == "resumed"]
        if found:
            marks.append({"step": step, "kind": found[0], "text": found[1]})
    return marks


def thinned(marks: list[Mark]) -> list[Mark]:
    """``marks`` with at most about :data:`CHECKPOINTS` checkpoints, the last always among them."""
    saved = [mark for mark in marks if mark["kind"] == "checkpoint"]
    kept = {id(mark) for mark in thin(saved, max(1, -(-len(saved) // CHECKPOINTS)))}
    return [mark for mark in marks if mark["kind"] != "checkpoint" or id(mark) in kept]


def _mark(event: dict[str, Any], step: int) -> tuple[str, str] | None:
    match event.get("kind"):
        case "checkpoint":
            return "checkpoint", "Checkpoint"
        case "notice":
            words = str(event.get("message") or "")
            return "sampler" if event.get("about") == "sampler" else "notice", words
        case "stopped":
            return "resumed", "Stopped"
        case "failed":
            error = event.get("error") or {}
            return "notice", str(error.get("title") or "Training failed")
        case "rewound":
            return "resumed", "Resumed from its checkpoint" if step else "Started again"
    return None
