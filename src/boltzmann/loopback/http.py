"""A threaded HTTP server whose connections can all be dropped at once and whose threads all end."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HTTPError(Exception):
    """An answer that is only a status.

    Attributes:
        status: HTTP's number for it.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Dropped(Exception):
    """No answer at all: the connection is to be cut."""


class DroppableServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and serves in a thread of its own as soon as it is made.

    Args:
        port: 0 for any free one.
        handler: Serves each connection.
    """

    daemon_threads = False

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self._connections: set[socket.socket] = set()
        self._serving = threading.Thread(target=self.serve_forever, args=(0.05,), name="loopback-http")
        self._serving.start()

    def drop(self) -> None:
        """Stop listening and cut every connection, without waiting for the threads that serve them."""
        self.shutdown()
        socketserver.TCPServer.server_close(self)
        for connection in list(self._connections):
            cut(connection)

    def join(self) -> None:
        """After :meth:`drop`: wait for all threads."""
        self.server_close()
        self._serving.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def cut(connection: socket.socket) -> None:
    """End a connection in both directions; whoever waits on it wakes up."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
