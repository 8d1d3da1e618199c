"""The judge of a comparison, on laws whose moments are known exactly."""

import math

import pytest
import torch

from boltzmann.config import ExactConfig
from boltzmann.evaluation.equilibrium import BINS_PER_DEVIATION, FARTHEST_BIN, Equilibrium, edge_correlations
from boltzmann.graphs import subgraph
from boltzmann.samplers.base import IsingModel, Samples
from boltzmann.samplers.exact import ExactSampler, all_energies, probabilities, spins_of

LAWS, READS = 4, 4000


@pytest.fixture(scope="module")
def laws():
    """Four laws of twelve spins; ``laws(reads)`` is their model with the reads in turn."""
    graph = subgraph("zephyr", 12)
    generator = torch.Generator().manual_seed(0)
    linear = 0.4 * torch.randn(LAWS, graph.n, generator=generator)
    quadratic = 0.4 * torch.randn(LAWS, len(graph.edges), generator=generator)
    return lambda reads: IsingModel(graph, linear, quadratic, kinds=torch.arange(reads) % LAWS)


@pytest.fixture(scope="module")
def exact(laws):
    """Correlations (laws, m) and mean energies (laws,), by enumeration."""
    correlations, energies = [], []
    for read in range(LAWS):
        law, _ = laws(LAWS).law(read)
        spins = spins_of(torch.arange(2**law.n), law.n).double()
        weights = probabilities(law)
        ends = torch.from_numpy(law.graph.edges)
        correlations.append((weights[:, None] * spins[:, ends[:, 0]] * spins[:, ends[:, 1]]).sum(0))
        energies.append((weights * all_energies(law)).sum())
    return torch.stack(correlations), torch.stack(energies)


def independent(model, reads, seed) -> Samples:
    return ExactSampler(ExactConfig(), seed).sample(model, reads)


@pytest.fixture(scope="module")
def truth(laws):
    return Equilibrium.of(laws(READS), independent(laws(READS), READS, seed=1))


def rms(values) -> float:
    return math.sqrt(float(torch.as_tensor(values, dtype=torch.float64).square().mean()))


def test_correlations_are_of_each_law_apart(laws):
    spins = independent(laws(200), 200, seed=2).spins
    found = edge_correlations(laws(200), spins)
    for law in range(LAWS):
        part = spins[law::LAWS].double()
        for edge, (i, j) in enumerate(laws(200).graph.edges):
            assert found[law, edge] == pytest.approx(float((part[:, i] * part[:, j]).mean()), abs=1e-6)
    single, _ = laws(200).law(1)
    assert torch.equal(edge_correlations(single, spins[1::LAWS])[0], found[1])


def test_the_references_own_error_is_what_its_halves_say(laws, exact, truth):
    """Estimated and true error of 4,000 reads, and that of independent reads, agree within a quarter: 4 x 40 edges."""
    expected = math.sqrt(float((1 - exact[0].square()).mean()) / (READS / LAWS))
    assert truth.error == pytest.approx(expected, rel=0.25)
    assert rms(truth.correlations - exact[0]) == pytest.approx(expected, rel=0.25)
    assert (truth.energies - exact[1]).abs().max() < 5 * truth.variances.sqrt().max()


@pytest.mark.parametrize("reads", [64, 1000])
def test_independent_reads_lie_at_the_floor(laws, truth, reads):
    """Root mean square over twenty batches, within 15%."""
    model = laws(reads)
    errors = [truth.edge_error(model, independent(model, reads, seed).spins) for seed in range(100, 120)]
    assert rms(errors) == pytest.approx(truth.edge_floor(model, reads), rel=0.15)


@pytest.mark.parametrize("reads", [64, 1000])
def test_most_batches_of_independent_reads_lie_below_the_spread(laws, truth, reads):
    """95 in 100, give or take what 200 batches and the bootstrap's own hundred allow: 90% to 99%."""
    model, whole = laws(reads), independent(laws(READS), READS, seed=1)
    bound = truth.edge_spread(model, reads, laws(READS), whole.spins)
    below = [truth.edge_error(model, independent(model, reads, seed).spins) < bound for seed in range(200, 400)]
    assert 0.90 <= sum(below) / len(below) <= 0.99
    assert truth.edge_floor(model, reads) < bound < 2 * truth.edge_floor(model, reads)


def test_reads_of_the_wrong_law_are_found_though_the_mixture_is_right(laws, truth):
    """The same strings, their digits changed round: what all laws share is unchanged, each law's own is not."""
    spins = independent(laws(1000), 1000, seed=3).spins
    assert truth.edge_error(laws(1000), spins) < 1.3 * truth.edge_floor(laws(1000), 1000)
    assert truth.edge_error(laws(1000), spins.roll(1, 0)) > 3 * truth.edge_floor(laws(1000), 1000)


def test_energies_above_equilibrium(laws, truth):
    """Within four standard errors of what was added."""
    samples = independent(laws(1000), 1000, seed=4)
    for added in (0.0, 2.5):
        above, error = truth.above(laws(1000), samples.energies + added)
        assert 0 < error < 0.3
        assert abs(above - added) < 4 * error


def test_histograms_have_common_bins_about_the_mean(laws, truth):
    """The shift between two histograms is that of the energies, to a bin; nothing is lost beyond the last bin."""
    samples = independent(laws(1000), 1000, seed=5)
    width = truth.spread / BINS_PER_DEVIATION

    def mean(found):
        assert found["width"] == width
        assert sum(found["shares"]) == pytest.approx(1)
        return sum((found["first"] + i * width) * share for i, share in enumerate(found["shares"]))

    at, off = (truth.histogram(laws(1000), samples.energies + shift) for shift in (0.0, 10 * width))
    assert mean(at) == pytest.approx(0, abs=0.3)
    assert mean(off) - mean(at) == pytest.approx(10 * width, abs=width)
    far = truth.histogram(laws(1000), samples.energies + 1e6)
    assert (far["first"], far["shares"]) == (FARTHEST_BIN * width, [1.0])
