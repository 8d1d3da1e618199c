"""Analyses: the decays of a study, asked for by the page and fitted by a worker of the lab."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any, cast

from pydantic import Field

from boltzmann.config import Part
from boltzmann.runs.drawings import INTERRUPTED as DRAWING_INTERRUPTED
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.failures import explain, full_report
from boltzmann.runs.files import StoreError, folder_of, read_json, to_json, write_atomic
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_decay import Cancelled, analyse
from boltzmann.settings import Settings

IMPOSSIBLE = {"title": "The decays cannot be fitted", "mend": "Mend what it names, then fit again."}
INTERRUPTED = {
    "title": "The fits were interrupted",
    "cause": "The process that fitted the decays ended before its work was done.",
    "mend": "Fit the decays again.",
}


class AnalysisRequest(Part):
    """What to fit.

    Args:
        study_id: Identifier of the study.
    """

    study_id: str = Field(max_length=40)


class AnalysisStore(DrawingStore):
    """The last analyses below one folder; what they found lies in the study's own."""

    @classmethod
    def beside(cls, runs: Path) -> AnalysisStore:
        """The analyses that belong to the run store at ``runs``."""
        return cls(Path(runs) / "analyses")

    def create(self, request: DrawingRequest | AnalysisRequest) -> str:
        """A new analysis, queued; the oldest beyond the last 50 are removed. Returns its identifier."""
        return super().create(cast(DrawingRequest, request))

    def exists(self, analysis_id: Any) -> bool:
        """Whether there is such an analysis."""
        try:
            return self.folder(analysis_id).is_dir()
        except StoreError:
            return False

    # The parameters keep the names that a drawing's have: one call serves all stores.
    def folder(self, drawing_id: str) -> Path:
        """The folder of an analysis.

        Raises:
            UnknownIdentifier: when there is none.
        """
        return folder_of(self.root, drawing_id, "analysis")

    def request(self, drawing_id: str) -> AnalysisRequest:  # type: ignore[override]
        """What was asked for."""
        return AnalysisRequest.model_validate(read_json(self.folder(drawing_id) / "request.json"))

    def status(self, drawing_id: str) -> DrawingStatus:
        """How the analysis is doing; an active one that has gone silent has failed."""
        status = super().status(drawing_id)
        return replace(status, error=INTERRUPTED) if status.error == DRAWING_INTERRUPTED else status

    def last(self, study_id: str) -> str | None:
        """The newest analysis of a study, whatever became of it, or None."""
        for name in self.ids():
            with suppress(StoreError, ValueError):  # removed in the meantime
                if self.request(name).study_id == study_id:
                    return name
        return None

    def forget(self, study_id: str) -> None:
        """Remove what has become of a study's analyses, but not one that is active."""
        for name in self.ids():
            with suppress(StoreError, ValueError):
                if self.request(name).study_id == study_id and not self.status(name).active:
                    rmtree(self.folder(name), ignore_errors=True)

    def under_way(self, study_id: str) -> str | None:
        """The analysis of a study that is active now, or None."""
        name = self.last(study_id)
        return name if name and self.status(name).active else None

    def progress(self, analysis_id: str) -> dict[str, Any]:
        """``words``, ``done`` and ``total``, as far as the job has come. Empty before it began."""
        return read_json(self.folder(analysis_id) / "progress.json") or {}


def analysis_of(studies: StudyStore, study_id: str) -> AnalysisRequest:
    """The request to fit a study's decays.

    Raises:
        StoreError: there is no such study, it is shipped, not of the kind that decays, or none of its runs has finished.
    """
    studies.own(study_id, "fit it anew")
    if studies.config(study_id).analysis != "decay":
        raise StoreError(f"study {study_id} has no decays to fit: set its analysis to 'decay' when it is made")
    if not studies.status(study_id).finished:
        raise StoreError(f"no run of study {study_id} has finished: wait for the first, then fit")
    return AnalysisRequest(study_id=study_id)


def analyse_study(analysis_id: str, settings: Settings) -> str:
    """Fit what the request asks for. Errors end in the status. Returns the final state.

    Of a study that was deleted nothing is said: its analysis is forgotten, so that it is fitted when it comes back.
    """
    store, studies = AnalysisStore.beside(settings.runs), StudyStore.of(settings)

    def cancelled() -> bool:
        return not store.exists(analysis_id) or store.status(analysis_id).state == "cancelled"

    if cancelled():
        return "cancelled"
    study_id = store.request(analysis_id).study_id
    store.write_status(analysis_id, DrawingStatus("running"))

    def tell(done: int, total: int) -> None:
        said = {"words": f"{done} of {total} fits", "done": done, "total": total}
        write_atomic(store.folder(analysis_id) / "progress.json", to_json(said), durable=False)
        store.beat(analysis_id)

    try:
        analyse(studies, study_id, notify=tell, cancelled=cancelled)
        status = DrawingStatus("finished")
    except Cancelled:
        status = DrawingStatus("cancelled")
    except StoreError as error:
        status = DrawingStatus("failed", error={**IMPOSSIBLE, "cause": str(error)})
    except Exception as error:
        status = DrawingStatus("failed", error=explain(error, "Fitting the decays"))
        with suppress(OSError, StoreError):
            (store.folder(analysis_id) / "error.log").write_text(full_report(error), "utf-8")
    if not studies.exists(study_id):
        rmtree(store.root / analysis_id, ignore_errors=True)
        return "cancelled"
    if not cancelled():
        store.write_status(analysis_id, status)
    return status.state
