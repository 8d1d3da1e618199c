"""Steps against the derivative of the exact likelihood, by automatic differentiation over all states."""

import pytest
import torch

from boltzmann.models.rbm import RBM
from boltzmann.training.rbm.discriminative import add_discriminative
from boltzmann.training.rbm.gradients import Ascent


@pytest.fixture
def rbm():
    generator = torch.Generator().manual_seed(3)
    machine = RBM(5, 3, scale=1.0, generator=generator)
    machine.visible_bias.normal_(generator=generator)
    machine.hidden_bias.normal_(generator=generator)
    return machine


def parameters(rbm):
    return [part.clone() for part in (rbm.weights, rbm.visible_bias, rbm.hidden_bias)]


def free_energy(v, w, a, b):
    return -(v @ a) - torch.nn.functional.softplus(v @ w + b).sum(1)


def test_exact_draws_follow_the_gradient_of_the_exact_likelihood(make, states):
    trainer = make(
        **{
            "training.negative_phase": "exact",
            "training.chains": 10_000,
            "training.epochs": 1,
            "model.initial_scale": 1.0,
        }
    )
    before = [part.requires_grad_() for part in parameters(trainer.rbm)]
    rows, every = trainer.data.train, states(6)
    likelihood = -free_energy(rows, *before).mean() - torch.logsumexp(-free_energy(every, *before), 0)
    wanted = torch.autograd.grad(likelihood, before)
    list(trainer.events())
    for old, new, gradient in zip(before, parameters(trainer.rbm), wanted, strict=True):
        # The standard deviation of a mean of 10,000 numbers in [0, 1] is at most 0.005.
        assert torch.allclose((new - old) / 0.2, gradient, atol=0.02)
        assert gradient.abs().max() > 0.08


def test_centring_is_the_gradient_in_centred_parameters(rbm, states):
    generator = torch.Generator().manual_seed(1)
    data, model = (torch.rand(20, 5, generator=generator).round() for _ in range(2))
    mean = data.mean(0)
    ascent = Ascent(rbm, momentum=0.0, decay=0.0, mean=mean)
    w, a, b = parameters(rbm)
    half = torch.full((3,), 0.5)
    # a' = a + W lambda and b' = b + W' mu are the biases of the centred machine.
    centred = [w.requires_grad_(), (a + w @ half).detach().requires_grad_(), (b + mean @ w).detach().requires_grad_()]
    plain = centred[0], centred[1] - centred[0] @ half, centred[2] - mean @ centred[0]
    ascend = free_energy(model, *plain).mean() - free_energy(data, *plain).mean()
    moved = [part + 0.1 * step for part, step in zip(centred, torch.autograd.grad(ascend, centred), strict=True)]
    ascent.begin(0.1)
    ascent.add(data, rbm.hidden_probability(data), 0.1 / 20)
    ascent.add(model, rbm.hidden_probability(model), -0.1 / 20)
    ascent.finish()
    wanted = moved[0], moved[1] - moved[0] @ half, moved[2] - mean @ moved[0]
    for got, expected in zip(parameters(rbm), wanted, strict=True):
        assert torch.allclose(got, expected, atol=1e-5)
    ascent.follow(data, torch.ones(20, 3))
    assert torch.allclose(ascent.state()["offset.1"], torch.full((3,), 0.505))


def test_momentum_repeats_a_share_of_the_last_step_and_decay_shrinks_weights(rbm):
    before = rbm.weights.clone()
    ascent = Ascent(rbm, momentum=0.5, decay=0.1)
    v, h = torch.ones(1, 5), torch.ones(1, 3)
    ascent.begin(0.1)
    ascent.add(v, h, 0.1)
    ascent.finish()
    first = rbm.weights - before
    assert torch.allclose(first, 0.1 - 0.1 * 0.1 * before, atol=1e-6)
    ascent.begin(0.0)
    ascent.finish()
    assert torch.allclose(rbm.weights - before - first, 0.5 * first, atol=1e-6)


def test_the_discriminative_gradient_is_that_of_log_p_of_the_label(rbm):
    rbm.labels = 2
    labels = torch.tensor([0, 1, 1, 0])
    rows = torch.cat([torch.rand(4, 3, generator=torch.Generator().manual_seed(2)), torch.eye(2)[labels]], 1)
    w, a, b = (part.requires_grad_() for part in parameters(rbm))
    classes = torch.stack(
        [-free_energy(torch.cat([rows[:, :3], torch.eye(2)[[c] * 4]], 1), w, a, b) for c in range(2)], 1
    )
    wanted = torch.autograd.grad(classes.log_softmax(1)[range(4), labels].sum(), (w, a, b))
    pieces = torch.zeros(5, 3), torch.zeros(5), torch.zeros(3)
    add_discriminative(pieces, rbm, rows, labels, 2.0)
    for got, expected in zip(pieces, wanted, strict=True):
        assert torch.allclose(got, 2 * expected, atol=1e-5)
