import pytest
import torch

from boltzmann.config import ConfigError, validate
from boltzmann.graphs import subgraph, uncoupled
from boltzmann.models.dvae import build
from boltzmann.samplers.exact import log_partition, spins_of
from boltzmann.training.losses import entropy
from boltzmann.training.nll import NegativeLogLikelihood, mean_statistics

LATENT, HIDDEN = 16, 4
HIDDEN_STATES = spins_of(torch.arange(2**HIDDEN), HIDDEN).float()
CERTAIN = 100.0
"""A logit that leaves no doubt."""


def config(**model):
    shape = {"n_latents": LATENT, "hidden_spins": HIDDEN, "channels": 8, "hidden": 32, "topology_size": 2}
    return validate({"model": shape | {"coupling_scale": 3.0} | model})


LAWS = {
    "one law": {},
    "fields": {"class_conditional": True, "field_scale": 0.5},
    "couplings": {"class_conditional": True, "class_couplings": True},
}


@pytest.fixture(params=LAWS.values(), ids=LAWS.keys())
def model(request):
    torch.manual_seed(0)
    made = build(config(**request.param))
    torch.nn.init.normal_(made.prior.linear, std=0.3)
    if made.class_couplings is not None:
        torch.nn.init.normal_(made.class_couplings, std=0.3)
    return made


def strings(count):
    return torch.randint(2, (count, LATENT), generator=torch.Generator().manual_seed(1)) * 2.0 - 1


def labels(model, count):
    return None if model.class_fields is None else model.labels(count)


@pytest.mark.parametrize("kind", ["zephyr", "pegasus", "chimera"])
def test_uncoupled_nodes_share_no_edge_and_a_third_of_the_others_always_fit(kind):
    for n in (16, 160, 1000):
        graph = subgraph(kind, n + n // 3, size=4)
        chosen = uncoupled(graph, n // 3)
        assert len(set(chosen.tolist())) == n // 3
        ends = set(chosen.tolist())
        assert not any(a in ends and b in ends for a, b in graph.edges.tolist())


def test_more_than_a_third_is_refused():
    with pytest.raises(ConfigError, match="more than a third"):
        config(hidden_spins=6)


def test_latent_spins_and_hidden_ones_make_the_whole(model):
    seen = strings(20)
    whole = model.whole(seen, labels(model, 20))
    assert whole.shape == (20, LATENT + HIDDEN)
    assert torch.equal(model.latent(whole), seen)


def test_hidden_spins_have_their_exact_law_given_the_latent_ones(model):
    """Against all states of the hidden spins."""
    seen, kinds = strings(20), labels(model, 20)
    found = torch.sigmoid(model.posterior(CERTAIN * seen, kinds))[:, model.hidden.nodes]
    for row in range(20):
        whole = model.hidden.join(seen[row : row + 1].expand(len(HIDDEN_STATES), -1), HIDDEN_STATES)
        law = model.ising(None if kinds is None else kinds[row : row + 1].expand(len(HIDDEN_STATES)))
        chances = torch.softmax(-law.energy(whole), 0)
        torch.testing.assert_close(found[row].double(), chances @ (HIDDEN_STATES > 0).double(), atol=1e-5, rtol=0)


def test_the_decoder_reads_latent_spins_alone(model):
    model.eval()
    whole = model.whole(strings(6), labels(model, 6)).sign().to(torch.int8)
    flipped = whole.clone()
    flipped[:, model.hidden.nodes] *= -1
    assert torch.equal(model.decode(whole), model.decode(flipped))
    flipped = whole.clone()
    flipped[:, model.hidden.others[0]] *= -1
    assert not torch.equal(model.decode(whole), model.decode(flipped))


def test_the_gradient_of_the_nll_is_the_plugin_s():
    """Of certain latent spins, so that the hidden ones' law given them is exact."""
    torch.manual_seed(0)
    model, seen = build(config()), strings(40)
    sampled = torch.randint(2, (30, LATENT + HIDDEN), generator=torch.Generator().manual_seed(2)) * 2.0 - 1
    encoded = mean_statistics(model, torch.tanh(model.posterior(CERTAIN * seen, None) / 2), None)
    NegativeLogLikelihood(model)(encoded, None, sampled, None)[0].backward()
    parts = model.prior.linear, model.prior.quadratic
    ours = [part.grad * LATENT for part in parts if part.grad is not None]
    model.zero_grad()
    model.prior.quasi_objective(seen, sampled, kind="exact-disc").backward()
    for mine, part in zip(ours, parts, strict=True):
        torch.testing.assert_close(mine, part.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("certain", [True, False])
def test_the_divergence_is_exact_where_spins_are_certain_and_else_an_upper_bound(certain):
    torch.manual_seed(0)
    model = build(config())
    law, states = model.ising(), spins_of(torch.arange(2**LATENT), LATENT).float()
    energies = [law.energy(model.hidden.join(states, row.expand(len(states), -1))) for row in HIDDEN_STATES]
    log_prior = torch.logsumexp(-torch.stack(energies), 0) - log_partition(law)
    logits = (CERTAIN if certain else 1.0) * strings(1)
    chances = torch.nn.functional.logsigmoid(logits * states).double().sum(1)
    expected = (chances.exp() * (chances - log_prior)).sum().item()

    nll = NegativeLogLikelihood(model)
    nll.anchor(torch.tensor([log_partition(law)]))
    every, own = model.posterior(logits, None), entropy(logits).item()
    encoded, samples = mean_statistics(model, torch.tanh(every / 2), None), torch.ones(8, LATENT + HIDDEN)
    found = nll(encoded, None, samples, None, entropy(every).item() - own)[1] * LATENT - own
    if certain:
        assert found == pytest.approx(expected, abs=1e-3)
    else:
        assert expected < found < 1.5 * expected
