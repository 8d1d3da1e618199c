import pytest
import torch
from safetensors.torch import save_file

from boltzmann.config import ConfigError, GibbsConfig, ModelConfig, RunConfig, validate
from boltzmann.graphs import subgraph
from boltzmann.models.discretisation import concrete, straight_through
from boltzmann.models.dvae import build
from boltzmann.models.stored import load_weights
from boltzmann.samplers import create


def config(**model):
    return validate({"model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2} | model})


@pytest.mark.parametrize("size", [28, 32])
@pytest.mark.parametrize("discretisation", ["straight_through", "concrete", "gumbel"])
def test_shapes(size, discretisation):
    made = validate(
        {
            "data": {"image_size": size},
            "model": config().model.model_dump() | {"discretisation": discretisation, "replicas": 3},
        }
    )
    model = build(made)
    logits, spins, images = model(torch.rand(5, size, size))
    assert logits.shape == (5, 16)
    assert spins.shape == (5, 3, 16)
    assert images.shape == (5, 3, size, size)
    assert torch.allclose(spins.detach().abs(), torch.ones(()))
    assert images.min() >= 0
    assert images.max() <= 1


def test_couplings_of_digits_come_with_their_fields_only():
    made = {fields: build(config(class_conditional=fields, class_couplings=True)) for fields in (False, True)}
    assert [len(model.coefficients()) for model in made.values()] == [2, 4]
    assert [model.readout is None for model in made.values()] == [True, False]


def test_weights_of_other_networks_are_refused_with_what_to_do(tmp_path):
    save_file(build(config()).state_dict(), tmp_path / "weights.safetensors")
    load_weights(build(config()), tmp_path / "weights.safetensors")
    with pytest.raises(ConfigError, match="train the model again"):
        load_weights(build(config(hidden=48)), tmp_path / "weights.safetensors")


def test_concrete_draws_the_right_mean_and_passes_the_relaxed_gradient():
    logits = torch.tensor([[-2.0, 0.0, 1.0]], requires_grad=True)
    torch.manual_seed(0)
    spins = concrete(logits, 20_000)
    # Five standard errors of the mean of 20,000 spins.
    assert (spins.mean(1) - torch.tanh(logits / 2)).abs().max() < 5 / 20_000**0.5
    spins.sum().backward()
    torch.manual_seed(0)
    uniform = torch.rand(1, 20_000, 3).clamp_(1e-6, 1 - 1e-6)
    relaxed = torch.tanh(logits.detach() + torch.log(uniform) - torch.log1p(-uniform))  # (logit + L) / (2 x 0.5)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, (1 - relaxed.square()).sum(1), rtol=1e-4, atol=1e-2)


def test_straight_through_draws_the_right_mean_and_passes_its_gradient():
    logits = torch.tensor([[-2.0, 0.0, 1.0]], requires_grad=True)
    torch.manual_seed(0)
    spins = straight_through(logits, 20_000)
    expected = torch.tanh(logits / 2)
    # Five standard errors of the mean of 20,000 spins.
    assert (spins.mean(1) - expected).abs().max() < 5 / 20_000**0.5
    spins.sum().backward()
    torch.testing.assert_close(logits.grad, 20_000 * (1 - expected.detach() ** 2) / 2)


def test_looking_does_not_change_the_model():
    model = build(config())
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.get_rng_state()
    model.decode(torch.ones(3, 16, dtype=torch.int8))
    model.reconstruct(
        torch.rand(3, 28, 28, generator=torch.Generator().manual_seed(0)), torch.Generator().manual_seed(1)
    )
    assert torch.equal(state, torch.get_rng_state())
    assert model.training
    assert model.autoencoder.decoder.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("n_latents", [64, 128])
def test_the_prior_starts_where_the_schedule_comes_near_equilibrium(n_latents):
    """Mean energy of 1024 fresh chains after the default schedule: within 7% of that after twenty times as many sweeps."""
    torch.manual_seed(0)
    model = build(RunConfig(model=ModelConfig(n_latents=n_latents))).ising()
    short = create(GibbsConfig(), seed=0).sample(model, 1024).energies.mean()
    long = create(GibbsConfig(sweeps=20 * GibbsConfig().sweeps), seed=1).sample(model, 1024).energies.mean()
    assert long < 0
    assert abs(short - long) < 0.07 * abs(long)


def test_couplings_are_given_in_units_of_the_degree():
    torch.manual_seed(0)
    model = build(RunConfig(model=ModelConfig(n_latents=256, coupling_scale=1.0)))
    degree = 2 * model.prior.n_edges / model.prior.n_nodes
    assert float(model.prior.quadratic.detach().std()) == pytest.approx(degree**-0.5, rel=0.05)
    assert not model.prior.linear.detach().any()


def test_a_given_graph_is_kept():
    graph = subgraph("chimera", 16, size=3, seed=5)
    assert build(config(), graph).graph is graph
