import json

import pytest
import torch

from boltzmann import data
from boltzmann.config import DataConfig
from boltzmann.evaluation.classifier import SHIPPED, Classifier, as_input
from boltzmann.evaluation.classifier_training import augment, train_classifier


@pytest.fixture(scope="module")
def shipped():
    return Classifier.load()


def test_the_shipped_one_reads_the_test_images(whole_mnist, shipped):
    """Over 99.3% of all 10,000 are read right, grey or thresholded, just as its card says."""
    *_, images, labels = whole_mnist
    for pixels, name in ((images, "test_accuracy"), ((images >= 128).float(), "test_accuracy_binary")):
        accuracy = (shipped.read(pixels).classes == labels).float().mean().item()
        assert accuracy > 0.993
        assert accuracy == pytest.approx(shipped.facts[name], abs=5e-4)


def test_the_shipped_one_is_small_and_says_how_it_was_made():
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 1_000_000
    card = (SHIPPED / "README.md").read_text("utf-8")
    assert "boltzmann train-classifier --out models/classifier" in card


def test_features_do_not_depend_on_the_frame_or_the_type(shipped):
    images = torch.randint(256, (20, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    expected = shipped.read(images)
    assert expected.features.shape == (20, 96)
    assert expected.features.min() >= 0
    assert torch.allclose(expected.probabilities.sum(1), torch.ones(20))
    for same in (images / 255, torch.nn.functional.pad(images, (2, 2, 2, 2))):
        assert torch.equal(shipped.read(same).features, expected.features)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(3, 28, 30), "H even and at most 32"),
        (torch.zeros(3, 64, 64), "H even and at most 32"),
        (torch.zeros(28, 28), "H even and at most 32"),
        (torch.zeros(3, 28, 28, dtype=torch.int64), "uint8"),
        (torch.full((3, 28, 28), 255.0), "outside"),
        (torch.full((3, 28, 28), torch.nan), "no numbers"),
    ],
)
def test_images_that_do_not_fit_are_refused(images, words):
    with pytest.raises(ValueError, match=words):
        as_input(images)


def test_a_missing_one_is_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match="train-classifier --out"):
        Classifier.load(tmp_path)


def test_augmented_images_are_images_of_the_same_digits(few_images, shipped):
    """Read right by the shipped classifier in more than 95 of 100 cases, and no image left as it was."""
    images = as_input(few_images.train[:1000])
    changed = augment(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    assert (changed != images).flatten(1).any(1).all()
    read = shipped.read(changed.squeeze(1)).classes
    assert (read == few_images.train_labels[:1000]).float().mean() > 0.95


def test_training_repeats_from_its_seed_and_can_be_loaded(tmp_path):
    """Three epochs of 1,500 embedded digits: more than half of the others are read right, where chance has a tenth."""
    images = data.load(DataConfig(dataset="digits"), tmp_path)
    said = []
    facts = train_classifier(images, tmp_path / "first", epochs=3, notify=said.append)
    train_classifier(images, tmp_path / "again", epochs=3)
    assert len(said) == 3
    assert facts["test_accuracy"] > 0.5
    first, again = (Classifier.load(tmp_path / name) for name in ("first", "again"))
    assert first.key == again.key
    assert first.key != Classifier.load().key
    assert json.loads((tmp_path / "first" / "classifier.json").read_text()) == first.facts
    assert (first.read(images.test).classes == images.test_labels).double().mean().item() == facts["test_accuracy"]
