"""What D-Wave's cloud client raises, in our kinds of failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from boltzmann.samplers.cloud.client import Failure


@contextmanager
def library_failures(*others: type[Exception]) -> Iterator[None]:
    """What the library raises, as a :class:`Failure`; ``others`` are rejections."""
    from dwave.cloud.exceptions import CanceledFutureError, PollingTimeout
    from requests.exceptions import RequestException

    try:
        yield
    except (CanceledFutureError, PollingTimeout, RequestException, *others) as error:
        raise Failure(_kind(error), _words(error)) from error


def _kind(error: Exception) -> str:
    from dwave.cloud import exceptions as cloud
    from dwave.cloud.api import exceptions as api
    from requests import exceptions as http

    number = getattr(error, "error_code", None)
    code = number if isinstance(number, int) else 0
    if _unconnected(error):
        return "refused"
    if isinstance(error, api.ResourceAuthenticationError) or code == 401:
        return "bad_key"
    if isinstance(error, api.ResourceAccessForbiddenError) or code == 403:
        return "forbidden"
    if isinstance(error, cloud.SolverOfflineError) or "offline" in str(error).lower():
        return "offline"
    if isinstance(error, api.ResourceNotFoundError) or code == 404:
        return "no_solver"
    if isinstance(error, api.RequestTimeout | cloud.PollingTimeout):
        return "deadline"
    if isinstance(error, cloud.CanceledFutureError):
        return "cancelled"
    if isinstance(error, api.ResourceBadResponseError | http.InvalidJSONError):
        return "garbage"
    if isinstance(error, api.InternalServerError | api.ResourceLimitsExceededError) or code == 429 or code >= 500:
        return "server"
    if isinstance(error, http.RequestException) and not isinstance(error, api.RequestError):
        return "refused"
    # A problem that the solver failed, a parameter or a coupler that it does not know.
    return "rejected"


def _words(error: Exception) -> str:
    from dwave.cloud.exceptions import CanceledFutureError, PollingTimeout

    if isinstance(error, CanceledFutureError):
        return "the problem ended as cancelled"
    if isinstance(error, PollingTimeout):
        return "no answer within the time allowed"
    # The library calls a port that nobody listens on a time-out.
    return str(_unconnected(error) or error) or type(error).__name__


def _unconnected(error: BaseException | None) -> BaseException | None:
    """That which kept a connection from being made, among an error and its causes."""
    from urllib3.exceptions import ConnectTimeoutError, SSLError

    while error is not None and not isinstance(error, ConnectTimeoutError | SSLError):
        error = error.__cause__ or error.__context__
    return error
