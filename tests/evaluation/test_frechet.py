import pytest
import torch

from boltzmann.evaluation.frechet import Moments, frechet_distance, standard_error


def moments(mean, covariance):
    return Moments(torch.tensor(mean, dtype=torch.float64), torch.tensor(covariance, dtype=torch.float64))


def test_independent_components_add_up():
    """(m1 - m2)^2 + (sd1 - sd2)^2 for each: 9 + 1, 16 + 4."""
    first = moments([0.0, 1.0], [[1.0, 0.0], [0.0, 4.0]])
    second = moments([3.0, 5.0], [[4.0, 0.0], [0.0, 16.0]])
    assert frechet_distance(first, second) == pytest.approx(30, rel=1e-12)


def test_covariances_that_do_not_commute():
    """In two dimensions tr (C1 C2)^(1/2) = (tr C1 C2 + 2 (det C1 det C2)^(1/2))^(1/2): here (8 + 2 * 3)^(1/2)."""
    first = moments([0.0, 0.0], [[2.0, 1.0], [1.0, 2.0]])
    second = moments([0.0, 0.0], [[3.0, 0.0], [0.0, 1.0]])
    expected = 4 + 4 - 2 * (8 + 2 * 3) ** 0.5
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-12)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-12)


def test_features_that_never_fire_do_no_harm():
    features = torch.randn(500, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 2.0, 0.0, 0.0])
    same = Moments.of(features)
    assert frechet_distance(same, same) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(same, Moments.of(features + 1)) == pytest.approx(4, rel=1e-6)


def test_a_sample_is_farther_than_its_law_and_the_error_says_how_sure_it_is():
    """The bootstrap's standard error within a half of the spread of 40 independent samples of 1,000."""
    generator = torch.Generator().manual_seed(1)
    law = moments([0.0] * 8, torch.eye(8).tolist())

    def sample():
        return torch.randn(1000, 8, generator=generator) * 1.2 + 0.3

    distances = torch.tensor([frechet_distance(Moments.of(sample()), law) for _ in range(40)])
    exact = 8 * (0.3**2 + 0.2**2)
    assert distances.mean().item() == pytest.approx(exact, rel=0.05)
    assert standard_error(sample(), law) == pytest.approx(distances.std().item(), rel=0.5)
    assert standard_error(features := sample(), law) == standard_error(features, law)


def test_a_single_image_has_no_moments():
    with pytest.raises(ValueError, match="at least 2"):
        Moments.of(torch.zeros(1, 4))
