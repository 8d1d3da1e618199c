"""The command line: the same abilities as the page, without a browser."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from boltzmann.cli.common import UsageError
from boltzmann.cli.parser import make_parser
from boltzmann.config import ConfigError
from boltzmann.runs.files import StoreError
from boltzmann.runs.store import RunStore
from boltzmann.settings import PATIENT_THREADS, Settings

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0 done, 1 failed, 2 not understood, 130 stopped by Ctrl-C."""
    flags = make_parser().parse_args(arguments)
    # Threads that spin while they wait slow a shared machine down; read when torch is loaded.
    for name, value in PATIENT_THREADS.items():
        os.environ.setdefault(name, value)
    settings = Settings.find(flags.data, flags.runs)
    try:
        return flags.command(flags, settings, RunStore(settings.runs))
    except (UsageError, ConfigError, StoreError, OSError) as error:
        print(f"boltzmann: {error}", file=sys.stderr)
        return 2
