"""A machine meets again what it has learned, and nothing else."""

import json

import pytest

from boltzmann.cli import main
from boltzmann.config import RBM_PRESETS, changed
from boltzmann.data import digits, mnist
from boltzmann.runs.files import StoreError
from boltzmann.runs.play_machine import open_machine
from boltzmann.runs.rbm_jobs import train_rbm

SHORT = {"data.train_size": 100, "model.hidden": 4, "training.epochs": 1, "training.measurements": 2}


@pytest.fixture
def disk(monkeypatch):
    """``disk(True)``: MNIST is at hand (the embedded digits are its images); ``disk(False)``: it is not, nor to be fetched.
    ``disk.asked`` counts the tries to fetch it."""

    def hold(there):
        monkeypatch.setattr(mnist, "exists", lambda _: there)

    def download(*_):
        hold.asked += 1
        raise mnist.MnistUnavailable("offline")

    hold.asked = 0
    monkeypatch.setattr(mnist, "download", download)
    monkeypatch.setattr(mnist, "read", lambda _: digits.read())
    return hold


def trained(store, settings, data):
    run_id = store.create(changed(RBM_PRESETS["mnist"], SHORT))
    assert train_rbm(run_id, settings) == "finished"
    facts = store.read_events(run_id)[0]
    assert next(event for event in facts if event["kind"] == "started")["facts"]["data"] == data
    return run_id


def goes_on(store, settings, run_id):
    store.extend(run_id, 1)
    state = train_rbm(run_id, settings)
    return state, (store.status(run_id).error or {}).get("cause", "")


def test_a_machine_of_mnist_is_not_tried_on_what_stands_in(store, settings, disk, monkeypatch, capsys):
    disk(True)
    run_id = trained(store, settings, "mnist")
    disk(False)
    with pytest.raises(StoreError, match="has learned MNIST, which is not at hand"):
        open_machine(settings, f"run:{run_id}")
    assert disk.asked == 0  # a page is waiting
    for name in ("runs", "data", "models"):
        monkeypatch.setenv(f"BOLTZMANN_{name.upper()}", str(getattr(settings, name)))
    assert main(["lab", "evaluate", run_id, "--json"]) == 2
    assert disk.asked == 1
    assert "has learned MNIST" in capsys.readouterr().err
    state, cause = goes_on(store, settings, run_id)
    assert (state, "has learned MNIST" in cause) == ("failed", True)
    disk(True)
    assert open_machine(settings, f"run:{run_id}").data.source == "mnist"
    assert main(["lab", "evaluate", run_id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["machine"] == f"run:{run_id}"
    store.clear_stop(run_id)
    assert train_rbm(run_id, settings) == "finished"


def test_a_machine_of_what_stood_in_stays_with_it(store, settings, disk):
    disk(False)
    run_id = trained(store, settings, "digits")
    assert disk.asked == 1
    assert open_machine(settings, f"run:{run_id}").data.source == "digits"
    assert disk.asked == 1
    disk(True)
    state, cause = goes_on(store, settings, run_id)
    assert (state, "stood in for MNIST" in cause) == ("failed", True)
