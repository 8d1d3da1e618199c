"""What every service's adapter does around a call: budget, deadline, record and replay."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from boltzmann.config import CloudConfig
from boltzmann.graphs import Graph
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.cloud.answers import AnswerBook
from boltzmann.samplers.cloud.client import Client, Failure
from boltzmann.samplers.cloud.failures import BudgetSpent, Cancelled, CloudError
from boltzmann.samplers.programmed import ProgrammedSampler


@dataclass
class Usage:
    """What has been asked of a service: number of calls, of reads, and seconds of access time that it reported."""

    calls: int = 0
    reads: int = 0
    seconds: float = 0.0

    def cost(self, price: float | None) -> float | None:
        """At ``price`` a minute of access time."""
        return None if price is None else self.seconds / 60 * price


@dataclass(frozen=True)
class Answer:
    """One answer of a service.

    Args:
        spins: int8 (reads, n), in the order of the problem's nodes.
        seconds: Access time that the service reports.
        facts: What else belongs into the report, JSON values.
    """

    spins: np.ndarray
    seconds: float
    facts: dict[str, Any]


class CloudSampler(ProgrammedSampler):
    """Base of the adapters.

    Attributes:
        usage: Of the run so far; it travels with :meth:`state`.
        cancelled: Asked while a call is under way; True gives the call up.
    """

    title: str
    variables: str
    module: str

    def __init__(self, config: CloudConfig, prefactor: float | None, seed: int) -> None:
        super().__init__(prefactor, seed)
        self.config = config
        self.usage = Usage()
        self.cancelled: Callable[[], bool] = lambda: False
        self._client = Client(self.module)
        self._book: AnswerBook | None = None
        self._replaying = False
        # Answers to drawings that came to their end, and those of the present one: the record numbers them so, since a
        # drawing that failed half way is asked for anew.
        self._told, self._telling = 0, 0
        self._before = Usage()
        self._facts: dict[str, Any] = {}

    def record(self, book: AnswerBook) -> None:
        """Keep every answer from now on in ``book``."""
        self._book, self._replaying = book, False

    def replay(self, book: AnswerBook) -> None:
        """Answer from ``book``, never from the service; every report says so."""
        self._book, self._replaying = book, True

    def close(self) -> None:
        """See :meth:`Sampler.close`."""
        self._client.close()

    def subgraph(self, n: int, seed: int) -> Graph | None:
        """See :meth:`Sampler.subgraph`."""
        if self._replaying:
            assert self._book is not None
            return self._book.graph()
        return self._hardware_graph(n, seed)

    def calibrate(self, model: IsingModel) -> None:
        """See :meth:`ProgrammedSampler.calibrate`; the first law's alone, since each law is a call."""
        super().calibrate(model.law()[0])

    def _hardware_graph(self, n: int, seed: int) -> Graph | None:  # noqa: ARG002 - what some need
        """A graph of ``n`` nodes that the service's hardware has; None where it takes any."""
        return None

    @abstractmethod
    def _ask(self, programmed: IsingModel, num_reads: int) -> Answer:
        """One problem's answer from the service, through :meth:`_call`."""

    def _call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """A call of the client's service; what goes wrong comes as :class:`CloudError`."""
        try:
            return self._client.call(name, self.config.deadline, self.cancelled, **arguments)
        except Failure as failure:
            raise CloudError(failure.kind, self.title, str(failure), self.variables) from failure

    def _begin(self, model: IsingModel) -> None:
        self._before = Usage(**vars(self.usage))
        self._facts = {}
        self._telling = self._told
        if self._replaying:
            return
        try:
            self._client.start(self.cancelled)
        except Failure as failure:
            raise CloudError(failure.kind, self.title, str(failure), self.variables) from failure
        if self._book is not None and not self._told:
            self._book.keep_graph(model.graph)

    def _draw(self, programmed: IsingModel, num_reads: int) -> torch.Tensor:
        if self._replaying:
            answer = self._recorded(programmed.n, num_reads)
        else:
            self._check_budget()
            answer = self._ask(programmed, num_reads)
            self._check(answer.spins, programmed.n, num_reads)
        self._telling += 1
        self.usage.calls += 1
        self.usage.reads += num_reads
        self.usage.seconds += answer.seconds
        self._facts |= answer.facts
        if self._book is not None and not self._replaying:
            self._book.write(self._telling, answer.spins, {"seconds": answer.seconds, **answer.facts})
        return torch.from_numpy(answer.spins).to(programmed.linear.device)

    def _recorded(self, n: int, num_reads: int) -> Answer:
        assert self._book is not None
        spins, facts = self._book.read(self._telling + 1)
        if spins.shape != (num_reads, n):
            raise CloudError(
                "garbage",
                "the record",
                f"answer {self._telling + 1:,} holds {len(spins)} strings of {spins.shape[1]} spins, "
                f"not {num_reads} of {n}: it was recorded with other settings",
                self.variables,
            )
        return Answer(spins, float(facts.pop("seconds", 0.0)), facts)

    def _check_budget(self) -> None:
        if self.cancelled():
            raise Cancelled("the call was cancelled")
        if self.usage.calls >= self.config.max_calls:
            raise BudgetSpent(f"{self.title} was called {self.usage.calls:,} times, the limit of this run")
        if self.usage.seconds >= self.config.max_seconds:
            raise BudgetSpent(
                f"{self.usage.seconds:.1f} s of access time are used, the limit is {self.config.max_seconds:g} s"
            )

    def _check(self, spins: np.ndarray, n: int, num_reads: int) -> None:
        if spins.ndim != 2 or spins.shape[1] != n or not np.isin(spins, (-1, 1)).all():
            raise CloudError(
                "garbage", self.title, f"an answer of shape {spins.shape} is none of {n} spins", self.variables
            )
        if len(spins) != num_reads:
            raise CloudError(
                "half", self.title, f"{len(spins)} samples came, {num_reads} were asked for", self.variables
            )

    def _info(self) -> dict[str, Any]:
        self._told = self._telling
        cost = self.usage.cost(self.config.price)
        return {
            **self._facts,
            "calls": self.usage.calls - self._before.calls,
            "qpu_seconds": self.usage.seconds - self._before.seconds,
            "total_calls": self.usage.calls,
            "total_reads": self.usage.reads,
            "total_qpu_seconds": self.usage.seconds,
            "total_cost": cost,
            "replay": self._replaying,
        }

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        usage = torch.tensor([self.usage.calls, self.usage.reads, self.usage.seconds], dtype=torch.float64)
        return {"usage": usage, "answers": torch.tensor(self._told), **super().state()}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        calls, reads, seconds = state["usage"].tolist()
        self.usage = Usage(int(calls), int(reads), seconds)
        self._told = int(state["answers"])
        super()._restore(state)
