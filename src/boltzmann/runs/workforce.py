"""The workers that the engine has: where they are, which are free, how one is warmed up, given a job, killed."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from boltzmann.runs import jobs
from boltzmann.runs.cluster import (
    KINDS,
    NICENESS,
    configure,
    kill_all_workers,
    kill_worker,
    restore_workers,
    silence,
    start_cluster,
    start_lab_workers,
)
from boltzmann.settings import Settings

CONNECT_SECONDS = 5.0
LOST_SECONDS = 2.0
"""How long a job whose worker is gone may be without an end before it is taken back."""


@dataclass
class Job:
    """What a worker does: Dask's future, the worker's address, and since when it has been without its worker."""

    future: Any
    address: str
    lost_since: float | None = None

    def lost(self, worker_there: bool) -> bool:
        """Whether its worker has been gone for too long to be waited for, by looks at whether it is there."""
        self.lost_since = None if worker_there else self.lost_since or time.monotonic()
        return self.lost_since is not None and time.monotonic() - self.lost_since > LOST_SECONDS


class Queue(deque[str]):
    """Identifiers of jobs that wait, those of studies last: who waits for one job does not wait for a whole study."""

    def __init__(self) -> None:
        super().__init__()
        self._of_studies: set[str] = set()

    def add(self, identifier: str, of_study: bool) -> None:
        """Put a job behind those of its kind."""
        if of_study:
            self._of_studies.add(identifier)
            self.append(identifier)
        else:
            self.insert(sum(name not in self._of_studies for name in self), identifier)

    def popleft(self) -> str:
        """The next one, which waits no more."""
        identifier = super().popleft()
        self._of_studies.discard(identifier)
        return identifier


def withdraw(
    identifier: str, waiting: Mapping[str, deque[str]], working: Mapping[str, Mapping[str, Job]]
) -> tuple[bool, Job | None]:
    """Take what waits out of its queue. Returns whether it waited, and the job of what is under way; both by kind."""
    for queue in waiting.values():
        if identifier in queue:
            queue.remove(identifier)
            return True, None
    return False, next((begun[identifier] for begun in working.values() if identifier in begun), None)


class Workforce:
    """Workers of an embedded cluster, or of the scheduler that the settings name.

    Each job goes to a worker that is named, since Dask by itself would queue two on one while another is idle.

    Args:
        settings: ``settings.scheduler`` names a scheduler; None starts workers of our own.
        wake: Called when a job ends.

    Raises:
        OSError: the scheduler does not answer.
    """

    def __init__(self, settings: Settings, wake: Callable[[], None]) -> None:
        configure()
        from distributed import Client

        silence()
        self.settings, self._wake = settings, wake
        self.cluster: Any = None
        self._places: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
        self._lab_resource = "lab"
        self._warming: dict[tuple[str, str], Any] = {}
        if settings.scheduler:
            self._client = Client(settings.scheduler, set_as_default=False, timeout=CONNECT_SECONDS)
        else:
            self.cluster = start_cluster()
            self._client = Client(self.cluster, set_as_default=False)

    @property
    def ready(self) -> bool:
        """Whether an interactive worker is warm."""
        # Another thread may be looking for workers.
        return any(kind == "interactive" and f.done() for (_, kind), f in list(self._warming.items()))

    def open_lab(self) -> None:
        """Have workers for the lab; returns at once. Those of a named scheduler are whoever it has."""
        if self.cluster is not None:
            start_lab_workers(self.cluster)

    def look(self) -> None:
        """Find the places for jobs and warm up workers that are new, restarted ones among them."""
        if self.cluster is not None:
            restore_workers(self.cluster)
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        self._lab_resource = "lab"
        for kind in KINDS:
            places = {address: int(worker["resources"].get(kind, 0)) for address, worker in workers.items()}
            self._places[kind] = Counter({address: count for address, count in places.items() if count})
        if self.cluster is None and not self._places["lab"]:
            # A scheduler of one's own need not have workers for the lab.
            self._places["lab"], self._lab_resource = self._places["training"], "training"
        self._warming = {place: f for place, f in self._warming.items() if place[0] in self._places[place[1]]}
        for kind in KINDS:
            for address in self._places[kind]:
                if (address, kind) not in self._warming:
                    niceness = NICENESS[kind] if self.cluster is not None else 0
                    warm = self.submit(kind, address, jobs.warm_up, self.settings, kind, niceness)
                    self._warming[address, kind] = warm

    def free(self, kind: str, busy: Iterable[str]) -> str | None:
        """The address of a worker of that kind with a place to spare besides those at the addresses ``busy``, or None."""
        left = self._places[kind] - Counter(busy)
        warm = (a for a in left if (a, kind) in self._warming and self._warming[a, kind].done())
        return next(warm, next(iter(left), None))

    def has(self, kind: str, address: str) -> bool:
        """Whether there is still such a worker."""
        return address in self._places[kind]

    def forget(self, address: str) -> None:
        """Give no job to the worker at ``address`` before the next look: it may have ended."""
        for places in self._places.values():
            places.pop(address, None)

    def submit(self, kind: str, address: str, function: Any, *arguments: Any) -> Any:
        """Have the worker at ``address`` call ``function``. Returns Dask's future."""
        resource = self._lab_resource if kind == "lab" else kind
        future = self._client.submit(
            function,
            *arguments,
            resources={resource: 1},
            workers=[address],
            pure=False,
            retries=0,
            allow_other_workers=False,
        )
        future.add_done_callback(lambda _: self._wake())
        return future

    def kill(self, address: str) -> None:
        """End the process of a worker at once; another takes its place."""
        if self.cluster is not None:
            kill_worker(self.cluster, address)
        else:
            self._client.restart_workers([address], raise_for_error=False)

    def close(self) -> None:
        """Let go of the workers; our own end."""
        if self.cluster is not None:
            kill_all_workers(self.cluster)
        for part in (self._client, self.cluster):
            if part is not None:
                with suppress(Exception):
                    part.close(timeout=5)
