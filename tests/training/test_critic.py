import math

import pytest
import torch

from boltzmann import data
from boltzmann.config import validate
from boltzmann.models.dvae import build
from boltzmann.training import critic
from boltzmann.training.critic import Adversary
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.events import CheckpointDue, Finished, Metrics, Notice
from boltzmann.training.objectives import Strings

CRITIC = {"critic_share": 0.5}
CLASSES = {"class_conditional": True}


def configure(classes=True, **training):
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256, "pixels": "binary"},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2} | (CLASSES if classes else {}),
            "sampler": {"name": "gibbs", "sweeps": 2},
            "training": {"epochs": 2, "batch_size": 64, "num_reads": 128, "picture_every": 1000, "objective": "elbo"}
            | training,
        }
    )


@pytest.fixture(autouse=True)
def _equals(monkeypatch):
    """So few images are soon known by heart: here the critic is not ahead unless a test says so."""
    monkeypatch.setattr(critic, "AHEAD", 100.0)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return data.load(configure().data, tmp_path_factory.mktemp("data"))


@pytest.fixture(params=[True, False], ids=["classes", "no classes"])
def adversary(request):
    torch.manual_seed(0)
    made = Adversary(build(configure(request.param)).eval(), 28, binary=True)
    made.optimiser.param_groups[0]["lr"] = 1e-3
    return made


def real_digits(images, count=64):
    return images.train[:count].float() / 255, images.train_labels[:count]


def drawings(adversary, count=64):
    spins = torch.randint(2, (count, 16)) * 2.0 - 1
    return adversary.draw(spins), adversary.model.labels(count)


def test_it_learns_to_tell_drawn_digits_from_real_ones(adversary, images):
    real, labels = real_digits(images)
    drawn, asked = drawings(adversary)
    assert adversary.loss(drawn, asked)[1] == pytest.approx(math.log(2), abs=0.1)
    for step in range(40):
        adversary.teach(real, labels, drawn.detach(), asked, step)
    assert adversary.loss(drawn, asked)[1] > 2
    kinds = None if asked is None else labels
    assert adversary.loss(real, kinds)[1] < 0.2


def test_the_decoder_learns_to_pass_for_real_and_nobody_else_learns(adversary, images):
    real, labels = real_digits(images)
    drawn, asked = drawings(adversary)
    for step in range(20):
        adversary.teach(real, labels, drawn.detach(), asked, step)
    decoder = adversary.model.autoencoder.decoder
    optimiser = torch.optim.Adam(decoder.parameters(), lr=0.01)
    spins = torch.randint(2, (64, 16)) * 2.0 - 1
    before = adversary.loss(adversary.draw(spins), asked)[1]
    for _ in range(20):
        optimiser.zero_grad()
        adversary.loss(adversary.draw(spins), asked)[0].backward()
        optimiser.step()
    assert adversary.loss(adversary.draw(spins), asked)[1] < before - 0.5
    others = [*adversary.model.autoencoder.encoder.parameters(), *adversary.model.coefficients()]
    assert all(part.grad is None for part in others)
    adversary.optimiser.zero_grad()
    adversary.loss(adversary.draw(spins), asked)[0].backward()
    assert all(part.grad is None for part in adversary.critic.parameters())
    assert all(part.requires_grad for part in adversary.critic.parameters())


def test_a_digit_must_look_like_the_one_asked_for(images):
    adversary = Adversary(build(configure()), 28, binary=True)
    real, labels = real_digits(images, 128)
    drawn = torch.rand(128, 28, 28)
    for step in range(40):
        adversary.teach(real, labels, drawn, labels, step)
    other = (labels + 1) % 10
    assert adversary.loss(real, labels)[0] < adversary.loss(real, other)[0] - 0.3


def test_it_sees_what_the_finished_model_draws(adversary):
    model = adversary.model
    spins = torch.randint(2, (32, 16), dtype=torch.int8) * 2 - 1
    stored = {name: value.clone() for name, value in model.state_dict().items()}
    drawn = adversary.draw(spins.float())
    assert torch.equal(drawn > 0.5, model.decode(spins) > 0.5)
    assert set(drawn.unique().tolist()) <= {0.0, 1.0}
    assert all(torch.equal(value, stored[name]) for name, value in model.state_dict().items())
    grey = Adversary(model, 28, binary=False).draw(spins.float())
    assert torch.allclose(grey, model.decode(spins), atol=1e-6)


def test_the_penalty_is_the_squared_slope_of_the_score(adversary, images):
    judge = adversary.critic
    real, labels = real_digits(images, 2)
    kinds = labels if judge.digit is not None else None
    found = adversary._slope(real, labels)
    slopes = torch.zeros(2)
    for pixel in torch.eye(28 * 28).reshape(-1, 28, 28):
        ahead, behind = judge(real + 0.01 * pixel, kinds)[0], judge(real - 0.01 * pixel, kinds)[0]
        slopes += ((ahead - behind) / 0.02).square().detach()
    assert found.item() == pytest.approx(slopes.mean().item(), rel=0.05)


