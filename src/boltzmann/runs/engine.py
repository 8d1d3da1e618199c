"""Where jobs run: an embedded Dask cluster, or the scheduler that the settings name."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

from boltzmann.runs import jobs
from boltzmann.runs.cluster import KINDS, NICENESS, configure, kill_worker, silence, start_cluster
from boltzmann.runs.comparison_job import compare_samplers
from boltzmann.runs.comparisons import INTERRUPTED as COMPARISON_INTERRUPTED
from boltzmann.runs.comparisons import ComparisonRequest, ComparisonStore
from boltzmann.runs.drawings import INTERRUPTED as DRAWING_INTERRUPTED
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.failures import explain
from boltzmann.runs.files import StoreError
from boltzmann.runs.status import INTERRUPTED
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

TICK_SECONDS = 0.5
TRASH_SECONDS = 24 * 3600.0
"""How long a deleted run can be brought back: until the first start after that."""

PATIENCE_SECONDS = 1.0
"""How long a cancelled drawing or comparison may go on before its worker is restarted."""

CONNECT_SECONDS = 5.0
RETRY_SECONDS = 5.0


class Engine:
    """Runs jobs in worker processes and shows their fate in the stores.

    All calls return at once. Waiting runs, drawings and comparisons stay in this object's queues until a worker is free,
    so that a worker that dies takes only the job that it was doing with it.

    Attributes:
        ready: Whether an interactive worker is warm: a drawing asked for now begins at once.
        error: ``title``, ``cause`` and ``mend`` while no worker can be had, or None.

    Args:
        settings: Where the stores are; ``settings.scheduler`` names a Dask scheduler to use instead of own workers.
            Its workers need the resources ``training=1`` or ``interactive=1`` and the same folders.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = RunStore(settings.runs)
        self.drawings = DrawingStore.beside(settings.runs)
        self.comparisons = ComparisonStore.beside(settings.runs)
        self.ready = False
        self.error: dict[str, str] | None = None
        self._waiting: dict[str, deque[str]] = {kind: deque() for kind in KINDS}
        self._working: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self._slots: dict[str, int] = dict.fromkeys(KINDS, 0)
        self._warming: dict[tuple[str, str], Any] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._cluster: Any = None
        self._client: Any = None
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    def start(self) -> None:
        """Start the workers in the background."""
        atexit.register(self.close)
        self._thread.start()

    def train(self, run_id: str) -> None:
        """Queue a run: from its beginning, or from its last checkpoint.

        Raises:
            StoreError: when there is no such run or it is already queued or training.
        """
        with self._lock:
            known = run_id in self._waiting["training"] or run_id in self._working["training"]
            if known or self.store.status(run_id).state in ("starting", "running", "stopping"):
                raise StoreError(f"run {run_id} is already queued or training: wait for it, or stop it first")
            self.store.clear_stop(run_id)
            self.store.write_status(run_id, state="queued", error=None, message="", eta_seconds=None)
            self._waiting["training"].append(run_id)
        self._wake.set()

    def stop(self, run_id: str, force: bool = False) -> None:
        """Ask a run to save a checkpoint and stop; one that waits just leaves the queue.

        Args:
            run_id: The run.
            force: Kill its worker instead, for a job that hangs; what came after its last checkpoint is lost.
        """
        with self._lock:
            if run_id in self._waiting["training"]:
                self._waiting["training"].remove(run_id)
                self.store.write_status(run_id, state="stopped")
                return
            self.store.request_stop(run_id)
            future = self._working["training"].get(run_id)
        if force and future is not None:
            self._kill("training", future)

    def draw(self, request: DrawingRequest) -> str:
        """Queue a drawing. Returns its identifier in the drawing store."""
        return self._enqueue(self.drawings.create(request))

    def compare(self, request: ComparisonRequest) -> str:
        """Queue a comparison of samplers. Returns its identifier in the comparison store."""
        return self._enqueue(self.comparisons.create(request))

    def _enqueue(self, identifier: str) -> str:
        with self._lock:
            self._waiting["interactive"].append(identifier)
        self._wake.set()
        return identifier

    def cancel(self, identifier: str) -> None:
        """Forget a drawing or comparison; when it has been going on for long, its worker is restarted."""
        store = self._store_of(identifier)
        with self._lock:
            if not store.status(identifier).active:
                return
            store.write_status(identifier, DrawingStatus("cancelled"))
            if identifier in self._waiting["interactive"]:
                self._waiting["interactive"].remove(identifier)
            future = self._working["interactive"].get(identifier)
        if future is not None:
            timer = threading.Timer(PATIENCE_SECONDS, self._kill, ("interactive", future))
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
        while not self._closing.is_set():
            failure = None
            try:
                self._connect()
                self.error = None
                self._run()
            except Exception as error:
                failure = error
                self.error = {**explain(error, "Training"), "title": "The workers cannot be reached"}
            self._disconnect(failure)
            self._closing.wait(RETRY_SECONDS)

    def _run(self) -> None:
        tick_due = 0.0
        while not self._closing.is_set():
            if time.monotonic() >= tick_due:
                self._look_at_workers()
                self._beat()
                tick_due = time.monotonic() + TICK_SECONDS
            self.ready = any(kind == "interactive" and f.done() for (_, kind), f in self._warming.items())
            self._collect()
            self._dispatch()
            self._wake.wait(TICK_SECONDS)
            self._wake.clear()

    def _connect(self) -> None:
        configure()
        from distributed import Client

        silence()
        if self.settings.scheduler:
            self._client = Client(self.settings.scheduler, set_as_default=False, timeout=CONNECT_SECONDS)
        else:
            self._cluster = start_cluster()
            self._client = Client(self._cluster, set_as_default=False)

    def _disconnect(self, failure: Exception | None) -> None:
        self.ready = False
        for kind in KINDS if self._cluster is not None else ():
            with suppress(Exception):
                kill_worker(self._cluster, kind)
        for part in (self._client, self._cluster):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=5)
        with self._lock:
            for kind in KINDS:
                # Workers of a named scheduler go on without us; their jobs show their own heartbeat.
                working = self._working[kind] if self._cluster is not None or kind == "interactive" else ()
                for identifier in (*self._waiting[kind], *working):
                    self._settle(kind, identifier, failure)
                self._waiting[kind].clear()
                self._working[kind].clear()
        self._client = self._cluster = None
        self._warming.clear()

    def _look_at_workers(self) -> None:
        """Count the places for jobs and warm up workers that are new, restarted ones among them."""
        workers = self._client.scheduler_info()["workers"]
        places = {(address, kind): int(w["resources"].get(kind, 0)) for address, w in workers.items() for kind in KINDS}
        for kind in KINDS:
            self._slots[kind] = sum(count for (_, owner), count in places.items() if owner == kind)
        self._warming = {place: future for place, future in self._warming.items() if places.get(place)}
        for (address, kind), count in places.items():
            if count and (address, kind) not in self._warming:
                niceness = NICENESS[kind] if self._cluster is not None else 0
                future = self._submit(kind, jobs.warm_up, self.settings, kind, niceness, workers=[address])
                self._warming[address, kind] = future

    def _submit(self, kind: str, function: Any, *arguments: Any, **options: Any) -> Any:
        future = self._client.submit(
            function, *arguments, resources={kind: 1}, pure=False, retries=0, allow_other_workers=False, **options
        )
        future.add_done_callback(lambda _: self._wake.set())
        return future

    def _beat(self) -> None:
        """Show that what waits is still waited for; a job that has begun shows its own heartbeat."""
        with self._lock:
            for run_id in (*self._waiting["training"], *self._working["training"]):
                with suppress(StoreError):
                    self.store.beat(run_id)
            for identifier in (*self._waiting["interactive"], *self._working["interactive"]):
                with suppress(StoreError):
                    self._store_of(identifier).beat(identifier)

    def _dispatch(self) -> None:
        with self._lock:
            for kind in KINDS:
                while self._waiting[kind] and len(self._working[kind]) < self._slots[kind]:
                    identifier = self._waiting[kind].popleft()
                    job = self._job_of(kind, identifier)
                    self._working[kind][identifier] = self._submit(kind, job, identifier, self.settings)

    def _job_of(self, kind: str, identifier: str) -> Any:
        if kind == "training":
            return jobs.train_run
        return compare_samplers if self.comparisons.exists(identifier) else jobs.draw_digits

    def _store_of(self, identifier: str) -> DrawingStore:
        """Where an interactive job's fate is kept."""
        return self.comparisons if self.comparisons.exists(identifier) else self.drawings

    def _collect(self) -> None:
        with self._lock:
            for kind in KINDS:
                for identifier, future in list(self._working[kind].items()):
                    if future.done():
                        del self._working[kind][identifier]
                        self._settle(kind, identifier, future.exception() if future.status == "error" else None)

    def _settle(self, kind: str, identifier: str, error: BaseException | None) -> None:
        """Give a run, drawing or comparison that its job left unfinished the state that it really has."""
        # Names, not classes: distributed is imported only once the engine starts.
        if type(error).__name__ == "KilledWorker":
            error = None
        with suppress(StoreError):  # deleted in the meantime
            if kind == "training":
                if self.store.status(identifier).active:
                    state, why = ("failed", explain(error, "Training")) if error else ("interrupted", INTERRUPTED)
                    self.store.write_status(identifier, state=state, error=why, eta_seconds=None, message="")
            elif (store := self._store_of(identifier)).status(identifier).active:
                compared = store is self.comparisons
                deed, cut = ("Comparing", COMPARISON_INTERRUPTED) if compared else ("Drawing", DRAWING_INTERRUPTED)
                store.write_status(identifier, DrawingStatus("failed", error=explain(error, deed) if error else cut))

    def _kill(self, kind: str, future: Any) -> None:
        if future.done() or self._closing.is_set():
            return
        if self._cluster is not None:
            kill_worker(self._cluster, kind)
            return
        for address, keys in self._client.processing().items():
            if future.key in keys:
                self._client.restart_workers([address], raise_for_error=False)
