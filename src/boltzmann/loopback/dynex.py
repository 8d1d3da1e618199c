"""A Dynex service on 127.0.0.1 for the unchanged client library.

Rows follow ``exp(-beta E)`` of the submitted problem, with an inverse temperature beta that only the service knows; like
the real one it keeps, of ``num_reads`` states, the ``rank`` of lowest energy, and that ``shots`` times.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from boltzmann.loopback.faults import Fault
from boltzmann.loopback.sampling import boltzmann_samples
from boltzmann.loopback.service import Service


@dataclass
class Job:
    """One submitted job over n bits x.

    Args:
        linear: (n,), the coefficients of x_i.
        edges: int64 (m, 2), pairs of variables.
        quadratic: (m,), the coefficients of x_i x_j.
        offset: Added to every energy.
        reads, rank, shots: See the module.
        fault: What spoils its answer.
        id: Made here.
        events: What the client is told, in order.
        over: Whether the client wants no more events.
    """

    linear: np.ndarray
    edges: np.ndarray
    quadratic: np.ndarray
    offset: float
    reads: int
    rank: int
    shots: int
    fault: Fault | None
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    events: list[Any] = field(default_factory=list)
    over: bool = False

    @property
    def mode(self) -> str:
        """The fault's mode; empty: none."""
        return self.fault.mode if self.fault else ""


class DynexService(Service):
    """Listens as soon as it is made.

    Args:
        inverse_temperature: Hidden from clients; multiplies the energies of the submitted problem.
        seed: Of all random numbers.
        key: What clients must send; None draws one.
        port: 0 takes any free one.

    Attributes:
        key: See above.

    Raises:
        ValueError: for an inverse temperature that is not positive, or a port that there is not.
        OSError: where the port is taken.
    """

    def __init__(self, inverse_temperature: float = 2.0, seed: int = 0, key: str | None = None, port: int = 0) -> None:
        super().__init__(port)
        if inverse_temperature <= 0:
            raise ValueError(f"inverse_temperature is {inverse_temperature}; it must be more than 0")
        # The client library takes seconds to load: only who starts a service waits for it.
        from boltzmann.loopback import sdk

        self._sdk = sdk
        self.key = key or f"loopback-{secrets.token_hex(20)}"
        self._beta = inverse_temperature
        self._rng = np.random.default_rng(seed)
        self._jobs: dict[str, Job] = {}
        self._server: sdk.Server | None = None
        self.start()

    @property
    def endpoint(self) -> str:
        """For clients: without a scheme they speak plain text to this machine."""
        return f"127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """See :meth:`Service.environment`."""
        return {"DYNEX_GRPC_ENDPOINT": self.endpoint, "DYNEX_SDK_KEY": self.key}

    def close(self) -> None:
        """See :meth:`Service.close`."""
        super().close()
        if self._server is not None:
            self._server.join()

    def open_port(self) -> None:
        """See :meth:`Service.open_port`."""
        if self._server is not None:
            self._server.join()
        self._server = self._sdk.Server(self, self.port)
        self.port = self._server.port

    def shut_port(self) -> None:
        """See :meth:`Service.shut_port`."""
        assert self._server is not None
        self._server.drop()

    def submit(self, job: Job) -> None:
        """Take a job."""
        self._jobs[job.id] = job
        self.enqueue(job)

    def job(self, name: str) -> Job | None:
        """One that was submitted and is not over."""
        return self._jobs.get(name)

    def finish(self, name: str) -> None:
        """The client wants nothing more of a job."""
        with self._changed:
            job = self._jobs.pop(name, None)
            if job is not None:
                job.over = True
            self._changed.notify_all()

    def wait_for_event(self, job: Job, known: int, wanted: Callable[[], bool]) -> Any:
        """The event after the first ``known``; None once there will be no more, or none is wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or job.over or not wanted() or len(job.events) > known)
            return job.events[known] if len(job.events) > known and wanted() else None

    def wake(self) -> None:
        """Let those who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def solve(self, job: Job) -> None:
        """See :meth:`Service.solve`."""
        if job.mode == "slow" and job.fault:
            self._be_slow(job, job.fault.seconds)
        if job.over or job.mode == "broken":
            return
        try:
            self._tell(job, *self._events(job))
        except Exception as failure:  # The client hears of it, and the next job has its turn.
            self._tell(job, self._sdk.error("INTERNAL", f"the simulated solver failed: {failure!r}"))

    def _events(self, job: Job) -> list[Any]:
        if job.mode == "offline":
            return [self._sdk.error("SOLVER_OFFLINE", "the solver is offline")]
        if job.mode == "cancelled":
            return [self._sdk.status("CANCELLED", "cancelled by the service")]
        return [self._sdk.solution(job, shot, *self._draw(job)) for shot in range(job.shots)]

    def _draw(self, job: Job) -> tuple[np.ndarray, np.ndarray]:
        """Bits (rows, n), those of lowest energy first, and their energies."""
        ends = job.quadratic / 4
        linear = job.linear / 2
        np.add.at(linear, job.edges, ends[:, None])
        seed = int(self._rng.integers(2**62))
        spins = boltzmann_samples(linear, job.edges, ends, self._beta, job.reads, seed)
        bits = (spins > 0).astype(np.float64)
        pairs = bits[:, job.edges]
        energies = bits @ job.linear + (pairs[..., 0] * pairs[..., 1]) @ job.quadratic + job.offset
        kept = np.argsort(energies, kind="stable")[: job.rank]
        if job.mode == "half":
            kept = kept[: max(len(kept) // 2, 1)]
        return spins[kept] > 0, energies[kept]

    def _be_slow(self, job: Job, seconds: float) -> None:
        """Tell of progress twice a second, which is what keeps the client's own deadline from ever passing."""
        for step in range(round(2 * seconds)):
            if job.over or not self.sit_out(0.5):
                return
            self._tell(job, self._sdk.progress(50 * (step + 1) / seconds))

    def _tell(self, job: Job, *events: Any) -> None:
        with self._changed:
            for event in events:
                event.job_id, event.seq = job.id, len(job.events) + 1
                job.events.append(event)
            self._changed.notify_all()
