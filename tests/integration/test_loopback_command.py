"""``boltzmann loopback``: a service started by hand."""

import json
import os
import signal
import subprocess
import sys

import pytest
from dwave.cloud.exceptions import SolverAuthenticationError
from dwave.system import DWaveSampler

from boltzmann.cli import main


@pytest.fixture
def started():
    """Starts the command with the given arguments; it is ended with the test."""
    running = []

    def start(*arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "boltzmann.cli", "loopback", *arguments]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_its_lines_lead_a_client_to_it_until_ctrl_c(started, monkeypatch, tmp_path):
    (tmp_path / "dwave.conf").touch()
    monkeypatch.setenv("DWAVE_CONFIG_FILE", str(tmp_path / "dwave.conf"))
    process = started("dwave", "--topology", "chimera", "--size", "2", "--fault", "unauthorised", "--after", "1")
    lines = [process.stdout.readline().strip() for _ in range(6)]
    assert "simulated D-Wave service" in lines[0]
    for line in lines:
        if line.startswith("export "):
            name, value = line.removeprefix("export ").split("=", 1)
            monkeypatch.setenv(name, value)
    assert os.environ["DWAVE_API_SOLVER"] == "loopback_chimera"
    with DWaveSampler(request_timeout=3, http_retry_total=0) as sampler:
        edge = sampler.edgelist[0]
        assert len(sampler.sample_ising({}, {edge: -1}, num_reads=4, answer_mode="raw")) == 4
        with pytest.raises(SolverAuthenticationError):
            sampler.sample_ising({}, {edge: -1}).resolve()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "stopped after 2 problems\n")


def test_json_says_that_it_is_simulated(started):
    told = json.loads(started("dynex", "--json").stdout.readline())
    assert told["simulated"] is True
    assert set(told["environment"]) == {"DYNEX_GRPC_ENDPOINT", "DYNEX_SDK_KEY"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dynex", "--size", "3"), "--topology and --size"),
        (("dwave", "--size", "0"), "the chip's size is 0"),
        (("dwave", "--port", "99999"), "port is 99999"),
        (("dwave", "--inverse-temperature", "-1"), "inverse_temperature is -1"),
        (("dwave", "--after", "2"), "name it with --fault"),
        (("dwave", "--fault", "slow", "--after", "-2"), "0 or more"),
    ],
)
def test_bad_requests_say_why(capsys, monkeypatch, tmp_path, arguments, words):
    monkeypatch.setenv("BOLTZMANN_RUNS", str(tmp_path))
    assert main(["loopback", *arguments]) == 2
    assert words in capsys.readouterr().err
