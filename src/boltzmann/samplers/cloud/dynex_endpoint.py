"""Where Dynex is asked, and with which key: what the environment says, and what must not be done with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from boltzmann.redaction import hide
from boltzmann.samplers.cloud.client import Failure

KEY, ENDPOINT = "DYNEX_SDK_KEY", "DYNEX_GRPC_ENDPOINT"
DEFAULT_ENDPOINT = "127.0.0.1:9090"
SIMULATED_KEY = "loopback-"
"""How the keys of our simulated service begin: its protocol has no word for what it is."""
THIS_MACHINE = ("localhost", "127.0.0.1", "::1", "[::1]")


@dataclass(frozen=True)
class Access:
    """Where Dynex is asked, with which key.

    Args:
        key: The secret.
        endpoint: As the library takes it, without secrets.
        here: Whether it is this machine.
        chosen: Whether the environment names it; otherwise it is the library's default.
    """

    key: str
    endpoint: str
    here: bool
    chosen: bool

    @property
    def simulated(self) -> bool:
        """Whether it is our simulated service: this machine alone does not tell, which may pass on what it is asked."""
        return self.here and self.key.startswith(SIMULATED_KEY)

    @classmethod
    def find(cls) -> Access:
        """From the environment, as the library reads it: all hosts but this machine's are spoken to by TLS, unless a
        scheme other than https stands before them.

        Raises:
            Failure: no key, or an endpoint that a key must not be sent to.
        """
        key = os.environ.get(KEY, "").strip()
        if not key:
            raise Failure("no_key", f"{KEY} is not set")
        hide(KEY, key)
        named = os.environ.get(ENDPOINT, "").strip()
        endpoint = named or DEFAULT_ENDPOINT
        if "@" in endpoint:
            raise Failure("refused", f"{ENDPOINT} holds a name before '@'; write host:port alone, the key is {KEY}")
        scheme, host = _scheme_and_host(endpoint)
        here = host in THIS_MACHINE
        if scheme not in ("", "https") and not here:
            raise Failure(
                "refused",
                f"{ENDPOINT} is {endpoint}, a connection without encryption, and the key is not sent over one; "
                "write host:port without a scheme",
            )
        return cls(key, endpoint, here, bool(named))


def _scheme_and_host(endpoint: str) -> tuple[str, str]:
    if "://" not in endpoint:
        return "", endpoint.rpartition(":")[0]
    try:
        parts = urlsplit(endpoint)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        raise Failure("refused", f"{ENDPOINT} is {endpoint}, which is no host:port") from None
