"""A D-Wave Solver API (SAPI) on 127.0.0.1 with one simulated chip, for the unchanged dwave-cloud-client.

Reads follow ``exp(-beta E)`` of the programmed problem, with an inverse temperature beta that only the service knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

import numpy as np

from boltzmann.loopback.anneals import Refused
from boltzmann.loopback.chip import Chip
from boltzmann.loopback.http import DroppableServer, Dropped, HTTPError
from boltzmann.loopback.problems import Problem, parse, solve
from boltzmann.loopback.sapi import ERRORS, PATH, SAPIHandler
from boltzmann.loopback.service import Service


class DWaveService(Service):
    """Listens as soon as it is made. Every problem waits its turn; one thread solves them, as one chip would.

    Args:
        topology: "zephyr", "pegasus" or "chimera".
        size: The topology's parameter; None: 12 for zephyr, 16 for the others.
        inverse_temperature: Hidden from clients; multiplies the energies of the programmed problem.
        broken_qubits, broken_couplers: Those that do not work, or their share, drawn by ``seed``.
        seed: Of all random numbers.
        coefficient_noise: Standard deviation of the error on every programmed h and J that is not inactive.
        token: The key that clients must send; None draws one.
        port: 0 takes any free one.

    Attributes:
        chip: The simulated chip.
        token: See above.

    Raises:
        ValueError: for values out of range.
        OSError: where the port is taken.
    """

    def __init__(
        self,
        topology: str = "zephyr",
        size: int | None = None,
        inverse_temperature: float = 6.0,
        broken_qubits: float | Collection[int] = 0.03,
        broken_couplers: float | Collection[tuple[int, int]] = 0.01,
        seed: int = 0,
        coefficient_noise: float = 0.0,
        token: str | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        if inverse_temperature <= 0 or coefficient_noise < 0:
            raise ValueError(
                f"inverse_temperature is {inverse_temperature}, coefficient_noise {coefficient_noise}: "
                "use more than 0 and at least 0"
            )
        self.chip = Chip(topology, size, broken_qubits, broken_couplers, seed)
        self.token = token or f"LOOP-{secrets.token_hex(20)}"
        self._beta, self._noise = inverse_temperature, coefficient_noise
        self._rng = np.random.default_rng(seed)
        self._submitted: dict[str, Problem] = {}
        self._servers: list[DroppableServer] = []
        self.start()

    @property
    def endpoint(self) -> str:
        """The URL for clients."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    @property
    def environment(self) -> dict[str, str]:
        """See :meth:`Service.environment`."""
        return {
            "DWAVE_API_ENDPOINT": self.endpoint,
            "DWAVE_API_TOKEN": self.token,
            "DWAVE_API_SOLVER": self.chip.name,
        }

    def close(self) -> None:
        """See :meth:`Service.close`."""
        super().close()
        for server in self._servers:
            server.join()

    def open_port(self) -> None:
        """See :meth:`Service.open_port`."""
        handler = type("Handler", (SAPIHandler,), {"service": self})
        self._servers.append(DroppableServer(self.port, handler))
        self.port = self._servers[-1].server_address[1]

    def shut_port(self) -> None:
        """See :meth:`Service.shut_port`."""
        self._servers[-1].drop()

    def solver(self, chosen: str) -> dict[str, Any]:
        """The solver's definition, cut down by a ``filter`` such as "none,+identity,+status"."""
        offline = self.standing() == "offline"
        whole = {
            "identity": {"name": self.chip.name, "version": {"graph_id": self.chip.graph_id}},
            "status": "OFFLINE" if offline else "ONLINE",
            "description": "A simulated quantum computer on this machine, for trying things out",
            "properties": self.chip.properties,
            "avg_load": 0.01,
        }
        first, *others = chosen.split(",")
        names = set() if first == "none" else set(whole)
        for name in others:
            names = names | {name[1:]} if name.startswith("+") else names - {name[1:]}
        return {name: value for name, value in whole.items() if name in names}

    def submit(self, job: dict[str, Any]) -> dict[str, Any]:
        """Take one problem; returns its first status, or an error in SAPI's form."""
        fault = self.next_problem()
        mode = fault.mode if fault else ""
        if mode in ERRORS:
            raise HTTPError(ERRORS[mode])
        if mode == "hung":
            self.sit_out()
        if mode in ("hung", "refused"):
            raise Dropped
        try:
            problem = parse(job, self.chip)
        except Refused as refusal:
            return {"error_code": 400, "error_msg": str(refusal)}
        problem.fault = fault
        self._submitted[problem.id] = problem
        if mode == "offline":
            problem.end("FAILED", "Solver is offline")
        else:
            self.enqueue(problem)
        return problem.message()

    def problem(self, name: str) -> Problem:
        """One that was submitted."""
        if name not in self._submitted:
            raise HTTPError(404)
        return self._submitted[name]

    def wait(self, problems: list[Problem], seconds: float) -> None:
        """Until one of them has ended, at most for so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not all(one.pending for one in problems), seconds)

    def cancel(self, names: list[str]) -> None:
        """End what has not ended yet."""
        with self._changed:
            for name in names:
                self.problem(name).end("CANCELLED")
            self._changed.notify_all()

    def solve(self, problem: Problem) -> None:
        """See :meth:`Service.solve`."""
        mode = problem.fault.mode if problem.fault else ""
        if mode == "slow" and problem.fault:
            self.sit_out(problem.fault.seconds)
        status, error, answer = "CANCELLED", None, None
        if mode != "cancelled" and problem.pending:
            try:
                status, answer = "COMPLETED", solve(problem, self.chip, self._beta, self._noise, self._rng)
            except Exception as failure:  # The client hears of it, and the next problem has its turn.
                status, error = "FAILED", f"the simulated chip failed: {failure!r}"
        with self._changed:
            problem.end(status, error, answer)
            self._changed.notify_all()
