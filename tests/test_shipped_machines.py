"""The shipped restricted Boltzmann machines: found by the lab, small, with their log, and as good as their card says."""

import csv
import json
import os
from pathlib import Path

import pytest

from boltzmann.data import binary
from boltzmann.evaluation.rbm_classification import free_energy_classes
from boltzmann.evaluation.rbm_likelihood import log_likelihood
from boltzmann.models.stored_rbm import load_machine
from boltzmann.runs.machines import list_machines
from boltzmann.runs.store import RunStore
from boltzmann.settings import ROOT, Settings

FOLDERS = [ROOT / "models" / name for name in ("rbm-labels", "rbm-mnist")]
WITH_MNIST = pytest.mark.skipif("BOLTZMANN_DATA" not in os.environ, reason="BOLTZMANN_DATA names no folder with MNIST")


def report(folder):
    return json.loads((folder / "evaluation.json").read_text("utf-8"))


def test_the_lab_finds_them(tmp_path):
    settings = Settings(data=tmp_path, runs=tmp_path / "runs", models=ROOT / "models")
    assert [entry.folder for entry in list_machines(settings, RunStore(settings.runs))] == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_is_small_and_has_its_log_and_the_command_that_made_it(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000
    assert "Made by `boltzmann lab train --preset" in (folder / "README.md").read_text("utf-8")
    with (folder / "figures.csv").open(encoding="utf-8") as file:
        log = list(csv.DictReader(file))
    machine = load_machine(folder)
    assert float(log[-1]["epoch"]) == machine.config.training.epochs
    assert int(log[-1]["step"]) == machine.facts["step"]


def test_the_likelihood_of_the_larger_is_bounded_from_both_sides():
    found = report(FOLDERS[1])["log_likelihood"]
    assert min(found["ais"]["test"], found["reverse_ais"]["test"]) > -88
    assert abs(found["ais"]["test"] - found["reverse_ais"]["test"]) < 1


@WITH_MNIST
def test_the_figures_on_the_cards_are_those_of_the_weights():
    """Exact functions of weights and images, but for log Z: the same to 0.01 nats and to ten images."""
    data = Path(os.environ["BOLTZMANN_DATA"]).resolve()
    machine, found = load_machine(FOLDERS[1]), report(FOLDERS[1])["log_likelihood"]["ais"]
    rows = binary.load(machine.config.data, data).test
    assert log_likelihood(machine.rbm, rows, found["log_z"]) == pytest.approx(found["test"], abs=0.01)
    reader, read = load_machine(FOLDERS[0]), report(FOLDERS[0])["classification"]["free_energy"]["accuracy"]
    digits = binary.load(reader.config.data, data)
    right = (free_energy_classes(reader.rbm, digits.test) == digits.test_labels).float().mean()
    assert float(right) == pytest.approx(read, abs=0.001)
    assert read > 0.98
