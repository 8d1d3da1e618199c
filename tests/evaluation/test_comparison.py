"""Samplers judged side by side, on sixteen spins where enumeration is the perfect sampler."""

import json

import pytest
import torch

from boltzmann.config import AnnealingConfig, DWaveConfig, DynexConfig, ExactConfig, GibbsConfig, ModelConfig, RunConfig
from boltzmann.evaluation import comparison
from boltzmann.evaluation.comparison import FIGURES, compare
from boltzmann.graphs import subgraph
from boltzmann.models.dvae import Dvae
from boltzmann.models.stored import StoredModel
from boltzmann.samplers.base import SamplerError, Samples
from boltzmann.samplers.cloud.failures import Cancelled

READS = 512


def small_model(class_conditional: bool, scale: float = 0.7) -> StoredModel:
    """Sixteen spins with random couplings, each digit's own where there are classes."""
    torch.manual_seed(0)
    graph = subgraph("zephyr", 16, size=2, seed=0)
    config = RunConfig(
        model=ModelConfig(
            n_latents=16, channels=8, hidden=32, class_conditional=class_conditional, class_couplings=class_conditional
        )
    )
    dvae = Dvae(config, graph).eval()
    with torch.no_grad():
        for part in dvae.coefficients():
            part.normal_(0.0, scale if not class_conditional else scale / 2**0.5)
    return StoredModel(config, graph, dvae)


def last(model, samplers, reads=READS, images=None, **more):
    steps = list(compare(model, samplers, reads, images, reference_reads=1000, **more))
    assert [step.done for step in steps] == list(range(steps[-1].total + 1))
    return steps[-1].report, steps


@pytest.fixture(scope="module")
def found():
    """Enumeration beside chains that are far too short."""
    return last(small_model(True), [ExactConfig(), GibbsConfig(sweeps=1, tempering="never"), AnnealingConfig()])


def test_a_perfect_sampler_lies_at_the_floor_and_a_bad_one_does_not(found):
    """At 512 reads an independent sampler's error is within a fifth of the floor (ten laws of some 60 edges each)."""
    report = found[0]
    exact, short, annealed = report["samplers"]
    floor = report["floors"]["edge_error"]
    assert exact["edge_error"] == pytest.approx(floor, rel=0.2)
    assert annealed["edge_error"] == pytest.approx(floor, rel=0.2)
    assert short["edge_error"] > 1.5 * floor
    assert report["reference"]["edge_error"] < floor
    for row in (exact, annealed):
        assert abs(row["inverse_temperature"] - 1) < 4 * row["inverse_temperature_error"]
        assert abs(row["energy_above"]) < 4 * row["energy_above_error"]
    assert short["energy_above"] > 8 * short["energy_above_error"]
    assert short["inverse_temperature"] < 1 - 4 * short["inverse_temperature_error"]


def test_a_row_says_everything_and_is_json(found):
    report = found[0]
    json.dumps(report, allow_nan=False)
    for row in report["samplers"]:
        assert set(FIGURES) < set(row)
        assert 1 < row["distinct"] <= READS
        assert row["distinct_share"] == row["distinct"] / READS
        assert 0 < row["seconds"] < 60
        assert row["frechet_distance"] is row["qpu_seconds"] is row["cost"] is None
        assert row["energies"]["width"] == report["reference"]["energies"]["width"]
    assert [row["sampler"] for row in report["samplers"]] == ["exact", "gibbs", "annealing"]
    assert report["reference"]["reads"] == 1000
    assert report["reference"]["mixing"] == "mixing"


def test_pictures_come_with_the_steps(found):
    drawn = [(step.drawn[0], tuple(step.drawn[1].shape)) for step in found[1] if step.drawn]
    assert drawn == [(name, (READS, 28, 28)) for name in ("reference", "exact", "gibbs", "annealing")]


class Broken:
    """Fails, or reports what a cloud sampler does."""

    def __init__(self, error=None, model=None):
        self.error = error
        self.closed = 0

    def close(self):
        self.closed += 1

    def calibrate(self, model):
        if self.error:
            raise self.error

    def sample(self, model, num_reads, clamp=None):
        spins = torch.ones(num_reads, model.n, dtype=torch.int8)
        info = {"qpu_seconds": 0.25, "total_qpu_seconds": 1.5, "calls": 3, "cost": None, "total_cost": 4.0}
        return Samples(spins, model.energy(spins), 0.1, info)


@pytest.mark.parametrize("error", [SamplerError("the solver is offline", title="No answer"), ValueError("offline too")])
def test_one_that_fails_says_why_and_the_others_go_on(monkeypatch, error):
    create = comparison.create
    monkeypatch.setattr(
        comparison, "create", lambda config, seed: Broken(error) if config.name == "annealing" else create(config, seed)
    )
    report, steps = last(small_model(False), [AnnealingConfig(), ExactConfig()])
    failed, exact = report["samplers"]
    assert str(error) in failed["error"]
    assert getattr(error, "title", "") in failed["error"]
    assert all(failed[name] is None for name in FIGURES)
    assert exact["error"] is None
    assert exact["edge_error"] < 1.5 * report["floors"]["edge_error"]
    assert "annealing" not in [step.drawn[0] for step in steps if step.drawn]


def test_a_services_figures_are_those_of_all_its_calls(monkeypatch):
    create = comparison.create
    monkeypatch.setattr(
        comparison, "create", lambda config, seed: Broken() if config.name == "exact" else create(config, seed)
    )
    report, _ = last(small_model(False), [ExactConfig()])
    row = report["samplers"][0]
    assert (row["qpu_seconds"], row["calls"], row["cost"]) == (1.5, 3, 4.0)
    assert row["distinct"] == 1


def test_a_comparison_given_up_asks_no_other_service(monkeypatch):
    def cancelled():
        return True

    asked = Broken(Cancelled("the call was cancelled"))
    monkeypatch.setattr(comparison, "create", lambda config, seed: asked)
    with pytest.raises(Cancelled):
        last(small_model(False), [DWaveConfig(), DynexConfig()], cancelled=cancelled)
    assert asked.cancelled is cancelled
    assert asked.closed == 1


def test_the_reference_is_drawn_once_for_a_model(monkeypatch):
    model, kept = small_model(False), {}
    before, _ = last(model, [ExactConfig()], kept=kept)
    monkeypatch.setattr(comparison, "draw", None)
    steps = list(compare(model, [ExactConfig()], READS, None, seed=7, reference_reads=1000, kept=kept))
    assert steps[-1].report["reference"]["energies"] == before["reference"]["energies"]
    assert steps[-1].report["samplers"][0]["edge_error"] != before["samplers"][0]["edge_error"]


def test_the_distance_is_measured_at_the_number_of_reads(reference):
    report, _ = last(small_model(False), [ExactConfig()], images=reference)
    assert report["floors"]["frechet_distance"] == reference.floor(READS)
    for row in (report["reference"], report["samplers"][0]):
        assert row["frechet_distance"] > 10 * report["floors"]["frechet_distance"]
        assert row["frechet_error"] > 0
    few, _ = last(small_model(False), [ExactConfig()], reads=64, images=reference)
    assert few["floors"]["frechet_distance"] is few["samplers"][0]["frechet_distance"] is None
    assert few["floors"]["edge_error"] > report["floors"]["edge_error"]
