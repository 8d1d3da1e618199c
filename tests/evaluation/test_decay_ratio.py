"""Ratios of what repeated runs tend to and end with have intervals that hold the truth as often as they say."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from boltzmann.evaluation.decay_ratio import _over_runs, paired_ratio


def fit(values):
    return SimpleNamespace(over_runs={"values": list(values)})


@pytest.mark.parametrize(
    ("count", "least", "most"), [(2, 0.93, 1.0), (3, 0.93, 0.99), (4, 0.93, 0.98), (16, 0.93, 0.97)]
)
def test_the_interval_over_the_runs_covers_the_ratio(count, least, most):
    """Of asymptotes 20 and 10 that spread by 2% over the runs, in 1,000 trials (standard error 0.7%). Of two the interval
    errs to the safe side, and there is none where they may be 0."""
    rng, covered = np.random.default_rng(1), 0
    for _ in range(1000):
        a, b = (c * (1 + 0.02 * rng.standard_normal(count)) for c in (20, 10))
        low, high = _over_runs([(fit(a), fit(b))]) or (-math.inf, math.inf)
        covered += low < 2 < high
    assert least <= covered / 1000 <= most


def test_repeats_that_share_seeds_over_panels_are_not_counted_thrice():
    rng, covered, trials = np.random.default_rng(2), 0, 500
    for _ in range(trials):
        a, b = (c * 0.03 * rng.standard_normal(4) for c in (20, 10))
        pairs = [(fit(20 + a + 0.05 * rng.standard_normal(4)), fit(10 + b)) for _ in range(3)]
        low, high = _over_runs(pairs)
        covered += low < 2 < high
    assert covered / trials >= 0.93


def test_paired_by_seed_a_small_difference_is_told():
    """Seeds differ by a fifth, arms by 6% in each of them: 1.06 within a hundredth, where unpaired 1 is well possible."""
    rng = np.random.default_rng(0)
    b = {seed: 10 * math.exp(0.2 * rng.standard_normal()) for seed in range(4)}
    a = {seed: 1.06 * error * math.exp(0.004 * rng.standard_normal()) for seed, error in b.items()}
    found = paired_ratio({**a, 9: 1.0, 10: math.nan}, {**b, 11: 2.0, 10: 1.0})
    low, high = found["interval"]
    assert 1.04 < low < 1.06 < high < 1.08
    assert low < found["ratio"] < high
    assert found["seeds"] == 4
    turned = paired_ratio(b, a)
    assert turned["ratio"] == pytest.approx(1 / found["ratio"])
    assert turned["interval"] == pytest.approx((1 / high, 1 / low))


def test_a_paired_interval_covers_the_truth():
    """95% in 1,000 trials of three seeds, within three standard errors."""
    rng, covered = np.random.default_rng(3), 0
    for _ in range(1000):
        logs = rng.standard_normal((2, 3)) * 0.1
        low, high = paired_ratio(*(dict(enumerate(np.exp(part))) for part in logs))["interval"]
        covered += low < 1 < high
    assert 0.93 <= covered / 1000 <= 0.97


def test_without_two_common_seeds_there_is_no_interval():
    assert paired_ratio({1: 3.0}, {1: 2.0, 2: 5.0}) == {"ratio": 1.5, "interval": None, "seeds": 1}
    assert paired_ratio({1: 3.0, 3: 0.0}, {2: 2.0, 3: 1.0}) == {"ratio": None, "interval": None, "seeds": 0}
