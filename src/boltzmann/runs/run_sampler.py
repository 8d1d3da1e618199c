"""The sampler of a run: what is asked of a service stops with the run, and its answers are kept or replayed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boltzmann.config import CloudConfig, RunConfig
from boltzmann.runs.store import RunStore

if TYPE_CHECKING:
    from boltzmann.samplers.base import Sampler


def run_sampler(store: RunStore, run_id: str, config: RunConfig) -> Sampler:
    """A new sampler for the run.

    Raises:
        StoreError: the run whose answers it replays is no longer there.
    """
    from boltzmann.samplers import create

    sampler = create(config.sampler, seed=config.seed)
    if isinstance(config.sampler, CloudConfig):
        from boltzmann.samplers.cloud.answers import AnswerBook
        from boltzmann.samplers.cloud.base import CloudSampler

        assert isinstance(sampler, CloudSampler)
        sampler.cancelled = lambda: store.stop_requested(run_id)
        if config.replay_of:
            sampler.replay(AnswerBook(answers_folder(store, config.replay_of)))
        elif config.sampler.record:
            sampler.record(AnswerBook(answers_folder(store, run_id)))
    return sampler


def answers_folder(store: RunStore, run_id: str) -> Path:
    """Where the answers to a run's problems are kept. Raises StoreError where there is no such run."""
    return store.folder(run_id) / "answers"


def recorded(store: RunStore, run_id: str) -> bool:
    """Whether a run has answers of a service that can be replayed."""
    folder = answers_folder(store, run_id)
    return (folder / "graph.safetensors").is_file() and any(folder.glob("[0-9]*.safetensors"))
