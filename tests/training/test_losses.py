import pytest
import torch

from boltzmann.config import ExactConfig, ModelConfig, RunConfig
from boltzmann.graphs import subgraph
from boltzmann.models.dvae import Dvae
from boltzmann.samplers import create
from boltzmann.samplers.exact import log_partition, probabilities, spins_of
from boltzmann.training.losses import cross_entropy, entropy, mean_squared_error, squared_mmd
from boltzmann.training.nll import NegativeLogLikelihood, class_shares, mean_statistics, parameters


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


def test_mmd_of_digits_is_the_mean_of_each_digit_s_own():
    """With one kernel and sets of equal spread the scale is the same for all digits and for each."""
    x, y = spins(12, 8, 2), spins(15, 8, 3)
    one = [squared_mmd(x, y, 1, (torch.full((12,), c), torch.full((15,), c))) for c in (0, 7)]
    alone = squared_mmd(x, y, 1)
    assert [value.item() for value in one] == pytest.approx([alone.item() / 10] * 2, abs=1e-6)
    twice = (torch.arange(24) // 12, torch.arange(30) // 15)
    # Two digits with the same strings: each contributes what it does alone.
    both = squared_mmd(torch.cat([x, x]), torch.cat([y, y]), 1, twice)
    assert both.item() == pytest.approx(2 * alone.item() / 10, abs=1e-6)


def test_mmd_of_digits_does_not_compare_different_ones():
    x, y = spins(40, 16, 4), spins(40, 16, 4)
    labels = digits(40)
    shuffled = squared_mmd(x, y[torch.arange(40).roll(1)], 3, (labels, labels.roll(1)))
    torch.testing.assert_close(squared_mmd(x, y, 3, (labels, labels)), shuffled)
    assert squared_mmd(x, y, 3, (labels, labels.roll(1))) > squared_mmd(x, y, 3, (labels, labels))


def test_mmd_pulls_the_first_set_towards_the_second():
    x = spins(64, 16, 0).requires_grad_()
    squared_mmd(x, torch.ones(64, 16)).backward()
    assert x.grad is not None
    assert (x.grad.mean(0) < 0).all()  # descent raises every spin


CLASSES = {
    "one law": {},
    "class fields": {"class_conditional": True},
    "class couplings": {"class_conditional": True, "class_couplings": True},
}


@pytest.fixture(params=CLASSES)
def model(request, graph):
    """A small model whose parameters all differ from zero."""
    torch.manual_seed(1)
    made = Dvae(RunConfig(model=ModelConfig(n_latents=16, coupling_scale=0.3, **CLASSES[request.param])), graph)
    with torch.no_grad():
        linear, _, *of_classes = made.coefficients()
        for values in (linear, *of_classes):
            values.normal_(0.0, 0.1)
    return made


def digits(count):
    return torch.arange(count) % 10


def drawn(model, count):
    return None if model.class_fields is None else digits(count)


def test_nll_gradient_is_the_plugin_s_and_stays_with_the_prior(model):
    encoded, sampled = spins(40, 12, 1).requires_grad_(), spins(30, 12, 2)
    data = mean_statistics(model, encoded, digits(40))
    loss, _ = NegativeLogLikelihood(model)(data, class_shares(model, digits(40)), sampled, drawn(model, 30))
    loss.backward()
    assert encoded.grad is None
    ours = [p.grad.clone() * model.prior.n_nodes for p in model.prior.parameters() if p.grad is not None]
    model.prior.zero_grad()
    model.prior.quasi_objective(encoded.detach(), sampled).backward()
    for mine, theirs in zip(ours, model.prior.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs.grad)


def test_nll_is_at_rest_where_each_digit_has_its_law_however_common_it_is(model):
    """Data and samples hold the same two strings for each digit, the data many more of some digits."""
    labels = digits(20)
    sampled = spins(20, 12, 5) if model.class_fields is not None else spins(1, 12, 5).expand(20, -1)
    common = torch.arange(20).repeat_interleave(1 + 3 * (labels < 4))
    encoded = mean_statistics(model, sampled[common], labels[common])
    shares = class_shares(model, labels[common])
    loss, _ = NegativeLogLikelihood(model)(encoded, shares, sampled, None if shares is None else labels)
    loss.backward()
    for part in model.coefficients():
        torch.testing.assert_close(part.grad, torch.zeros_like(part))


def test_mean_statistics_times_parameters_are_the_mean_energy(model):
    samples, labels = spins(25, 12, 3), digits(25)
    energy = model.ising(labels).energy(samples).mean()
    torch.testing.assert_close((mean_statistics(model, samples, labels) @ parameters(model)).double(), energy)


def test_statistics_of_means_are_those_of_many_draws(model):
    """Tolerance: five standard errors of 40,000 draws for each of 4 images."""
    logits = torch.randn(4, 12, generator=torch.Generator().manual_seed(0))
    labels = digits(4)
    drawn = torch.bernoulli(torch.sigmoid(logits).repeat(40_000, 1)) * 2 - 1
    expected = mean_statistics(model, drawn, labels.repeat(40_000))
    found = mean_statistics(model, torch.tanh(logits / 2), labels)
    assert (found - expected).abs().max() < 5 / 160_000**0.5


def test_entropy_is_that_of_independent_spins():
    logits = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    p = torch.sigmoid(logits)
    expected = -(p * p.log() + (1 - p) * (1 - p).log()).sum(1).mean()
    torch.testing.assert_close(entropy(logits), expected)


def test_kl_is_the_exact_one(model):
    """KL(q || p) of one image's factorised posterior by listing all states, against energy - entropy + log Z."""
    logits = torch.randn(1, 12, generator=torch.Generator().manual_seed(2))
    labels = None if model.class_fields is None else torch.tensor([3])
    ising = model.ising(labels)
    alone, _ = ising.law()
    states = spins_of(torch.arange(2**12), 12).double()
    log_q = torch.nn.functional.logsigmoid(states * logits.double()).sum(1)
    expected = float((log_q.exp() * (log_q - probabilities(alone).log())).sum())
    energy = (mean_statistics(model, torch.tanh(logits / 2), labels) @ parameters(model)).item()
    assert energy - float(entropy(logits)) + log_partition(alone) == pytest.approx(expected, rel=1e-4)


def test_log_partition_follows_the_exact_ones_while_the_prior_learns(model):
    """Tolerance: 0.01 nats per spin over 150 large steps with 500 exact samples each; the NLL falls by more than 0.15."""
    sampler = create(ExactConfig(), seed=0)
    base = spins(400, 4, 4)
    data = mean_statistics(model, torch.cat([base, base, -base], dim=1), digits(400))  # strongly correlated strings
    labels = drawn(model, 500)

    shares = None if labels is None else torch.arange(1, 11) / 55

    def exact():
        laws = [model.ising()] if labels is None else [model.ising(torch.tensor([c])).law()[0] for c in range(10)]
        return torch.tensor(list(map(log_partition, laws)))

    def mean_exact():
        return exact().item() if shares is None else float(shares @ exact())

    nll = NegativeLogLikelihood(model)
    nll.anchor(exact())
    optimiser = torch.optim.Adam(model.coefficients(), lr=0.02)
    values = []
    for _ in range(150):
        sampled = sampler.sample(model.ising(labels), 500).spins.float()
        nll.follow(sampled, labels)
        loss, value = nll(data, shares, sampled, labels)
        values.append(value)
        assert value == pytest.approx(((data @ parameters(model)).item() + mean_exact()) / 12, abs=0.01)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert values[-1] < values[0] - 0.15


def test_nll_goes_on_from_its_state(model):
    nll = NegativeLogLikelihood(model)

    def look(which, first):
        data = mean_statistics(model, spins(8, 12, first), digits(8))
        which.follow(spins(8, 12, first + 1), drawn(model, 8))
        return which(data, class_shares(model, digits(8)), spins(8, 12, first + 1), drawn(model, 8))[1]

    look(nll, 0)
    again = NegativeLogLikelihood(model)
    again.restore(nll.state())
    with torch.no_grad():
        model.prior.quadratic.add_(0.01)
    assert look(nll, 2) == look(again, 2)


def test_cross_entropy_is_the_likelihood_of_black_and_white_pixels():
    images = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    chances = torch.tensor([[[[0.1, 0.8], [0.5, 0.3]]]])
    expected = -(torch.tensor([0.9, 0.8, 0.5, 0.7]).log()).mean()
    torch.testing.assert_close(cross_entropy(images, chances), expected)
