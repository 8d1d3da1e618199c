"""The sampler of a run: what is asked of a service stops with the run, and its answers are kept or replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boltzmann.config import CloudConfig, RBMConfig, RunConfig
from boltzmann.runs.store import RunStore

if TYPE_CHECKING:
    from boltzmann.samplers.base import Sampler


def run_sampler(store: RunStore, run_id: str, config: RunConfig | RBMConfig, step: int) -> Sampler:
    """A new sampler for the run.

    Args:
        store: The run store.
        run_id: The run.
        config: Its configuration.
        step: Where it goes on. Answers are kept from the first step on or not at all: others could not be replayed.

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
            sampler.replay(AnswerBook(store.answers(config.replay_of, config.sampler.name)))
        else:
            book = AnswerBook(store.answers(run_id, config.sampler.name))
            keep = config.sampler.record and store.recording(run_id, config.sampler.name, step)
            if keep:
                book.describe({"sampler": config.sampler.model_dump(), "epochs": config.training.epochs})
            sampler.record(book, answers=keep)
    return sampler
