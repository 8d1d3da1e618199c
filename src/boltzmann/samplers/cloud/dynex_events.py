"""The stream of a Dynex job's events, with what its client library overlooks told as the errors that it heeds."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

LOST_CONNECTIONS = 3
"""So often the stream of one job may break; the library itself would subscribe again until the deadline."""


class JobEvents:
    """What the library's ``subscribe_job_events`` returns, watched.

    The library takes no notice when the service cancels a job, none when the connection is lost again and again, and its
    own limit starts anew with every sign of progress.

    Args:
        api: The library's ``DynexAPI`` of one job.
        call: The running call, an iterable of ``JobEvent``.

    Attributes:
        end: When the present job must be over, on the monotonic clock.
        present: The library's ``DynexAPI`` and the id of the present job; None: there is none.
    """

    end = math.inf
    present: tuple[Any, str] | None = None

    def __init__(self, api: Any, call: Any) -> None:
        self._api, self._call = api, call

    @staticmethod
    def watch(api_class: Any) -> None:
        """Let every stream of ``api_class`` be one of these."""
        subscribe = api_class.subscribe_job_events

        def watched(api: Any, job_id: str, *arguments: Any) -> JobEvents:
            JobEvents.present = api, job_id
            return JobEvents(api, subscribe(api, job_id, *arguments))

        api_class.subscribe_job_events = watched

    def cancel(self) -> None:
        """As the library does when a job is over."""
        self._call.cancel()

    def __iter__(self) -> Iterator[Any]:
        import grpc

        messages = import_module("dynex.proto.sdk_pb2")
        try:
            for event in self._call:
                yield event
                if event.type == messages.JobEvent.JOB_STATUS and event.status.state.lower().startswith("cancel"):
                    yield _error(messages, f"the service cancelled the job. {event.status.reason}".strip(), event.seq)
                elif event.type == messages.JobEvent.PROGRESS and time.monotonic() > JobEvents.end:
                    yield _error(messages, "timeout waiting for a job that goes on", event.seq)
        except grpc.RpcError as lost:
            if lost.code() != grpc.StatusCode.CANCELLED:
                self._api.lost = getattr(self._api, "lost", 0) + 1
                if self._api.lost == LOST_CONNECTIONS:
                    yield _error(messages, f"the connection was lost {LOST_CONNECTIONS} times. {lost.details()}", 0)
            raise


def _error(messages: Any, message: str, seq: int) -> Any:
    return messages.JobEvent(seq=seq, type=messages.JobEvent.ERROR, error=messages.ErrorInfo(message=message))
