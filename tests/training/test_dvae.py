import numpy as np
import pytest
import torch

from boltzmann import data
from boltzmann.config import validate
from boltzmann.models.stored import StoredModel
from boltzmann.samplers import create
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.errors import Diverged
from boltzmann.training.events import CheckpointDue, Finished, Metrics, Notice, Picture, SamplerReport, Started

ELBO = {"objective": "elbo", "likelihood": "bernoulli"}


def configure(sampler=None, model=None, **training):
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2} | (model or {}),
            "sampler": sampler or {"name": "gibbs", "sweeps": 2},
            "training": {"epochs": 2, "batch_size": 64, "num_reads": 16, "picture_every": 3} | training,
        }
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return data.load(configure().data, tmp_path_factory.mktemp("data"))


def metrics(events):
    kept = [e for e in events if isinstance(e, Metrics)]
    return [(e.step, e.mse, e.mmd, e.nll, e.total, e.learning_rate) for e in kept]


def test_the_stream_tells_the_whole_story(images):
    events = list(DvaeTraining(configure(), images).events())
    assert isinstance(events[0], Started)
    assert (events[0].total_steps, events[0].steps_per_epoch) == (8, 4)
    assert isinstance(events[-1], Finished)
    assert [e.step for e in events if isinstance(e, Metrics)] == list(range(1, 9))
    assert [e.step for e in events if isinstance(e, CheckpointDue)] == [4, 8]
    assert [e.step for e in events if isinstance(e, SamplerReport)] == list(range(1, 9))
    pictures = [e for e in events if isinstance(e, Picture)]
    assert sorted({e.step for e in pictures}) == [1, 3, 6, 8]
    assert {e.name for e in pictures} == {"generated", "reconstructed"}
    assert all(e.images.dtype == np.uint8 and e.images.shape[1:] == (28, 28) for e in pictures)
    last = [e for e in events if isinstance(e, Metrics)][-1]
    assert last.total == pytest.approx(last.mse + 0.05 * last.mmd + last.nll, abs=1e-6)


def test_the_sampler_is_reported_at_first_and_then_every_few_steps(images):
    events = list(DvaeTraining(configure(model={"coupling_scale": 1.0}, epochs=6), images).events())
    reports = [e for e in events if isinstance(e, SamplerReport)]
    assert [e.step for e in reports] == [*range(1, 11), 20, 24]
    for report in reports:
        assert report.info["mixing"]["verdict"] in ("mixing", "slow", "stuck")
        assert report.info["effective_inverse_temperature_error"] > 0
        assert report.info["effective_inverse_temperature_note"] is None


def test_reconstructions_are_of_held_out_images(images):
    events = DvaeTraining(configure(), images).events()
    picture = next(e for e in events if isinstance(e, Picture) and e.name == "reconstructed")
    assert np.array_equal(picture.images[::2], images.test[:32].numpy())


def test_a_notice_of_the_data_is_passed_on(images):
    noticed = data.ImageData(images.train, images.test, images.train_labels, images.test_labels, "digits", "no MNIST")
    events = list(DvaeTraining(configure(), noticed).events())
    assert [e.message for e in events if isinstance(e, Notice)] == ["no MNIST"]


def test_pictures_and_other_random_numbers_change_nothing(images):
    many = DvaeTraining(configure(picture_every=1), images)
    first = []
    for event in many.events():
        torch.rand(3)  # whoever reads the stream may use torch too
        first.append(event)
    few = DvaeTraining(configure(picture_every=1000), images)
    assert metrics(first) == metrics(few.events())
    for name, tensor in many.model.state_dict().items():
        assert torch.equal(tensor, few.model.state_dict()[name]), name


@pytest.mark.parametrize(
    "sampler",
    [
        {"name": "gibbs", "sweeps": 2},
        {"name": "gibbs", "sweeps": 2, "persistent": True},
        {"name": "annealing", "sweeps": 2},
        {"name": "simulated_qpu", "annealing_time": 1},
        {"name": "exact"},
    ],
    ids=lambda sampler: "-".join(map(str, sampler.values())),
)
@pytest.mark.parametrize("classes", [(), ("class_conditional",), ("class_conditional", "class_couplings")])
def test_a_resumed_run_repeats_the_unbroken_one_bit_for_bit(images, tmp_path, sampler, classes):
    config = configure(sampler, dict.fromkeys(classes, True), **(ELBO if classes else {}))
    unbroken = metrics(DvaeTraining(config, images).events())
    broken = DvaeTraining(config, images)
    events = broken.events()
    seen = []
    for event in events:
        seen.append(event)
        if isinstance(event, Metrics) and event.step == 3:
            break
    events.close()
    broken.save(tmp_path / "checkpoint")
    rest = DvaeTraining(config, images, tmp_path / "checkpoint")
    assert rest.step == 3
    assert metrics(seen) + metrics(rest.events()) == unbroken


def test_a_finished_run_goes_on_for_more_epochs(images, tmp_path):
    first = DvaeTraining(configure(epochs=1), images)
    list(first.events())
    first.save(tmp_path / "checkpoint")
    more = DvaeTraining(configure(epochs=3), images, tmp_path / "checkpoint")
    assert [step for step, *_ in metrics(more.events())] == list(range(5, 13))


def test_a_checkpoint_is_a_model(images, tmp_path):
    training = DvaeTraining(configure(), images)
    list(training.events())
    training.save(tmp_path / "model")
    model = StoredModel.load(tmp_path / "model")
    spins = torch.randint(2, (10, 16), dtype=torch.int8) * 2 - 1
    assert torch.equal(model.decode(spins), training.model.cpu().decode(spins))
    assert torch.equal(model.prior().quadratic, training.model.prior.quadratic.detach().cpu())


