"""The samplers by name. A new one is a file, a class in ``config/sampler.py`` and a line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boltzmann.config import SamplerConfig
    from boltzmann.samplers.base import Capabilities, Sampler

_SAMPLERS = {
    "gibbs": "boltzmann.samplers.gibbs:GibbsSampler",
    "annealing": "boltzmann.samplers.annealing:AnnealingSampler",
    "simulated_qpu": "boltzmann.samplers.simulated_qpu:SimulatedQPUSampler",
    "dwave": "boltzmann.samplers.dwave:DWaveSampler",
    "dynex": "boltzmann.samplers.dynex:DynexSampler",
    "exact": "boltzmann.samplers.exact:ExactSampler",
}


def names() -> list[str]:
    """All registered names."""
    return list(_SAMPLERS)


def create(config: SamplerConfig, seed: int) -> Sampler:
    """The sampler that ``config`` describes. Equal seeds give equal samples where it is reproducible."""
    return _find(config.name)(config, seed)


def capabilities(name: str) -> Capabilities:
    """What the sampler called ``name`` can do."""
    return _find(name).capabilities


def _find(name: str) -> type:
    # Imported on demand: each sampler brings its own libraries.
    if name not in _SAMPLERS:
        raise ValueError(f"unknown sampler {name!r}: choose {', '.join(_SAMPLERS)}")
    module, attribute = _SAMPLERS[name].split(":")
    return getattr(import_module(module), attribute)
