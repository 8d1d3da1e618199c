import statistics
from collections.abc import Callable

import pytest
import torch

from boltzmann import data
from boltzmann.config import SimulatedQPUConfig, validate
from boltzmann.models.stored import StoredModel
from boltzmann.samplers.base import IsingModel, Sampler
from boltzmann.samplers.simulated_qpu import SimulatedQPUSampler
from boltzmann.settings import ROOT
from boltzmann.training.dvae import DvaeTraining
from boltzmann.training.events import Metrics

NOISE = 0.03
# One batch of 256 reads scatters by up to 0.11 at this noise, for its coefficient errors are its own; the mean of 48 by
# 0.016, and the prefactor itself by 0.025. So 0.1 is more than three standard deviations of the worst case.
JUDGED_BATCHES = 48


def chip(hidden: float, prefactor: float | None = None, seed: int = 3) -> SimulatedQPUSampler:
    return SimulatedQPUSampler(
        SimulatedQPUConfig(inverse_temperature=hidden, coefficient_noise=NOISE, prefactor=prefactor), seed
    )


def effective(hidden: float, prefactor: float, model: IsingModel) -> float:
    """What the effective inverse temperature truly is at a constant prefactor: an average over batches."""
    judge = chip(hidden, prefactor, seed=99)
    batches = (judge.sample(model, 256).info["effective_inverse_temperature"] for _ in range(JUDGED_BATCHES))
    return statistics.mean(batches)


def current(sampler: Sampler) -> float:
    """The prefactor of the next batch."""
    return float(sampler.state()["prefactor"][0])


@pytest.fixture(scope="module")
def prior(make_model) -> Callable[[str], IsingModel]:
    """A model by name: Gaussian ones of two scales, and the shipped one, whose couplings are stronger."""

    def find(name: str) -> IsingModel:
        if name == "shipped":
            return StoredModel.load(ROOT / "models" / "standard").law()
        return make_model(256, scale=float(name))

    return find


@pytest.mark.parametrize("hidden", [1.0, 2.0, 6.0, 12.0, 20.0])
@pytest.mark.parametrize("name", ["0.1", "0.2", "shipped"])
def test_effective_inverse_temperature_converges_to_one(prior, name, hidden) -> None:
    """Within 10%, in at most 15 batches of 256 reads with coefficient errors of 0.03."""
    model, sampler = prior(name), chip(hidden)
    first = current(sampler)
    for _ in range(15):
        sampler.sample(model, 256)
    if hidden not in (2.0, 6.0):
        # It had to be found.
        assert abs(effective(hidden, first, model) - 1) > 0.25
    assert effective(hidden, current(sampler), model) == pytest.approx(1, abs=0.1)


def test_effective_inverse_temperature_is_held_while_the_couplings_grow(make_model) -> None:
    """Steps as Adam's: each of 2e-3, outwards on the whole, until the couplings are more than twice as strong."""
    hidden, model, sampler = 15.0, make_model(256, scale=0.1), chip(15.0)
    generator = torch.Generator().manual_seed(5)
    held = {}
    for step in range(1, 121):
        sampler.sample(model, 256)
        change = torch.where(torch.rand(model.quadratic.shape, generator=generator) < 0.9, 2e-3, -2e-3)
        model = IsingModel(model.graph, model.linear, model.quadratic + change * model.quadratic.sign())
        if step % 15 == 0:
            held[step] = effective(hidden, current(sampler), model)
    assert list(held.values()) == pytest.approx([1] * 8, abs=0.1)
    assert float(model.quadratic.std()) > 2 * float(make_model(256, scale=0.1).quadratic.std())


def test_effective_inverse_temperature_is_held_in_training(tmp_path) -> None:
    """A run on little data, with a prior that learns fast."""
    hidden = 15.0
    config = validate(
        {
            "data": {"dataset": "digits", "train_size": 1024},
            "model": {"n_latents": 128, "channels": 8, "hidden": 32, "topology_size": 4},
            "sampler": {"name": "simulated_qpu", "inverse_temperature": hidden, "coefficient_noise": NOISE},
            "training": {
                "epochs": 5,
                "batch_size": 64,
                "num_reads": 256,
                "picture_every": 1000,
                "prior_learning_rate": 1e-2,
            },
        }
    )
    training = DvaeTraining(config, data.load(config.data, tmp_path))
    before = training.model.ising().quadratic.clone()
    judged = {}
    for event in training.events():
        if isinstance(event, Metrics) and event.step in (16, 32, 48, 64, 80):
            judged[event.step] = effective(hidden, current(training.sampler), training.model.ising())
    assert list(judged) == [16, 32, 48, 64, 80]
    assert list(judged.values()) == pytest.approx([1] * 5, abs=0.1)
    assert float((training.model.ising().quadratic - before).std()) > 0.2 * float(before.std())


