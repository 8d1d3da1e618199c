"""What is shipped can be drawn from at once, by any sampler, and draws digits of every class."""

import os
from pathlib import Path

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from boltzmann.config import SimulatedQPUConfig
from boltzmann.data import mnist
from boltzmann.models.stored import StoredModel
from boltzmann.runs.models import list_models
from boltzmann.runs.store import RunStore
from boltzmann.samplers import create
from boltzmann.settings import ROOT, Settings

FOLDERS = sorted(path.parent for path in (ROOT / "models").glob("*/config.json"))


def test_there_is_one_and_the_page_finds_it(tmp_path):
    settings = Settings(data=tmp_path, runs=tmp_path / "runs", models=ROOT / "models")
    entries = list_models(settings, RunStore(settings.runs))
    assert [entry.key for entry in entries] == [f"shipped:{folder.name}" for folder in FOLDERS]
    assert entries
    for entry in entries:
        assert entry.trained["data"] == "mnist"
        assert entry.trained["step"] > 1000


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_is_small_and_says_how_it_was_made(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) < 6_000_000
    card = (folder / "README.md").read_text("utf-8")
    assert "boltzmann train" in card
    assert "held-out" in card
    assert (folder / "samples.png").is_file()


@pytest.mark.skipif("BOLTZMANN_DATA" not in os.environ, reason="BOLTZMANN_DATA names no folder with MNIST")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("sampler", ["its own", "simulated_qpu"])
def test_it_draws_every_class(folder, sampler):
    """1024 digits read by 5 nearest neighbours among 10,000 training images: each class has at least 2%.

    The neighbours agree on at least 60% of the digits (4 of 5); on real test images it is above 90%, on noise of the same
    pixel statistics below 50%.
    """
    images, labels, test, _ = mnist.read(Path(os.environ["BOLTZMANN_DATA"]).resolve())
    reader = KNeighborsClassifier(5).fit(images[:10_000].flatten(1).numpy() / 255, labels[:10_000].numpy())

    def agreement(pictures):
        votes = torch.from_numpy(reader.predict_proba(pictures.flatten(1).numpy()))
        return votes.argmax(1), float((votes.amax(1) >= 0.8).float().mean())

    model = StoredModel.load(folder)
    config = model.config.sampler if sampler == "its own" else SimulatedQPUConfig()
    digits = model.decode(create(config, seed=0).sample(model.prior(), 1024).spins)
    classes, sure = agreement(digits)
    assert torch.bincount(classes, minlength=10).min() > 0.02 * 1024
    assert sure > 0.6
    assert agreement(test[:500].float() / 255)[1] > 0.9
    shuffled = digits[:200].flatten(1)[:, torch.randperm(28 * 28, generator=torch.Generator().manual_seed(0))]
    assert agreement(shuffled)[1] < 0.5
