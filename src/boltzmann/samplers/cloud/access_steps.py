"""The words about access to the services: the states, and what a person does, with the lines to copy."""

from __future__ import annotations

from typing import NamedTuple

STATES = {
    "ready": "ready",
    "simulated_service": "simulated service on this machine",
    "needs_access": "needs access",
    "unreachable": "cannot be reached",
}
"""What the states of :func:`boltzmann.samplers.cloud.access.look` are called."""


class Step(NamedTuple):
    """One thing to do.

    Args:
        words: What, in a sentence or two.
        lines: To be copied into a file or a terminal; "" where there is nothing to copy.
        link: An address that the words speak of, or "".
    """

    words: str
    lines: str = ""
    link: str = ""


STEPS: dict[str, tuple[Step, ...]] = {
    "dwave": (
        Step(
            "Sign up for D-Wave's Leap and copy the API token from its dashboard.",
            link="https://cloud.dwavesys.com/leap",
        ),
        Step(
            "Put it into a file named .env beside app.py, or into a Codespaces secret of that name, and start the app anew.",
            "DWAVE_API_TOKEN=your-token",
        ),
        Step(
            "Or let D-Wave's own tool write dwave.conf: it opens a browser. Where there is none, as in a Codespace, take "
            "--oob in place of --auth. Then press Look again.",
            "dwave setup --auth",
        ),
    ),
    "dynex": (
        Step("Get an SDK key from Dynex, and the address of the service that it is for.", link="https://dynex.co"),
        Step(
            "Put both into a file named .env beside app.py, or into Codespaces secrets of these names, and start the app "
            "anew. Without an endpoint, Dynex's client looks for a service on this machine.",
            "DYNEX_SDK_KEY=your-key\nDYNEX_GRPC_ENDPOINT=host:port",
        ),
    ),
}

NOTES = {
    "dwave": "Leap is closed in some countries: sign-up ends with “Access Restricted”, before any token exists. The "
    "simulated QPU needs no account, and trains the same models.",
    "dynex": "Without a key, the simulated QPU trains the same models.",
}

TRY = {
    name: Step(
        "Or try it without an account: this starts a simulated service on this machine, and prints what to enter before the "
        "app is started anew.",
        f"boltzmann loopback {name}",
    )
    for name in STEPS
}
