"""Samples that serve several steps."""

import pytest
import torch

from boltzmann import data
from boltzmann.config import validate
from boltzmann.samplers import create
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.events import Metrics, SamplerReport


def configure(**training):
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2, "class_conditional": True},
            "sampler": {"name": "gibbs", "sweeps": 2},
            "training": {"epochs": 2, "batch_size": 64, "num_reads": 20, **training},
        }
    )


class Counted:
    """A sampler that counts its drawings."""

    def __init__(self, sampler):
        self._sampler, self.drawings = sampler, 0

    def __getattr__(self, name):
        return getattr(self._sampler, name)

    def sample(self, *arguments):
        self.drawings += 1
        return self._sampler.sample(*arguments)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return data.load(configure().data, tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize(("reuse", "drawings"), [(None, 8), (1, 8), (3, 3), (8, 1), (100, 1)])
def test_one_drawing_serves_as_many_steps_as_allowed(images, reuse, drawings):
    config = configure(sample_reuse=reuse)
    sampler = Counted(create(config.sampler, config.seed))
    events = list(DvaeTraining(config, images, sampler=sampler).events())
    assert sampler.drawings == drawings
    assert sum(isinstance(event, Metrics) for event in events) == 8
    steps = [event.step for event in events if isinstance(event, SamplerReport)]
    assert steps == list(range(1, 9, min(reuse or 1, 8)))[:drawings]


@pytest.mark.parametrize("stop", [3, 4, 5])
def test_a_resumed_run_uses_the_rest_of_its_samples(images, tmp_path, stop):
    config = configure(sample_reuse=3)
    whole = DvaeTraining(config, images)
    expected = [(e.step, e.total, e.nll) for e in whole.events() if isinstance(e, Metrics)]
    half = DvaeTraining(config, images)
    for event in half.events():
        if isinstance(event, Metrics) and event.step == stop:
            break
    half.save(tmp_path)
    resumed = DvaeTraining(config, images, tmp_path)
    found = [(e.step, e.total, e.nll) for e in resumed.events() if isinstance(e, Metrics)]
    assert found == expected[stop:]


def test_another_sampler_takes_over(images, tmp_path):
    first = DvaeTraining(configure(epochs=1), images)
    list(first.events())
    first.save(tmp_path)
    values = configure().model_dump()
    other = DvaeTraining(validate({**values, "sampler": {"name": "simulated_qpu"}}), images, tmp_path)
    for before, after in zip(first.model.coefficients(), other.model.coefficients(), strict=True):
        assert torch.equal(before, after)
    steps = [event.step for event in other.events() if isinstance(event, Metrics)]
    assert steps == [5, 6, 7, 8]
