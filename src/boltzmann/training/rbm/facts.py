"""What a run of the lab says of itself when it starts."""

from __future__ import annotations

import torch

from boltzmann.data.binary import BinaryData
from boltzmann.models.rbm import RBM
from boltzmann.samplers.base import Sampler
from boltzmann.training.rbm.measurements import Measurements


def facts(rbm: RBM, data: BinaryData, measurements: Measurements, sampler: Sampler | None) -> dict[str, object]:
    """Sizes, rows, device and sampler, JSON values."""
    cuda = rbm.weights.device.type == "cuda"
    return {
        "parameters": {"weights": rbm.weights.numel(), "biases": rbm.visible + rbm.hidden},
        "device": torch.cuda.get_device_name() if cuda else f"CPU, {torch.get_num_threads()} threads",
        "data": data.source,
        "train_rows": len(data.train),
        "test_rows": len(data.test),
        "measured_rows": len(measurements.rows),
        "pseudo_rows": len(measurements.few),
        "visible": rbm.visible,
        "hidden": rbm.hidden,
        "labels": rbm.labels,
        "rule": data.rule,
        "sampler": sampler.capabilities.title if sampler else None,
    }
