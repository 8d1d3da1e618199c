import time
from pathlib import Path

import pytest

from boltzmann.config import validate
from boltzmann.runs.engine import Engine
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings


@pytest.fixture(scope="session")
def small():
    """A configuration that trains in about a second: ``small(epochs=2)``; an epoch has 4 steps."""

    def make(**training):
        values = {"epochs": 1, "batch_size": 64, "num_reads": 16, "picture_every": 4} | training
        return validate(
            {
                "data": {"dataset": "digits", "train_size": 256},
                "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2},
                "sampler": {"name": "gibbs", "sweeps": 2},
                "training": values,
            }
        )

    return make


@pytest.fixture(scope="session")
def wait():
    """``wait(condition)``: until it holds, at most 60 seconds. Returns the seconds that it took."""

    def until(condition, seconds=60.0):
        begun = time.monotonic()
        while not condition():
            assert time.monotonic() - begun < seconds, "waited too long"
            time.sleep(0.02)
        return time.monotonic() - begun

    return until


def settings_in(folder: Path, scheduler: str | None = None) -> Settings:
    return Settings(data=folder / "data", runs=folder / "runs", models=folder / "models", scheduler=scheduler)


@pytest.fixture
def settings(tmp_path):
    return settings_in(tmp_path)


@pytest.fixture
def store(settings):
    return RunStore(settings.runs)


@pytest.fixture(scope="session")
def engine(tmp_path_factory, wait):
    """A real engine with real workers, shared by all tests."""
    engine = Engine(settings_in(tmp_path_factory.mktemp("engine")))
    begun = time.monotonic()
    engine.start()
    assert time.monotonic() - begun < 2  # its workers take longer to start
    wait(lambda: engine.ready)
    yield engine
    engine.close()
