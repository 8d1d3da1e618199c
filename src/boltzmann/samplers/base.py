"""The contract that every sampler keeps.

A sampler draws spin strings from ``p(s) ~ exp(-E(s))``, ``E(s) = sum_i h_i s_i + sum_(i,j) J_ij s_i s_j``, with s in
{-1, +1}.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any

import torch

from boltzmann.graphs import Graph
from boltzmann.samplers.errors import SamplerError as SamplerError
from boltzmann.samplers.sparse import sparse_rows

DENSE = 1 / 3
"""Share of couplings that are not 0 from which a dense product is quicker: of a machine's two layers it is about a half."""


@dataclass(frozen=True)
class IsingModel:
    """A Hamiltonian on a graph, in units of the temperature; or several, each read following one of them.

    Args:
        graph: The graph whose nodes and edges order the coefficients.
        linear: h, float32 of shape (n,), or (laws, n).
        quadratic: J, float32 of shape (m,), one for each row of ``graph.edges``, or (laws, m).
        kinds: int64 of shape (reads,), the number of each read's law (its class, say), where there are several.
    """

    graph: Graph
    linear: torch.Tensor
    quadratic: torch.Tensor
    kinds: torch.Tensor | None = None

    def __post_init__(self) -> None:
        n, m = len(self.graph.nodes), len(self.graph.edges)
        got = tuple(self.linear.shape), tuple(self.quadratic.shape)
        laws = {shape[0] for shape in got if len(shape) == 2}
        if (got[0][-1:], got[1][-1:]) != ((n,), (m,)) or max(map(len, got)) > 2 or len(laws) > 1:
            raise ValueError(
                f"the graph needs linear of shape ({n},) or (laws, {n}) and quadratic of ({m},) or (laws, {m}), got {got}"
            )
        if bool(laws) != (self.kinds is not None):
            raise ValueError("several laws need the number of each read's, kinds; one law has none")

    @property
    def n(self) -> int:
        """Number of spins."""
        return len(self.graph.nodes)

    @property
    def reads(self) -> int | None:
        """How many reads the kinds are for; None where all follow one law."""
        return None if self.kinds is None else len(self.kinds)

    def first(self, reads: int) -> IsingModel:
        """The model of the first ``reads`` reads."""
        return self if self.kinds is None else replace(self, kinds=self.kinds[:reads])

    def law(self, read: int = 0) -> tuple[IsingModel, torch.Tensor | None]:
        """The law of one read, and the numbers of the reads that follow it: None where all do."""
        if self.kinds is None:
            return self, None
        kind = self.kinds[read]
        return self._of_kind(kind), torch.nonzero(self.kinds == kind).flatten()

    def _of_kind(self, kind: torch.Tensor) -> IsingModel:
        own = (part[kind] if part.ndim == 2 else part for part in (self.linear, self.quadratic))
        return IsingModel(self.graph, *own)

    @torch.no_grad()
    def energy(self, spins: torch.Tensor) -> torch.Tensor:
        """E(s) of ``spins`` (reads, n): float64 of shape (reads,), without gradients."""
        if self.kinds is not None:
            return self._by_law(spins, spins.new_empty(len(spins), dtype=torch.float64), IsingModel.energy)
        columns = spins.T.double()
        # The rows of graph.edges are sorted: the upper triangle in compressed rows.
        ends = torch.from_numpy(self.graph.edges).to(spins.device)
        return (columns * self._products(ends, self.quadratic, columns)).sum(0)

    @torch.no_grad()
    def local_fields(self, spins: torch.Tensor) -> torch.Tensor:
        """f_i = h_i + sum_j J_ij s_j of ``spins`` (reads, n): float64 of the same shape. A spin of 0 adds nothing."""
        if self.kinds is not None:
            return self._by_law(spins, spins.new_empty(spins.shape, dtype=torch.float64), IsingModel.local_fields)
        ends = torch.from_numpy(self.graph.edges).to(spins.device)
        both = torch.cat([ends, ends.flip(1)])
        order = torch.argsort(both[:, 0], stable=True)
        return self._products(both[order], self.quadratic.repeat(2)[order], spins.T.double()).T

    def _by_law(
        self, spins: torch.Tensor, out: torch.Tensor, compute: Callable[[IsingModel, torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        assert self.kinds is not None
        for kind in self.kinds.unique():
            alike = self.kinds == kind
            out[alike] = compute(self._of_kind(kind), spins[alike])
        return out

    def _products(self, ends: torch.Tensor, values: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        starts = torch.bincount(ends[:, 0], minlength=self.n).cumsum(0)
        starts = torch.cat([starts.new_zeros(1), starts])
        couplings = sparse_rows(starts, ends[:, 1].contiguous(), values.double(), self.n)
        if len(ends) > DENSE * self.n**2:
            couplings = couplings.to_dense()
        return couplings @ columns + self.linear.double()[:, None]


@dataclass(frozen=True)
class Samples:
    """What a sampler returns.

    Args:
        spins: int8 of shape (reads, n), each -1 or +1, columns in the order of ``graph.nodes``.
        energies: float64 of shape (reads,), recomputed from the model asked for, never taken from a service.
        seconds: Wall time of the call.
        info: The sampler's own report, JSON values only ("effective_inverse_temperature", "prefactor", "clipped", ...).
    """

    spins: torch.Tensor
    energies: torch.Tensor
    seconds: float
    info: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Capabilities:
    """What a sampler can do, in terms that a page can show and a trainer can ask for.

    ``lacks`` says in sentences which settings other annealers here have and it has not; "" where there is nothing to say.
    """

    title: str
    description: str
    clamping: bool = True
    reproducible: bool = True
    temperature_known: bool = True
    max_nodes: int | None = None
    linear_range: tuple[float, float] | None = None
    quadratic_range: tuple[float, float] | None = None
    cost: str = "free"
    lacks: str = ""


class Sampler(ABC):
    """Draws spin strings from an :class:`IsingModel`.

    A sampler may keep state between calls (persistent chains, a running temperature estimate, its random numbers);
    :meth:`state` and :meth:`restore` carry all of it, so that a resumed run repeats bit for bit.
    """

    capabilities: Capabilities

    @abstractmethod
    def sample(self, model: IsingModel, num_reads: int, clamp: torch.Tensor | None = None) -> Samples:
        """Draw ``num_reads`` spin strings.

        Args:
            model: The Hamiltonian, at unit temperature.
            num_reads: Number of strings.
            clamp: int8 of shape (n,) or (num_reads, n): -1 or +1 holds that spin, 0 leaves it free.

        Raises:
            ValueError: for arguments that do not fit.
            SamplerError: when the sampler cannot answer.
        """

    def subgraph(self, n: int, seed: int) -> Graph | None:  # noqa: ARG002 - what the others need
        """The graph of ``n`` nodes that the hardware at hand offers a new run; None where any graph will do."""
        return None

    def calibrate(self, model: IsingModel) -> None:  # noqa: B027 - most samplers have nothing to find out
        """Find out, before a single drawing, what a training run learns over its steps: the sampler's temperature."""

    def close(self) -> None:  # noqa: B027 - most hold nothing open
        """End what is held open, such as the client of a service; a later call opens it anew."""

    def state(self) -> dict[str, torch.Tensor]:
        """All that a later call depends on, as tensors by name."""
        return {}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a :meth:`state`.

        Raises:
            ValueError: when the state is not one of this sampler's.
        """
        try:
            self._restore(state)
        except KeyError as missing:
            raise ValueError(
                f"{type(self).__name__} cannot go on from a state without {missing}: "
                "give it all that state() of such a sampler returned"
            ) from missing

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        """Take over the tensors of a :meth:`state`; a KeyError says which one is missing."""
        if state:
            raise ValueError(f"{type(self).__name__} keeps no state, but was given {', '.join(state)}")


def check_model(model: IsingModel, num_reads: int) -> None:
    """Raises ValueError unless the model is finite and ``num_reads`` a whole number of at least 1, as many as it is for."""
    if not isinstance(num_reads, Integral) or num_reads < 1:
        raise ValueError(f"num_reads is {num_reads!r}; it must be a whole number of at least 1")
    if not bool(torch.isfinite(model.linear).all() & torch.isfinite(model.quadratic).all()):
        raise ValueError("the model has coefficients that are no finite numbers: its training has diverged")
    if model.reads not in (None, num_reads):
        raise ValueError(f"the model has laws for {model.reads} reads, but {num_reads} were asked for")


def check_clamp(clamp: torch.Tensor | None, num_reads: int, n: int) -> torch.Tensor | None:
    """``clamp`` as int8 of shape (num_reads, n), or None when nothing is held.

    Raises:
        ValueError: for a wrong shape or a value that is not -1, 0 or +1.
    """
    if clamp is None:
        return None
    if tuple(clamp.shape) not in ((n,), (num_reads, n)):
        raise ValueError(f"clamp has shape {tuple(clamp.shape)}; it takes ({n},) or ({num_reads}, {n})")
    if not bool(torch.isin(clamp, torch.tensor([-1, 0, 1], device=clamp.device, dtype=clamp.dtype)).all()):
        raise ValueError("clamp holds values other than -1, 0 (free) and +1")
    return clamp.to(torch.int8).expand(num_reads, n)
