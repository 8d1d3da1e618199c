"""The sampler of a run: what is asked of a service stops with the run, and its answers are kept or replayed."""

from __future__ import annotations

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
            sampler.replay(AnswerBook(store.answers(config.replay_of)))
        elif config.sampler.record:
            sampler.record(AnswerBook(store.answers(run_id)))
    return sampler
