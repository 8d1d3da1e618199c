"""``boltzmann loopback``: a simulated service on this machine, for trying the cloud samplers without an account."""

from __future__ import annotations

import argparse
import shlex
import signal
import threading
from typing import TYPE_CHECKING

from boltzmann.cli.common import UsageError, answer, progress
from boltzmann.loopback.faults import Fault
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from boltzmann.loopback.service import Service

NAMES = {"dwave": "D-Wave", "dynex": "Dynex"}


def loopback(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:  # noqa: ARG001 - one signature
    """Start a simulated D-Wave or Dynex service on this machine and say how to use it; Ctrl-C ends it."""
    if flags.after and not flags.fault:
        raise UsageError("--after says when a fault begins: name it with --fault")
    try:
        fault = Fault(flags.fault, after=flags.after) if flags.fault else None
        service = _start(flags)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with service:
        # Set here: a process started in the background of a script has Ctrl-C ignored from the beginning.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        service.fault = fault
        facts = {"service": flags.service, "simulated": True, "environment": service.environment}
        answer(flags, facts, lambda: _show(flags.service, service.environment))
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            progress(f"stopped after {service.problems} problems")
    return 130


def _start(flags: argparse.Namespace) -> Service:
    given = {"inverse_temperature": flags.inverse_temperature, "topology": flags.topology, "size": flags.size}
    chosen = {name: value for name, value in given.items() if value is not None}
    if flags.service == "dwave":
        from boltzmann.loopback.dwave import DWaveService

        return DWaveService(port=flags.port, seed=flags.seed, **chosen)
    if "topology" in chosen or "size" in chosen:
        raise UsageError("--topology and --size describe D-Wave's chip; Dynex takes any graph: leave them out")
    from boltzmann.loopback.dynex import DynexService

    return DynexService(port=flags.port, seed=flags.seed, **chosen)


def _show(name: str, environment: dict[str, str]) -> None:
    # Lines that a shell can read as they are.
    print(f"# A simulated {NAMES[name]} service on this machine: no quantum computer, no account, no cost.")
    print("# Where the app or a command is to use it, first enter:")
    for variable, value in environment.items():
        print(f"export {variable}={shlex.quote(value)}")
    print("# It runs until you press Ctrl-C here.", flush=True)
