"""Who may talk to the server, how much, and what the browser may do with its pages."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, jsonify, request

from boltzmann.tables import MEGABYTES

LOCAL = ("localhost", "127.0.0.1", "::1")
FORWARDED = ".app.github.dev"
"""Codespaces serve the port under a name that ends so."""

MAX_BODY = MEGABYTES * 1_000_000 * 4 // 3 + 2**20
"""Bytes of a request: the largest table, which arrives as base64, and what goes along."""
UPDATE = "/_dash-update-component"


def protect(server: Flask, host: str, inline_scripts: Iterable[str], debug: bool = False) -> None:
    """Check every request's host, origin, size and shape, and set the headers of every response.

    Args:
        server: The Flask server.
        host: The address that the app listens on, allowed as a host name as well.
        inline_scripts: CSP sources of the inline scripts ("'sha256-...'").
        debug: Dash's development tools evaluate strings; only they may.
    """
    allowed = {*LOCAL, host.lower().strip("[]")}
    policy = _policy(inline_scripts, debug)
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @server.before_request
    def check() -> Response | tuple[Response, int] | None:
        name = _name(f"//{request.host}")
        if not (name in allowed or name.endswith(FORWARDED)):
            abort(
                403,
                f"This app does not answer to the host {name[:80]!r}. Open it as 127.0.0.1, or start it with --host.",
            )
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD", "OPTIONS") and origin is not None and not _same_origin(origin, name):
            abort(403, "This request came from another site, so it was refused. Open the app in its own tab.")
        if request.path == UPDATE and request.method == "POST":
            wrong = malformed(request.get_json(silent=True))
            if wrong:
                return jsonify(error=wrong), 400
        return None

    @server.after_request
    def add_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Content-Security-Policy"] = policy
        return response


def hash_source(script: str) -> str:
    """The CSP source that allows this inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def malformed(body: Any) -> str | None:
    """What is wrong with the body of a callback's request, or None."""
    if not isinstance(body, dict):
        return "the body is no JSON object: send what the page sends"
    if not isinstance(body.get("output"), str):
        return "output is missing or not text"
    for key in ("inputs", "state"):
        groups = body.get(key, [] if key == "state" else None)
        if not isinstance(groups, list):
            return f"{key} is missing or not a list"
        for group in groups:
            for item in group if isinstance(group, list) else [group]:
                if not (
                    isinstance(item, dict)
                    and isinstance(item.get("property"), str)
                    and isinstance(item.get("id"), str | dict)
                ):
                    return f"an entry of {key} has no id or no property"
    changed = body.get("changedPropIds", [])
    if not (isinstance(changed, list) and all(isinstance(item, str) and "." in item for item in changed)):
        return "changedPropIds is not a list of ID.PROPERTY"
    if not isinstance(body.get("outputs"), list | dict):
        return "outputs is missing or neither a list nor an object"
    return None


def _same_origin(origin: str, host_name: str) -> bool:
    try:
        if urlsplit(origin).netloc.lower() == request.host.lower():
            return True
    except ValueError:
        return False
    # Codespaces rewrite Origin to localhost, but not Host.
    return host_name.endswith(FORWARDED) and _name(origin) in LOCAL


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _policy(inline_scripts: Iterable[str], debug: bool) -> str:
    scripts = "'unsafe-inline' 'unsafe-eval'" if debug else " ".join(inline_scripts)
    return (
        f"default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'self' https://*.github.dev"
    )
