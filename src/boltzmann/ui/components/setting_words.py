"""Settings in words: what a choice and an empty field are called."""

from __future__ import annotations

from typing import Any

CHOICES = {
    "mnist": "MNIST",
    "digits": "Embedded digits",
    "straight_through": "Straight-through",
    "mmd": "MMD",
    "elbo": "Evidence lower bound",
    "mse": "Mean squared error",
    "bernoulli": "Cross-entropy",
    "auto": "Automatic",
    "binary": "Black and white",
    "16": "16 × 16",
    "20": "20 × 20",
    "28": "28 × 28",
    "32": "32 × 32",
    "table": "Your table",
    "all": "All images once",
    "repeated": "With repetition",
    "split": "Half held out",
    "cd": "Contrastive divergence (CD)",
    "pcd": "Persistent chains (PCD)",
    "tempering": "Parallel tempering",
    "exact": "Exact enumeration",
    "sampler": "Sampler",
    "enumeration": "Enumeration",
    "annealing": "Simulated annealing",
    "known": "Known (oracle)",
    "max_likelihood": "Maximum likelihood (MaxLL)",
    "min_entropy": "Minimum entropy (MinSE)",
    "printed": "As printed",
    "descent": "The opposite sign",
}
CHOICES_OF = {"embedding": {"chimera": "Chimera(16)", "pegasus": "Pegasus(16)", "zephyr": "Zephyr(12)"}}
"""The same for choices whose names mean something else in other fields, by the last part of the field's name."""
EMPTY = {"training.batch_size": "all rows", "training.patience": "never"}
"""What an empty field means, where that is not "automatic"."""


def choice_words(value: Any, name: str = "") -> str:
    """What a person calls one of the choices of the setting ``name`` ("training.negative_phase")."""
    special = CHOICES_OF.get(name.rpartition(".")[2], {})
    return special.get(str(value)) or CHOICES.get(str(value), str(value).replace("_", " ").capitalize())


def empty_words(name: str) -> str:
    """What the field ``name`` ("training.batch_size") means when it is empty."""
    return EMPTY.get(name, "automatic")
