"""Bars and stripes 4 x 4 learned through the simulated services, at a hidden temperature, beside exact draws."""

import pytest

from boltzmann.config import BinaryDataConfig, RBMConfig, RBMModelConfig, RBMTrainingConfig
from boltzmann.data.binary import load
from boltzmann.training.events import Measured, SamplerReport
from boltzmann.training.rbm.trainer import RBMTraining

HIDDEN = 3.0
"""Inverse temperature of the services: prefactors start as if it were 5."""


@pytest.fixture
def data(tmp_path):
    return load(configure(1).data, tmp_path)


def configure(epochs, phase="exact", sampler="dwave", **changes):
    return RBMConfig.model_validate(
        {
            "data": BinaryDataConfig(dataset="bars_and_stripes"),
            "model": RBMModelConfig(hidden=16, initial_scale=0.5),
            "training": RBMTrainingConfig(
                **{
                    "negative_phase": phase,
                    "epochs": epochs,
                    "learning_rate": 0.5,
                    "learning_rate_schedule": "linear",
                    "momentum": 0.8,
                    "measurements": 2,
                }
                | changes
            ),
            "sampler": {"name": sampler},
        }
    )


def finish(training):
    """Divergences on the way, and what the sampler reported."""
    events = list(training.events())
    kl = [event.kl for event in events if isinstance(event, Measured) and event.kl is not None]
    return kl, [event.info for event in events if isinstance(event, SamplerReport)]


def test_a_chip_learns_as_exact_draws_do(dwave_service, data):
    """From the beginning, each unit a chain of qubits. In 300 steps: 0.91 to 1.18 times the exact draws' divergence."""
    service = dwave_service(size=4, inverse_temperature=HIDDEN)
    training = RBMTraining(configure(120, "sampler"), data)
    kl, reports = finish(training)
    assert training.sampler is not None
    training.sampler.close()
    exact, _ = finish(RBMTraining(configure(120), data))
    assert kl[-1] < 1.5 * exact[-1]
    assert kl[-1] < 0.3 * kl[0]
    assert training.phase.calls == reports[-1]["total_calls"] == service.problems == 120
    assert reports[-1]["placement"]["kind"] == "minor"
    # Gibbs sweeps of the service are all but at equilibrium.
    assert reports[-1]["prefactor"] == pytest.approx(1 / HIDDEN, rel=0.2)


def test_a_run_goes_on_with_dynex(dynex_service, data, tmp_path):
    """A call takes most of a second, so a run begun on the simulated QPU is gone on with for a few steps."""
    # Small steps: the figure of a machine in motion goes up and down.
    rate = {"learning_rate": 0.15, "learning_rate_schedule": "constant"}
    begun = RBMTraining(configure(300, "sampler", "simulated_qpu", **rate), data)
    before, _ = finish(begun)
    begun.save(tmp_path)
    service = dynex_service(inverse_temperature=HIDDEN)
    training = RBMTraining(configure(308, "sampler", "dynex", **rate), data, tmp_path)
    kl, reports = finish(training)
    assert training.sampler is not None
    training.sampler.close()
    assert service.problems == reports[-1]["total_calls"] == 8
    assert (training.phase.calls, training.phase.samples) == (308, 30_800)
    assert reports[-1]["prefactor"] == pytest.approx(1 / HIDDEN, rel=0.2)
    assert kl[-1] < 1.5 * before[-1]
