import pytest
import torch
from dwave.plugins.torch.models import GraphRestrictedBoltzmannMachine

from boltzmann.config import ExactConfig, ModelConfig
from boltzmann.graphs import subgraph
from boltzmann.models.dvae import prior as make_prior
from boltzmann.samplers import create
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import log_partition
from boltzmann.training.losses import NegativeLogLikelihood, mean_squared_error, mean_statistics, squared_mmd


def spins(count, n, seed, bias=0.0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(count, n, generator=generator) < 0.5 + bias).float() * 2 - 1


@pytest.fixture
def graph():
    return subgraph("zephyr", 12, size=2, seed=0)


def test_mean_squared_error_averages_replicas_and_pixels():
    images = torch.zeros(2, 4, 4)
    reconstructions = torch.stack([torch.zeros(2, 4, 4), torch.ones(2, 4, 4)], dim=1)
    assert mean_squared_error(images, reconstructions).item() == 0.5


def test_mmd_is_gretton_s_unbiased_estimate():
    x, y, kernels = spins(5, 8, 0), spins(7, 8, 1), 2
    both = torch.cat([x, y])
    scale = sum((a - b).square().sum() for a in both for b in both) / (12 * 11)

    def kernel(a, b, w):
        return torch.exp(-(a - b).square().sum() / (2.0**w * scale))

    expected = 0.0
    for w in (-2, -1):
        mean = sum(kernel(both[i], both[j], w) for i in range(12) for j in range(12) if i != j) / (12 * 11)
        xx = sum(kernel(x[i], x[j], w) for i in range(5) for j in range(5) if i != j) / 20
        yy = sum(kernel(y[i], y[j], w) for i in range(7) for j in range(7) if i != j) / 42
        xy = sum(kernel(a, b, w) for a in x for b in y) / 35
        expected += (xx + yy - 2 * xy) / mean / kernels
    assert squared_mmd(x, y, kernels).item() == pytest.approx(float(expected), abs=1e-4)


def test_mmd_is_zero_on_average_for_equal_laws_and_positive_for_others():
    same = torch.tensor([squared_mmd(spins(64, 32, s), spins(64, 32, s + 500)).item() for s in range(60)])
    # Five standard errors of the mean of 60 estimates.
    assert abs(same.mean()) < 5 * same.std() / 60**0.5
    other = torch.tensor([squared_mmd(spins(64, 32, s), spins(64, 32, s + 500, bias=0.2)).item() for s in range(10)])
    assert other.min() > same.mean() + 5 * same.std()


def test_mmd_pulls_the_first_set_towards_the_second():
    x = spins(64, 16, 0).requires_grad_()
    squared_mmd(x, torch.ones(64, 16)).backward()
    assert x.grad is not None
    assert (x.grad.mean(0) < 0).all()  # descent raises every spin


def test_nll_gradient_is_the_plugin_s_and_stays_with_the_prior(graph):
    torch.manual_seed(0)
    prior = make_prior(graph, ModelConfig(n_latents=16, coupling_scale=1.0))
    encoded, sampled = spins(40, 12, 1).requires_grad_(), spins(30, 12, 2)
    loss, _ = NegativeLogLikelihood(prior, 0.0)(encoded, sampled)
    loss.backward()
    assert encoded.grad is None
    ours = [p.grad.clone() * prior.n_nodes for p in prior.parameters() if p.grad is not None]
    prior.zero_grad()
    prior.quasi_objective(encoded.detach(), sampled).backward()
    for mine, theirs in zip(ours, prior.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs.grad)


def test_mean_statistics_give_the_mean_energy(graph):
    prior = make_prior(graph, ModelConfig(n_latents=16, coupling_scale=1.0))
    samples = spins(25, 12, 3)
    torch.testing.assert_close(mean_statistics(prior, samples) @ prior.theta, prior(samples).mean())


def test_log_partition_follows_the_exact_one_while_the_prior_learns(graph):
    """Tolerance: 0.02 nats per spin after 150 steps with 512 exact samples each, over a change of more than 0.15."""
    torch.manual_seed(1)
    prior: GraphRestrictedBoltzmannMachine = make_prior(graph, ModelConfig(n_latents=16, coupling_scale=0.1))
    sampler = create(ExactConfig(), seed=0)
    base = spins(400, 4, 4)
    data = torch.cat([base, base, -base], dim=1)  # strongly correlated strings
    start = IsingModel(graph, prior.linear.detach(), prior.quadratic.detach())
    nll = NegativeLogLikelihood(prior, float(log_partition(start)))
    optimiser = torch.optim.Adam(prior.parameters(), lr=0.01)
    values = []
    for _ in range(150):
        model = IsingModel(graph, prior.linear.detach(), prior.quadratic.detach())
        loss, value = nll(data, sampler.sample(model, 512).spins.float())
        values.append(value)
        exact = float(log_partition(model))
        assert value == pytest.approx((prior(data).mean().item() + exact) / 12, abs=0.02)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert values[-1] < values[0] - 0.15


def test_nll_goes_on_from_its_state(graph):
    prior = make_prior(graph, ModelConfig(n_latents=16))
    nll = NegativeLogLikelihood(prior, 8.0)
    nll(spins(8, 12, 0), spins(8, 12, 1))
    again = NegativeLogLikelihood(prior, 0.0)
    again.restore(nll.state())
    with torch.no_grad():
        prior.quadratic.add_(0.01)
    assert nll(spins(8, 12, 2), spins(8, 12, 3))[1] == again(spins(8, 12, 2), spins(8, 12, 3))[1]