def test_the_run_ends_once_the_critic_is_ahead_and_says_so(images):
    training, told = DvaeTraining(configure(**CRITIC), images), []
    for event in training.events():
        told.append(event)
        if isinstance(event, Metrics) and event.step == 6:
            training.adversary.critic.mean_loss.fill_(500.0)
    assert [event.step for event in told if isinstance(event, Notice) and "ends here" in event.message] == [7]
    assert [event.step for event in told if isinstance(event, Metrics)] == list(range(1, 8))
    # It ends as every run does.
    assert [type(event) for event in told[-2:]] == [CheckpointDue, Finished]
    assert (training.step, training.total_steps) == (7, 7)


def test_a_longer_run_begins_with_its_critic_afresh(images, tmp_path):
    first = DvaeTraining(configure(**CRITIC), images)
    list(first.events())
    first.adversary.critic.mean_loss.fill_(500.0)
    first.save(tmp_path / "checkpoint")
    longer = DvaeTraining(configure(epochs=4, **CRITIC), images, tmp_path / "checkpoint")
    told = [event.critic for event in longer.events() if isinstance(event, Metrics)]
    assert all(found is not None for found in told)
    assert not longer.adversary.ahead


def test_it_sees_digits_moved_by_a_few_pixels_the_same_for_real_and_drawn_ones(adversary, images, monkeypatch):
    real, labels = real_digits(images)
    seen = []
    monkeypatch.setattr(adversary, "teach", lambda *given: seen.append((given[0], given[2])))
    sampled = torch.randint(2, (64, 16)) * 2.0 - 1
    asked = adversary.model.labels(64)
    strings = Strings(real, labels, sampled, sampled[:, None], real[:, None], sampled, sampled, asked)
    for step in range(30):
        adversary.judge(strings, step)
    places = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    found = [next(place for place in places if torch.equal(moved, real.roll(place, (1, 2)))) for moved, _ in seen]
    assert len(set(found)) > 10
    drawn = adversary.draw(sampled).detach()
    assert all(torch.equal(moved, drawn.roll(place, (1, 2))) for place, (_, moved) in zip(found, seen, strict=True))


def test_it_sees_all_strings_where_they_are_used_again(adversary, images, monkeypatch):
    real, labels = real_digits(images)
    judged = []
    monkeypatch.setattr(adversary, "draw", lambda spins: judged.append(spins) or spins.new_zeros(len(spins), 28, 28))
    monkeypatch.setattr(adversary, "loss", lambda drawn, asked: (drawn.sum(), 0.0))
    taught = []
    monkeypatch.setattr(adversary, "teach", lambda *given: taught.append(given[3]))
    sampled = torch.arange(160).float()[:, None].expand(-1, 16)
    asked = None if adversary.model.class_fields is None else torch.arange(160) % 10
    strings = Strings(real, labels, sampled, sampled[:, None], real[:, None], sampled, sampled, asked)
    for step in range(5):
        adversary.judge(strings, step)
    numbers = torch.cat(judged)[:, 0].long()
    assert [len(part) for part in judged] == [64] * 5
    assert torch.bincount(numbers).tolist() == [2] * 160
    if asked is not None:
        assert torch.equal(torch.cat(taught), numbers % 10)


def test_in_its_epochs_the_decoder_alone_learns(images):
    def parts(training):
        return {name: value.clone() for name, value in training.model.state_dict().items()}

    training, told = DvaeTraining(configure(**CRITIC), images), []
    before = {}
    for event in training.events():
        if isinstance(event, Metrics):
            told.append(event)
            if event.step == 4:
                before = parts(training)
    assert [e.critic for e in told[:4]] == [None] * 4
    assert all(e.critic > 0 for e in told[4:])
    assert [e.prior_learning_rate for e in told[4:]] == [0] * 4
    assert told[4].learning_rate > told[7].learning_rate > 0
    after = parts(training)
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    decoder = {id(part) for part in training.model.autoencoder.decoder.parameters()}
    assert changed == {name for name, part in training.model.named_parameters() if id(part) in decoder}
    # Until then, the run is one of half as many epochs without a critic.
    without = [e for e in DvaeTraining(configure(epochs=1), images).events() if isinstance(e, Metrics)]
    assert [(e.mse, e.nll) for e in without] == [(e.mse, e.nll) for e in told[:4]]


def test_a_longer_run_learns_with_all_its_parts_again(images, tmp_path):
    first = DvaeTraining(configure(**CRITIC), images)
    list(first.events())
    first.save(tmp_path / "checkpoint")
    told = list(DvaeTraining(configure(epochs=6, **CRITIC), images, tmp_path / "checkpoint").events())
    assert [e.critic is None for e in told if isinstance(e, Metrics)] == [True] * 4 + [False] * 12


@pytest.mark.parametrize("stop", [3, 5])
def test_a_resumed_run_repeats_the_unbroken_one_bit_for_bit(images, tmp_path, stop):
    def told(events):
        return [(e.step, e.mse, e.total, e.critic) for e in events if isinstance(e, Metrics)]

    config = configure(**CRITIC)
    unbroken = told(DvaeTraining(config, images).events())
    broken = DvaeTraining(config, images)
    for event in (events := broken.events()):
        if isinstance(event, Metrics) and event.step == stop:
            break
    events.close()
    broken.save(tmp_path / "checkpoint")
    assert told(DvaeTraining(config, images, tmp_path / "checkpoint").events()) == unbroken[stop:]