def test_a_chip_too_hot_for_the_model_is_not_driven_into_its_limits(prior) -> None:
    """At 0.5 the couplings would have to be twice as large, and a quarter of them would be cut off."""
    model, sampler = prior("0.6"), chip(0.5)
    reports = [sampler.sample(model, 256).info for _ in range(30)]
    coefficients = len(model.linear) + len(model.quadratic)
    assert reports[-1]["effective_inverse_temperature"] < 0.9
    assert 0.1 < reports[-1]["clipped"] / coefficients < 0.3
    assert reports[-1]["prefactor"] == reports[-10]["prefactor"] < 3


def test_a_fixed_prefactor_stays(make_model) -> None:
    model = make_model(64, scale=0.2)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(prefactor=0.3), seed=0)
    assert [sampler.sample(model, 64).info["prefactor"] for _ in range(3)] == [0.3] * 3


def test_out_of_range_coefficients_are_clipped_and_counted(small_model) -> None:
    edges = len(small_model.graph.edges)
    linear, quadratic = torch.zeros(12), torch.zeros(edges)
    linear[:3] = torch.tensor([4.5, -4.5, 4.0])
    # The extended range of J is lopsided: -2 to 1.
    quadratic[:4] = torch.tensor([1.5, -1.5, -2.5, 1.0])
    model = IsingModel(small_model.graph, linear, quadratic)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(prefactor=1.0, inverse_temperature=1.0), seed=0)
    assert sampler.sample(model, 16).info["clipped"] == 4


def test_reports_only_what_a_chip_s_user_can_know(make_model) -> None:
    info = SimulatedQPUSampler(SimulatedQPUConfig(inverse_temperature=7.5), seed=0).sample(make_model(16), 16).info
    assert 7.5 not in info.values()
    assert set(info) == {
        "prefactor",
        "effective_inverse_temperature",
        "effective_inverse_temperature_error",
        "effective_inverse_temperature_note",
        "clipped",
        "annealing_time",
    }


def test_frozen_samples_have_no_temperature_and_lower_the_prefactor(make_model) -> None:
    model = make_model(16, scale=1.0)
    frozen = IsingModel(model.graph, 100 * torch.ones(16), model.quadratic)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(inverse_temperature=20.0), seed=0)
    infos = [sampler.sample(frozen, 16).info for _ in range(2)]
    assert infos[0]["effective_inverse_temperature"] is None
    assert infos[0]["effective_inverse_temperature_error"] is None
    assert infos[0]["effective_inverse_temperature_note"].startswith("Frozen")
    assert infos[1]["prefactor"] == pytest.approx(infos[0]["prefactor"] / 4)


def test_prefactor_survives_a_restore(make_model) -> None:
    model = make_model(64, scale=0.3)
    sampler, resumed = (SimulatedQPUSampler(SimulatedQPUConfig(), seed=seed) for seed in (0, 1))
    for _ in range(3):
        sampler.sample(model, 64)
    resumed.restore(sampler.state())
    assert resumed.sample(model, 64).info == sampler.sample(model, 64).info


def test_longer_anneals_come_closer_to_equilibrium(make_model) -> None:
    model = make_model(64, scale=0.4, seed=2)
    short, long = (
        SimulatedQPUSampler(
            SimulatedQPUConfig(annealing_time=time, prefactor=0.25, inverse_temperature=4.0, coefficient_noise=0.0),
            seed=0,
        ).sample(model, 512)
        for time in (1, 100)
    )
    assert long.energies.mean() < short.energies.mean() - 1


@pytest.mark.parametrize("hidden", [2.0, 15.0])
def test_calibration_makes_the_first_drawing_as_good_as_a_later_one(make_model, hidden) -> None:
    """Within 10%: the estimate's own error at 1024 reads and the noise of one programming are smaller."""
    model = make_model(256, scale=0.2)
    sampler = SimulatedQPUSampler(SimulatedQPUConfig(inverse_temperature=hidden, coefficient_noise=0.005), seed=3)
    sampler.calibrate(model)
    assert sampler.sample(model, 1024).info["effective_inverse_temperature"] == pytest.approx(1, abs=0.1)


def test_calibration_leaves_a_fixed_prefactor_and_the_random_numbers_alone(make_model) -> None:
    model = make_model(64, scale=0.2)
    first, second = (SimulatedQPUSampler(SimulatedQPUConfig(prefactor=0.3), seed=0) for _ in range(2))
    first.calibrate(model)
    assert torch.equal(first.sample(model, 32).spins, second.sample(model, 32).spins)
