"""What samples are held against: a prior, its true edge correlations, and the error that independent samples have."""

from __future__ import annotations

from dataclasses import dataclass

import dimod
import numpy as np
import torch
from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine
from dwave.samplers import TreeDecompositionSampler

from boltzmann.graphs import subgraph
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Chains, Layout, chains
from boltzmann.samplers.tempering import SWEEPS_PER_ROUND

READS = 256
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Truth:
    """The edge correlations <s_i s_j> of a model with m edges.

    Args:
        correlations: float32 (m,).
        draws: (batches,) errors of batches of READS independent samples, where there are any to judge by.
        uncertainty: Root mean square over edges of the standard error of ``correlations``; 0 where they are exact.
        disagreement: Of two separate determinations, in units of what their standard errors lead one to expect; NaN where
            there is only one.
    """

    correlations: torch.Tensor
    draws: np.ndarray
    uncertainty: float = 0.0
    disagreement: float = float("nan")

    @property
    def floor(self) -> float:
        """Root mean square error that READS independent samples have: of each edge the variance is (1 - c^2) / READS."""
        return float(((1 - self.correlations**2) / READS).mean().sqrt())


def prior(n: int, scale: float, seed: int) -> IsingModel:
    """The weights that dwave-pytorch-plugin itself starts from on a Zephyr graph, times ``scale``.

    They are Gaussian of standard deviation 2.5 / (d_i d_j)^(1/4), d being the degrees; there are no fields.
    """
    graph = subgraph("zephyr", n)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        machine = GraphRestrictedBoltzmannMachine(range(n), graph.edges.tolist())
    return IsingModel(graph, machine.linear.detach(), scale * machine.quadratic.detach())


def products(model: IsingModel, spins: torch.Tensor) -> torch.Tensor:
    """s_i s_j along the edges: float32 (reads, m)."""
    first, second = torch.from_numpy(model.graph.edges).T
    return (spins[:, first] * spins[:, second]).float()


def error(model: IsingModel, spins: torch.Tensor, correlations: torch.Tensor) -> float:
    """Root mean square over edges of what the mean over ``spins`` (reads, n) is off by."""
    return float((products(model, spins).mean(0) - correlations).square().mean().sqrt())


def enumerated(model: IsingModel, batches: int, seed: int) -> Truth:
    """Exact marginals and exact samples by dynamic programming over a tree decomposition, for up to 50 nodes or so."""
    linear, quadratic = model.linear.double().numpy(), model.quadratic.double().numpy()
    problem = dimod.BinaryQuadraticModel.from_numpy_vectors(linear, (*model.graph.edges.T, quadratic), 0.0, dimod.SPIN)
    answer = TreeDecompositionSampler().sample(problem, num_reads=READS * batches, beta=1.0, marginals=True, seed=seed)
    # Both keys of an edge stand for the same pair, and a product does not ask which spin comes first.
    pairs = {
        frozenset(map(int, edge)): sum(a * b * probability for (a, b), probability in table.items())
        for edge, table in answer.info["interaction_marginals"].items()
    }
    exact = torch.tensor([pairs[frozenset(edge)] for edge in model.graph.edges.tolist()]).float()
    columns = [answer.variables.index(i) for i in range(model.n)]
    spins = torch.from_numpy(answer.record.sample[:, columns])
    # A permutation: the sampler may return its reads in any order.
    spins = spins[torch.randperm(len(spins), generator=torch.Generator().manual_seed(seed))]
    return Truth(exact, np.array([error(model, batch, exact) for batch in spins.split(READS)]))


def long_runs(model: IsingModel, ladder: np.ndarray, sweeps: int, seed: int) -> Truth:
    """Two long tempering runs that share nothing: other seeds, another number of levels, another spacing.

    A read of one run is judged by the other run, so that it is not compared with itself.
    """
    other = np.geomspace(0.1, 1, max(2, len(ladder) - 6))
    runs = [_long_run(model, levels, sweeps, seed + i) for i, levels in enumerate((ladder, other))]
    (a, error_a, snapshots_a), (b, error_b, snapshots_b) = runs
    expected = (error_a.square() + error_b.square()).mean().sqrt()
    draws = [error(model, spins, b) for spins in snapshots_a] + [error(model, spins, a) for spins in snapshots_b]
    return Truth((a + b) / 2, np.array(draws), float(expected) / 2, float((a - b).square().mean().sqrt() / expected))


def _long_run(
    model: IsingModel, ladder: np.ndarray, sweeps: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    """Correlations, their standard errors over independent systems, and snapshots of READS independent systems."""
    every, replicas = 100, fresh(model, seed, ladder)
    numbers = iter(range(1000 * seed + 1, 1000 * seed + 1000))
    # A sixth of the time to settle.
    replicas.run(next(numbers), [1.0] * SWEEPS_PER_ROUND, sweeps // (6 * SWEEPS_PER_ROUND))
    total, snapshots = torch.zeros(READS, len(model.quadratic)), []
    count = 5 * sweeps // (6 * every)
    for _ in range(count):
        replicas.run(next(numbers), [1.0] * SWEEPS_PER_ROUND, every // SWEEPS_PER_ROUND)
        snapshots.append(replicas.spins())
        total += products(model, snapshots[-1]) / count
    return total.mean(0), total.std(0) / READS**0.5, snapshots


def fresh(model: IsingModel, seed: int, ladder: np.ndarray | None = None) -> Chains:
    """READS systems of random spins, plain chains without a ladder."""
    made = chains(Layout(model.graph), READS, CPU, (1.0,) if ladder is None else ladder.tolist())
    made.load(model.linear, model.quadratic)
    made.run(seed, [0.0])
    return made
