"""What the workers do: train a run, draw digits, warm up.

Only the functions import torch, not this module: the engine names them in the web process.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, closing, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from boltzmann.config import CloudConfig, DataConfig, GibbsConfig, ModelConfig, RunConfig, TrainingConfig
from boltzmann.runs.checkpoint_folder import remove_unfinished, save_checkpoint
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.failures import explain, full_report
from boltzmann.runs.files import write_atomic
from boltzmann.runs.models import list_models, resolve, starting_folder
from boltzmann.runs.pictures import generated_grid
from boltzmann.runs.recorder import Recorder
from boltzmann.runs.run_sampler import run_sampler
from boltzmann.runs.similarity import by_similarity
from boltzmann.runs.store import RunStore, checkpoint_step
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from torch import Tensor

    from boltzmann.models.stored import StoredModel
    from boltzmann.samplers.base import Samples
    from boltzmann.samplers.cloud.base import CloudSampler
    from boltzmann.training.dvae import DvaeTraining
    from boltzmann.training.events import Event

ENDINGS = ("BudgetSpent", "Cancelled", "RecordEnds")
"""Errors with which a sampler ends a run in good order. Names, since their classes' module imports torch."""

STOP_SECONDS = 0.1
"""How often a training job looks whether it was asked to stop."""


def train_run(run_id: str, settings: Settings) -> str:
    """Train a run from its last checkpoint, if any, to its end, a request to stop, or a failure.

    All that happens is written to the run store; nothing is raised for a failure that could be written there.

    Returns:
        The final state: "finished", "stopped" or "failed".
    """
    store = RunStore(settings.runs)
    with Recorder(store, run_id) as recorder, ExitStack() as opened:
        recorder.set(state="starting", message="Starting", error=None, eta_seconds=None)
        training = None
        try:
            training = _begin(store, run_id, settings, recorder, opened)
            return _train(store, run_id, training, recorder)
        except Exception as error:
            if training is not None and training.step:
                # Whatever can be saved is worth more than a second error.
                with suppress(Exception):
                    _save(store, run_id, training, recorder)
            if type(error).__name__ in ENDINGS:
                return _end(store, run_id, training, recorder, "stopped", error=_reason(error))
            recorder.fail(explain(error, "Training"), full_report(error))
            return "failed"


def draw_digits(drawing_id: str, settings: Settings) -> str:
    """Draw what the drawing's request asks for. Errors end in its status. Returns the final state."""
    drawings = DrawingStore.beside(settings.runs)
    try:
        drawings.write_status(drawing_id, DrawingStatus("running"))
        facts = _draw(drawings, drawing_id, settings)
        status = DrawingStatus("finished", facts)
    except Exception as error:
        status = DrawingStatus("failed", error=explain(error, "Drawing"))
        with suppress(OSError):
            (drawings.folder(drawing_id) / "error.log").write_text(full_report(error), "utf-8")
    if drawings.status(drawing_id).state != "cancelled":
        drawings.write_status(drawing_id, status)
    return status.state


@cache
def warm_up(settings: Settings, kind: str, niceness: int = 0) -> None:
    """Do once, before anyone waits for it, what takes seconds the first time.

    Args:
        settings: Where data and models lie.
        kind: "training" imports torch, reads MNIST if it is there and takes one small step; "interactive" loads the
            shipped models and decodes. Both compile what draws samples, or read it from numba's cache.
        niceness: Lowers this thread's priority, and that of the threads it starts, so that the page stays responsive.
    """
    if niceness:
        os.nice(niceness)
    _use_all_cores()
    _compile_samplers()
    if kind == "training":
        _warm_up_training(settings)
    else:
        import torch

        shipped = [
            entry for entry in list_models(settings, RunStore(settings.runs)) if entry.key.startswith("shipped:")
        ]
        for entry in reversed(shipped):
            model = _model(entry.folder)
            model.decode(torch.ones(64, model.prior().n, dtype=torch.int8))


def _begin(store: RunStore, run_id: str, settings: Settings, recorder: Recorder, opened: ExitStack) -> DvaeTraining:
    config = store.config(run_id)
    checkpoint = store.resume_point(run_id)
    remove_unfinished(store, run_id)
    if store.read_events(run_id, limit=1)[0]:
        recorder.record({"kind": "rewound", "step": checkpoint_step(checkpoint) if checkpoint else 0})
    recorder.set(message="Loading torch")
    from boltzmann import data
    from boltzmann.training.dvae import DvaeTraining

    _use_all_cores()
    # Closed by the caller whatever happens from here on: a service may be asked before there is a training.
    step = checkpoint_step(checkpoint) if checkpoint else 0
    sampler = opened.enter_context(closing(run_sampler(store, run_id, config, step)))
    recorder.set(message="Loading images")
    images = data.load(config.data, settings.data, config.seed, lambda line: recorder.set(message=line))
    recorder.set(message="Building the model")
    start = None if checkpoint else starting_folder(config, settings, store)
    return DvaeTraining(config, images, checkpoint, sampler, start)


