"""The whole report, of machines trained for a moment."""

import json
from pathlib import Path

import pytest
import torch

from boltzmann.config import RBM_PRESETS
from boltzmann.config.rbm_parts import BinaryDataConfig
from boltzmann.data.binary import BinaryData, load
from boltzmann.evaluation import rbm as reports
from boltzmann.models.rbm import RBM
from boltzmann.training.rbm import RBMTraining


def trained(preset, data=None, **parts):
    """A machine, its data and its configuration: the preset with some settings of its parts replaced."""
    config = RBM_PRESETS[preset]
    config = config.model_copy(update={k: getattr(config, k).model_copy(update=v) for k, v in parts.items()})
    data = load(config.data, Path("none"), config.seed) if data is None else data
    run = RBMTraining(config, data)
    for _ in run.events():
        pass
    return run.rbm, data, config


@pytest.fixture(scope="module")
def digits():
    return load(BinaryDataConfig(dataset="digits"), Path("none"), 0)


def test_a_small_machine_is_judged_exactly():
    rbm, data, config = trained("bars", training={"epochs": 3000, "measurements": 2})
    report = json.loads(json.dumps(reports.evaluate(rbm, data, config)))
    exact = report["log_likelihood"]
    assert list(exact) == ["exact"]
    # Nine equally likely rows: KL = -log 9 - mean log p.
    assert report["kl"] == pytest.approx(-2.1972 - exact["exact"]["train"], abs=1e-3)
    assert 0 <= report["kl"] < 1.5
    assert report["completion"] is None
    assert report["classification"] is None


def test_a_large_machine_with_labels_is_judged_from_both_sides(digits, monkeypatch):
    monkeypatch.setattr(reports, "RUNGS", 1000)
    rbm, data, config = trained(
        "digits", digits, model={"label_units": True, "hidden": 40}, training={"epochs": 20, "measurements": 2}
    )
    lines = []
    report = json.loads(json.dumps(reports.evaluate(rbm, data, config, notify=lines.append)))
    both = report["log_likelihood"]
    assert set(both) == {"ais", "reverse_ais"}
    assert both["ais"]["log_z"] == pytest.approx(both["reverse_ais"]["log_z"], abs=1)
    assert -35 < both["ais"]["test"] < -15
    assert report["kl"] is None
    assert report["binarisation"] == data.rule
    lower = report["completion"]["lower"]
    assert lower["machine"]["error"] < min(lower["mean_image"]["error"], lower["nearest_neighbour"]["error"])
    accuracies = {name: found["accuracy"] for name, found in report["classification"].items()}
    assert accuracies.keys() == {"features", "free_energy", "label_completion"}
    assert accuracies["features"] > 0.7
    assert accuracies["free_energy"] > 0.4  # four times chance
    assert accuracies["label_completion"] == pytest.approx(accuracies["free_energy"], abs=0.05)
    assert set(report["seconds"]) == {line.replace(" ", "_") for line in lines}


def test_grey_rows_become_binary_for_likelihoods_and_the_report_says_so():
    generator = torch.Generator().manual_seed(0)
    grey = torch.rand(60, 16, generator=generator)
    rbm = RBM(16, 4, 0, 0.5, generator)
    config = RBM_PRESETS["digits"]
    found = [
        reports.evaluate(rbm, BinaryData(rows, rows, None, None, (4, 4), "digits"), config)
        for rows in (grey, (grey > 0.5).float())
    ]
    assert found[0]["log_likelihood"] == found[1]["log_likelihood"]
    assert "for likelihoods" in found[0]["binarisation"]
    assert found[1]["binarisation"] == "the data are 0 and 1"
    assert found[0]["completion"] != found[1]["completion"]


def test_data_of_another_machine_are_refused(digits):
    with pytest.raises(ValueError, match="9 pixels, the data rows 64"):
        reports.evaluate(RBM(9, 9), digits, RBM_PRESETS["digits"])
