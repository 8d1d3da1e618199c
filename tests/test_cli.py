import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from boltzmann.cli import main
from boltzmann.cli.training import _say_news
from boltzmann.config import CLOUD_SAMPLERS
from boltzmann.models.stored import StoredModel
from boltzmann.samplers import names

SMALL = [
    *("--set", "data.dataset=digits", "--set", "data.train_size=256", "--set", "model.n_latents=16"),
    *(
        "--set",
        "model.channels=8",
        "--set",
        "model.hidden=32",
        "--set",
        "model.topology_size=2",
        "--set",
        "sampler.sweeps=2",
    ),
    *("--set", "training.batch_size=64", "--set", "training.num_reads=16"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cli")


@pytest.fixture
def boltzmann(folder, capsys, monkeypatch):
    """Run a command; returns its exit status, what it printed, and its errors."""
    monkeypatch.setenv("BOLTZMANN_RUNS", str(folder / "runs"))
    monkeypatch.setenv("BOLTZMANN_DATA", str(folder / "data"))

    def run(*arguments):
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture(scope="module")
def run_id(folder):
    environment = os.environ | {"BOLTZMANN_RUNS": str(folder / "runs"), "BOLTZMANN_DATA": str(folder / "data")}
    command = [sys.executable, "-m", "boltzmann.cli", "train", "--json", "--name", "first", *SMALL]
    command += ["--set", "training.epochs=1", "--set", "training.placed_after=0.5"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["state"] == "finished", done.stderr
    assert facts["steps"] == 4
    assert facts["seconds"] > 0
    assert set(facts["losses"]) >= {"mse", "mmd", "kl", "nll", "total"}
    assert facts["chains"] in ("mixing", "slow", "stuck")
    assert re.search(rf"(?m)^step 1: {facts['chains'].capitalize()}", done.stderr)
    assert re.search(r"(?m)^step 3: The latent spins were placed anew", done.stderr)
    return facts["run"]


def test_resume_adds_epochs(boltzmann, run_id):
    status, out, _ = boltzmann("resume", run_id, "--epochs", "1", "--json")
    assert (status, json.loads(out)["steps"]) == (0, 8)


def test_runs_are_listed(boltzmann, run_id):
    _, out, _ = boltzmann("runs", "--json")
    assert [(row["run"], row["name"], row["state"]) for row in json.loads(out)] == [(run_id, "first", "finished")]
    assert "first" in boltzmann("runs")[1]


def test_samplers_are_listed(boltzmann, run_id, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith(("DWAVE_", "DYNEX_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("boltzmann.samplers.cloud.access.ROOT", tmp_path)
    (tmp_path / "dwave.conf").touch()
    monkeypatch.setenv("DWAVE_CONFIG_FILE", str(tmp_path / "dwave.conf"))
    rows = json.loads(boltzmann("samplers", "--json")[1])
    assert [row["sampler"] for row in rows] == names()
    states = {row["sampler"]: row["access"]["state"] for row in rows}
    assert states == {name: "needs_access" if name in CLOUD_SAMPLERS else "ready" for name in names()}
    last = {row["sampler"]: row["last"] and row["last"]["run"] for row in rows}
    assert last == {name: run_id if name == "gibbs" else None for name in names()}
    shown = boltzmann("samplers", "gibbs", "dwave")[1]
    for words in ("Block Gibbs", "needs access", "DWAVE_API_TOKEN=your-token", "boltzmann loopback dwave"):
        assert words in shown


def test_digits_as_arrays(boltzmann, run_id, tmp_path):
    out = tmp_path / "digits.npz"
    status, _, err = boltzmann("generate", run_id, "--count", "20", "--out", str(out))
    assert status == 0, err
    arrays = np.load(out)
    assert (arrays["images"].shape, arrays["images"].dtype) == ((20, 28, 28), np.float32)
    assert 0 <= arrays["images"].min() <= arrays["images"].max() <= 1
    assert (arrays["spins"].shape, arrays["spins"].dtype) == ((20, 16), np.int8)
    assert set(np.unique(arrays["spins"])) == {-1, 1}


@pytest.mark.parametrize(("sampler", "words"), [("gibbs", "the autocorrelation of"), ("exact", "no chain to mix")])
def test_a_drawing_says_how_its_sampler_did(boltzmann, run_id, tmp_path, sampler, words):
    out = boltzmann("generate", run_id, "--sampler", sampler, "--count", "64", "--out", str(tmp_path / "x.png"))[1]
    assert words in out


def test_a_verdict_is_printed_only_when_it_changes():
    def event(step, found):
        info = {"mixing": {"verdict": found, "sentence": found.upper()}} if found else {}
        return {"kind": "sampler", "step": step, "info": info}

    lines = io.StringIO()
    console = Console(file=lines, width=40)
    found = ["mixing", "mixing", None, "slow", "slow", "mixing"]
    before = _say_news([event(step, one) for step, one in enumerate(found[:3])], None, console)
    assert _say_news([event(step + 3, one) for step, one in enumerate(found[3:])], before, console) == "mixing"
    assert [line.split(" Parallel")[0] for line in lines.getvalue().splitlines()] == [
        "step 0: MIXING",
        "step 3: SLOW",
        "step 5: MIXING",
    ]


@pytest.mark.parametrize("sampler", ["annealing", "simulated_qpu", "exact"])
def test_digits_as_a_picture_from_any_sampler(boltzmann, run_id, tmp_path, sampler):
    out = tmp_path / "digits.png"
    status, printed, err = boltzmann(
        "generate", run_id, "--sampler", sampler, "--count", "9", "--out", str(out), "--json"
    )
    assert status == 0, err
    assert json.loads(printed)["sampler"]["name"] == sampler
    with Image.open(out) as picture:
        assert picture.size[0] >= 3 * 28


def test_an_exported_run_is_a_model_with_a_card(folder, boltzmann, run_id, tmp_path, monkeypatch):
    out = tmp_path / "models" / "mine"
    status, printed, err = boltzmann("export", run_id, "--out", str(out), "--title", "Mine", "--json")
    assert status == 0, err
    assert 0 < json.loads(printed)["test_mse"] < 1
    card = (out / "README.md").read_text("utf-8")
    assert card.startswith("# Mine\n")
    assert "297 held-out images" in card
    trained = sorted((folder / "runs" / run_id / "checkpoints").glob("step-*"))[-1]
    assert (out / "weights.safetensors").stat().st_size < 0.6 * (trained / "weights.safetensors").stat().st_size
    spins = torch.randint(2, (20, 16), dtype=torch.int8) * 2 - 1
    exported, original = (StoredModel.load(place).decode(spins) for place in (out, trained))
    assert 0 < (exported - original).abs().max() < 0.01
    monkeypatch.setenv("BOLTZMANN_MODELS", str(tmp_path / "models"))
    assert boltzmann("generate", "mine", "--count", "4", "--out", str(tmp_path / "four.png"))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "../../etc", "--out", "x.png"], "no model"),
        (["generate", "RUN", "--out", "x.txt"], ".png or .npz"),
        (["generate", "RUN", "--count", "0", "--out", "x.png"], "1 to 100,000"),
        (["generate", "RUN", "--set", "sweeps=-1", "--out", "x.png"], "1 to 10,000"),
        (["generate", "RUN", "--set", "nonsense", "--out", "x.png"], "NAME=VALUE"),
        (["train", "--set", "training.epochs=0"], "1 to 1,000"),
        (["train", "--set", "sampler.name=exact"], "at most 20"),
        (["train", "--config", "/nowhere.json"], "/nowhere.json"),
        (["resume", "20200101-000000-abcdef"], "20200101-000000-abcdef"),
        (["samplers", "gibs"], "no sampler 'gibs'"),
    ],
)
def test_bad_requests_get_a_clear_error(boltzmann, run_id, arguments, words):
    status, out, err = boltzmann(*[run_id if a == "RUN" else a for a in arguments])
    assert (status, out) == (2, "")
    assert words in err


def test_ctrl_c_stops_at_a_checkpoint_and_resume_goes_on(folder, boltzmann):
    environment = os.environ | {"BOLTZMANN_RUNS": str(folder / "stopped"), "BOLTZMANN_DATA": str(folder / "data")}
    command = [sys.executable, "-m", "boltzmann.cli", "train", "--json", *SMALL, "--set", "training.epochs=1000"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list((folder / "stopped").glob("*/checkpoints/step-*")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    facts = json.loads(out.splitlines()[-1])
    assert (process.returncode, facts["state"]) == (130, "stopped")
    checkpoints = sorted(path.name for path in (folder / "stopped").glob("*/checkpoints/step-*"))
    assert checkpoints[-1] == f"step-{facts['steps']:08d}"
