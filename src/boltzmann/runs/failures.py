"""What went wrong, in words for a person: a title, the cause, how to mend it; and never a secret."""

from __future__ import annotations

import errno
import traceback

from boltzmann.redaction import redact


def explain(error: BaseException, deed: str) -> dict[str, str]:
    """``title``, ``cause`` and ``mend`` of ``error``, which ended ``deed`` ("Training", "Drawing"); a service's failure has
    its ``kind``, too."""
    # Redacted before it is changed or cut: half a secret would not be known.
    message = " ".join(redact(str(error)).split()) or type(error).__name__
    # Names, not classes: their modules import torch, which the web process never does.
    names = {cls.__name__ for cls in type(error).__mro__}
    again = {
        "Training": "then press Resume",
        "Measuring": "then measure again",
        "Fitting the decays": "then fit again",
    }.get(deed, "then draw again")
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
        title, mend = str(getattr(error, "title", "")), str(getattr(error, "mend", ""))
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
    kind = getattr(error, "kind", None)
    known = {"kind": kind} if isinstance(kind, str) else {}
    return {"title": title, "cause": message[:600], "mend": mend, **known}


def full_report(error: BaseException) -> str:
    """The whole traceback, for ``error.log``."""
    return redact("".join(traceback.format_exception(error)))
