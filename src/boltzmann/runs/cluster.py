"""The embedded Dask cluster: two worker processes beside the app, bound to 127.0.0.1."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import suppress
from multiprocessing import resource_tracker
from typing import Any

import dask.config

from boltzmann.runs.threads import cores
from boltzmann.settings import PATIENT_THREADS

LOCAL = "127.0.0.1"
KINDS = ("training", "interactive")
NICENESS = {"training": 5, "interactive": 0}
LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application")


def configure() -> None:
    """Set how Dask behaves in this process and in the workers that it starts."""
    quiet = {f"DASK_DISTRIBUTED__LOGGING__{name.upper()}": "critical" for name in ("distributed", "tornado")}
    dask.config.set(
        {
            # A job whose worker died is shown as interrupted, never run again silently.
            "distributed.scheduler.allowed-failures": 0,
            "distributed.scheduler.work-stealing": False,
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
                **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(cores())),
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
    from distributed import Nanny, Scheduler, SpecCluster

    silence()
    start_resource_tracker()
    http = f"{LOCAL}:0"
    workers = {
        kind: {
            "cls": Nanny,
            "options": {
                "host": LOCAL,
                "nthreads": 1,
                "resources": {kind: 1},
                "memory_limit": 0,
                "dashboard": False,
                "dashboard_address": http,
                "silence_logs": logging.CRITICAL,
            },
        }
        for kind in KINDS
    }
    scheduler = {
        "cls": Scheduler,
        "options": {"host": LOCAL, "port": 0, "dashboard": False, "dashboard_address": http},
    }
    return SpecCluster(workers, scheduler, name="boltzmann")


def kill_worker(cluster: Any, kind: str) -> None:
    """End a worker process at once, whatever it does; its nanny starts another."""
    process = cluster.workers[kind].process
    if process is not None and process.pid:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
