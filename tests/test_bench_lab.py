"""`boltzmann bench lab`: what it prints, never how fast."""

import io
import json
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from boltzmann.benchmarks import lab
from boltzmann.benchmarks.lab_table import show
from boltzmann.cli import main
from boltzmann.config import BinaryDataConfig

TINY = replace(lab.QUICK, data=BinaryDataConfig(dataset="digits"), steps=50, repeats=3)


@pytest.fixture(scope="module")
def found():
    """What ``boltzmann bench lab --quick --json`` finds on the embedded digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab, "QUICK", TINY)
        patch.setattr(sys, "stdout", io.StringIO())
        assert main(["bench", "lab", "--quick", "--json"]) == 0
        (line,) = sys.stdout.getvalue().splitlines()
    return json.loads(line)


def test_ours_is_measured_beside_both_precisions(found):
    epoch = found["epoch"]
    assert (epoch["data"], epoch["images"], epoch["visible"]) == ("digits", 1500, 64)
    assert [(row["trainer"].split(",")[0], row["precision"]) for row in epoch["rows"]] == [
        ("ours", "single"),
        ("scikit-learn", "double"),
        ("scikit-learn", "single"),
    ]
    for row in epoch["rows"]:
        assert 0 < row["range"][0] <= row["seconds"] <= row["range"][1]
        assert row["ours_to_it"] == pytest.approx(epoch["rows"][0]["seconds"] / row["seconds"])
    assert epoch["rows"][0]["ours_to_it"] == 1
    assert found["machine"]["threads"] == 1
    assert "scikit-learn" in found["machine"]["versions"]


def test_the_run_on_bars_is_the_presets(found):
    bars = found["bars"]
    assert bars["steps"] == 50
    assert 0 < bars["range"][0] <= bars["seconds"] <= bars["range"][1]
    assert bars["seconds"] < bars["whole_seconds"]


def test_the_table_fits_a_hundred_columns(found):
    text = io.StringIO()
    show(found, Console(file=text, width=100))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert "…" not in text.getvalue()
    assert sum(line.startswith(" scikit-learn, PCD-1") for line in lines) == 2


def test_the_full_plan_is_an_epoch_of_mnist():
    assert (lab.FULL.data.dataset, lab.FULL.data.train_size, lab.FULL.data.pixels) == ("mnist", 60_000, "threshold")
    assert (lab.HIDDEN, lab.BATCH, lab.FULL.steps) == (500, 128, 20_000)
