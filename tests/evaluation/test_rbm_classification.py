import pytest
import torch

from boltzmann.evaluation import rbm_classification as classification
from boltzmann.models.rbm import RBM


def machine():
    generator = torch.Generator().manual_seed(5)
    rbm = RBM(14, 6, 4, 0.8, generator)
    return rbm, (torch.rand(200, 10, generator=generator) < 0.5).float()


def test_labels_are_read_by_free_energy_and_chains_agree_with_it(monkeypatch):
    """Chains within 0.08 of p(y | pixels): 40 chains of 50 counted updates."""
    monkeypatch.setattr(classification, "FREE_ENERGY_CHUNK", 1000)  # several batches
    rbm, pixels = machine()
    exact = torch.stack(
        [-rbm.free_energy(rbm.with_labels(pixels, torch.full((200,), label))) for label in range(4)], 1
    ).softmax(1)
    assert torch.equal(classification.free_energy_classes(rbm, pixels), exact.argmax(1))
    found = classification.completed_labels(rbm, pixels, chains=40)
    torch.testing.assert_close(found, exact, atol=0.08, rtol=0)


def test_regression_reads_classes_from_features_that_hold_them():
    """Classes are those of two hidden units: more than 0.95 of the held-out ones are found."""
    generator = torch.Generator().manual_seed(0)
    rbm = RBM(20, 30, 0, 1.0, generator)
    pixels = (torch.rand(1500, 20, generator=generator) < 0.5).float()
    hidden = rbm.hidden_probability(pixels) > 0.5
    classes = hidden[:, 3].long() + 2 * hidden[:, 7].long()
    found = classification.feature_classes(rbm, pixels[:1000], classes[:1000], pixels[1000:])
    assert classification.scores(classes[1000:], found, 4)["accuracy"] > 0.95


def test_classes_too_few_or_too_rare_are_not_judged():
    assert classification.features_can_be_judged(torch.tensor([0, 2]).repeat(10))
    assert not classification.features_can_be_judged(torch.zeros(20, dtype=torch.long))
    assert not classification.features_can_be_judged(torch.tensor([0] * 20 + [1] * 9))


def test_scores_count_by_true_class():
    found = classification.scores(torch.tensor([0, 0, 1, 2]), torch.tensor([0, 1, 1, 2]), 3)
    assert found["confusion"] == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert (found["accuracy"], found["images"]) == (0.75, 4)
    assert found["standard_error"] == pytest.approx(0.21651, abs=1e-5)
