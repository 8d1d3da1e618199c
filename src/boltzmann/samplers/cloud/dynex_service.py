"""Dynex's client library. Runs in the child process of :class:`boltzmann.samplers.cloud.client.Client`."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

import numpy as np

from boltzmann.samplers.cloud.client import Failure
from boltzmann.samplers.cloud.dynex_endpoint import ENDPOINT, THIS_MACHINE, Access
from boltzmann.samplers.cloud.dynex_events import JobEvents

FAREWELL_SECONDS = 1.5
"""So long before our deadline a job is cancelled on the service, which would compute (and charge) on."""
STATUS_KINDS = {
    "UNAUTHENTICATED": "bad_key",
    "PERMISSION_DENIED": "forbidden",
    "UNAVAILABLE": "refused",
    "DEADLINE_EXCEEDED": "deadline",
    "INVALID_ARGUMENT": "rejected",
    "CANCELLED": "cancelled",
}
"""Kinds of failure by the gRPC status of the call that failed; "server" for all others."""
JOB_KINDS = {
    "timeout waiting": "deadline",
    "connection was lost": "refused",
    "malformed": "garbage",
    "retrieve": "garbage",
    "chunk": "garbage",
    "cancel": "cancelled",
    "offline": "offline",
    "permission denied": "forbidden",
}
"""Kinds of failure by words in what the library says of a job; "server" where there is none of them."""


class Service:
    """What the parent may call."""

    def __init__(self) -> None:
        # Seconds and 190 MB: here, not at the top, for whoever needs no more of this module than where Dynex is.
        import dynex
        from dynex._sampler_core import _DynexSampler
        from dynex.api import DynexAPI

        self._dynex = dynex
        # The library submits a job anew, ten times, where an answer holds nothing it can use; each may be charged.
        _DynexSampler.num_retries = 1
        # Every DynexConfig sets this logger's level back to INFO, and it tells of every step of every job.
        logging.getLogger("dynex.config").addFilter(lambda record: record.levelno >= logging.WARNING)
        JobEvents.watch(DynexAPI)

    def sample(
        self,
        linear: np.ndarray,
        edges: np.ndarray,
        quadratic: np.ndarray,
        num_reads: int,
        annealing_time: int,
        backend: str,
        qpu_model: str,
        end: float,
    ) -> dict[str, Any]:
        """One job.

        Args:
            linear: h, float64 (n,).
            edges: int64 (m, 2), pairs of indices below n.
            quadratic: J, float64 (m,), not all of h and J zero.
            num_reads: Strings asked for.
            annealing_time: Integration steps.
            backend: "cpu", "gpu" or "qpu".
            qpu_model: Of the backend "qpu".
            end: The deadline on this machine's monotonic clock.

        Returns:
            ``spins``, int8 (rows that came, n); ``seconds``, the call's wall time without the library's import;
            ``endpoint``; ``simulated``, see :class:`Access`.

        Raises:
            Failure: the job failed.
        """
        access, dynex = Access.find(), self._dynex
        JobEvents.end = end - FAREWELL_SECONDS
        patience = JobEvents.end - time.monotonic()
        if patience <= 0:
            raise Failure("deadline", "the client library took all the time to start")
        if access.here:
            # Else gRPC would take the unencrypted way through a proxy of the environment.
            os.environ["no_grpc_proxy"] = ",".join(THIS_MACHINE)  # noqa: SIM112 - gRPC reads it in small letters
        began = time.monotonic()
        try:
            config = dynex.DynexConfig(
                sdk_key=access.key,
                grpc_endpoint=access.endpoint,
                compute_backend=backend,
                qpu_model=qpu_model if backend == "qpu" else None,
                retry_count=1,
                default_timeout=patience,
                # The library would look for .env in the folders above this process's own, which belong to anyone.
                dotenv_path=os.devnull,
                tmp_dir="tmp",
            )
            model = dynex.BQM(_binary(linear, edges, quadratic), logging=False, config=config)
            answer = dynex.DynexSampler(model, logging=False, config=config, show_progress=False).sample(
                num_reads=num_reads,
                annealing_time=annealing_time,
                # How many of the reads come back; the QPU returns all and takes no other value.
                rank=1 if backend == "qpu" else num_reads,
                preprocess=False,
            )
        except dynex.DynexError as error:
            raise _failure(error, access) from error
        finally:
            JobEvents.present = None
        spins = _spins(answer, len(linear), num_reads)
        return {
            "spins": spins,
            "seconds": time.monotonic() - began,
            "endpoint": access.endpoint,
            "simulated": access.simulated,
        }

    def cancel(self) -> None:
        """Cancel the job under way, if any, from another thread than :meth:`sample`'s."""
        if JobEvents.present is not None:
            api, job_id = JobEvents.present
            api.cancel_job_api(job_id)


def _binary(linear: np.ndarray, edges: np.ndarray, quadratic: np.ndarray) -> Any:
    """The problem over x = (1 + s) / 2: 4 J_ij x_i x_j + 2 (h_i - sum_j J_ij) x_i, and a constant of our choice.

    The library submits minus the constant as the energy at which a job may end early: it is put below all energies.
    """
    from dimod import BINARY, BinaryQuadraticModel

    biases = 2 * linear
    np.subtract.at(biases, edges, 2 * quadratic[:, None])
    couplings = 4 * quadratic
    beyond = 1 + np.abs(biases).sum() + np.abs(couplings).sum()
    return BinaryQuadraticModel.from_numpy_vectors(biases, (*edges.T, couplings), beyond, BINARY)


def _spins(answer: Any, n: int, num_reads: int) -> np.ndarray:
    if not len(answer):
        raise Failure("half", f"an answer without a sample came, {num_reads} were asked for")
    labels, bits = np.array(list(answer.variables)), answer.record.sample
    if not np.array_equal(np.sort(labels), np.arange(n)) or not np.isin(bits, (0, 1)).all():
        raise Failure("garbage", f"an answer of {len(bits)} strings of {len(labels)} values is none of {n} bits")
    return (2 * bits[:, np.argsort(labels)].astype(np.int8) - 1).astype(np.int8)


def _failure(error: Exception, access: Access) -> Failure:
    from dynex.exceptions import DynexAuthenticationError, DynexJobError, DynexModelError, DynexValidationError

    cause, status = str(error), getattr(error.__cause__, "code", lambda: None)()
    if isinstance(error, DynexAuthenticationError):
        kind = "bad_key"
    elif status is not None:
        kind = STATUS_KINDS.get(status.name, "server")
    elif isinstance(error, DynexValidationError | DynexModelError):
        kind = "rejected"
    elif isinstance(error, DynexJobError):
        kind = next((kind for words, kind in JOB_KINDS.items() if words in cause.lower()), "server")
    else:
        kind = "server"
    if kind == "deadline" and status is None:
        cause = f"{cause.partition(' (')[0]}; the job was cancelled"
    elif kind == "refused":
        cause = f"{access.endpoint} does not answer: {cause}"
        if not access.chosen:
            cause = f"{ENDPOINT} is not set, so the client library asks {access.endpoint}. {cause}"
    return Failure(kind, cause)
