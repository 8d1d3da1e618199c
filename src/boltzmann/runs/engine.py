"""Where jobs run: an embedded Dask cluster, or the scheduler that the settings name."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from boltzmann.config import StudyConfig
from boltzmann.runs.analyses import analysis_of
from boltzmann.runs.cluster import KINDS
from boltzmann.runs.comparisons import ComparisonRequest
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus
from boltzmann.runs.failures import explain
from boltzmann.runs.fates import Fates
from boltzmann.runs.files import StoreError
from boltzmann.runs.measurements import MeasurementRequest
from boltzmann.runs.questions import Question
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.workforce import Job, Queue, Workforce, withdraw
from boltzmann.settings import Settings

TICK_SECONDS = 0.5
BEAT_SECONDS = 2.0

TRASH_SECONDS = 24 * 3600.0
"""How long a deleted run can be brought back: until the first start after that."""

PATIENCE_SECONDS = 1.0
"""How long a cancelled drawing, comparison or measurement may go on before its worker is restarted, and a worker may take to
let go of a run that shows its end."""

RETRY_SECONDS = 5.0


class Engine:
    """Runs jobs in worker processes and shows their fate in the stores.

    All calls but :meth:`ask` return at once. What waits stays in this object's queues until a worker is free, so that a
    worker that dies takes only the job that it was doing with it.

    Attributes:
        ready: Whether an interactive worker is warm: a drawing asked for now begins at once.
        error: ``title``, ``cause`` and ``mend`` while no worker can be had, or None.

    Args:
        settings: Where the stores are; ``settings.scheduler`` names a Dask scheduler to use instead of own workers.
            Its workers need the resources ``training=1``, ``lab=1`` or ``interactive=1`` and the same folders; where none
            is for the lab, those that train serve it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._fates = Fates(settings.runs)
        self.store, self.drawings, self.comparisons = self._fates.runs, self._fates.drawings, self._fates.comparisons
        self.measurements, self.analyses = self._fates.measurements, self._fates.analyses
        self.studies = StudyStore.of(settings)
        self.ready = False
        self.error: dict[str, str] | None = None
        self._waiting = {kind: Queue() for kind in KINDS}
        self._working: dict[str, dict[str, Job]] = {kind: {} for kind in KINDS}
        self._workers: Workforce | None = None
        self._lab_wanted = False
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    def start(self) -> None:
        """Start the workers in the background."""
        atexit.register(self.close)
        self._thread.start()

    def open_lab(self) -> None:
        """Have the lab's workers started, so that its first run begins a few seconds sooner."""
        self._lab_wanted = True
        self._wake.set()

    def train(self, run_id: str) -> None:
        """Queue a run of either kind: from its beginning, or from its last checkpoint.

        Raises:
            StoreError: when there is no such run or it is already queued or training.
        """
        kind = "lab" if self.store.kind(run_id) == "rbm" else "training"
        until = time.monotonic() + PATIENCE_SECONDS
        while run_id in self._working[kind] and not self.store.status(run_id).active and time.monotonic() < until:
            self._collect()
            time.sleep(0.01)
        with self._lock:
            known = run_id in self._waiting[kind] or run_id in self._working[kind]
            if known or self.store.status(run_id).state in ("starting", "running", "stopping"):
                raise StoreError(f"run {run_id} is already queued or training: wait for it, or stop it first")
            self.store.clear_stop(run_id)
            status = self.store.write_status(run_id, False, state="queued", error=None, message="", eta_seconds=None)
            self._enqueue(run_id, kind, of_study=bool(status.study))

    def stop(self, run_id: str, force: bool = False) -> None:
        """Ask a run to save a checkpoint and stop; one that waits just leaves the queue.

        Args:
            run_id: The run.
            force: Kill its worker instead, for a job that hangs; what came after its last checkpoint is lost.
        """
        with self._lock:
            waited, job = withdraw(run_id, self._waiting, self._working)
            if waited:
                self.store.write_status(run_id, durable=False, state="stopped")
                return
            self.store.request_stop(run_id)
        if force and job is not None:
            self._kill(job)

    def start_study(self, config: StudyConfig, name: str = "") -> str:
        """Queue all runs of a new study. Returns its identifier in the study store."""
        for member in self.studies.members(study_id := self.studies.create(config, name)):
            self._enqueue(member.run, "lab", of_study=True)
        return study_id

    def stop_study(self, study_id: str) -> None:
        """Stop all runs of a study as :meth:`stop` does. Raises :class:`StoreError` when there is none, or a shipped one."""
        self.studies.own(study_id, "stop it")
        for member, status in reversed(self.studies.statuses(study_id)):  # before the next one in the queue begins
            if status and status.active:
                self.stop(member.run)

    def resume_study(self, study_id: str) -> None:
        """Queue the runs of a study that are neither finished nor under way. Raises as :meth:`stop_study` does."""
        for run_id in self.studies.unfinished(study_id):
            self.train(run_id)

    def ask(self, function: Callable[..., Any], *arguments: Any, timeout: float = 10.0) -> Any:
        """Have the warm interactive worker call a function, and wait: for what is answered at once.

        Args:
            function, arguments: A module's function and its arguments; all, and the answer, plain values or numpy arrays.
            timeout: Seconds to wait, for other questions, too.

        Raises:
            StoreError: no worker is warm yet, it is busy, the function took too long or raised an error.
        """
        if not self.ready:
            raise StoreError("the worker that answers is still starting: ask again in a few seconds")
        return self._fates.questions.ask(Question(function, arguments), timeout, self._enqueue, self._leave)

    def draw(self, request: DrawingRequest) -> str:
        """Queue a drawing. Returns its identifier in the drawing store."""
        return self._enqueue(self.drawings.create(request))

    def compare(self, request: ComparisonRequest) -> str:
        """Queue a comparison of samplers. Returns its identifier in the comparison store."""
        return self._enqueue(self.comparisons.create(request))

    def measure(self, machine_key: str) -> str:
        """Queue the measurement of a machine of the lab, unless it is under way. Returns its identifier."""
        known = self.measurements.under_way(machine_key)
        return known or self._enqueue(self.measurements.create(MeasurementRequest(machine_key=machine_key)))

    def analyse(self, study_id: str) -> str:
        """Queue the fit of a study's decays on a worker of the lab, unless it is under way. Returns its identifier.

        Raises:
            StoreError: there is nothing to fit.
        """
        request = analysis_of(self.studies, study_id)
        with self._lock:
            known = self.analyses.under_way(study_id)
            return known or self._enqueue(self.analyses.create(request), "lab")

    def _enqueue(self, identifier: str, kind: str = "interactive", of_study: bool = False) -> str:
        with self._lock:
            self._waiting[kind].add(identifier, of_study)
        self._lab_wanted = self._lab_wanted or kind == "lab"
        self._wake.set()
        return identifier

    def _leave(self, question: str) -> None:
        with self._lock:
            _, job = withdraw(question, self._waiting, self._working)
        if job:
            self._kill(job)  # one that has not ended would keep all that come after it waiting

    def cancel(self, identifier: str) -> None:
        """Forget what was asked for, a drawing say; when it has been going on for long, its worker is restarted."""
        store = self._fates.asked_for(identifier)
        with self._lock:
            if not store.status(identifier).active:
                return
            store.write_status(identifier, DrawingStatus("cancelled"))
            _, job = withdraw(identifier, self._waiting, self._working)
        if job:
            timer = threading.Timer(PATIENCE_SECONDS, self._kill, (job,))
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """End the workers. What they were training shows as interrupted and can be resumed."""
        atexit.unregister(self.close)
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        with suppress(OSError):
            self.store.empty_trash(TRASH_SECONDS)
            self.studies.empty_trash(TRASH_SECONDS)
        while not self._closing.is_set():
            failure = None
            try:
                self._workers = Workforce(self.settings, self._wake.set)
                self.error = None
                self._run(self._workers)
            except Exception as error:
                failure = error
                self.error = {**explain(error, "Training"), "title": "The workers cannot be reached"}
            self._disconnect(failure)
            self._closing.wait(RETRY_SECONDS)

    def _run(self, workers: Workforce) -> None:
        tick_due = beat_due = 0.0
        lab_open = False
        while not self._closing.is_set():
            now = time.monotonic()
            if self._lab_wanted and not lab_open:
                workers.open_lab()
                lab_open = True
            if now >= tick_due:
                workers.look()
                self._take_back_lost(workers)
                tick_due = now + TICK_SECONDS
            if now >= beat_due:
                self._beat()
                beat_due = now + BEAT_SECONDS
            self.ready = workers.ready
            self._collect()
            self._dispatch(workers)
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()

    def _disconnect(self, failure: Exception | None) -> None:
        self.ready = False
        workers, self._workers = self._workers, None
        ours = not self.settings.scheduler
        if workers is not None:
            workers.close()
        with self._lock:
            for kind in KINDS:
                # Workers of a named scheduler go on without us; their jobs show their own heartbeat.
                working = self._working[kind] if ours or kind == "interactive" else ()
                for identifier in (*self._waiting[kind], *working):
                    self._fates.settle(kind, identifier, failure)
                self._waiting[kind].clear()
                self._working[kind].clear()

    def _beat(self) -> None:
        """Show that what waits is still waited for; a job that has begun shows its own heartbeat."""
        with self._lock:
            for kind in KINDS:
                for identifier in (*self._waiting[kind], *self._working[kind]):
                    self._fates.beat(kind, identifier)

    def _dispatch(self, workers: Workforce) -> None:
        with self._lock:
            for kind in KINDS:
                while self._waiting[kind]:
                    address = workers.free(kind, (job.address for job in self._working[kind].values()))
                    if address is None:
                        break
                    identifier = self._waiting[kind].popleft()
                    call = self._fates.call(kind, identifier, self.settings)
                    job = self._working[kind][identifier] = Job(workers.submit(kind, address, *call), address)
                    self._fates.begun(identifier, job)

    def _take_back_lost(self, workers: Workforce) -> None:
        """Queue again what its worker, gone since, never began; settle what it had begun."""
        with self._lock:
            for kind in KINDS:
                for identifier, job in list(self._working[kind].items()):
                    if job.lost(workers.has(kind, job.address)):
                        job.future.cancel()
                        del self._working[kind][identifier]
                        if self._fates.state(kind, identifier) == "queued":
                            self._waiting[kind].appendleft(identifier)
                        else:
                            self._fates.settle(kind, identifier, None)

    def _collect(self) -> None:
        with self._lock:
            for kind in KINDS:
                for identifier, job in list(self._working[kind].items()):
                    if job.future.done():
                        del self._working[kind][identifier]
                        error = job.future.exception() if job.future.status == "error" else None
                        if error and self._workers:
                            self._workers.forget(job.address)  # until it is seen again
                        self._fates.settle(kind, identifier, error)

    def _kill(self, job: Job) -> None:
        workers = self._workers
        if workers is not None and not self._closing.is_set() and not job.future.done():
            workers.kill(job.address)
