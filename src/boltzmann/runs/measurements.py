"""Measurements: all figures of a machine of the lab, asked for by the page and taken by the interactive worker.

Only :func:`measure_machine` imports torch, not this module: the engine names it in the web process.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from pydantic import Field

from boltzmann.config import Part
from boltzmann.runs.drawings import INTERRUPTED as DRAWING_INTERRUPTED
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.failures import explain, full_report
from boltzmann.runs.files import StoreError, folder_of, read_json, to_json, write_atomic
from boltzmann.runs.machines import MachineEntry, resolve_machine
from boltzmann.runs.run_folders import modified
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

FILE = "evaluation.json"
"""Beside a machine's weights: the report of :func:`boltzmann.evaluation.rbm.evaluate`."""

INTERRUPTED = {
    "title": "The measurement was interrupted",
    "cause": "The process that measured ended before its work was done.",
    "mend": "Measure again.",
}


class MeasurementRequest(Part):
    """What to measure.

    Args:
        machine_key: "shipped:NAME" or "run:ID".
    """

    machine_key: str = Field(max_length=120)


class MeasurementStore(DrawingStore):
    """The last measurements below one folder; the report of a finished one is in its status' ``facts``."""

    @classmethod
    def beside(cls, runs: Path) -> MeasurementStore:
        """The measurements that belong to the run store at ``runs``."""
        return cls(Path(runs) / "measurements")

    def create(self, request: DrawingRequest | MeasurementRequest) -> str:
        """A new measurement, queued; the oldest beyond the last 50 are removed. Returns its identifier."""
        return super().create(cast(DrawingRequest, request))

    def exists(self, measurement_id: Any) -> bool:
        """Whether there is such a measurement."""
        try:
            return self.folder(measurement_id).is_dir()
        except StoreError:
            return False

    # The parameters keep the names that a drawing's have: one call serves all stores.
    def folder(self, drawing_id: str) -> Path:
        """The folder of a measurement.

        Raises:
            UnknownIdentifier: when there is none.
        """
        return folder_of(self.root, drawing_id, "measurement")

    def request(self, drawing_id: str) -> MeasurementRequest:  # type: ignore[override]
        """What was asked for."""
        return MeasurementRequest.model_validate(read_json(self.folder(drawing_id) / "request.json"))

    def status(self, drawing_id: str) -> DrawingStatus:
        """How the measurement is doing; an active one that has gone silent has failed."""
        status = super().status(drawing_id)
        return replace(status, error=INTERRUPTED) if status.error == DRAWING_INTERRUPTED else status

    def under_way(self, machine_key: str) -> str | None:
        """The measurement of a machine that is active now, or None."""
        for name in self.ids():
            with suppress(StoreError, ValueError):  # removed in the meantime
                if self.status(name).active and self.request(name).machine_key == machine_key:
                    return name
        return None

    def asked(self, measurement_id: str) -> float:
        """When it was asked for, seconds since 1970."""
        return modified(self.folder(measurement_id) / "request.json")

    def part(self, measurement_id: str) -> str:
        """The figure that is being measured, in words; empty before the first."""
        return (read_json(self.folder(measurement_id) / "progress.json") or {}).get("part", "")


def measured(entry: MachineEntry) -> dict[str, Any] | None:
    """What has been measured of a machine: the report of :func:`boltzmann.evaluation.rbm.evaluate`, or None."""
    return read_json(entry.folder / FILE)


def measure_machine(measurement_id: str, settings: Settings) -> str:
    """Measure what the request asks for; a run keeps it beside its weights until it is trained on. Errors end in the status.
    Returns the final state."""
    store = MeasurementStore.beside(settings.runs)
    if store.status(measurement_id).state == "cancelled":
        return "cancelled"
    store.write_status(measurement_id, DrawingStatus("running"))
    try:
        report = _measure(store, measurement_id, settings)
        status = DrawingStatus("finished", report)
    except Exception as error:
        status = DrawingStatus("failed", error=explain(error, "Measuring"))
        with suppress(OSError):
            (store.folder(measurement_id) / "error.log").write_text(full_report(error), "utf-8")
    if store.status(measurement_id).state != "cancelled":
        store.write_status(measurement_id, status)
    return status.state


def _measure(store: MeasurementStore, measurement_id: str, settings: Settings) -> dict[str, Any]:
    from boltzmann.evaluation.rbm import evaluate
    from boltzmann.runs.play_machine import open_machine

    def say(part: str) -> None:
        write_atomic(store.folder(measurement_id) / "progress.json", to_json({"part": part}))

    key, runs = store.request(measurement_id).machine_key, RunStore(settings.runs)
    say("its data")
    folder = resolve_machine(key, settings, runs).folder
    machine = open_machine(settings, key)
    if resolve_machine(key, settings, runs).folder != folder:
        raise StoreError("the machine has changed meanwhile, since it is being trained: measure it again")
    report = {"machine": key, **evaluate(machine.rbm, machine.data, machine.config, notify=say)}
    # A training that goes on replaces its checkpoints.
    if key.startswith("run:") and folder.is_dir():
        with suppress(OSError):
            write_atomic(folder / FILE, to_json(report))
    return report
