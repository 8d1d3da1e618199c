"""The client's process, with a service that needs no library."""

import pytest

from boltzmann import redaction
from boltzmann.samplers.cloud import client as client_module
from boltzmann.samplers.cloud.client import LAST_WORDS, Client, Failure
from boltzmann.samplers.cloud.failures import Cancelled

SECRET = "a-secret-from-a-file"
SERVICE = f"""
import os, pathlib, time
from boltzmann.redaction import hide

class Service:
    def __init__(self):
        hide("STUB_TOKEN", {SECRET!r})

    def sleep(self, told):
        self.told = pathlib.Path(told)
        self.told.write_text("asked")
        time.sleep(60)

    def cancel(self):
        self.told.write_text("cancelled")

    def die(self):
        print({SECRET!r} + "." * ({LAST_WORDS} - 8), flush=True)
        os._exit(1)
"""


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Clients of a module with the given text; all are closed at the end."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(redaction, "_hidden", {})
    made = []

    def start(text: str) -> Client:
        (tmp_path / "stub_service.py").write_text(text)
        made.append(Client("stub_service"))
        return made[-1]

    yield start
    for client in made:
        client.close()


@pytest.mark.parametrize("cancel", [True, False])
def test_what_is_given_up_is_cancelled_on_the_service(start, tmp_path, soon, cancel):
    client, told = start(SERVICE), tmp_path / "told"
    client.start(lambda: False)
    with soon(), pytest.raises(Cancelled if cancel else Failure):
        client.call("sleep", 30 if cancel else 1, lambda: cancel and told.exists(), told=str(told))
    assert told.read_text() == "cancelled"
    assert not client.running


def test_a_process_that_dies_tells_no_part_of_a_secret(start):
    with pytest.raises(Failure) as failure:
        start(SERVICE).call("die", 30, lambda: False)
    assert failure.value.kind == "died"
    # Cut before it was redacted, its last letters would be left.
    assert "file" not in str(failure.value)
    assert str(failure.value).endswith("." * (LAST_WORDS - 8))


def test_a_library_that_cannot_be_loaded_is_named(start):
    client = start("import no_such_library")
    with pytest.raises(Failure, match="ModuleNotFoundError: No module named 'no_such_library'") as failure:
        client.call("sleep", 30, lambda: False)
    assert failure.value.kind == "died"
    assert not client.running


def test_a_load_that_takes_too_long_says_so(start, monkeypatch):
    monkeypatch.setattr(client_module, "LOADING_SECONDS", 0.2)
    with pytest.raises(Failure) as failure:
        start("import time; time.sleep(60)").call("sleep", 30, lambda: False)
    assert failure.value.kind == "loading"
