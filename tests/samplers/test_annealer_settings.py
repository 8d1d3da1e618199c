"""The simulated chip's anneal, pause and spin reversals: what they do to the schedule, to the law, to fixed errors."""

import pytest
import torch

from boltzmann.config import SimulatedQPUConfig
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.exact import probabilities
from boltzmann.samplers.gibbs import block_gibbs
from boltzmann.samplers.programmed import Ranges
from boltzmann.samplers.randomness import RandomSource
from boltzmann.samplers.simulated_qpu import SimulatedQPUSampler, schedule
from boltzmann.samplers.spin_reversals import either_sign


def sampler(seed: int = 0, **settings) -> SimulatedQPUSampler:
    return SimulatedQPUSampler(SimulatedQPUConfig(**{"prefactor": 0.25, "inverse_temperature": 4.0, **settings}), seed)


RAMP = [4.0 * (i + 1) / 40 for i in range(40)]


@pytest.mark.parametrize(
    ("settings", "betas"),
    [
        ({}, RAMP),
        ({"sweeps_per_microsecond": 0.5}, [4.0 * (i + 1) / 10 for i in range(10)]),
        ({"sweeps_per_microsecond": 0.1, "annealing_time": 5.0}, [1.0, 2.0, 3.0, 4.0]),
        ({"pause_time": 3.0, "pause_at": 0.25}, [*RAMP[:10], *[1.0] * 6, *RAMP[10:]]),
        ({"pause_time": 2.0, "pause_at": 0.9}, [*RAMP[:36], *[3.6] * 4, *RAMP[36:]]),
        # Shorter than a sweep, a pause is one.
        ({"pause_time": 0.1}, [*RAMP[:20], 2.0, *RAMP[20:]]),
    ],
)
def test_an_anneal_is_block_gibbs_along_its_schedule(small_model, settings, betas) -> None:
    """Bit for bit: two rounds of coefficient errors, then the seed of the chains, from one stream."""
    assert schedule(SimulatedQPUConfig(inverse_temperature=4.0, **settings)) == betas
    random = RandomSource(3)
    generator = random.on(torch.device("cpu"))
    linear, quadratic = (
        0.25 * part + 0.01 * torch.randn(part.shape, generator=generator)
        for part in (small_model.linear, small_model.quadratic)
    )
    spoilt = IsingModel(small_model.graph, linear, quadratic)
    expected = block_gibbs(Layout(small_model.graph), spoilt, betas, 100, random.seed())
    assert torch.equal(sampler(3, **settings).sample(small_model, 100).spins, expected)


def test_a_pause_helps_where_the_spins_still_move(make_model) -> None:
    """Without a pause, with one where all is still random, with a late one: -52.1, -52.2, -54.7 from 2,048 reads."""
    model = make_model(64, scale=0.4, seed=2)
    means = [
        float(sampler(annealing_time=4, coefficient_noise=0, **pause).sample(model, 512).energies.mean())
        for pause in ({}, {"pause_time": 50, "pause_at": 0.05}, {"pause_time": 50, "pause_at": 0.9})
    ]
    assert means[2] < min(means[:2]) - 2


@pytest.mark.parametrize("reversals", [1, 3, 16])
def test_reads_of_mirrored_problems_follow_the_model(small_model, judge, reversals) -> None:
    """As in the contract: the mean distance of as many independent reads, and four of its standard deviations."""
    one = sampler(7, annealing_time=100, coefficient_noise=0, spin_reversals=reversals)
    answer = one.sample(small_model, 32_768)
    beta = answer.info["effective_inverse_temperature"]
    exact = probabilities(IsingModel(small_model.graph, beta * small_model.linear, beta * small_model.quadratic))
    assert judge.distance(answer.spins, exact) < judge.floor(exact, 32_768) + 0.01


def test_reads_are_shared_however_few(small_model) -> None:
    one = sampler(spin_reversals=16)
    assert [len(one.sample(small_model, count).spins) for count in (1, 5, 33)] == [1, 5, 33]


class Biased(SimulatedQPUSampler):
    """A chip whose every bias comes out the same amount too high."""

    def _spoil(self, coefficients: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return super()._spoil(coefficients, generator) + 0.1


def test_reversals_average_out_a_fixed_bias(edgeless) -> None:
    """The mean of 16 signs has a variance of 1/16: the mean square of five spins lies below a quarter."""
    model = IsingModel(edgeless, torch.zeros(5), torch.zeros(0))
    squares = []
    for reversals in (0, 16):
        config = SimulatedQPUConfig(spin_reversals=reversals, coefficient_noise=0.0, prefactor=1.0)
        means = Biased(config, 0).sample(model, 16_000).spins.double().mean(0)
        squares.append(float((means**2).mean()))
    # tanh(6 x 0.1)^2 = 0.288
    assert squares[0] == pytest.approx(0.288, abs=0.02)
    assert squares[1] < squares[0] / 4


def test_each_programming_has_errors_of_its_own(edgeless) -> None:
    """Errors so large that the majority of a programming's reads shows their signs."""
    model = IsingModel(edgeless, torch.zeros(5), torch.zeros(0))
    answer = sampler(coefficient_noise=0.5, inverse_temperature=20, spin_reversals=8).sample(model, 800)
    majorities = answer.spins.view(8, 100, 5).double().mean(1).sign()
    assert len(majorities.unique(dim=0)) > 4


def test_a_mirrored_coupling_must_be_in_range_either_way(small_model) -> None:
    assert either_sign(Ranges((-4.0, 3.0), (-2.0, 1.0))) == Ranges((-3.0, 3.0), (-1.0, 1.0))
    quadratic = torch.zeros(len(small_model.graph.edges))
    quadratic[:3] = torch.tensor([-1.5, 1.5, -0.9])
    model = IsingModel(small_model.graph, torch.zeros(12), quadratic)
    clipped = [sampler(prefactor=1, spin_reversals=n).sample(model, 16).info["clipped"] for n in (0, 2)]
    assert clipped == [1, 2]
