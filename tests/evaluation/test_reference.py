from dataclasses import replace
from pathlib import Path

import pytest
import torch

from boltzmann import data
from boltzmann.config import DataConfig
from boltzmann.evaluation import reference as module
from boltzmann.evaluation.reference import EvaluationError, Reference, cache_folder, references


@pytest.fixture
def images(tmp_path):
    """1,500 and 297 embedded digits that pass for MNIST's: what is tested here asks for no more."""
    return replace(data.load(DataConfig(dataset="digits"), tmp_path), source="mnist")


class Counting:
    """A classifier that counts the images that it reads."""

    def __init__(self, key="counting"):
        self.key = key
        self.read_images = 0

    def read(self, images):
        self.read_images += len(images)
        features = images.flatten(1)[:, 300:320].float()
        return type("Readings", (), {"features": features})()


def test_what_was_computed_is_kept(images, tmp_path):
    first = Counting()
    expected = Reference.load(images, first, tmp_path)
    figures = expected.floor(200), expected.reaches, expected.nearest
    assert first.read_images == 297 + 297
    again = Counting()
    kept = Reference.load(images, again, tmp_path)
    assert kept.floor(200) == figures[0]
    assert torch.equal(kept.reaches, figures[1])
    assert torch.equal(kept.nearest, figures[2])
    assert again.read_images == 0


def test_other_images_and_another_classifier_have_figures_of_their_own(images, tmp_path):
    keys = {Reference.load(images, Counting(), tmp_path).key}
    changed = images.test.clone()
    changed[5, 14, 14] ^= 1
    keys.add(Reference.load(replace(images, test=changed), Counting(), tmp_path).key)
    keys.add(Reference.load(replace(images, train=images.train[1:]), Counting(), tmp_path).key)
    keys.add(Reference.load(images, Counting("other"), tmp_path).key)
    assert len(keys) == 4


def test_a_damaged_file_is_computed_again_and_none_is_needed(images, tmp_path):
    cache = tmp_path / "cache"
    expected = Reference.load(images, Counting(), cache).features
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-100])
    assert torch.equal(Reference.load(images, Counting(), cache).features, expected)
    (tmp_path / "file").touch()
    assert torch.equal(Reference.load(images, Counting(), tmp_path / "file" / "below").features, expected)


def test_the_cache_is_the_users(monkeypatch):
    monkeypatch.delenv("BOLTZMANN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_folder() == Path("/caches/boltzmann-studio")
    monkeypatch.setenv("BOLTZMANN_CACHE", "/elsewhere")
    assert cache_folder() == Path("/elsewhere")


def test_a_grey_model_is_compared_twice_a_binary_one_once(images, tmp_path, monkeypatch):
    asked = []

    def load(config, folder):
        asked.append(config)
        binary = (images.test >= 128).to(torch.uint8) * 255
        return replace(images, test=binary) if config.pixels == "binary" else images

    monkeypatch.setattr(module.datasets, "load", load)
    config = DataConfig(image_size=32, train_size=1000)
    assert [found.pixels for found in references(config, tmp_path)] == ["grey", "binary"]
    assert [found.pixels for found in references(config.model_copy(update={"pixels": "binary"}), tmp_path)] == [
        "binary"
    ]
    assert [(seen.train_size, seen.image_size) for seen in asked] == [(60_000, 32)] * 2


def test_other_images_than_mnist_are_refused(tmp_path, images):
    with pytest.raises(EvaluationError, match="BOLTZMANN_DATA"):
        Reference.load(replace(images, source="digits"))
    with pytest.raises(EvaluationError, match="knows MNIST's only"):
        references(DataConfig(dataset="digits"), tmp_path)
