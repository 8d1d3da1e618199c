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

MODELS = ROOT / "models"
FOLDERS = sorted(path.parent for path in MODELS.glob("*/graph.safetensors"))


def test_there_is_one_and_the_page_finds_it(tmp_path):
    settings = Settings(data=tmp_path, runs=tmp_path / "runs", models=MODELS)
    entries = list_models(settings, RunStore(settings.runs))
    assert {entry.key for entry in entries} == {f"shipped:{folder.name}" for folder in FOLDERS}
    assert entries
    steps = [entry.trained["step"] for entry in entries]
    assert steps == sorted(steps, reverse=True)
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

    Their mean distance to the nearest training image is at most that of real test images and a tenth; the same pixels
    shuffled lie half as far again or more.
    """
    images, labels, test, _ = mnist.read(Path(os.environ["BOLTZMANN_DATA"]).resolve())
    reader = KNeighborsClassifier(5).fit(images[:10_000].flatten(1).numpy() / 255, labels[:10_000].numpy())

    def distance(pixels):
        return reader.kneighbors(pixels.numpy(), n_neighbors=1)[0].mean()

    model = StoredModel.load(folder)
    source = create(model.config.sampler if sampler == "its own" else SimulatedQPUConfig(), seed=0)
    digits = model.decode(model.sample(source, 1024)[0].spins).flatten(1)
    classes = torch.from_numpy(reader.predict(digits.numpy()))
    assert torch.bincount(classes, minlength=10).min() > 0.02 * 1024
    real = distance(test[:500].flatten(1).float() / 255)
    shuffled = digits[:200, torch.randperm(digits.shape[1], generator=torch.Generator().manual_seed(0))]
    assert distance(digits) < 1.1 * real
    assert distance(shuffled) > 1.5 * real
