import copy
import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import pytest
import torch

from boltzmann import cli
from boltzmann.config import (
    AnnealingConfig,
    DWaveConfig,
    DynexConfig,
    ExactConfig,
    GibbsConfig,
    ModelConfig,
    RunConfig,
    SimulatedQPUConfig,
)
from boltzmann.evaluation import reference as module
from boltzmann.evaluation.model import draw, evaluate_model, samplers_of
from boltzmann.evaluation.reference import EvaluationError, Reference
from boltzmann.evaluation.tables import tables
from boltzmann.graphs import subgraph
from boltzmann.models.dvae import Dvae
from boltzmann.models.stored import StoredModel
from boltzmann.settings import ROOT

SHIPPED = ROOT / "models" / "demo"


@pytest.fixture(scope="module")
def references(few_images, reference, tmp_path_factory):
    train, test = ((images >= 128).to(torch.uint8) * 255 for images in (few_images.train, few_images.test))
    binary = Reference.load(replace(few_images, train=train, test=test), cache=tmp_path_factory.mktemp("binary"))
    return [reference, binary]


@pytest.fixture(scope="module")
def report(references, tmp_path_factory):
    """What the command prints."""
    runs, printed = tmp_path_factory.mktemp("runs"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setattr(module, "references", lambda config, folder: references)
        assert cli.main(["evaluate", str(SHIPPED), "--digits", "1000", "--runs", str(runs), "--json"]) == 0
    found = json.loads(printed.getvalue())
    assert found.pop("model") == "shipped:demo"
    return found


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (GibbsConfig(sweeps=60), {"own": (60, "never"), "ten_times": (600, "never")}),
        (GibbsConfig(sweeps=7, tempering="always"), {"own": (7, "always"), "ten_times": (70, "always")}),
    ],
)
def test_chains_are_judged_by_three_lengths(config, expected):
    found = samplers_of(config)
    assert list(found) == ["own", "ten_times", "tempering"]
    assert {name: (found[name].sweeps, found[name].tempering) for name in expected} == expected
    assert found["tempering"].tempering == "always"


def test_other_samplers_have_a_length_too_or_none():
    assert samplers_of(AnnealingConfig(sweeps=100))["ten_times"].sweeps == 1000
    assert samplers_of(SimulatedQPUConfig(annealing_time=20))["ten_times"].annealing_time == 200
    for config in (ExactConfig(), DWaveConfig(), DynexConfig()):
        assert list(samplers_of(config)) == ["own", "tempering"]


def small_model(class_conditional: bool) -> StoredModel:
    """Sixteen spins without couplings."""
    graph = subgraph("zephyr", 16, size=2, seed=0)
    config = RunConfig(model=ModelConfig(n_latents=16, coupling_scale=0.0, class_conditional=class_conditional))
    return StoredModel(config, graph, Dvae(config, graph).eval())


@pytest.mark.parametrize("tempering", ["never", "always"])
def test_reads_of_a_model_with_class_fields_follow_their_digit(tempering):
    """The field of digit d lies on spin d alone: its mean is tanh(1) = 0.76 within 0.1, six standard errors."""
    model = small_model(class_conditional=True)
    with torch.no_grad():
        model.dvae.class_fields.copy_(-torch.eye(10, 16))
    found, labels = draw(GibbsConfig(sweeps=5, tempering=tempering), model, 10_000, seed=1)
    assert labels.bincount().tolist() == [1000] * 10
    for digit in range(10):
        means = found.spins[labels == digit].float().mean(0)
        expected = torch.zeros(16)
        expected[digit] = 0.7616
        assert (means - expected).abs().max() < 0.15


@pytest.mark.parametrize("tempering", ["never", "always"])
def test_reads_drawn_in_pieces_are_independent_and_repeat(tempering):
    """Two free spins and a field of 0.5 on all: the magnetisation is -tanh(0.5) within 0.03, six standard errors."""
    model = small_model(class_conditional=False)
    with torch.no_grad():
        model.dvae.prior.linear.fill_(0.5)
    config = GibbsConfig(sweeps=5, tempering=tempering)
    found, labels = draw(config, model, 2500, seed=1)
    assert labels is None
    assert found.spins.shape == (2500, 16)
    assert found.energies.shape == (2500,)
    assert found.spins.float().mean().item() == pytest.approx(-torch.tensor(0.5).tanh().item(), abs=0.03)
    assert len(found.spins.unique(dim=0)) > 1000
    assert torch.equal(draw(config, model, 2500, seed=1)[0].spins, found.spins)
    assert not torch.equal(draw(config, model, 2500, seed=2)[0].spins, found.spins)


def test_the_report(report):
    json.dumps(report, allow_nan=False)
    assert set(report) == {
        *("digits", "seed", "headline", "disagreement", "agree", "reconstruction_mse", "classifier", "samplings"),
    }
    assert list(report["samplings"]) == ["own", "ten_times", "tempering"]
    for found in report["samplings"].values():
        assert set(found) == {"sampler", "seconds", "mean_energy", "mixing", "quality"}
        assert list(found["quality"]) == ["grey", "binary"]
        assert found["quality"]["grey"]["count"] == 1000
        for look in found["quality"].values():
            assert look["frechet_distance"] > look["frechet_floor"]
            assert look["read_as_asked"] > 0.8
    headline = report["headline"]
    assert headline["pixels"] == "grey"
    shown = report["samplings"][headline["sampling"]]["quality"]["grey"]
    assert headline["frechet_distance"] == shown["frechet_distance"]
    distances = [found["quality"]["grey"]["frechet_distance"] for found in report["samplings"].values()]
    assert report["disagreement"] == pytest.approx(max(distances) / min(distances) - 1, abs=1e-3)
    assert report["agree"] == (report["disagreement"] <= 0.2)
    assert 0.005 < report["reconstruction_mse"] < 0.05


def test_an_evaluation_repeats(references):
    model = small_model(class_conditional=True)
    first, second = (evaluate_model(model, references, digits=600) for _ in range(2))
    for sampling in (*first["samplings"].values(), *second["samplings"].values()):
        del sampling["seconds"]
    assert first == second


def test_the_tables(report):
    shown = tables(report)
    own = report["samplings"]["own"]["quality"]["grey"]
    assert f"{own['frechet_distance']:.2f} ± {own['frechet_error']:.2f}" in shown
    assert f"Reconstruction MSE per pixel on the test images: {report['reconstruction_mse']:.5f}" in shown
    widths = {line.count("|") for line in shown.splitlines() if line.startswith("|")}
    assert widths == {6}
    changed = copy.deepcopy(report)
    for found in changed["samplings"].values():
        found["quality"]["grey"]["read_as_asked"] = 0.875
    assert "| read as asked | 87.5% | 87.5% | 87.5% |  |" in tables(changed)
    for found in changed["samplings"].values():
        found["quality"]["grey"]["read_as_asked"] = None
    assert "read as asked" not in tables(changed)


def test_bad_requests_get_a_clear_error(monkeypatch, tmp_path, capsys):
    def missing(config, folder):
        raise EvaluationError("set BOLTZMANN_DATA")

    monkeypatch.setattr(module, "references", missing)
    for arguments, words in (
        (["evaluate", "standard"], "set BOLTZMANN_DATA"),
        (["evaluate", "standard", "--digits", "10"], "1,000 to 100,000"),
        (["evaluate", "nowhere/at-all"], "no model"),
        (["train-classifier", "--out", str(tmp_path), "--epochs", "0"], "--epochs is 0"),
    ):
        assert cli.main([*arguments, "--runs", str(tmp_path)]) == 2
        assert words in capsys.readouterr().err
