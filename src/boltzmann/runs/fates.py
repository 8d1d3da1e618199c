"""What becomes of jobs: which store keeps a run's, a drawing's, a comparison's fate, and which function does the job."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from boltzmann.runs import jobs, rbm_jobs
from boltzmann.runs.analyses import INTERRUPTED as ANALYSIS_INTERRUPTED
from boltzmann.runs.analyses import AnalysisStore, analyse_study
from boltzmann.runs.comparison_job import compare_samplers
from boltzmann.runs.comparisons import INTERRUPTED as COMPARISON_INTERRUPTED
from boltzmann.runs.comparisons import ComparisonStore
from boltzmann.runs.drawings import INTERRUPTED as DRAWING_INTERRUPTED
from boltzmann.runs.drawings import DrawingStatus, DrawingStore
from boltzmann.runs.failures import explain
from boltzmann.runs.files import StoreError
from boltzmann.runs.measurements import INTERRUPTED as MEASUREMENT_INTERRUPTED
from boltzmann.runs.measurements import MeasurementStore, measure_machine
from boltzmann.runs.questions import Questions
from boltzmann.runs.status import INTERRUPTED
from boltzmann.runs.store import RunStore
from boltzmann.runs.workforce import Job
from boltzmann.settings import Settings

RUNS = ("training", "lab")
"""Kinds of worker that train runs; those of the lab fit studies' decays, too."""


class Fates:
    """The stores of all jobs.

    Args:
        runs: The folder of the runs.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = RunStore(runs)
        self.drawings = DrawingStore.beside(runs)
        self.comparisons = ComparisonStore.beside(runs)
        self.measurements = MeasurementStore.beside(runs)
        self.analyses = AnalysisStore.beside(runs)
        self.questions = Questions()

    def asked_for(self, identifier: str) -> DrawingStore:
        """Where the fate of a job that trains nothing is kept."""
        stores = (self.comparisons, self.measurements, self.analyses)
        return next((store for store in stores if store.exists(identifier)), self.drawings)

    def call(self, kind: str, identifier: str, settings: Settings) -> tuple[Any, ...]:
        """The function that does the job, and its arguments."""
        if question := self.questions.get(identifier):
            return question.call
        if self._is_run(kind, identifier):
            job = jobs.train_run if kind == "training" else rbm_jobs.train_rbm
        else:
            job = self._deeds(self.asked_for(identifier))[0]
        return job, identifier, settings

    def begun(self, identifier: str, job: Job) -> None:
        """A worker has been given the job; the others show for themselves that they have begun."""
        if question := self.questions.get(identifier):
            question.begin(job)

    def state(self, kind: str, identifier: str) -> str | None:
        """Its state as its store has it; None when it is no longer there."""
        try:
            return (
                (self.runs if self._is_run(kind, identifier) else self.asked_for(identifier)).status(identifier).state
            )
        except StoreError:
            return None

    def beat(self, kind: str, identifier: str) -> None:
        """Show that a job is still waited for."""
        with suppress(StoreError):  # deleted in the meantime
            (self.runs if self._is_run(kind, identifier) else self.asked_for(identifier)).beat(identifier)

    def settle(self, kind: str, identifier: str, error: BaseException | None) -> None:
        """Give a run, drawing or comparison that its job left unfinished the state that it really has."""
        # Names, not classes: distributed is imported only once the engine starts.
        if type(error).__name__ == "KilledWorker":
            error = None
        if question := self.questions.get(identifier):
            question.give_up()
            return
        with suppress(StoreError):  # deleted in the meantime
            if self._is_run(kind, identifier):
                if self.runs.status(identifier).active:
                    state, why = ("failed", explain(error, "Training")) if error else ("interrupted", INTERRUPTED)
                    self.runs.write_status(identifier, state=state, error=why, eta_seconds=None, message="")
            elif (store := self.asked_for(identifier)).status(identifier).active:
                _, deed, cut = self._deeds(store)
                store.write_status(identifier, DrawingStatus("failed", error=explain(error, deed) if error else cut))

    def _is_run(self, kind: str, identifier: str) -> bool:
        return kind in RUNS and not self.analyses.exists(identifier)

    def _deeds(self, store: DrawingStore) -> tuple[Any, str, dict[str, str]]:
        """What does the jobs of an interactive store, its name, and what is said of one that was cut short."""
        if store is self.comparisons:
            return compare_samplers, "Comparing", COMPARISON_INTERRUPTED
        if store is self.measurements:
            return measure_machine, "Measuring", MEASUREMENT_INTERRUPTED
        if store is self.analyses:
            return analyse_study, "Fitting the decays", ANALYSIS_INTERRUPTED
        return jobs.draw_digits, "Drawing", DRAWING_INTERRUPTED
