"""What went wrong, in words for a person: a title, the cause, how to mend it; and never a secret."""

from __future__ import annotations

import errno
import math
import os
import traceback
from typing import Any

SECRET_WORDS = ("TOKEN", "KEY", "SECRET", "PASSWORD")
SHORTEST_SECRET = 4  # shorter values are switches ("1", "yes"); replacing them would garble ordinary text


def explain(error: BaseException, deed: str) -> dict[str, str]:
    """``title``, ``cause`` and ``mend`` of ``error``, which ended ``deed`` ("Training", "Drawing")."""
    message = " ".join(str(error).split()) or type(error).__name__
    # Names, not classes: their modules import torch, which the web process never does.
    names = {cls.__name__ for cls in type(error).__mro__}
    again = "then press Resume" if deed == "Training" else "then draw again"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        title, mend = "The disk is full", f"Free some space (delete old runs, for example), {again}."
    elif isinstance(error, PermissionError):
        title, mend = (
            "A file may not be written or read",
            f"Give the app access to it or choose another folder, {again}.",
        )
    elif isinstance(error, MemoryError) or "out of memory" in message or "can't allocate memory" in message:
        title, mend = (
            "There is not enough memory",
            "Use a smaller batch, fewer reads or fewer latents.",
        )
    elif "SamplerError" in names:
        title, mend = "The sampler could not answer", f"Try again or choose another sampler, {again}."
    elif names & {"SafetensorError", "JSONDecodeError"} or isinstance(error, FileNotFoundError):
        title, mend = "A file is missing or damaged", "Choose another model or run, or train again."
    elif names & {"ConfigError", "StoreError"} or type(error) is ValueError:
        title, mend = "These settings cannot be used", "Change the setting that the message names."
    else:
        message = f"{type(error).__name__}: {message}"
        title, mend = (
            f"{deed} failed",
            f"The file error.log in its folder says more. Change the settings, {again}.",
        )
    return {"title": title, "cause": redact(message[:600]), "mend": mend}


def full_report(error: BaseException) -> str:
    """The whole traceback, for ``error.log``."""
    return redact("".join(traceback.format_exception(error)))


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
        for name, value in os.environ.items()
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
