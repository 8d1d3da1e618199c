"""What runs are called: names that people give, and the name that a run has by itself."""

from __future__ import annotations

import time
import unicodedata

from boltzmann.config import ModelConfig, RBMConfig, RunConfig, visible_units
from boltzmann.runs.files import StoreError
from boltzmann.runs.sampler_words import sampler_title

NAME_LENGTH = 80


def clean_name(name: str) -> str:
    """``name`` without control characters, spaces joined.

    Raises:
        StoreError: when nothing is left, or more than 80 characters are.
    """
    if not isinstance(name, str):
        raise StoreError(f"a name is text, not {type(name).__name__}")
    name = "".join(" " if c.isspace() else c for c in name if c.isspace() or unicodedata.category(c)[0] != "C")
    name = " ".join(name.split())
    if not name:
        raise StoreError(f"the name is empty: give 1 to {NAME_LENGTH} visible characters")
    if len(name) > NAME_LENGTH:
        raise StoreError(f"the name has {len(name):,} characters: give 1 to {NAME_LENGTH}")
    return name


def default_name(config: RunConfig | RBMConfig) -> str:
    """A run's name after its settings and the time: "784 + 500 units, PCD-1, 14:03:22 UTC"."""
    if isinstance(config, RBMConfig):
        visible, hidden = visible_units(config), config.model.hidden
        size = f"{hidden} hidden units" if visible is None else f"{visible} + {hidden} units"
        words = f"{size}, {trainer_words(config)}"
    else:
        words = f"{spin_words(config.model)}, {sampler_title(config.sampler.name)}"
    return f"{words}, {time.strftime('%H:%M:%S', time.gmtime())} UTC"


def spin_words(model: ModelConfig) -> str:
    """How many spins a prior has: "256 spins", "240 + 80 hidden spins"."""
    hidden = f" + {model.hidden_spins:,} hidden" if model.hidden_spins else ""
    return f"{model.n_latents:,}{hidden} spins"


def trainer_words(config: RBMConfig) -> str:
    """How a machine is trained, in short: "CD-1", "PCD-5, mode-assisted", "discriminative"."""
    training = config.training
    phase = {
        "cd": f"CD-{training.gibbs_steps}",
        "pcd": f"PCD-{training.gibbs_steps}",
        "tempering": "tempering",
        "exact": "exact",
        "sampler": sampler_title(config.sampler.name),
    }[training.negative_phase]
    words = [] if training.objective == "discriminative" else [phase]
    words += ["mode-assisted"] if training.mode_assisted else []
    words += [training.objective] if training.objective != "generative" else []
    return ", ".join(words)
