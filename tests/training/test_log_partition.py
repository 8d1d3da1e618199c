"""log Z beside a prior that learns."""

import pytest
import torch

from boltzmann import data
from boltzmann.config import validate
from boltzmann.samplers.exact import log_partition
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.events import Metrics


def configure(classes=True, reuse=1, name="gibbs"):
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2, "class_conditional": classes},
            "sampler": {"name": name},
            "training": {
                "epochs": 6, "batch_size": 64, "num_reads": 400, "sample_reuse": reuse, "prior_learning_rate": 0.02,
                "learning_rate": 0.003,
            },
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return data.load(configure().data, tmp_path_factory.mktemp("data"))


def exact(model):
    laws = (
        [model.ising()] if model.class_fields is None else [model.ising(torch.tensor([c])).law()[0] for c in range(10)]
    )
    return torch.tensor([log_partition(law) for law in laws], dtype=torch.float64)


@pytest.mark.parametrize("classes", [True, False], ids=["classes", "no classes"])
@pytest.mark.parametrize(("name", "reuse"), [("gibbs", 1), ("gibbs", 24), ("simulated_qpu", 1), ("simulated_qpu", 24)])
def test_it_is_right_between_its_estimates_whoever_draws_the_samples_and_how_seldom(images, classes, name, reuse):
    training, before, seen = DvaeTraining(configure(classes, reuse, name), images), None, []
    for event in training.events():
        if isinstance(event, Metrics):
            if before is not None:
                seen.append((training.nll.log_partition - before).abs().mean().item())
            before = exact(training.model)
    assert len(seen) == 23
    assert max(seen) < 0.6
