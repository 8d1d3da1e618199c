import pytest
import torch

from boltzmann.evaluation.rbm_chains import clamped_probability
from boltzmann.evaluation.rbm_completion import MASKS, complete, completion_report, mask_of, nearest
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import exact_samples


def machine(labels=0):
    generator = torch.Generator().manual_seed(3)
    rbm = RBM(9, 5, labels, 1.0, generator)
    rbm.visible_bias = 0.5 * torch.randn(9, generator=generator)
    return rbm


def conditional(rbm, row, unknown):
    """p(unit = 1 | known units) by enumeration, of exactly one label at 1 where labels are unknown."""
    places = unknown.nonzero()[:, 0]
    states = torch.tensor([[i >> bit & 1 for bit in range(len(places))] for i in range(2 ** len(places))]).float()
    rows = row.repeat(len(states), 1)
    rows[:, places] = states
    if rbm.labels:
        allowed = rows[:, rbm.pixels :].sum(1) == 1
        rows, states = rows[allowed], states[allowed]
    return (-rbm.free_energy(rows).double()).softmax(0) @ states.double()


@pytest.mark.parametrize("labels", [0, 3])
def test_clamped_chains_find_the_exact_conditional_probabilities(labels):
    """Within 0.03: 400 chains of 50 counted updates."""
    rbm = machine(labels)
    rows = torch.tensor([[1, 0, 1, 1, 0, 0, 0, 1, 0], [0, 0, 0, 1, 1, 1, 1, 0, 0]]).float()
    unknown = torch.tensor([0, 1, 0, 0, 1, 1, 1, 1, 1]).bool()
    found = clamped_probability(rbm, rows, unknown, torch.Generator().manual_seed(0), chains=400)
    exact = torch.stack([conditional(rbm, row, unknown) for row in rows])
    assert (exact - 0.5).abs().max() > 0.3  # not a law that any answer fits
    torch.testing.assert_close(found.double(), exact, atol=0.03, rtol=0)


def test_completion_keeps_what_is_known_and_never_looks_at_what_is_missing():
    rbm = machine(labels=3)
    mask = torch.tensor([True, False, False, True, True, False])
    pixels = torch.tensor([[1, 0, 1, 1, 0, 1], [0, 1, 1, 0, 0, 0]]).float()
    found = complete(rbm, pixels, mask)
    assert torch.equal(found[:, ~mask], pixels[:, ~mask])
    assert torch.equal(found, complete(rbm, torch.where(mask, 1 - pixels, pixels), mask))
    assert ((found[:, mask] > 0) & (found[:, mask] < 1)).all()


def test_only_some_unknown_labels_or_a_mask_of_another_size_are_refused():
    rbm, rows, generator = machine(labels=3), torch.zeros(2, 9), torch.Generator()
    with pytest.raises(ValueError, match="leave all of them unknown, or none"):
        clamped_probability(rbm, rows, torch.arange(9) == 8, generator)
    with pytest.raises(ValueError, match=r"do not fit a machine with 9 visible"):
        clamped_probability(rbm, rows, torch.ones(7, dtype=torch.bool), generator)


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_covers_half_of_the_image(name):
    mask = mask_of(name, (4, 6))
    assert mask.shape == (24,)
    assert int(mask.sum()) == 12
    if name == "lower":
        assert mask.view(4, 6)[2:].all()
    if name == "right":
        assert mask.view(4, 6)[:, 3:].all()


def test_the_machine_that_made_the_images_completes_them_best(monkeypatch):
    """Against fillings that know fewer images than it has states; errors checked by hand for the two of them."""
    generator = torch.Generator().manual_seed(0)
    rbm = RBM(64, 8, 0, 1.0, generator)
    # Without a field on any spin 2v - 1 or 2h - 1, so that no hidden state is the commonest.
    rbm.visible_bias, rbm.hidden_bias = -rbm.weights.sum(1) / 2, -rbm.weights.sum(0) / 2
    images = exact_samples(rbm, 500, generator)[0]
    train, test, mask = images[:300], images[300:], mask_of("lower", (8, 8))
    monkeypatch.setattr("boltzmann.evaluation.rbm_completion.NEIGHBOURS", 3000)  # several chunks
    distances = torch.cdist(test[:, ~mask], train[:, ~mask])
    found = nearest(train, test, ~mask)
    torch.testing.assert_close(distances.gather(1, found[:, None])[:, 0], distances.min(1).values)
    report = completion_report(rbm, train, test, mask)
    neighbour = (train[found] - test)[:, mask].square().mean()
    mean = (train.mean(0) - test)[:, mask].square().mean()
    assert report["nearest_neighbour"]["error"] == pytest.approx(float(neighbour), abs=1e-5)
    assert report["mean_image"]["error"] == pytest.approx(float(mean), abs=1e-5)
    best = min(report["mean_image"]["error"], report["nearest_neighbour"]["error"])
    assert report["machine"]["error"] + 5 * report["machine"]["standard_error"] < best
    assert (report["images"], report["missing_pixels"]) == (200, 32)
