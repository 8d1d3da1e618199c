"""Fixtures for all tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def soon() -> Callable[[], AbstractContextManager[None]]:
    """``with soon():`` nothing in it waits for a service that hangs. It may take 15 seconds: a busy machine is slow in
    everything, and whoever waits does so for 20 seconds at least."""

    @contextmanager
    def within() -> Iterator[None]:
        begun = time.monotonic()
        yield
        assert time.monotonic() - begun < 15, "it waited for the service"

    return within


@pytest.fixture(scope="session")
def train_machine() -> Callable[..., str]:
    """``train_machine(runs, preset, name, **changes)``: a run of the lab, trained here and now by the real trainer, with a
    checkpoint and a finished status in the store at ``runs``. Returns the machine's key."""

    def train(runs: Path, preset: str, name: str, **changes: Any) -> str:
        import torch

        from boltzmann.config import RBM_PRESETS, changed
        from boltzmann.data import binary
        from boltzmann.runs.checkpoint_folder import save_checkpoint
        from boltzmann.runs.store import RunStore
        from boltzmann.training.rbm.trainer import RBMTraining

        store = RunStore(runs)
        dotted = {key.replace("__", "."): value for key, value in changes.items()}
        config = changed(RBM_PRESETS[preset], {"training.measurements": 2, **dotted})
        run_id = store.create(config, name)
        training = RBMTraining(config, binary.load(config.data, runs.parent / "data", config.seed))
        # Threads that wait for each other take a minute beside an app that starts its workers.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        for _ in training.events():
            pass
        torch.set_num_threads(threads)
        save_checkpoint(store, run_id, training.step, training.save)
        store.write_status(run_id, state="finished", step=training.step, total_steps=training.total_steps)
        return f"run:{run_id}"

    return train