def test_a_diverged_loss_ends_the_run_and_leaves_good_weights(images):
    training = DvaeTraining(configure(mse_weight=1e4, learning_rate=1.0, prior_learning_rate=1.0), images)
    with torch.no_grad():
        training.model.prior.linear[0] = float("inf")
    with pytest.raises(Diverged, match="smaller learning rates"):
        list(training.events())


@pytest.mark.parametrize("discretisation", ["straight_through", "concrete", "gumbel"])
@pytest.mark.parametrize("objective", [{}, ELBO], ids=["mmd", "elbo"])
def test_training_learns(images, discretisation, objective):
    model = {"discretisation": discretisation}
    config = configure(None, model, epochs=15, picture_every=1000, learning_rate=0.01, **objective)
    curve = metrics(DvaeTraining(config, images).events())
    assert curve[-1][1] < 0.7 * curve[0][1]


def test_the_evidence_lower_bound_is_the_sum_of_its_parts(images):
    """The weight of the divergence rises over half of the run, then stays."""
    config = configure(**ELBO, kl_weight=3.0, kl_warm_up=0.5, mse_weight=2.0)
    training = DvaeTraining(config, images)
    events = [e for e in training.events() if isinstance(e, Metrics)]
    for event in events:
        reconstruction = event.total - 3.0 * min(1.0, event.step / 4) * event.kl
        assert reconstruction > 0
    assert all(event.kl > 0 for event in events[2:])
    assert events[-1].kl < 16 * np.log(2) + 16 * events[-1].nll


def test_the_bound_pulls_the_encoder_to_the_prior_and_the_default_objective_does_not(images):
    """With no weight on reconstruction, the only gradient that reaches the encoder is the divergence's."""
    divergence = {}
    for name, objective in (("elbo", ELBO | {"kl_warm_up": 0.0}), ("mmd", {"mmd_weight": 0.0})):
        config = configure(epochs=20, mse_weight=0.0, picture_every=1000, learning_rate=0.03, **objective)
        kl = [e.kl for e in DvaeTraining(config, images).events() if isinstance(e, Metrics)]
        divergence[name] = np.mean(kl[-4:]) / kl[0]
    assert divergence["elbo"] < 0.2
    assert divergence["mmd"] > 0.5


def test_class_fields_learn_what_tells_digits_apart(images, tmp_path):
    """Spins drawn for a digit lie nearer to the mean of its encoded images than to other digits'."""
    model = {"class_conditional": True, "n_latents": 64, "topology_size": 3, "coupling_scale": 0.1}
    rates = {"learning_rate": 0.01, "prior_learning_rate": 0.02, "kl_weight": 0.5}
    config = configure({"name": "gibbs", "sweeps": 20}, model, **ELBO, **rates, epochs=40, num_reads=100)
    training = DvaeTraining(config, images)
    list(training.events())
    training.save(tmp_path / "model")
    model = StoredModel.load(tmp_path / "model")
    with torch.no_grad():
        means = torch.tanh(model.dvae.autoencoder.encoder(images.train.float() / 255) / 2)
    samples, labels = model.sample(create(config.sampler, 0), 1000)
    encoded = torch.stack([means[images.train_labels == digit].mean(0) for digit in range(10)])
    drawn = torch.stack([samples.spins[labels == digit].float().mean(0) for digit in range(10)])
    nearest = torch.cdist(drawn, encoded).argmin(1)
    assert (nearest == torch.arange(10)).float().mean() >= 0.6  # by chance 0.1; ones and eights look alike here


def test_with_a_label_weight_a_string_tells_its_digit(images):
    """One linear layer reads the digit from the encoder's strings; without the weight it was never taught to."""
    model = {"class_conditional": True, "n_latents": 64, "topology_size": 3, "coupling_scale": 0.1}
    read = {}
    for weight in (0.0, 20.0):
        config = configure(None, model, **ELBO, epochs=40, learning_rate=0.01, label_weight=weight, picture_every=1000)
        training = DvaeTraining(config, images)
        totals = [event.total for event in training.events() if isinstance(event, Metrics)]
        assert totals[-1] < totals[0]
        with torch.no_grad():
            training.model.eval()
            means = torch.tanh(training.model.autoencoder.encoder(images.train.float() / 255) / 2)
            found = training.model.readout(means).argmax(1)
        read[weight] = (found == images.train_labels).float().mean()
    assert read[20.0] > 0.9
    assert read[0.0] < 0.4


def test_a_digit_can_be_asked_of_a_prior_with_class_fields_only(images):
    with_fields = DvaeTraining(configure(model={"class_conditional": True}), images).model
    assert with_fields.labels(12).tolist() == [*range(10), 0, 1]
    assert with_fields.labels(3, digit=7).tolist() == [7, 7, 7]
    without = DvaeTraining(configure(), images).model
    assert without.labels(12) is None
    with pytest.raises(ValueError, match="no class fields"):
        without.labels(3, digit=7)


def test_weight_decay_keeps_the_prior_weaker_and_takes_what_it_says(images):
    kept = [
        DvaeTraining(configure(prior_weight_decay=decay, prior_learning_rate=0.05), images) for decay in (0.0, 10.0)
    ]
    before = [training.model.prior.quadratic.detach().clone() for training in kept]
    events = [training.events() for training in kept]
    for stream in events:
        while not isinstance(next(stream), Metrics):
            pass
    rate = 0.05 * 1.0  # the first step's, after a warm-up of one
    free, decayed = (training.model.prior.quadratic.detach() for training in kept)
    torch.testing.assert_close(decayed, free - rate * 10.0 * before[1])
    for stream in events:
        for _ in stream:
            pass
    strengths = [training.model.prior.quadratic.abs().mean().item() for training in kept]
    assert strengths[1] < 0.7 * strengths[0]
