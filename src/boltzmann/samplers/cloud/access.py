"""Whether a sampler can be used from here: what gives access, what answers, which chip it has.

A value that may be secret is never read out: what is set is named, and where it is set.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

from boltzmann.config import CLOUD_SAMPLERS, ModelConfig, validate_sampler
from boltzmann.redaction import hide, presentable
from boltzmann.samplers.chip_facts import chip_facts
from boltzmann.settings import ROOT

if TYPE_CHECKING:
    from boltzmann.samplers.cloud.client import Client

READY, SIMULATED, NEEDS_ACCESS, UNREACHABLE = "ready", "simulated_service", "needs_access", "unreachable"
LACKS_ACCESS = ("no_key", "bad_key", "forbidden")
"""Kinds of failure that only the account's owner can mend."""
START_SECONDS = 30.0
"""What a client's process may take to start on a busy machine, before the deadline of the question itself."""
VARIABLES = {
    "dwave": ("DWAVE_API_TOKEN", "DWAVE_API_ENDPOINT", "DWAVE_API_REGION", "DWAVE_API_SOLVER", "DWAVE_PROFILE"),
    "dynex": ("DYNEX_SDK_KEY", "DYNEX_GRPC_ENDPOINT"),
}


def look(name: str, deadline: float = 5.0) -> dict[str, Any]:
    """What there is to say about the sampler ``name``, JSON values only. Nothing here costs access time.

    Args:
        name: Of a registered sampler.
        deadline: Seconds that a service may take to answer, the start of its client not counted.

    Returns:
        ``state`` ("ready", "simulated_service", "needs_access", "unreachable"), ``available``, ``why`` and ``mend`` in words,
        ``given`` (what is set, as ``name`` and ``where``), ``endpoint``, ``simulated_service`` (whether it shows itself to
        be one), ``on_this_machine`` (whether the endpoint is), ``solvers`` (``name``, ``topology``, working ``qubits`` and
        ``couplers``, load of the ``queue``), and ``chip`` as :func:`~boltzmann.samplers.chip_facts.chip_facts` tells it,
        or None.
    """
    report: dict[str, Any] = {
        "state": READY,
        "why": "Runs on this machine, without an account.",
        "mend": "",
        "given": [],
        "endpoint": None,
        "simulated_service": False,
        "on_this_machine": False,
        "solvers": [],
        "chip": None,
    }
    if name == "simulated_qpu":
        fields = ModelConfig.model_fields
        report["chip"] = chip_facts("", fields["topology"].default, fields["topology_size"].default)
    if name in CLOUD_SAMPLERS:
        report["given"] = given(name)
        _look_at_service(name, deadline, report)
    return presentable({"available": report["state"] in (READY, SIMULATED), **report})


def given(name: str) -> list[dict[str, str]]:
    """The variables and files that give access to the service ``name``: their names and where they are, never a value."""
    filed = dotenv_values(ROOT / ".env") if (ROOT / ".env").is_file() else {}
    found = [
        {"name": variable, "where": ".env" if filed.get(variable) == os.environ[variable] else "environment"}
        for variable in VARIABLES[name]
        if os.environ.get(variable)
    ]
    files = _dwave_files() if name == "dwave" else []
    return found + [{"name": Path(file).name, "where": str(Path(file).parent)} for file in files]


def shown(endpoint: str | None) -> str | None:
    """An endpoint without what may be secret in it: what stands before an @, and after a question mark."""
    if not endpoint:
        return None
    scheme, mark, rest = endpoint.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def _look_at_service(name: str, deadline: float, report: dict[str, Any]) -> None:
    # Here, since these load torch, which the page must not.
    from boltzmann.samplers import create
    from boltzmann.samplers.cloud.client import Client, Failure
    from boltzmann.samplers.cloud.failures import WORDS

    adapter: Any = create(validate_sampler({"name": name}), 0)
    client = Client(adapter.module)
    try:
        {"dwave": _ask_dwave, "dynex": _ask_dynex}[name](client, deadline, report)
    except Failure as failure:
        title, mend = (text.format(service=adapter.title, variables=adapter.variables) for text in WORDS[failure.kind])
        report["state"] = NEEDS_ACCESS if failure.kind in LACKS_ACCESS else UNREACHABLE
        report["why"], report["mend"] = f"{title}: {str(failure).rstrip('.')}.", mend
    else:
        if report["simulated_service"]:
            report["state"] = SIMULATED
    finally:
        client.close()


