"""D-Wave's cloud client. Runs in the child process of :class:`boltzmann.samplers.cloud.client.Client`."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import numpy as np

from boltzmann.redaction import hide
from boltzmann.samplers.cloud.client import Failure
from boltzmann.samplers.cloud.dwave_failures import library_failures

if TYPE_CHECKING:
    from dwave.cloud import Client
    from dwave.cloud.computation import Future
    from dwave.cloud.solver import StructuredSolver

THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
SIMULATED = {"loopback", "simulated"}
"""Tags by which our simulated service tells that it is one."""
LABEL = "Boltzmann Studio"
"""Of our problems in the account's list."""
LIST_SECONDS = 5.0
"""So long each of the two requests for the list of solvers may take."""
RETRIES = 2
"""Of requests that may be repeated: the library's own ten take ten seconds at a port that nobody listens on."""
CANCEL_SECONDS = 0.4
"""What the library gets to send cancellations."""


class Service:
    """What the parent may call."""

    def __init__(self) -> None:
        # The library's log tells tokens that do not look like today's; it is set up when the library is loaded.
        for name in ("DWAVE_LOG_LEVEL", "dwave_log_level"):
            os.environ.pop(name, None)
        # Loaded here, where no call's deadline runs; and a token in a file is known before anything is asked with it.
        from dwave.cloud import Client  # noqa: F401
        from dwave.cloud.config import load_config
        from dwave.cloud.config.exceptions import ConfigFileError

        with suppress(ConfigFileError, ValueError):
            hide("DWAVE_API_TOKEN", load_config().get("token") or "")
        self._futures: list[tuple[int, Any]] = []
        self._given_up = False
        self._client: Client | None = None
        self._solver: StructuredSolver | None = None

    def solvers(self) -> list[dict[str, Any]]:
        """The QPUs that are online, that with the shortest queue first: see :func:`facts`.

        Raises:
            Failure: no access, or no answer.
        """
        with library_failures(), _connect(request_timeout=LIST_SECONDS, http_retry_total=0) as client:
            return [facts(client, solver) for solver in client.get_solvers(order_by="avg_load")]

    def open(self, solver: str) -> dict[str, Any]:
        """Choose a solver for :meth:`sample`.

        Args:
            solver: Its name; "": the configured one, else that with the shortest queue.

        Returns:
            See :func:`facts`.

        Raises:
            Failure: no access, no such solver, or it is offline.
        """
        if self._client is not None:
            self._client.close(wait=False)
        with library_failures():
            self._client = _connect(http_retry_total=RETRIES)
            self._solver = _find(self._client, solver)
            # Answers as arrays, not as lists of lists.
            self._solver.return_matrix = True
            return facts(self._client, self._solver)

    def sample(
        self,
        qubits: np.ndarray,
        couplers: np.ndarray,
        linear: np.ndarray,
        quadratic: np.ndarray,
        reads: list[int],
        anneal: list[tuple[float, float]],
        patience: float,
    ) -> dict[str, Any]:
        """Submit problems on the opened solver, each in as many parts as its limits ask for, and wait for all answers.

        Args:
            qubits: int64 (q,), those in use.
            couplers: int64 (c, 2), pairs of them.
            linear: h, float64 (p, q), of p problems.
            quadratic: J, float64 (p, c).
            reads: Of each problem.
            anneal: Points of the anneal: time in microseconds, anneal fraction.
            patience: Seconds after which unanswered problems are cancelled.

        Returns:
            ``spins``, int8 (reads in all, q), problem after problem; ``seconds``, the access time of all answers;
            ``submissions``, their number; ``timing``, the first one's as the service tells it, in microseconds.

        Raises:
            Failure: a problem failed.
        """
        solver = self._solver
        if solver is None:
            raise Failure("died", "the process that had opened the solver ended")
        end = time.monotonic() + patience
        time_us = anneal[-1][0]
        options: dict[str, Any] = {"answer_mode": "raw", "auto_scale": False, "label": LABEL}
        options |= {"annealing_time": time_us} if len(anneal) == 2 else {"anneal_schedule": [list(p) for p in anneal]}
        futures = self._futures = []
        try:
            # ValueError and KeyError: what the library finds wrong with a problem and its parameters.
            with library_failures(ValueError, KeyError):
                most = max(1, solver.max_num_reads(annealing_time=time_us))
                pairs = [(int(a), int(b)) for a, b in couplers]
                for h, j, wanted in zip(linear, quadratic, reads, strict=True):
                    problem = (
                        dict(zip(qubits.tolist(), h.tolist(), strict=True)),
                        dict(zip(pairs, j.tolist(), strict=True)),
                    )
                    parts = _shares(wanted, most)
                    for size in parts:
                        futures.append((size, solver.sample_ising(*problem, num_reads=size, **options)))
                        # Seen here what was submitted while :meth:`cancel` went through the others.
                        if self._given_up:
                            raise Failure("cancelled", "the caller no longer waits")
                spins = [_answer(future, size, qubits, end) for size, future in futures]
        except Failure:
            self._cancel_unanswered()
            raise
        timings = [dict(future.timing) for _, future in futures]
        if any("qpu_access_time" not in timing for timing in timings):
            raise Failure("garbage", "the answer does not state its QPU access time, so no budget could be kept")
        return {
            "spins": np.concatenate(spins),
            "seconds": sum(timing["qpu_access_time"] for timing in timings) / 1e6,
            "submissions": len(futures),
            "timing": {name: float(value) for name, value in timings[0].items()},
        }

    def cancel(self) -> None:
        """Cancel what is still unanswered, from another thread than :meth:`sample`'s; submit nothing more."""
        self._given_up = True
        self._cancel_unanswered()

    def _cancel_unanswered(self) -> None:
        # It would be computed, and charged, for nothing.
        if [future.cancel() for _, future in list(self._futures) if not future.done()]:
            time.sleep(CANCEL_SECONDS)


