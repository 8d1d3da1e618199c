"""The filter alone, against a chip that is one line of arithmetic. test_simulated_qpu.py judges it on the real thing."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch

from boltzmann.samplers.prefactor import Prefactor
from boltzmann.samplers.temperature import TemperatureEstimate

FROZEN = TemperatureEstimate(math.inf, math.nan)


@dataclass
class Chip:
    """Samples at hidden * prefactor, with a scatter of log(beta) from one programming to the next."""

    hidden: float
    scatter: float = 0.1
    generator: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))

    def batch(self, prefactor: Prefactor) -> float:
        """Sample once, let the prefactor follow, and return how far it is from the right one: log of the ratio."""
        noise = self.scatter * float(torch.randn((), generator=self.generator))
        beta = self.hidden * prefactor.value * math.exp(noise)
        prefactor.follow(TemperatureEstimate(beta, 0.01 * beta))
        return math.log(prefactor.value * self.hidden)


@pytest.fixture
def settled() -> Callable[[], Prefactor]:
    """A prefactor that has long been right, at its starting value."""

    def make() -> Prefactor:
        prefactor, chip = Prefactor(None), Chip(1 / Prefactor.START, scatter=0.0)
        for _ in range(50):
            chip.batch(prefactor)
        return prefactor

    return make


@pytest.mark.parametrize("hidden", [0.5, 1.0, 5.0, 20.0, 100.0])
def test_converges_and_holds(hidden) -> None:
    """One programming scatters by 0.1, as the worst chip does; the prefactor by about 0.025: 0.1 is four of these."""
    prefactor, chip = Prefactor(None), Chip(hidden)
    off = [chip.batch(prefactor) for _ in range(500)]
    assert max(map(abs, off[14:])) < 0.1
    assert math.sqrt(sum(x * x for x in off[14:]) / len(off[14:])) < 0.035


def test_large_steps_first_and_small_ones_later(settled) -> None:
    fresh, late = Prefactor(None), settled()
    for prefactor in (fresh, late):
        prefactor.follow(TemperatureEstimate(1.1, 0.01))
    assert math.log(Prefactor.START / fresh.value) > 0.95 * math.log(1.1)
    assert 0.1 * math.log(1.1) < math.log(Prefactor.START / late.value) < 0.3 * math.log(1.1)
    assert late.uncertainty < fresh.uncertainty < Prefactor.UNKNOWN


def test_follows_a_drift_of_half_a_percent_a_batch() -> None:
    prefactor, chip = Prefactor(None), Chip(5.0, scatter=0.02)
    off = []
    for _ in range(200):
        off.append(chip.batch(prefactor))
        chip.hidden *= 1.005
    assert max(map(abs, off[14:])) < 0.1


@pytest.mark.parametrize("jump", [0.25, 0.5, 2.0, 4.0])
def test_finds_a_chip_again_that_has_changed_at_once(settled, jump) -> None:
    """Late in a run, when the steps are small: within 10% after 15 batches more."""
    prefactor, chip = settled(), Chip(jump / Prefactor.START, scatter=0.02)
    off = [chip.batch(prefactor) for _ in range(30)]
    assert abs(off[0]) > 0.4 * abs(math.log(jump))
    assert max(map(abs, off[14:])) < 0.1


def test_one_wild_batch_does_not_throw_it_off(settled) -> None:
    prefactor = settled()
    prefactor.follow(TemperatureEstimate(3.0, 0.01))
    assert prefactor.value == pytest.approx(Prefactor.START, rel=0.15)


def test_an_uncertain_estimate_moves_it_less(settled) -> None:
    sure, unsure = settled(), settled()
    sure.follow(TemperatureEstimate(1.5, 0.01))
    unsure.follow(TemperatureEstimate(1.5, 0.5))
    assert sure.value < unsure.value < Prefactor.START


def test_frozen_samples_lead_it_down_at_once_and_the_next_number_back(settled) -> None:
    prefactor = settled()
    values = []
    for _ in range(3):
        prefactor.follow(FROZEN)
        values.append(prefactor.value / Prefactor.START)
    assert values == pytest.approx([1 / 4, 1 / 16, 1 / 64])
    # It went eight times too far.
    chip = Chip(8 / Prefactor.START, scatter=0.02)
    chip.batch(prefactor)
    assert abs(chip.batch(prefactor)) < 0.1


@pytest.mark.parametrize("beta", [-0.015, 0.0, 0.015])
def test_samples_too_hot_to_tell_from_random_ones_lead_it_up(settled, beta) -> None:
    prefactor = settled()
    prefactor.follow(TemperatureEstimate(beta, 0.01))
    assert prefactor.value == pytest.approx(4 * Prefactor.START)


@pytest.mark.parametrize(
    ("beta", "error"),
    [(math.nan, math.nan), (-math.inf, math.nan), (-0.3, 0.1), (-0.02, 0.01), (0.5, 0.4), (1.0, math.nan)],
    ids=["no field", "all inverted", "inverted", "at the limit", "too few reads", "one read"],
)
def test_estimates_that_mean_nothing_move_nothing(beta, error) -> None:
    prefactor = Prefactor(None)
    before = prefactor.state()
    prefactor.follow(TemperatureEstimate(beta, error))
    assert torch.equal(prefactor.state(), before)


@pytest.mark.parametrize("estimate", [FROZEN, TemperatureEstimate(0.0, 0.01)], ids=["frozen", "hot"])
def test_its_limits_do_not_wind_up(estimate) -> None:
    prefactor = Prefactor(None)
    for _ in range(1000):
        prefactor.follow(estimate)
    assert prefactor.value in Prefactor.RANGE
    chip = Chip(5.0, scatter=0.02)
    assert abs([chip.batch(prefactor) for _ in range(5)][-1]) < 0.1


def test_rises_no_further_while_the_chip_cuts_off_the_problem(settled) -> None:
    prefactor = settled()
    for _ in range(20):
        prefactor.follow(TemperatureEstimate(0.5, 0.01), clipped=0.2)
    assert prefactor.value == pytest.approx(Prefactor.START)
    prefactor.follow(TemperatureEstimate(2.0, 0.01), clipped=0.2)
    assert prefactor.value < 0.95 * Prefactor.START
    lower = prefactor.value
    prefactor.follow(TemperatureEstimate(0.5, 0.01), clipped=0.05)
    assert prefactor.value > lower


@pytest.mark.parametrize("estimate", [FROZEN, TemperatureEstimate(3.0, 0.01)])
def test_a_fixed_one_stays(estimate) -> None:
    prefactor = Prefactor(0.3)
    prefactor.follow(estimate)
    assert prefactor.value == 0.3
    assert prefactor.uncertainty == 0


def test_goes_on_from_its_state(settled) -> None:
    first, resumed = settled(), Prefactor(None)
    resumed.restore(first.state())
    for prefactor in (first, resumed):
        prefactor.follow(TemperatureEstimate(1.3, 0.02))
    assert resumed.value == first.value
    assert resumed.uncertainty == first.uncertainty
