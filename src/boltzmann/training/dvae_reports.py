"""What a run of the Studio tells of itself beside its losses: facts, the sampler's reports, pictures, the digits' quality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from boltzmann.evaluation.digits import QUICK_DIGITS, quick
from boltzmann.models.dvae import Dvae
from boltzmann.samplers.base import Samples
from boltzmann.samplers.temperature import estimate_inverse_temperature
from boltzmann.training.events import Picture, Quality
from boltzmann.training.inverse_temperature import hardware_figures

if TYPE_CHECKING:
    from boltzmann.training.dvae import DvaeTraining

GENERATED = 64  # digits in a picture of the prior's samples
RECONSTRUCTED = 32  # held-out images in a picture of reconstructions


def facts(training: DvaeTraining) -> dict[str, object]:
    """What stays as it is over the whole run, JSON values."""
    autoencoder = training.model.autoencoder
    parts = {
        "encoder": autoencoder.encoder.parameters(),
        "decoder": autoencoder.decoder.parameters(),
        "prior": training.model.coefficients(),
    }
    on_cuda = training.device.type == "cuda"
    return {
        "parameters": {name: sum(values.numel() for values in part) for name, part in parts.items()},
        "device": torch.cuda.get_device_name() if on_cuda else f"CPU, {torch.get_num_threads()} threads",
        "data": training.data.source,
        "train_images": len(training.data.train),
        "test_images": len(training.data.test),
        "sampler": training.sampler.capabilities.title,
        "edges": training.model.prior.n_edges,
        "colours": int(training.model.graph.colours.max()) + 1,
    }


def report(model: Dvae, samples: Samples) -> dict[str, object]:
    """What the sampler said of ``samples``, and their inverse temperature where it said nothing of it."""
    found: dict[str, object] = {"mean_energy": samples.energies.mean().item(), **samples.info}
    if "effective_inverse_temperature" not in found:
        # After the update the parameters are no longer quite those that were sampled; the estimate's own error is
        # larger.
        prior = model.ising(model.labels(len(samples.spins)))
        found |= estimate_inverse_temperature(prior, samples.spins).report()
    return found | hardware_figures(found)


def pictures(training: DvaeTraining, samples: Samples) -> Iterator[Picture]:
    """The first digits of ``samples``, and held-out images with their reconstructions."""
    model, step, device = training.model, training.step, training.device
    yield Picture(step, "generated", _pixels(model.decode(samples.spins[:GENERATED].to(device))))
    originals = training.data.test[:RECONSTRUCTED].to(device).float() / 255
    generator = torch.Generator(device).manual_seed(training.config.seed)
    reconstructed = model.reconstruct(originals, generator)
    yield Picture(step, "reconstructed", _pixels(torch.stack([originals, reconstructed], dim=1).flatten(0, 1)))


def quality(training: DvaeTraining) -> Iterator[Quality]:
    """The digits of the last steps' samples: drawn already, by the sampler that the model is trained with."""
    recent = training.recent
    if training.reference is None or sum(len(spins) for spins, _ in recent) < QUICK_DIGITS:
        return
    spins = torch.cat([spins for spins, _ in recent])[-QUICK_DIGITS:]
    labels = [part for _, part in recent if part is not None]
    asked = torch.cat(labels)[-QUICK_DIGITS:].cpu() if labels else None
    images = training.model.decode(spins.to(training.device)).cpu()
    yield Quality(training.step, quick(images, training.reference, asked).report())


def _pixels(images: torch.Tensor):
    return images.mul(255).round().to(torch.uint8).cpu().numpy()
