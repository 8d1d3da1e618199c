"""Whether a service can be used is told rightly in every case, and never with a secret in it."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest

from boltzmann import graphs
from boltzmann.config import CLOUD_SAMPLERS, SAMPLER_CONFIGS
from boltzmann.loopback.dwave import DWaveService
from boltzmann.loopback.faults import Fault
from boltzmann.samplers.chip_facts import chip_facts
from boltzmann.samplers.cloud import access
from boltzmann.samplers.cloud.access import given, look, shown
from boltzmann.samplers.cloud.access_steps import NOTES, STATES, STEPS, TRY
from boltzmann.samplers.cloud.client import Client, Failure
from boltzmann.samplers.cloud.failures import WORDS

SECRET = "DEV-4f1c-very-secret"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """No account in the environment, in a .env or in a dwave.conf of this machine."""
    for name in [name for name in os.environ if name.startswith(("DWAVE_", "DYNEX_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "dwave.conf").touch()
    monkeypatch.setenv("DWAVE_CONFIG_FILE", str(tmp_path / "dwave.conf"))
    monkeypatch.setattr(access, "ROOT", tmp_path)


def solver(name="Advantage2_x", **changes):
    """What the client's service tells of a QPU, with one qubit and one coupler broken."""
    chip = graphs.topology("zephyr", 2)
    chip.remove_node(7)
    gone = min(map(tuple, map(sorted, chip.edges)))
    chip.remove_edge(*gone)
    facts = {
        "endpoint": "https://user:pass@sapi.example/v2/?x=1", "solver": name, "simulated": False, "avg_load": 0.25,
        "topology": {"type": "zephyr", "shape": [2, 4]}, "qubits": sorted(chip), "couplers": [list(e) for e in chip.edges],
    }  # fmt: skip
    return {**facts, **changes}, gone


def answering(monkeypatch, answer):
    def call(self, name, deadline, cancelled, **arguments):
        assert name == "solvers"
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Client, "call", call)


@pytest.mark.parametrize("name", sorted(set(SAMPLER_CONFIGS) - CLOUD_SAMPLERS))
def test_what_runs_here_is_ready(name):
    found = look(name)
    assert (found["state"], found["available"]) == ("ready", True)
    assert (found["chip"] is not None) == (name == "simulated_qpu")


def test_a_simulated_chip_is_perfect():
    chip = look("simulated_qpu")["chip"]
    assert (chip["topology"], chip["size"], chip["qubits"], chip["couplers"]) == ("zephyr", 12, 4800, 45864)
    assert chip["missing_qubits"] == chip["missing_couplers"] == []


@pytest.mark.parametrize("name", sorted(CLOUD_SAMPLERS))
def test_without_a_key_the_variables_are_named_and_no_client_starts(monkeypatch, name):
    monkeypatch.setattr(Client, "_start", lambda self: pytest.fail("a client was started"))
    found = look(name)
    assert (found["state"], found["available"], found["solvers"]) == ("needs_access", False, [])
    assert access.VARIABLES[name][0] in found["mend"]
    assert NOTES[name]
    assert f"boltzmann loopback {name}" in TRY[name].lines
    assert any(access.VARIABLES[name][0] in step.lines for step in STEPS[name])


@pytest.mark.parametrize("where", ["environment", "dwave.conf", ".env"])
def test_a_token_is_found_wherever_it_is_and_never_shown(monkeypatch, tmp_path, where):
    if where == "dwave.conf":
        (tmp_path / "dwave.conf").write_text(f"[defaults]\ntoken = {SECRET}\n")
    else:
        monkeypatch.setenv("DWAVE_API_TOKEN", SECRET)
    if where == ".env":
        (tmp_path / ".env").write_text(f"DWAVE_API_TOKEN={SECRET}\n")
    answering(monkeypatch, Failure("bad_key", f"the token {SECRET} is not valid"))
    found = look("dwave")
    assert found["state"] == "needs_access"
    assert "DWAVE_API_TOKEN" in found["why"]
    assert SECRET not in json.dumps(found)
    places = {one["name"]: one["where"] for one in given("dwave")}
    if where != "dwave.conf":
        assert places["DWAVE_API_TOKEN"] == where
    assert places["dwave.conf"] == str(tmp_path)


def test_a_damaged_configuration_is_no_crash(tmp_path):
    (tmp_path / "dwave.conf").write_text(f"token = {SECRET}\n")
    found = look("dwave")
    assert found["state"] == "needs_access"
    assert "dwave.conf" in found["why"]
    assert SECRET not in json.dumps(found)


