"""A prior of the Studio on a simulated chip whose beta is led."""

import pytest
import torch

from boltzmann import data
from boltzmann.config import ConfigError, RunConfig, validate
from boltzmann.models.stored import StoredModel
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.events import Metrics, Notice, SamplerReport

LED = {
    "linear": {"start": 2.0, "end": 4.0},
    "max_likelihood": {"start": 2.0, "rate": 0.1},
    "min_entropy": {"start": 2.0, "rate": 0.01},
    "known": {},
    "estimated": {},
}


def configure(scheme, classes=False, **training):
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2, "class_conditional": classes},
            "sampler": {"name": "simulated_qpu", "inverse_temperature": 5.0},
            "training": {"epochs": 3, "batch_size": 128, "num_reads": 40, "sample_reuse": 2, **training},
            "inverse_temperature": {"scheme": scheme, **LED[scheme]},
        }
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return data.load(configure("known").data, tmp_path_factory.mktemp("data"))


def told(events):
    """Beta and the sampler's own by reports, of which each epoch of two steps brings one."""
    reports = [event.info for event in events if isinstance(event, SamplerReport)]
    assert all(info["beta"] == pytest.approx(1 / info["prefactor"]) for info in reports)
    return [info["beta"] for info in reports], [info["hardware_beta"] for info in reports]


@pytest.mark.parametrize("scheme", LED)
def test_beta_moves_once_an_epoch_and_is_reported(images, scheme):
    classes = scheme == "min_entropy"
    reads = 400 if scheme in ("min_entropy", "linear") else 40
    training = DvaeTraining(configure(scheme, classes, num_reads=reads), images)
    betas, own = told(list(training.events()))
    assert own == pytest.approx([5.0] * 3, rel=0.3)
    match scheme:
        case "linear":
            assert betas == pytest.approx([2.0 + 2 / 3, 2.0 + 4 / 3, 4.0])
        case "known":
            assert betas == pytest.approx([5.0] * 3)
        case "estimated":
            assert training.led is None
        case "min_entropy":
            assert 2.0 == betas[0] < betas[1] < betas[2]
        case _:
            assert betas[0] == 2.0
            assert len(set(betas)) == 3


def test_a_step_of_beta_is_that_of_the_encoded_spins_and_the_reads(images):
    """The chip draws at 5 what is programmed for 2: its reads lie lower than the encoder's strings, and the printed step
    climbs by the difference."""
    training = DvaeTraining(configure("max_likelihood", epochs=1), images)
    seen, after = [], training.led.after_epoch

    def noted(epoch, spins, reads, programmed):
        assert programmed == pytest.approx(2.0)
        seen.append((epoch, len(spins), len(reads), (spins.mean() - reads.mean()).item() / 2.0))
        return after(epoch, spins, reads, programmed)

    training.led.after_epoch = noted
    list(training.events())
    [(epoch, encoded, reads, gap)] = seen
    assert (epoch, encoded, reads) == (1, 128 * training.model.replicas, 40)
    assert gap > 0
    assert training.led.beta == pytest.approx(2.0 + 0.1 * gap)
    assert training.sampler.prefactor == pytest.approx(1 / training.led.beta)


@pytest.mark.parametrize("stop", [3, 4])
def test_a_resumed_run_repeats_bit_for_bit(images, tmp_path, stop):
    config = configure("max_likelihood")
    whole = DvaeTraining(config, images)
    expected = [(e.step, e.total) for e in whole.events() if isinstance(e, Metrics)]
    half = DvaeTraining(config, images)
    for event in half.events():
        if isinstance(event, Metrics) and event.step == stop:
            break
    half.save(tmp_path)
    resumed = DvaeTraining(config, images, tmp_path)
    assert [(e.step, e.total) for e in resumed.events() if isinstance(e, Metrics)] == expected[stop:]
    assert resumed.led.beta == whole.led.beta
    assert torch.equal(resumed.model.prior.linear, whole.model.prior.linear)


def test_a_longer_ramp_is_told_and_another_scheme_goes_on_from_it(images, tmp_path):
    short = DvaeTraining(configure("linear"), images)
    for event in short.events():
        if isinstance(event, Metrics) and event.step == 4:
            break
    short.save(tmp_path)
    longer = DvaeTraining(configure("linear", epochs=4), images, tmp_path)
    assert longer.led.beta == pytest.approx(3.5)
    words = [event.message for event in longer.events() if isinstance(event, Notice)]
    assert words == ["Beta is led in a line over all 4 epochs, 3 before: it goes on at 3.5, and was to be 4 here."]
    other = DvaeTraining(configure("max_likelihood"), images, tmp_path)
    assert 1 / other.sampler.prefactor == other.led.beta == short.led.beta
    estimated = DvaeTraining(configure("estimated"), images, tmp_path)
    assert estimated.sampler.prefactor == pytest.approx(1 / short.led.beta)


def test_reads_that_last_longer_than_an_epoch_move_beta_once(images, tmp_path):
    """Drawn at steps 1, 4, 7 and 10, in epochs of two steps: not in the third. Resumed in between, too."""
    config = configure("min_entropy", sample_reuse=3, epochs=5)
    training, betas = DvaeTraining(config, images), []
    for event in training.events():
        if isinstance(event, Metrics) and event.step % 2 == 0:
            betas.append(training.led.beta)
            if event.step == 2:
                training.save(tmp_path)
    resumed = DvaeTraining(config, images, tmp_path)
    assert [resumed.led.beta for e in resumed.events() if isinstance(e, Metrics) and e.step % 2 == 0] == betas[1:]
    moved = [other > one for one, other in zip((2.0, *betas), betas, strict=False)]
    assert moved == [True, True, False, True, True]


def test_a_ramp_that_goes_on_from_another_scheme_is_where_it_stands(images, tmp_path):
    for steps, stands in ((3, 1), (4, 2)):
        estimated = DvaeTraining(configure("estimated"), images)
        for event in estimated.events():
            if isinstance(event, Metrics) and event.step == steps:
                break
        estimated.save(tmp_path / str(steps))
        ramp = DvaeTraining(configure("linear"), images, tmp_path / str(steps))
        assert ramp.led.beta == 1 / ramp.sampler.prefactor == pytest.approx(2.0 + 2 * (stands + 1) / 3)


def test_a_configuration_from_before_follows_the_estimates(images, tmp_path):
    values = configure("estimated").model_dump()
    del values["inverse_temperature"]
    assert RunConfig.model_validate(values).inverse_temperature.scheme == "estimated"
    training = DvaeTraining(validate(values), images)
    training.save(tmp_path)
    assert "led.beta" not in (tmp_path / "training.safetensors").read_bytes().decode("latin-1")
    assert StoredModel.load(tmp_path).config.inverse_temperature.scheme == "estimated"
    with pytest.raises(ConfigError, match="needs a sampler of unknown temperature, not gibbs"):
        validate({"inverse_temperature": {"scheme": "linear"}})