def _ask_dwave(client: Client, deadline: float, report: dict[str, Any]) -> None:
    from boltzmann.samplers.cloud.client import Failure
    from boltzmann.samplers.cloud.dwave_service import THIS_MACHINE

    settings = _dwave_settings()
    report["endpoint"] = shown(settings.get("endpoint"))
    if not settings.get("token"):
        raise Failure("no_key", "neither the environment nor a file dwave.conf holds a token")
    hide("DWAVE_API_TOKEN", settings["token"])
    listed: Any = client.call("solvers", START_SECONDS + deadline, lambda: False)
    if not listed:
        raise Failure("offline", "the account has no QPU that is online")
    report |= {
        "endpoint": shown(listed[0]["endpoint"]),
        "simulated_service": all(facts["simulated"] for facts in listed),
        "on_this_machine": urlsplit(listed[0]["endpoint"]).hostname in THIS_MACHINE,
    }
    report["solvers"] = [_solver(facts) for facts in listed]
    wanted = str(settings.get("solver") or "")
    # What begins with a brace is a search, which the client understands.
    named = [facts for facts in listed if facts["solver"] == wanted] if wanted and wanted[0] != "{" else listed
    if not named:
        raise Failure("no_solver", f"DWAVE_API_SOLVER or dwave.conf asks for {wanted}, which is not online here")
    count = "One solver is" if len(listed) == 1 else f"{len(listed)} solvers are"
    report["why"] = f"{count} online; a run takes {'this one' if wanted else 'that with the shortest queue'}."
    report["chip"] = _chip(named[0])


def _ask_dynex(client: Client, deadline: float, report: dict[str, Any]) -> None:  # noqa: ARG001 - one signature
    # Its client has no question but a job, which may be charged: only the endpoint is tried, and no key is sent.
    from boltzmann.samplers.cloud.client import Failure
    from boltzmann.samplers.cloud.dynex_service import ENDPOINT, Access

    access = Access.find()
    report |= {
        "endpoint": shown(access.endpoint),
        "simulated_service": access.simulated,
        "on_this_machine": access.here,
    }
    try:
        parts = urlsplit(f"//{access.endpoint.rpartition('://')[2]}")
        socket.create_connection((parts.hostname or "", parts.port or 0), deadline).close()
    except ValueError as error:
        raise Failure("refused", f"{ENDPOINT} is {shown(access.endpoint)}; it must be host:port") from error
    except OSError as error:
        unset = "" if access.chosen else f"{ENDPOINT} is not set, so Dynex's client looks on this machine; "
        raise Failure(
            "refused", f"{unset}nothing answers at {report['endpoint']} ({error.strerror or error})"
        ) from error
    report["why"] = "A service listens at the endpoint. Whether it takes the key, the first sampling tells."


def _solver(facts: dict[str, Any]) -> dict[str, Any]:
    topology, size = _lattice(facts)
    return {
        "name": facts["solver"],
        "topology": f"{topology.capitalize()}({size})" if size else topology.capitalize(),
        "qubits": len(facts["qubits"]),
        "couplers": len(facts["couplers"]),
        "queue": facts["avg_load"],
    }


def _chip(facts: dict[str, Any]) -> dict[str, Any] | None:
    # A lattice that we cannot draw is no reason against its use.
    with suppress(ValueError):
        return chip_facts(facts["solver"], *_lattice(facts), facts["qubits"], facts["couplers"])
    return None


def _lattice(facts: dict[str, Any]) -> tuple[str, int]:
    """Topology and size parameter as :func:`boltzmann.graphs.topology` takes them; size 0 where it has no such lattice."""
    found = facts["topology"]
    kind, shape = found["type"], found["shape"]
    rest = {"zephyr": [4], "pegasus": [], "chimera": [shape[0], 4]}
    return kind, shape[0] if shape[1:] == rest.get(kind) else 0


def _dwave_files() -> list[str]:
    from dwave.cloud.config import get_configfile_paths

    named = os.environ.get("DWAVE_CONFIG_FILE")
    # Not the current folder's: the client works in a folder of its own.
    return [named] if named else get_configfile_paths(local=False)


def _dwave_settings() -> dict[str, Any]:
    """As the client reads them: files, then the environment."""
    from dwave.cloud.config import load_config
    from dwave.cloud.config.exceptions import ConfigFileError

    from boltzmann.samplers.cloud.client import Failure

    files: Any = _dwave_files() or False
    try:
        return dict(load_config(config_file=files))
    except (ConfigFileError, ValueError) as error:
        raise Failure("no_key", str(error)) from error