def test_solvers_and_the_chip_of_the_first(monkeypatch):
    monkeypatch.setenv("DWAVE_API_TOKEN", SECRET)
    first, gone = solver()
    other, _ = solver("Advantage_y", topology={"type": "zephyr", "shape": [2, 8]})
    answering(monkeypatch, [first, other])
    found = look("dwave")
    assert (found["state"], found["endpoint"]) == ("ready", "https://sapi.example/v2/")
    expected = {"name": "Advantage2_x", "topology": "Zephyr(2)", "qubits": 159, "queue": 0.25}
    assert found["solvers"][0].items() >= expected.items()
    assert found["solvers"][1]["topology"] == "Zephyr"
    assert (found["chip"]["missing_qubits"], found["chip"]["missing_couplers"]) == ([7], [list(gone)])
    assert found["chip"]["couplers"] == len(first["couplers"])

    monkeypatch.setenv("DWAVE_API_SOLVER", "Advantage_y")
    found = look("dwave")
    assert (found["available"], found["chip"]) == (True, None)
    monkeypatch.setenv("DWAVE_API_SOLVER", "gone")
    assert "gone" in look("dwave")["why"]
    assert look("dwave")["state"] == "unreachable"


@pytest.mark.parametrize("kind", WORDS)
def test_every_failure_has_its_state_and_its_words(monkeypatch, kind):
    monkeypatch.setenv("DWAVE_API_TOKEN", SECRET)
    answering(monkeypatch, Failure(kind, "so it was"))
    found = look("dwave")
    assert found["state"] == ("needs_access" if kind in ("no_key", "bad_key", "forbidden") else "unreachable")
    assert found["state"] in STATES
    assert found["why"].endswith(": so it was.")
    assert "{" not in found["why"] + found["mend"]
    assert found["mend"]


@pytest.mark.parametrize(
    ("endpoint", "simulated", "state", "here"),
    [("http://127.0.0.1:9/v2/", True, "simulated_service", True), ("http://localhost:9/v2/", False, "ready", True)],
)
def test_a_tunnel_on_this_machine_is_no_simulated_service(monkeypatch, endpoint, simulated, state, here):
    monkeypatch.setenv("DWAVE_API_TOKEN", SECRET)
    answering(monkeypatch, [solver(endpoint=endpoint, simulated=simulated)[0]])
    found = look("dwave")
    assert (found["state"], found["simulated_service"], found["on_this_machine"]) == (state, simulated, here)


@pytest.mark.parametrize(("key", "state"), [(SECRET, "ready"), ("loopback-4f1c", "simulated_service")])
def test_dynex_is_only_knocked_at(monkeypatch, key, state):
    monkeypatch.setattr(Client, "_start", lambda self: pytest.fail("a client was started"))
    monkeypatch.setenv("DYNEX_SDK_KEY", key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("DYNEX_GRPC_ENDPOINT", endpoint)
        found = look("dynex")
        assert (found["state"], found["endpoint"]) == (state, endpoint)
        assert found["on_this_machine"] is True
        server.settimeout(1)
        with server.accept()[0] as caller:
            assert caller.recv(100) == b""
    found = look("dynex")
    assert (found["state"], found["available"]) == ("unreachable", False)
    assert endpoint in found["why"]


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [("http://far.example:9090", "encryption"), ("127.0.0.1", "nothing answers"), ("127.0.0.1:x", "host:port")],
)
def test_a_wrong_endpoint_of_dynex_is_explained(monkeypatch, endpoint, words):
    monkeypatch.setenv("DYNEX_SDK_KEY", SECRET)
    monkeypatch.setenv("DYNEX_GRPC_ENDPOINT", endpoint)
    found = look("dynex")
    assert found["state"] == "unreachable"
    assert words in found["why"]


@pytest.mark.parametrize(
    ("endpoint", "safe"),
    [
        ("https://a:b@host/sapi/v2/?token=c", "https://host/sapi/v2/"),
        ("host:9090", "host:9090"),
        ("b@host:1", "host:1"),
        ("", None),
        (None, None),
    ],
)
def test_an_endpoint_is_shown_without_secrets(endpoint, safe):
    assert shown(endpoint) == safe


def test_couplers_of_broken_qubits_are_not_counted_twice():
    chip = graphs.topology("chimera", 2)
    degree = chip.degree[3]
    facts = chip_facts("", "chimera", 2, set(chip) - {3}, [(b, a) for a, b in chip.edges])
    assert (facts["missing_qubits"], facts["missing_couplers"]) == ([3], [])
    assert facts["couplers"] == chip.number_of_edges() - degree


def test_a_real_client_looks_at_a_simulated_service(monkeypatch):
    with DWaveService(size=2, token=SECRET) as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        found = look("dwave")
        assert (found["state"], found["simulated_service"], found["available"]) == ("simulated_service", True, True)
        assert [one["name"] for one in found["solvers"]] == [service.chip.name]
        assert found["chip"]["qubits"] == len(service.chip.qubits)
        assert found["chip"]["couplers"] == len(service.chip.couplers)
        assert SECRET not in json.dumps(found)
        for mode, state in (("unauthorised", "needs_access"), ("hung", "unreachable"), ("refused", "unreachable")):
            service.fault = Fault(mode)
            began = time.monotonic()
            assert look("dwave")["state"] == state, mode
            assert time.monotonic() - began < access.START_SECONDS + 5
        assert service.problems == 0
