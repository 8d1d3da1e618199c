"""What every service's adapter does around a call: budget, deadline, record and replay."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    def add(self, answer: Answer) -> None:
        """Count one answer: as many calls as problems were sent for it, none where it was given here."""
        self.calls += 0 if "answered_here" in answer.facts else answer.facts.get("submissions", 1)
        self.reads += len(answer.spins)
        self.seconds += answer.seconds

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
        self._replaying, self._keeping = False, False
        # Answers to drawings that came to their end, and those of the present one: the record numbers them so, since a
        # drawing that failed half way is asked for anew.
        self._told, self._telling = 0, 0
        self._before = Usage()
        self._answers: list[Answer] = []

    def record(self, book: AnswerBook, answers: bool = True) -> None:
        """Keep in ``book`` what is asked for from now on, and go on from what it says was asked for before.

        Args:
            book: Of this run and service.
            answers: Whether to keep the answers, too. One that it has, to the same problem at the same place of the run, is
                not asked for again.
        """
        self._book, self._replaying, self._keeping = book, False, answers
        self._take_up(book.usage())

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
        with self._explained():
            return self._client.call(name, self.config.deadline, self.cancelled, **arguments)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Failure as failure:
            raise CloudError(failure.kind, self.title, str(failure), self.variables) from failure

    def _begin(self, model: IsingModel) -> None:
        self._before = Usage(**vars(self.usage))
        self._answers = []
        self._telling = self._told
        if self._replaying:
            return
        with self._explained():
            self._client.start(self.cancelled)
        if self._book is not None and self._keeping and not self._told:
            self._book.keep_graph(model.graph)

    def _draw(self, programmed: IsingModel, num_reads: int) -> torch.Tensor:
        number = self._telling + 1
        if self._replaying:
            answer = self._recorded(number, programmed.n, num_reads)
            self.usage.add(answer)
        else:
            answer = self._bought(number, programmed, num_reads)
        self._telling = number
        self._answers.append(answer)
        return torch.from_numpy(answer.spins).to(programmed.linear.device)

    def _bought(self, number: int, programmed: IsingModel, num_reads: int) -> Answer:
        mark = _mark(programmed, num_reads)
        answer = self._known(number, mark)
        if answer is None:
            self._check_budget()
            answer = self._ask(programmed, num_reads)
            self._check(answer.spins, programmed.n, num_reads)
            self._count(answer, number, mark)
        return answer

    def _count(self, answer: Answer, number: int, mark: str) -> None:
        self.usage.add(answer)
        if self._book is None:
            return
        if self._keeping:
            self._book.write(number, answer.spins, {"seconds": answer.seconds, "problem": mark, **answer.facts})
        self._book.keep_usage(self._as_dict())

    def _known(self, number: int, mark: str) -> Answer | None:
        """The answer to this very problem, paid for by a drawing that was broken off."""
        if self._book is None or not self._keeping or not self._book.has(number):
            return None
        spins, facts = self._book.read(number)
        return Answer(spins, facts.pop("seconds"), facts) if facts.pop("problem", None) == mark else None

    def _recorded(self, number: int, n: int, num_reads: int) -> Answer:
        assert self._book is not None
        spins, facts = self._book.read(number)
        if spins.shape != (num_reads, n):
            raise CloudError(
                "garbage",
                "the record",
                f"answer {number:,} holds {len(spins)} strings of {spins.shape[1]} spins, not {num_reads} of {n}: it was "
                "recorded with other settings",
                self.variables,
            )
        facts.pop("problem", None)
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
        if self._book is not None and not self._replaying:
            self._book.keep_usage(self._as_dict())
        return {
            **_merged(self._answers),
            "calls": self.usage.calls - self._before.calls,
            "qpu_seconds": self.usage.seconds - self._before.seconds,
            "total_calls": self.usage.calls,
            "total_reads": self.usage.reads,
            "total_qpu_seconds": self.usage.seconds,
            "total_cost": self.usage.cost(self.config.price),
            "replay": self._replaying,
        }

    def state(self) -> dict[str, torch.Tensor]:
        """See :meth:`Sampler.state`."""
        usage = {name: torch.tensor(value, dtype=torch.float64) for name, value in self._as_dict().items()}
        return {**usage, **super().state()}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        self._take_up({name: float(state[name]) for name in self._as_dict()})
        if self._book is not None and not self._replaying:
            # What was paid for after the checkpoint stays paid for; its answers are found again by their numbers.
            told = self._told
            self._take_up(self._book.usage())
            self._told = told
        super()._restore(state)

    def _as_dict(self) -> dict[str, float]:
        return {**vars(self.usage), "told": self._told}

    def _take_up(self, counts: dict[str, float]) -> None:
        if counts:
            self.usage = Usage(int(counts["calls"]), int(counts["reads"]), counts["seconds"])
            self._told = int(counts["told"])


def _mark(programmed: IsingModel, num_reads: int) -> str:
    """Tells one problem from another."""
    parts = (programmed.graph.nodes, programmed.graph.edges, programmed.linear.cpu(), programmed.quadratic.cpu())
    digest = hashlib.blake2b(str(num_reads).encode(), digest_size=16)
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _merged(answers: list[Answer]) -> dict[str, Any]:
    """The facts of all answers of a drawing: problems sent are added, broken chains averaged, of the rest the last."""
    facts: dict[str, Any] = {}
    for answer in answers:
        facts |= answer.facts
    if any("submissions" in answer.facts for answer in answers):
        facts["submissions"] = sum(answer.facts.get("submissions", 0) for answer in answers)
    broken = [answer for answer in answers if answer.facts.get("chain_break_fraction") is not None]
    if broken:
        shares = [answer.facts["chain_break_fraction"] for answer in broken]
        facts["chain_break_fraction"] = float(np.average(shares, weights=[len(answer.spins) for answer in broken]))
    return facts
