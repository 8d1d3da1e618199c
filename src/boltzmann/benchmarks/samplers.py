"""All that `boltzmann bench samplers` measures, and the machine it was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from llvmlite.binding import get_host_cpu_name

from boltzmann.benchmarks import quality
from boltzmann.benchmarks.plan import Plan
from boltzmann.benchmarks.problems import zephyr
from boltzmann.benchmarks.throughput import throughput
from boltzmann.models.stored import StoredModel

_PACKAGES = ("torch", "numba", "llvmlite", "dwave-samplers", "dwave-pytorch-plugin")


def measure(plan: Plan, threads: int, trained: Path | None, say: Callable[[str], None]) -> dict[str, Any]:
    """Everything, as JSON values.

    Args:
        plan: How much to measure.
        threads: The most that our engines use.
        trained: Folder of a trained model; without one, what needs its prior is left out.
        say: Is told what is being measured.

    Returns:
        ``machine``; ``rows``, see :func:`throughput`; ``fresh_samples_ms``, ``effective_samples_per_second`` and
        ``accuracy``, see :mod:`quality`.
    """
    prior = {} if trained is None else {f"trained prior ({trained.name})": StoredModel.load(trained).law()}
    gaussian = zephyr(plan.nodes[0])
    found: dict[str, Any] = {"machine": machine(threads), "rows": throughput(plan, threads, say)}
    say("fresh samples")
    found["fresh_samples_ms"] = quality.fresh_samples(
        {**prior, f"Gaussian, zephyr {gaussian.n}": gaussian}, plan, threads
    )
    found["effective_samples_per_second"] = [
        row for model in prior.values() for row in quality.effective_samples(model, plan, say)
    ]
    found["accuracy"] = quality.accuracy(plan, say)
    return found


def machine(threads: int) -> dict[str, Any]:
    """Processor, accelerator, system and versions."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "architecture": get_host_cpu_name(),
        "cores": os.cpu_count() or 1,
        "threads": threads,
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _PACKAGES},
    }