def _train(store: RunStore, run_id: str, training: DvaeTraining, recorder: Recorder) -> str:
    from boltzmann.training.events import CheckpointDue, Finished, Metrics

    look_again = 0.0
    state = "finished"
    saved = None
    with closing(cast("Generator[Event]", training.events())) as events:
        for event in events:
            if isinstance(event, CheckpointDue):
                _save(store, run_id, training, recorder)
                saved = training.step
                continue
            if not isinstance(event, Finished):
                recorder.record(event)
            done = isinstance(event, Metrics) and training.step == training.total_steps
            if not done and time.monotonic() >= look_again:
                look_again = time.monotonic() + STOP_SECONDS
                if store.stop_requested(run_id):
                    state = "stopped"
                    break
    if training.step and saved != training.step:
        _save(store, run_id, training, recorder)
    return _end(store, run_id, training, recorder, state)


def _end(
    store: RunStore,
    run_id: str,
    training: DvaeTraining | None,
    recorder: Recorder,
    state: str,
    error: dict[str, str] | None = None,
) -> str:
    # Without a training the run stands where it stood before.
    at = training or store.status(run_id)
    recorder.record({"kind": state, "step": at.step, "seconds": at.seconds})
    store.clear_stop(run_id)
    recorder.end(state, step=at.step, error=error)
    return state


def _reason(error: Exception) -> dict[str, str] | None:
    return None if type(error).__name__ == "Cancelled" else explain(error, "Training")


def _save(store: RunStore, run_id: str, training: DvaeTraining, recorder: Recorder) -> None:
    # The curve must reach the disk first: a checkpoint without the events before it would leave a gap when resumed.
    recorder.flush()
    folder = save_checkpoint(store, run_id, training.step, training.save)
    recorder.record({"kind": "checkpoint", "step": training.step, "folder": f"checkpoints/{folder.name}"})


def _draw(drawings: DrawingStore, drawing_id: str, settings: Settings) -> dict[str, Any]:
    from safetensors.torch import save_file

    request = drawings.request(drawing_id)
    entry = resolve(request.model_key, settings, RunStore(settings.runs))
    model = _model(entry.folder)
    samples, labels, images, seconds = _sample_and_decode(
        model, request, lambda: drawings.status(drawing_id).state == "cancelled"
    )
    pixels = images.mul(255).round().byte()
    folder = drawings.folder(drawing_id)
    arrays = {"spins": samples.spins.cpu(), "images": pixels.cpu(), "energies": samples.energies.cpu()}
    similar, in_turn = request.similar and labels is None, labels is not None and request.digit is None
    if labels is not None:
        arrays["labels"] = labels
    if similar:
        order = by_similarity(arrays["images"].numpy())
        arrays = {name: array[order] for name, array in arrays.items()}
    save_file({name: array.contiguous() for name, array in arrays.items()}, folder / "drawing.safetensors")
    write_atomic(folder / "grid.png", generated_grid(arrays["images"].numpy(), in_turn))
    return {
        "sampler": request.sampler.name,
        "model": entry.title,
        "count": request.count,
        "sampling_seconds": samples.seconds,
        "decoding_seconds": seconds,
        "mean_energy": samples.energies.mean().item(),
        "effective_inverse_temperature": samples.info.get("effective_inverse_temperature"),
        "info": samples.info,
        "digit": request.digit,
        "in_turn": in_turn,
        "similar": similar,
    }


def _sample_and_decode(
    model: StoredModel, request: DrawingRequest, cancelled: Callable[[], bool]
) -> tuple[Samples, Tensor | None, Tensor, float]:
    from boltzmann.samplers import create

    with closing(create(request.sampler, seed=request.seed)) as sampler:
        if isinstance(request.sampler, CloudConfig):
            cast("CloudSampler", sampler).cancelled = cancelled
        samples, labels = model.sample(sampler, request.count, request.digit)
    begun = time.perf_counter()
    images = model.decode(samples.spins)
    return samples, labels, images, time.perf_counter() - begun


def _model(folder: Path) -> StoredModel:
    # A folder that was removed and made again is another model.
    return _load_model(folder, (folder / "weights.safetensors").stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load_model(folder: Path, _version: int) -> StoredModel:
    from boltzmann.models.stored import StoredModel

    return StoredModel.load(folder)


def _compile_samplers() -> None:
    import torch

    from boltzmann import graphs
    from boltzmann.samplers import create
    from boltzmann.samplers.base import IsingModel

    graph = graphs.subgraph("chimera", 16)
    model = IsingModel(graph, torch.zeros(graph.n), torch.zeros(len(graph.edges)))
    for tempering in ("never", "always"):
        sampler = create(GibbsConfig(sweeps=2, persistent=True, tempering=tempering), seed=0)
        for _ in range(2):  # the second call goes on with the first one's chains
            sampler.sample(model, 16)


def _warm_up_training(settings: Settings) -> None:
    from boltzmann import data
    from boltzmann.data import mnist
    from boltzmann.training.dvae import DvaeTraining

    config = RunConfig(
        data=DataConfig(dataset="digits", train_size=256),
        model=ModelConfig(n_latents=16),
        training=TrainingConfig(epochs=1, batch_size=256, num_reads=16),
    )
    for _ in DvaeTraining(config, data.load(config.data, settings.data)).events():
        pass
    if mnist.exists(settings.data):
        with suppress(mnist.MnistUnavailable):  # the run that needs it will say so
            mnist.read(settings.data)


def _use_all_cores() -> None:
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if torch.get_num_threads() != cores:
        torch.set_num_threads(cores)
