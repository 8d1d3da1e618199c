"""No secret leaves the process: not in an event, a log, an error or a download."""

from __future__ import annotations

import math
import os
from typing import Any

SECRET_WORDS = ("TOKEN", "KEY", "SECRET", "PASSWORD")
SHORTEST_SECRET = 4  # shorter values are switches ("1", "yes"); replacing them would garble ordinary text

_hidden: dict[str, str] = {}


def hide(name: str, value: str) -> None:
    """Treat ``value`` as a secret called ``name`` from now on: one that was read from a file, not the environment."""
    _hidden[name] = value


def hidden() -> dict[str, str]:
    """What :func:`hide` was told, by name."""
    return dict(_hidden)


def redact(text: str) -> str:
    """``text`` with the value of every environment variable that may hold a secret replaced by the variable's name."""
    for name, value in _secrets():
        text = text.replace(value, f"[{name}]")
    return text


def presentable(value: Any) -> Any:
    """JSON values fit to be written: secrets redacted, numbers that are not finite None."""
    return _presentable(value, _secrets())


def _secrets() -> list[tuple[str, str]]:
    found = [
        (name, value)
        for name, value in (*os.environ.items(), *_hidden.items())
        if len(value) >= SHORTEST_SECRET and any(word in name.upper() for word in SECRET_WORDS)
    ]
    return sorted(found, key=lambda item: -len(item[1]))  # one secret may be part of another


def _presentable(value: Any, secrets: list[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for name, secret in secrets:
            value = value.replace(secret, f"[{name}]")
        return value
    if isinstance(value, dict):
        return {_presentable(str(key), secrets): _presentable(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_presentable(item, secrets) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
