"""The gRPC service ``dynex.sdk.v2.SDK`` as the client library calls it, and its messages."""

# Messages are made when their module is loaded, where a type checker does not see them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import zstandard
from dynex.proto import sampleset_batch_pb2, sdk_pb2, sdk_pb2_grpc, solution_envelope_pb2

from boltzmann.loopback.dynex import Job
from boltzmann.loopback.faults import Fault

if TYPE_CHECKING:
    from boltzmann.loopback.dynex import DynexService

LARGEST_MESSAGE = 50 * 1024 * 1024
STREAMS = 16
"""Calls served at once; a subscription takes one as long as its job lasts."""


class Server:
    """Listens as soon as it is made.

    Attributes:
        port: Where.

    Raises:
        OSError: where the port is taken.
    """

    def __init__(self, service: DynexService, port: int) -> None:
        self._pool = ThreadPoolExecutor(STREAMS, thread_name_prefix="loopback-grpc")
        options = [
            ("grpc.max_receive_message_length", LARGEST_MESSAGE),
            ("grpc.max_send_message_length", LARGEST_MESSAGE),
            # Two services on one port would share its clients.
            ("grpc.so_reuseport", 0),
        ]
        self._server = grpc.server(self._pool, options=options)
        sdk_pb2_grpc.add_SDKServicer_to_server(_Servicer(service), self._server)
        try:
            self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        except RuntimeError as error:
            raise OSError(f"port {port} of 127.0.0.1 is taken: choose another one") from error
        self._server.start()
        self._stopped: Any = None

    def drop(self) -> None:
        """Stop listening and cut every call, without waiting for the threads that serve them."""
        self._stopped = self._server.stop(None)

    def join(self) -> None:
        """After :meth:`drop`: wait for all threads."""
        self._stopped.wait()
        self._pool.shutdown()


class _Servicer(sdk_pb2_grpc.SDKServicer):
    def __init__(self, service: DynexService) -> None:
        self._service = service

    def CreateJob(self, request_iterator: Iterator[Any], context: Any) -> Any:
        """Takes a job's options and data."""
        self._check_key(context)
        requests = list(request_iterator)
        fault = self._service.next_problem()
        mode = fault.mode if fault else ""
        if mode == "unauthorised":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "invalid API key")
        if mode == "forbidden":
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "this account has no access to the backend")
        if mode == "server_error":
            context.abort(grpc.StatusCode.INTERNAL, "internal error")
        if mode == "hung":
            self._service.sit_out()
        if mode in ("hung", "refused"):
            context.abort(grpc.StatusCode.UNAVAILABLE, "the connection was dropped")
        data = next((one.job_data for one in requests if one.HasField("job_data")), None)
        options = next((one.init.opts for one in requests if one.HasField("init")), None)
        if data is None or options is None or not data.num_vars:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a job needs its options and the data of its problem")
        job = _job(options, data, fault)
        self._service.submit(job)
        return sdk_pb2.CreateJobReply(job_id=job.id)

    def SubscribeJob(self, request: Any, context: Any) -> Iterator[Any]:
        """Streams a job's events from a sequence number on, until the client has finished or cancelled it."""
        self._check_key(context)
        job = self._service.job(request.job_id)
        if job is None:
            return
        context.add_callback(self._service.wake)
        known = request.from_seq
        if job.mode == "broken" and not known:
            event = progress(50.0)
            event.job_id, event.seq = job.id, 1
            yield event
        if job.mode == "broken":
            context.abort(grpc.StatusCode.UNAVAILABLE, "the connection was lost")
        while (event := self._service.wait_for_event(job, known, context.is_active)) is not None:
            yield event
            known += 1

    def CancelJob(self, request: Any, context: Any) -> Any:
        """Ends a job."""
        self._check_key(context)
        self._service.finish(request.job_id)
        return sdk_pb2.CancelJobReply(job_id=request.job_id)

    def FinishJob(self, request: Any, context: Any) -> Any:
        """Ends a job whose answer the client has."""
        self._check_key(context)
        self._service.finish(request.job_id)
        return sdk_pb2.FinishJobReply(job_id=request.job_id)

    def UpdateJob(self, request: Any, context: Any) -> Any:
        """A sign of life from the client."""
        self._check_key(context)
        return sdk_pb2.UpdateJobReply(job_id=request.job_id)

    def _check_key(self, context: Any) -> None:
        sent = dict(context.invocation_metadata()).get("authorization")
        if sent != f"Bearer {self._service.key}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "invalid API key")


def error(code: str, message: str) -> Any:
    """The event of a job that failed."""
    return sdk_pb2.JobEvent(type=sdk_pb2.JobEvent.ERROR, error=sdk_pb2.ErrorInfo(code=code, message=message))


def status(state: str, reason: str) -> Any:
    """The event of a job that changed its state."""
    return sdk_pb2.JobEvent(type=sdk_pb2.JobEvent.JOB_STATUS, status=sdk_pb2.JobStatus(state=state, reason=reason))


def progress(percent: float) -> Any:
    """The event of a job that goes on."""
    return sdk_pb2.JobEvent(type=sdk_pb2.JobEvent.PROGRESS, progress=sdk_pb2.Progress(percent=percent))


def solution(job: Job, shot: int, bits: np.ndarray, energies: np.ndarray) -> Any:
    """The event with the states of one shot.

    Args:
        job: Whose answer it is.
        shot: Its number.
        bits: bool (rows, n); the first goes into a byte's lowest bit.
        energies: (rows,).
    """
    batch = sampleset_batch_pb2.SampleSetBatch(
        num_variables=bits.shape[1],
        packed_voltages=np.packbits(bits, axis=1, bitorder="little").tobytes(),
        energies=energies.tolist(),
    ).SerializeToString()
    packed = zstandard.ZstdCompressor().compress(batch)
    if job.mode == "garbage":
        packed = bytes(reversed(packed))
    envelope = solution_envelope_pb2.SolutionEnvelope(
        job_id=job.id,
        kind="inline",
        data=base64.b64encode(packed).decode(),
        compression="zstd",
        name=f"{job.id}.{shot}",
        size=len(batch),
        compressed_size=len(packed),
        valid=True,
        format="sampleset-batch-v1",
        chunk_index=0,
        chunk_count=1,
        first_solution_index=0,
        total_solutions=len(bits),
    )
    return sdk_pb2.JobEvent(type=sdk_pb2.JobEvent.SOLUTION_NEW, envelope=envelope)


def _job(options: Any, data: Any, fault: Fault | None) -> Job:
    """A client's problem over bits: the diagonal holds linear coefficients."""
    rows, columns, values = (np.array(part) for part in (data.row, data.col, data.val))
    linear = np.zeros(data.num_vars)
    own = rows == columns
    np.add.at(linear, rows[own], values[own])
    reads, on_qpu = max(options.num_reads, 1), options.compute_backend == sdk_pb2.COMPUTE_BACKEND_DYNEX_QPU_APOLLO
    return Job(
        linear=linear,
        edges=np.stack([rows[~own], columns[~own]], axis=1).astype(np.int64),
        quadratic=values[~own],
        offset=data.offset,
        reads=reads,
        # A QPU returns every read, and knows no shots.
        rank=reads if on_qpu else max(options.rank, 1),
        shots=1 if on_qpu else max(options.shots, 1),
        fault=fault,
    )
