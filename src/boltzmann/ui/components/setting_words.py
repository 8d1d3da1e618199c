"""Settings in words: what a group of them, a choice and an empty field are called."""

from __future__ import annotations

from typing import Any

from boltzmann.config import RBMConfig, RunConfig

TITLES = {"data": "Data", "model": "Model", "sampler": "Sampler", "training": "Training"}
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
}
EMPTY = {"training.batch_size": "all rows", "training.patience": "never"}
"""What an empty field means, where that is not "automatic"."""


def groups(config: RunConfig | RBMConfig) -> list[tuple[str, str]]:
    """Titles and names of a run's groups of settings, in the order in which they are set."""
    return [(TITLES[part], part) for part in type(config).model_fields if part in TITLES]


def choice_words(value: Any) -> str:
    """What a person calls one of a setting's choices."""
    return CHOICES.get(str(value), str(value).replace("_", " ").capitalize())


def empty_words(name: str) -> str:
    """What the field ``name`` ("training.batch_size") means when it is empty."""
    return EMPTY.get(name, "automatic")
