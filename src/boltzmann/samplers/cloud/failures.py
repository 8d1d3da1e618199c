"""What can go wrong between us and a service, and how a person mends it."""

from __future__ import annotations

from boltzmann.samplers.errors import SamplerError

GO_ON = "Or go on with the simulated QPU from the same step."

WORDS = {
    "no_key": (
        "There is no key for {service}",
        "Set {variables} in the environment or in a file .env beside app.py, and start the app anew.",
    ),
    "bad_key": (
        "{service} refuses the key",
        "Look whether {variables} holds the present key: a new one makes the old one invalid.",
    ),
    "forbidden": (
        "{service} gives this account no access",
        "Look at the account's plan and projects. Some services are closed in some countries, before any key exists.",
    ),
    "no_solver": (
        "{service} has no such solver",
        "Choose one of the solvers on the Samplers page, or leave the solver empty.",
    ),
    "offline": ("The solver of {service} is offline", "Wait until it is back, or choose another solver."),
    "refused": ("{service} cannot be reached", "Look at the network, and at the endpoint in use."),
    "deadline": ("{service} did not answer in time", "Try again later, or allow a longer deadline."),
    "loading": ("The client of {service} takes too long to start", "Try again: the machine is busy."),
    "half": ("{service} answered with fewer samples than asked", "Try again; ask for fewer reads if it happens again."),
    "garbage": ("The answer of {service} cannot be read", "Try again; if it happens again, the service has changed."),
    "cancelled": ("{service} cancelled the problem", "Try again: someone or something ended it on the service's side."),
    "server": ("{service} has trouble of its own", "Wait a while and try again."),
    "rejected": ("{service} does not take this problem", "Change the setting that the message names."),
    "died": ("The client of {service} ended unexpectedly", "Try again. The file error.log says more."),
}
"""Title and mend by kind of failure."""


class CloudError(SamplerError):
    """A service could not answer.

    Args:
        kind: A key of :data:`WORDS`.
        service: Its name for people.
        cause: What it said, without secrets.
        variables: Names of the environment variables that give access.
    """

    def __init__(self, kind: str, service: str, cause: str, variables: str) -> None:
        title, mend = (words.format(service=service, variables=variables) for words in WORDS[kind])
        super().__init__(cause, title=title, mend=f"{mend} {GO_ON}")
        self.kind = kind


class BudgetSpent(SamplerError):
    """A run's limit is reached; it stops at a checkpoint."""

    kind = "budget"

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            title="The budget is spent",
            mend=f"Allow as much again, or resume it from the command line with a higher limit. {GO_ON}",
        )


class Cancelled(SamplerError):
    """The caller no longer waits for the answer."""
