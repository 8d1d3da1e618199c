import pytest
import torch

from boltzmann import data
from boltzmann.config import validate
from boltzmann.models.dvae import build
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.events import Metrics, Notice
from boltzmann.training.latent_placement import find_placement, mutual_information, place

LATENT = 16


def configure(hidden=4, **training):
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {
                **{"n_latents": LATENT, "hidden_spins": hidden, "channels": 8, "hidden": 32, "topology_size": 2},
                **{"class_conditional": True, "class_couplings": True, "coupling_scale": 1.0},
            },
            "sampler": {"name": "gibbs", "sweeps": 2},
            "training": {"epochs": 2, "batch_size": 64, "num_reads": 16, "objective": "elbo"} | training,
        }
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return data.load(configure().data, tmp_path_factory.mktemp("data"))


def random_model(hidden=4):
    torch.manual_seed(0)
    model = build(configure(hidden)).eval()
    for part in model.coefficients():
        torch.nn.init.normal_(part, std=0.3)
    return model


def shuffled(seed=1):
    return torch.randperm(LATENT, generator=torch.Generator().manual_seed(seed))


def adam(model):
    return torch.optim.Adam([*model.autoencoder.parameters(), *model.readout.parameters()])


@pytest.mark.parametrize("classes", [True, False])
def test_mutual_information_is_that_of_the_counted_pairs(classes):
    """Of certain spins, whose joint frequencies can be counted."""
    generator = torch.Generator().manual_seed(0)
    spins = torch.randint(2, (400, 3), generator=generator) * 2 - 1
    spins[:, 1] = torch.where(torch.rand(400, generator=generator) < 0.8, spins[:, 0], spins[:, 1])
    labels = torch.randint(2, (400,), generator=generator) if classes else None
    found = mutual_information(spins.float(), labels)

    def counted(a, b):
        total = 0.0
        for kind in (0, 1):
            mine = spins if labels is None else spins[labels == kind]
            for s in (-1, 1):
                for t in (-1, 1):
                    one, other = mine[:, a] == s, mine[:, b] == t
                    p = (one & other).double().mean()
                    apart = one.double().mean() * other.double().mean()
                    total += len(mine) / len(spins) * float(p * torch.log(p / apart))
        return total if labels is not None else total / 2

    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert found[a, b].item() == pytest.approx(counted(a, b), abs=1e-9)
        assert found[b, a].item() == pytest.approx(found[a, b].item())
    assert found.diagonal().abs().max() == 0
    assert found[0, 1] > 10 * found[0, 2]


def test_a_scrambled_arrangement_is_found_again():
    """Only pairs that were coupled before the scramble tell anything of each other."""
    model = random_model(hidden=0)
    information = torch.zeros(LATENT, LATENT, dtype=torch.float64)
    for a, b in model.graph.edges.tolist():
        information[a, b] = information[b, a] = 1.0
    order = shuffled()
    found = find_placement(model, information[order][:, order], seed=0)
    assert found.before < 0.7 * found.everything
    assert found.after > 0.9 * found.everything
    assert f"{found.after:.3g} nats" in found.words()


def test_a_good_arrangement_is_left_as_it_is():
    model = random_model(hidden=0)
    information = torch.zeros(LATENT, LATENT, dtype=torch.float64)
    for a, b in model.graph.edges.tolist():
        information[a, b] = information[b, a] = 1.0
    assert find_placement(model, information, seed=0).after == len(model.graph.edges)


@pytest.mark.parametrize("hidden", [0, 4])
def test_placing_changes_strings_and_nothing_that_they_say(images, hidden):
    model = random_model(hidden)
    pictures = images.train[:32].float() / 255
    with torch.no_grad():
        before = model.autoencoder.encoder(pictures)
        read = model.readout(before)
    strings = torch.randint(2, (8, LATENT + hidden), generator=torch.Generator().manual_seed(3)).to(torch.int8) * 2 - 1
    drawn, fields = model.decode(strings), model.prior.linear.detach().clone()
    order = shuffled()
    place(model, order, adam(model))
    latent = model.latent(torch.arange(model.graph.n))
    moved = strings.clone()
    moved[:, latent] = strings[:, latent][:, order]
    torch.testing.assert_close(model.decode(moved), drawn)
    torch.testing.assert_close(model.prior.linear[latent], fields[latent][order])
    with torch.no_grad():
        after = model.autoencoder.encoder(pictures)
        torch.testing.assert_close(after, before[:, order])
        torch.testing.assert_close(model.readout(after), read)


def test_couplings_stay_with_pairs_that_are_coupled_again():
    model = random_model()
    named = {frozenset(pair): k for k, pair in enumerate(model.graph.edges.tolist())}
    before = [part.detach().clone() for part in (model.prior.quadratic, model.class_couplings)]
    order = shuffled()
    latent = model.latent(torch.arange(model.graph.n))
    origin = torch.arange(model.graph.n)
    origin[latent] = latent[order]
    place(model, order, adam(model))
    kept = 0
    for pair, k in named.items():
        came_from = named.get(frozenset(origin[list(pair)].tolist()))
        for old, new in zip(before, (model.prior.quadratic, model.class_couplings), strict=True):
            expected = torch.zeros_like(new[..., k]) if came_from is None else old[..., came_from]
            assert torch.equal(new.detach()[..., k], expected)
        kept += came_from is not None
    assert 0 < kept < len(named)


def test_the_optimiser_s_memory_goes_with_its_spins(images):
    training = DvaeTraining(configure(), images)
    for event in training.events():
        if isinstance(event, Metrics):
            break
    optimiser = training.optimisers["networks"]
    parameter = training.model.autoencoder.decoder.layers[0].weight
    before = optimiser.state[parameter]["exp_avg"].clone()
    order = shuffled()
    place(training.model, order, optimiser)
    assert torch.equal(optimiser.state[parameter]["exp_avg"], before[:, order])


def test_a_run_places_its_latents_once_says_so_and_learns_on(images):
    events = list(DvaeTraining(configure(placed_after=0.5, sample_reuse=3), images).events())
    notices = [event for event in events if isinstance(event, Notice)]
    assert [event.step for event in notices if "placed anew" in event.message] == [5]
    assert [event.step for event in events if isinstance(event, Metrics)] == list(range(1, 9))


@pytest.mark.parametrize("broken_at", [3, 4, 5])
def test_a_run_that_is_broken_around_it_goes_on_bit_for_bit(images, tmp_path, broken_at):
    config = configure(placed_after=0.5)

    def metrics(events):
        return [(e.step, e.mse, e.kl, e.nll) for e in events if isinstance(e, Metrics)]

    unbroken = metrics(DvaeTraining(config, images).events())
    broken = DvaeTraining(config, images)
    events, seen = broken.events(), []
    while broken.step < broken_at:
        seen.append(next(events))
    seen.append(next(events))
    while not isinstance(seen[-1], Metrics):
        seen.append(next(events))
    events.close()
    broken.save(tmp_path / "checkpoint")
    rest = DvaeTraining(config, images, tmp_path / "checkpoint")
    assert metrics(seen) + metrics(rest.events()) == unbroken