def facts(client: Client, solver: StructuredSolver) -> dict[str, Any]:
    """What an adapter and a page need to know of a solver, JSON values only.

    Returns:
        ``endpoint`` in use; ``solver``, its name; ``simulated``, whether it says so itself; ``avg_load`` of its
        queue, from 0 to 1; ``coupling_limit``, the lowest sum of couplings at a qubit, or None; and, as the properties of the
        same names, ``topology``, ``qubits``, ``couplers``, ``h_range``, ``j_range``, ``extended_j_range``,
        ``num_reads_range``, ``annealing_time_range``, ``problem_run_duration_range``, None where a solver has none.
    """
    names = (
        "topology",
        "qubits",
        "couplers",
        "h_range",
        "j_range",
        "extended_j_range",
        "num_reads_range",
        "annealing_time_range",
        "problem_run_duration_range",
    )
    properties = solver.properties
    limit = properties.get("per_group_coupling_range") or properties.get("per_qubit_coupling_range")
    address = urlsplit(client.config.endpoint or "")
    return {
        "endpoint": _shown(address),
        "solver": solver.name,
        # Not by the address: this machine may pass on what it is asked to a real service.
        "simulated": set(properties.get("tags") or ()) >= SIMULATED,
        "avg_load": solver.avg_load,
        "coupling_limit": None if limit is None else limit[0],
        **{name: properties.get(name) for name in names},
    }


def _connect(**options: Any) -> Client:
    from dwave.cloud import Client
    from dwave.cloud.config.exceptions import ConfigFileError

    try:
        client = Client.from_config(client="qpu", cache_enabled=False, **options)
    except (ConfigFileError, ValueError) as error:
        raise Failure("no_key", f"{error}") from error
    hide("DWAVE_API_TOKEN", client.config.token or "")
    address = urlsplit(client.config.endpoint or "")
    if address.scheme != "https" and address.hostname not in THIS_MACHINE:
        client.close(wait=False)
        raise Failure(
            "refused",
            f"the endpoint {_shown(address)} is not encrypted, and the token is not sent over such a connection; "
            "write https://",
        )
    return client


def _shown(address: SplitResult) -> str:
    """Without a name and password that may stand in it."""
    return address._replace(netloc=address.netloc.rpartition("@")[2], query="").geturl()


def _find(client: Client, name: str) -> StructuredSolver:
    from dwave.cloud.exceptions import SolverNotFoundError

    chosen = {"name": name} if name else dict(client.config.solver or {})
    try:
        return client.get_solver(**chosen)
    except SolverNotFoundError:
        chosen.pop("order_by", None)
        words = f"the solver {name!r}" if name else f"a QPU that fits {chosen or 'the account'}"
        with suppress(SolverNotFoundError):
            if client.get_solvers(**{**chosen, "online": False}):
                raise Failure("offline", f"{words} is offline") from None
        raise Failure("no_solver", f"{words} is not among the account's") from None


def _shares(reads: int, most: int) -> list[int]:
    """``reads`` in as few and equal parts as possible, none above ``most``."""
    parts = -(-reads // most)
    return [(reads + i) // parts for i in range(parts)]


def _answer(future: Future, reads: int, qubits: np.ndarray, end: float) -> np.ndarray:
    if not future.wait(max(0.0, end - time.monotonic())):
        raise Failure("deadline", "no answer came; the problem was cancelled shortly before the deadline")
    try:
        spins = np.asarray(future.samples)[:, qubits]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Failure("garbage", f"{type(error).__name__}: {error}") from error
    if len(spins) != reads:
        raise Failure("half", f"{len(spins)} samples came, {reads} were asked for")
    return spins.astype(np.int8)
