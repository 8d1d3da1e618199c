import pytest
import torch

from boltzmann.evaluation import manifold
from boltzmann.evaluation.manifold import compare, nearest, reaches


def cloud(count, seed, centre=0.0, dimension=8):
    return torch.randn(count, dimension, generator=torch.Generator().manual_seed(seed)) + centre


def by_definition(real, generated, k):
    """The four figures, pair by pair in double precision."""
    real, generated = real.double(), generated.double()
    real_reach = torch.cdist(real, real).sort().values[:, k]
    generated_reach = torch.cdist(generated, generated).sort().values[:, k]
    apart = torch.cdist(generated, real)
    within = apart <= real_reach
    recalled = (apart <= generated_reach[:, None]).any(0)
    return (
        within.any(1).double().mean(),
        recalled.double().mean(),
        within.sum(1).double().mean() / k,
        within.any(0).double().mean(),
    )


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("block", [7, 1000])
def test_the_definitions(monkeypatch, k, block):
    monkeypatch.setattr(manifold, "BLOCK", block)
    real, generated = cloud(90, 0), cloud(80, 1, 0.5)
    found = compare(real, generated, reaches(real, k), k)
    got = (found.precision, found.recall, found.density, found.coverage)
    assert got == pytest.approx([value.item() for value in by_definition(real, generated, k)], abs=1e-6)


def test_the_same_law_scores_well():
    """Density 1, and coverage 1 - 2^-k, both within 0.05 (Naeem et al., section 3.2)."""
    real, generated = cloud(2000, 0), cloud(2000, 1)
    found = compare(real, generated, reaches(real))
    assert found.density == pytest.approx(1, abs=0.05)
    assert found.coverage == pytest.approx(1 - 2**-5, abs=0.05)
    assert min(found.precision, found.recall) > 0.7


def test_a_missing_mode_costs_variety_only():
    real = torch.cat([cloud(500, 0), cloud(500, 1, 20.0)])
    found = compare(real, cloud(1000, 2), reaches(real))
    assert found.precision > 0.7
    assert max(found.recall, found.coverage) <= 0.5


@pytest.mark.parametrize("block", [7, 1000])
def test_the_nearest_image_is_found_and_itself_is_at_distance_zero(monkeypatch, block):
    monkeypatch.setattr(manifold, "BLOCK", block)
    generator = torch.Generator().manual_seed(0)
    others = torch.randint(256, (83, 6, 6), generator=generator, dtype=torch.uint8)
    images = torch.randint(256, (50, 6, 6), generator=generator, dtype=torch.uint8)
    images[::10] = others[-5:]
    found = nearest(images, others)
    assert not found[::10].any()
    expected = torch.cdist(images.flatten(1).double() / 255, others.flatten(1).double() / 255).amin(1)
    assert torch.allclose(found.double(), expected, atol=1e-5)
    assert torch.equal(found, nearest(images.float() / 255, others))


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="5 points have no 5 neighbours"):
        reaches(cloud(5, 0))
