"""The requests of D-Wave's Solver API, version 3, as dwave-cloud-client sends them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from boltzmann.loopback.http import Dropped, HTTPError, cut

if TYPE_CHECKING:
    from boltzmann.loopback.dwave import DWaveService

PATH = "/sapi/v2/"
ERRORS = {"unauthorised": 401, "forbidden": 403, "server_error": 500}
"""The status that answers a request in these fault modes."""
LONGEST_WAIT = 30.0
MESSAGES = {
    400: "Bad request",
    401: "Invalid token or access denied",
    403: "Access to this solver is forbidden",
    404: "Not found",
    500: "Internal server error",
}


class SAPIHandler(BaseHTTPRequestHandler):
    """One connection; a subclass names its service."""

    service: DWaveService
    protocol_version = "HTTP/1.1"
    # Answers are small: each goes out at once.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Solvers, states and answers."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """New problems."""
        self._answer(self._post)

    def do_DELETE(self) -> None:
        """Problems to cancel."""
        self._answer(self._delete)

    def _answer(self, method: Callable[[list[str], dict[str, str], bytes], None]) -> None:
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "deflate":
                body = zlib.decompress(body)
            url = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            if self.headers.get("X-Auth-Token") != self.service.token:
                raise HTTPError(401)
            if not url.path.startswith(PATH):
                raise HTTPError(404)
            method(url.path.removeprefix(PATH).strip("/").split("/"), query, body)
        except Dropped:
            self._drop()
        except HTTPError as error:
            self._send(error.status, "error", {"error_code": error.status, "error_msg": MESSAGES[error.status]})
        except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
            self._send(400, "error", {"error_code": 400, "error_msg": f"{MESSAGES[400]}: {error!r}"})

    def _get(self, path: list[str], query: dict[str, str], _body: bytes) -> None:
        if path[:2] == ["solvers", "remote"]:
            self._get_solvers(path[2:], query.get("filter", "all"))
        elif path == ["problems"]:
            problems = [self.service.problem(name) for name in query["id"].split(",")]
            self.service.wait(problems, min(float(query.get("timeout", 0)), LONGEST_WAIT))
            self._send(200, "problems", [problem.message() for problem in problems])
        elif path[0] == "problems" and len(path) == 2:
            self._get_answer(path[1])
        else:
            raise HTTPError(404)

    def _get_solvers(self, named: list[str], chosen: str) -> None:
        mode = self.service.standing()
        if mode in ERRORS:
            raise HTTPError(ERRORS[mode])
        if mode == "hung":
            self.service.sit_out()
            raise Dropped
        solver = self.service.solver(chosen)
        if not named:
            self._send(200, "solver-definition-list", [solver])
        elif named[0].split(";")[0] == self.service.chip.name:
            self._send(200, "solver-definition", solver)
        else:
            raise HTTPError(404)

    def _get_answer(self, name: str) -> None:
        problem = self.service.problem(name)
        mode = problem.fault.mode if problem.fault else ""
        content = json.dumps(problem.message(with_answer=True)).encode()
        if mode == "garbage":
            content = bytes(reversed(content))
        self._send_bytes(200, "problem", content, cut_short=mode == "broken")

    def _post(self, path: list[str], _query: dict[str, str], body: bytes) -> None:
        if path != ["problems"]:
            raise HTTPError(404)
        self._send(200, "problems", [self.service.submit(job) for job in json.loads(body)])

    def _delete(self, path: list[str], _query: dict[str, str], body: bytes) -> None:
        names = [path[1]] if len(path) == 2 else json.loads(body)
        if path[0] != "problems":
            raise HTTPError(404)
        self.service.cancel(names)
        self._send(200, "problems", [self.service.problem(name).message() for name in names])

    def _send(self, status: int, kind: str, content: Any) -> None:
        self._send_bytes(status, kind, json.dumps(content).encode())

    def _send_bytes(self, status: int, kind: str, content: bytes, cut_short: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"application/vnd.dwave.sapi.{kind}+json; version=3.0.0")
        self.send_header("Content-Length", str(len(content)))
        # A service that may be started anew on the same port must not be remembered.
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut_short else content)
        if cut_short:
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        cut(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the service counts problems, it does not chatter."""
