"""The samples of the simulated services against exact laws."""

import numpy as np
import pytest
import torch

from boltzmann.graphs import subgraph
from boltzmann.loopback.sampling import boltzmann_samples
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import probabilities

READS = 32768


@pytest.mark.parametrize("kind", ["glass", "biased ferromagnet", "Gaussian"])
def test_twelve_strongly_coupled_spins_are_drawn_from_their_law(kind, excess):
    graph, rng = subgraph("zephyr", 12), np.random.default_rng(3)
    j = rng.uniform(0.5, 1, len(graph.edges)) * rng.choice([-1, 1], len(graph.edges))
    h = np.zeros(12)
    if kind == "biased ferromagnet":
        # Two deep valleys of different weight: plain anneals miss their ratio by a quarter.
        j, h = -abs(j), 0.3 * rng.standard_normal(12)
    if kind == "Gaussian":
        j, h = rng.standard_normal(len(j)), rng.standard_normal(12)
    exact = probabilities(IsingModel(graph, torch.tensor(h).float(), torch.tensor(j).float()))
    # Edges come in any order and direction, and beta is no part of the coefficients.
    mixed = rng.permutation(len(j))
    spins = boltzmann_samples(h / 2, graph.edges[mixed, ::-1], j[mixed] / 2, beta=2.0, reads=READS, seed=1)
    assert spins.shape == (READS, 12)
    assert abs(excess(spins, exact)) < 0.006


def test_a_long_ring_without_fields_has_the_correlations_of_the_transfer_matrix():
    n, beta, j = 200, 1.5, 0.4
    edges = np.stack([np.arange(n), np.roll(np.arange(n), -1)], axis=1)
    spins = boltzmann_samples(np.zeros(n), edges, np.full(n, j), beta, 2000, seed=2).astype(float)
    # The ring's closing adds tanh to the power n - 1, which is nothing; 400,000 products have an error below 0.002.
    assert abs((spins[:, edges[:, 0]] * spins[:, edges[:, 1]]).mean() + np.tanh(beta * j)) < 0.008


def test_the_same_seed_draws_the_same_and_spins_without_couplings_are_free():
    none = np.zeros((0, 2), np.int64)
    first, again, other = (boltzmann_samples(np.array([0.5]), none, np.zeros(0), 1.0, 4000, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    # Four standard errors.
    assert abs(first.mean() + np.tanh(0.5)) < 0.056
