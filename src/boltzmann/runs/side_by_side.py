"""Runs of the lab in processes of this command, several side by side: a study without the app."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from types import FrameType

from boltzmann.runs.files import StoreError
from boltzmann.runs.rbm_jobs import train_rbm
from boltzmann.runs.status import INTERRUPTED
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

BEAT_SECONDS = 0.2


def train_side_by_side(run_ids: Sequence[str], settings: Settings, jobs: int, ended: Callable[[str], None]) -> None:
    """Train queued runs until all have ended. The first Ctrl-C stops them at checkpoints, the second one at once.

    Args:
        run_ids: The runs.
        settings: Where things lie.
        jobs: Processes.
        ended: Called with each run that has ended, whatever its state.

    Raises:
        BrokenProcessPool: a process was killed: the others have been ended, and the runs that had not ended are interrupted.
    """
    store = RunStore(settings.runs)
    try:
        _train(store, run_ids, settings, jobs, ended)
    except BrokenProcessPool:
        for run_id in run_ids:
            with suppress(StoreError):  # deleted meanwhile
                if store.status(run_id).active:
                    store.write_status(run_id, state="interrupted", error=INTERRUPTED)
        raise


def _train(
    store: RunStore, run_ids: Sequence[str], settings: Settings, jobs: int, ended: Callable[[str], None]
) -> None:
    context = multiprocessing.get_context("spawn")
    with (
        _ctrl_c() as asked_to_stop,
        ProcessPoolExecutor(min(jobs, len(run_ids)), context, initializer=_ignore_ctrl_c) as pool,
    ):
        runs = {pool.submit(train_rbm, run_id, settings): run_id for run_id in run_ids}
        waiting, stopped = set(runs), False
        while waiting:
            done, waiting = wait(waiting, BEAT_SECONDS, FIRST_COMPLETED)
            for future in done:
                if not future.cancelled():
                    future.result()
                    ended(runs[future])
            if asked_to_stop.is_set() and not stopped:
                stopped = True
                for future in waiting:
                    if future.cancel():
                        store.write_status(runs[future], state="stopped")
                    else:
                        store.request_stop(runs[future])
            for future in waiting:
                with suppress(StoreError):  # deleted meanwhile
                    if not future.cancelled():
                        store.beat(runs[future])


def _ignore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, too, and stops the runs in good order


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    heard = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's signature
        heard.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)
