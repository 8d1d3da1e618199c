"""The embedded Dask cluster: worker processes beside the app, bound to 127.0.0.1."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import suppress
from multiprocessing import resource_tracker
from typing import Any

import dask.config

from boltzmann.runs.threads import cores, lab_threads, lab_workers
from boltzmann.settings import PATIENT_THREADS

LOCAL = "127.0.0.1"
KINDS = ("training", "interactive", "lab")
FIRST = ("training", "interactive")
"""Started with the cluster, one each; those of the lab when the first of its runs is queued."""
NICENESS = {"training": 5, "interactive": 0, "lab": 5}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application")


def configure() -> None:
    """Set how Dask behaves in this process and in the workers that it starts."""
    quiet = {f"DASK_DISTRIBUTED__LOGGING__{name.upper()}": "critical" for name in ("distributed", "tornado")}
    dask.config.set(
        {
            # A job whose worker died is shown as interrupted, never run again silently.
            "distributed.scheduler.allowed-failures": 0,
            "distributed.scheduler.work-stealing": False,
            # On a busy machine a killed worker takes longer to come back than Dask's 15 s, after which it is given up.
            "distributed.deploy.lost-worker-timeout": "60s",
            # A long call that keeps the interpreter's lock is no reason to give a worker up.
            "distributed.scheduler.worker-ttl": None,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
            "distributed.worker.profile.enabled": False,
            # Every wake-up of a worker's event loop takes the interpreter from the job for a moment.
            "distributed.admin.tick.interval": "1s",
            "distributed.admin.system-monitor.interval": "5s",
            "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            "distributed.worker.memory.terminate": False,
            # Dask gives each worker one thread of arithmetic and has it return memory at once, which makes training
            # half as fast: ours does one job with all cores and keeps what the next step needs again.
            "distributed.nanny.pre-spawn-environ": {
                **dict.fromkeys(THREADS, str(cores())),
                "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
                "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
                **PATIENT_THREADS,
                **quiet,
            },
        }
    )


def start_resource_tracker() -> None:
    """Start Python's tracker of semaphores so that it removes without a word what a killed worker leaves behind."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore::UserWarning:multiprocessing.resource_tracker"
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def silence() -> None:
    """Keep Dask's own messages off the terminal: what matters reaches the page through the stores."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def start_cluster() -> Any:
    """A ``distributed.SpecCluster`` with a worker for training and one for interactive work."""
    from distributed import Scheduler, SpecCluster

    silence()
    start_resource_tracker()
    scheduler = {
        "cls": Scheduler,
        "options": {"host": LOCAL, "port": 0, "dashboard": False, "dashboard_address": f"{LOCAL}:0"},
    }
    workers = {kind: _worker(kind) for kind in FIRST}
    return SpecCluster(workers, scheduler, worker=_worker("lab"), name="boltzmann")


def start_lab_workers(cluster: Any) -> None:
    """Start the lab's workers, if they are not there yet. Returns at once; they come a second or two later."""
    cluster.scale(len(FIRST) + lab_workers())


def restore_workers(cluster: Any) -> None:
    """Start anew what Dask has given up because it did not come back; returns at once."""
    if set(cluster.worker_spec) - set(cluster.workers):
        cluster.scale(len(cluster.worker_spec))


def kill_worker(cluster: Any, address: str) -> None:
    """End the worker process at ``address`` at once, whatever it does; its nanny starts another."""
    for nanny in list(cluster.workers.values()):
        if nanny.worker_address == address:
            _kill(nanny)


def kill_all_workers(cluster: Any) -> None:
    """End all worker processes at once."""
    for nanny in list(cluster.workers.values()):
        with suppress(Exception):
            _kill(nanny)


def _kill(nanny: Any) -> None:
    process = nanny.process
    if process is not None and process.pid:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def _worker(kind: str) -> dict[str, Any]:
    from distributed import Nanny

    options = {
        "host": LOCAL,
        "nthreads": 1,
        "resources": {kind: 1},
        "memory_limit": 0,
        "dashboard": False,
        "dashboard_address": f"{LOCAL}:0",
        "silence_logs": logging.CRITICAL,
    }
    if kind == "lab":
        options["env"] = dict.fromkeys(THREADS, str(lab_threads()))
    return {"cls": Nanny, "options": options}
