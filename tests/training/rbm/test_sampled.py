"""The negative phase drawn by samplers, judged by enumeration."""

import pytest
import torch

from boltzmann.config import (
    AnnealingConfig,
    BinaryDataConfig,
    ExactConfig,
    GibbsConfig,
    RBMConfig,
    RBMModelConfig,
    RBMTrainingConfig,
    SimulatedQPUConfig,
)
from boltzmann.data.binary import load
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import layer_states, log_partition
from boltzmann.models.rbm_ising import to_ising_model
from boltzmann.samplers import create
from boltzmann.training.events import Measured, SamplerReport
from boltzmann.training.rbm.sampled import SampledPhase
from boltzmann.training.rbm.trainer import RBMTraining

READS = 4000
SAMPLERS = [GibbsConfig(), AnnealingConfig(), ExactConfig(), SimulatedQPUConfig(coefficient_noise=0.0)]


@pytest.fixture
def rbm():
    generator = torch.Generator().manual_seed(0)
    machine = RBM(5, 4, scale=1.0, generator=generator)
    machine.visible_bias.normal_(generator=generator)
    machine.hidden_bias.normal_(generator=generator)
    return machine


@pytest.mark.parametrize("config", SAMPLERS, ids=lambda config: config.name)
def test_rows_follow_the_machine(rbm, config):
    """Means of v and of v p(h|v) within five standard errors, at most 0.5 / sqrt(reads) each."""
    phase = SampledPhase(create(config, seed=0), READS)
    phase.sampler.calibrate(to_ising_model(rbm)[0])
    v, h = phase.negative(rbm, torch.empty(0), torch.empty(0))
    states = layer_states(5, torch.device("cpu"))
    law = (-rbm.free_energy(states).double() - log_partition(rbm)).exp().float()
    off = 5 * 0.5 / READS**0.5
    if config.name == "simulated_qpu":
        off += 0.02  # its prefactor is known to 3%, and an anneal ends a little short of equilibrium
    assert set(v.unique().tolist()) <= {0.0, 1.0}
    assert (v.mean(0) - law @ states).abs().max() < off
    products = states.T @ (law[:, None] * rbm.hidden_probability(states))
    assert (v.T @ h / len(v) - products).abs().max() < off


def test_rows_of_a_machine_with_labels_have_one_each_and_follow_its_law(rbm):
    """Means of v and of v p(h|v): reads drawn again scatter more than fresh ones, by a factor of two at most here."""
    rbm.labels = 3
    rbm.visible_bias[2:] += 0.7
    v, h = SampledPhase(create(ExactConfig(), seed=0), READS, torch.Generator().manual_seed(0)).negative(
        rbm, torch.empty(0), torch.empty(0)
    )
    assert (v[:, 2:].sum(1) == 1).all()
    states = layer_states(5, torch.device("cpu"))
    states = states[states[:, 2:].sum(1) == 1]
    law = (-rbm.free_energy(states).double()).softmax(0).float()
    off = 2 * 5 * 0.5 / READS**0.5
    assert (v.mean(0) - law @ states).abs().max() < off
    assert (v.T @ h / len(v) - states.T @ (law[:, None] * rbm.hidden_probability(states))).abs().max() < off


def test_a_temperature_is_found_once_weights_tell_it(rbm):
    """Next to nothing, they let a prefactor wander by chance; within 15 drawings of a real machine it is right."""
    phase = SampledPhase(create(SimulatedQPUConfig(inverse_temperature=2.0), seed=0), 100)
    for machine, drawings in ((RBM(5, 4, generator=torch.Generator().manual_seed(1)), 40), (rbm, 15)):
        for _ in range(drawings):
            phase.negative(machine, torch.empty(0), torch.empty(0))
    # 5 to 10% more than 1 / 2: anneals end above the chip's last temperature. One estimate of 100 reads scatters by 5%.
    assert phase.report()[1]["prefactor"] == pytest.approx(0.53, rel=0.15)


def test_counts_report_and_state(rbm):
    phase = SampledPhase(create(AnnealingConfig(), seed=0), 50)
    with pytest.raises(ValueError, match="nothing was drawn"):
        phase.report()
    for _ in range(3):
        phase.negative(rbm, torch.empty(0), torch.empty(0))
    assert (phase.samples, phase.calls, phase.updates) == (150, 3, 0)
    seconds, facts = phase.report()
    assert seconds > 0
    # This sampler states no temperature of its own, so it is estimated: 1, within five standard errors.
    error = facts["effective_inverse_temperature_error"]
    assert abs(facts["effective_inverse_temperature"] - 1) < 5 * error
    again = SampledPhase(create(AnnealingConfig(), seed=0), 50)
    again.restore(phase.state())
    assert (again.samples, again.calls) == (150, 3)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return load(BinaryDataConfig(dataset="bars_and_stripes", side=2), tmp_path_factory.mktemp("data"))


def configure(seed=0, **changes):
    return RBMConfig(
        data=BinaryDataConfig(dataset="bars_and_stripes", side=2),
        model=RBMModelConfig(hidden=4, initial_scale=0.5),
        training=RBMTrainingConfig(
            **{"negative_phase": "sampler", "epochs": 400, "measurements": 2, "learning_rate": 0.2, "momentum": 0.8}
            | changes
        ),
        sampler=SimulatedQPUConfig(inverse_temperature=12.0),
        seed=seed,
    )


def test_a_hidden_temperature_is_found_while_training(data):
    """12, where the prefactor starts as if it were 5."""
    training = RBMTraining(configure(), data)
    reports = [event.info for event in training.events() if isinstance(event, SamplerReport)]
    assert reports[0]["prefactor"] == 0.2
    # Anneals end a little above the chip's last temperature; the filter scatters by 2.5%.
    assert reports[-1]["prefactor"] == pytest.approx(1 / 12, rel=0.15)
    assert reports[-1]["effective_inverse_temperature"] == pytest.approx(1, abs=0.3)
    exact = RBMTraining(configure(negative_phase="exact"), data)
    measured = [event for event in exact.events() if isinstance(event, Measured)]
    assert measured[0].kl is not None
    assert exact.figures["kl"] < 0.6 * measured[0].kl
    assert training.figures["kl"] < 1.5 * exact.figures["kl"]
    assert (training.phase.calls, training.phase.samples) == (400, 40_000)


def test_resumes_bit_for_bit(data, tmp_path):
    whole = RBMTraining(configure(epochs=20), data)
    for event in whole.events():
        if isinstance(event, Measured) and event.step == 1:
            whole.save(tmp_path)
    resumed = RBMTraining(configure(epochs=20), data, checkpoint=tmp_path)
    for _ in resumed.events():
        pass
    assert torch.equal(resumed.rbm.weights, whole.rbm.weights)
    assert resumed.phase.samples == whole.phase.samples == 2000
