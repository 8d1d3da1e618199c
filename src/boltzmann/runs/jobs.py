"""What the workers do: train a run, draw digits, warm up.

Only the functions import torch, not this module: the engine names them in the web process.
"""

from __future__ import annotations

import os
import time
from contextlib import closing, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from boltzmann.config import CloudConfig, DataConfig, GibbsConfig, ModelConfig, RunConfig, TrainingConfig
from boltzmann.runs import rbm_jobs, training_job
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.failures import explain, full_report
from boltzmann.runs.files import write_atomic
from boltzmann.runs.loaded_models import loaded_model
from boltzmann.runs.models import list_models, resolve, starting_folder
from boltzmann.runs.pictures import generated_grid
from boltzmann.runs.similarity import by_similarity
from boltzmann.runs.store import RunStore
from boltzmann.runs.threads import cores, use_threads
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from boltzmann.models.stored import StoredModel
    from boltzmann.runs.training_job import Start
    from boltzmann.samplers.base import Samples
    from boltzmann.samplers.cloud.base import CloudSampler
    from boltzmann.training.dvae import DvaeTraining


def train_run(run_id: str, settings: Settings) -> str:
    """Train a run of the Studio: see :func:`boltzmann.runs.training_job.train`. Returns the final state."""
    return training_job.train(run_id, settings, _begin)


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


def answer(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, str | None]:
    """What ``function`` returns and None; or None and what went wrong, with how to mend it.

    An error's class may be one of torch's, which the web process could not unpickle without loading torch.
    """
    try:
        return function(*arguments), None
    except Exception as error:
        words = explain(error, "The answer")
        expected = isinstance(error, ValueError)  # the stores' and the configuration's own errors say how to mend them
        return None, words["cause"] if expected else f"{words['title']}: {words['cause']}. {words['mend']}"


@cache
def warm_up(settings: Settings, kind: str, niceness: int = 0) -> None:
    """Do once, before anyone waits for it, what takes seconds the first time.

    Args:
        settings: Where data and models lie.
        kind: "training" imports torch, reads MNIST if it is there and takes one small step; "interactive" loads the
            shipped models and decodes. Both compile what draws samples, or read it from numba's cache. "lab" trains a
            tiny machine.
        niceness: Lowers this thread's priority, and that of the threads it starts, so that the page stays responsive.
    """
    if niceness:
        os.nice(niceness)
    if kind == "lab":
        rbm_jobs.warm_up_lab(settings)
        return
    use_threads(cores())
    _compile_samplers()
    if kind == "training":
        _warm_up_training(settings)
    else:
        import torch

        shipped = [
            entry for entry in list_models(settings, RunStore(settings.runs)) if entry.key.startswith("shipped:")
        ]
        for entry in reversed(shipped):
            model = loaded_model(entry.folder)
            model.decode(torch.ones(64, model.prior().n, dtype=torch.int8))


def _begin(start: Start) -> DvaeTraining:
    store, settings = start.store, start.settings
    config = store.config(start.run_id)
    start.say("Loading torch")
    from boltzmann import data
    from boltzmann.training.dvae import DvaeTraining

    use_threads(cores())
    sampler = start.sampler()
    start.say("Loading images")
    images = data.load(config.data, settings.data, config.seed, start.say)
    start.say("Building the model")
    model = None if start.checkpoint else starting_folder(config, settings, store)
    return DvaeTraining(config, images, start.checkpoint, sampler, model)


def _draw(drawings: DrawingStore, drawing_id: str, settings: Settings) -> dict[str, Any]:
    from safetensors.torch import save_file

    request = drawings.request(drawing_id)
    entry = resolve(request.model_key, settings, RunStore(settings.runs))
    model = loaded_model(entry.folder)
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
