"""A trainer of a small machine, by the settings that a test changes."""

import pytest
import torch

from boltzmann.config import RBMConfig, changed
from boltzmann.data.binary import BinaryData, load
from boltzmann.training.rbm import RBMTraining

SMALL = {"data.length": 6, "model.hidden": 4, "training.epochs": 12, "training.measurements": 4}


@pytest.fixture
def make(tmp_path):
    """``make(data=None, checkpoint=None, **{"training.epochs": 12, ...})``: a trainer on shifting bars, or on ``data``."""

    def make_one(data=None, checkpoint=None, **changes):
        config = changed(RBMConfig(), SMALL | changes)
        return RBMTraining(config, data or load(config.data, tmp_path, config.seed), checkpoint)

    return make_one


@pytest.fixture
def labelled():
    """Rows of three classes, 8 grey pixels each, drawn anew each time that they are used."""
    generator = torch.Generator().manual_seed(5)
    labels = torch.arange(60) % 3
    means = torch.rand(3, 8, generator=generator)
    rows = (0.7 * means[labels] + 0.3 * torch.rand(60, 8, generator=generator)).clamp(0, 1)
    return BinaryData(rows[:40], rows[40:], labels[:40], labels[40:], (2, 4), "digits", stochastic=True)


@pytest.fixture
def states():
    """``states(n)``: all states of n units, float32 (2**n, n)."""
    return lambda n: torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * n).reshape(-1, n)
