"""What the play page asks of the interactive worker: images, completions, readings, samples.

Every function takes the settings and a machine's key first, checks what a browser sent, and answers with plain values and
numpy arrays. Only the functions import torch, not this module.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.runs.files import StoreError
from boltzmann.runs.handwriting import check_strokes, digit, painted
from boltzmann.runs.play_machine import Opened, open_machine
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

CHAINS = 8
"""Chains of a completion, each shown by itself and all as their mean."""

STEPS = 100
NEIGHBOURS = 5
TYPICAL_ROWS = 1000
SCORED = 1000
"""Test images of a completion's score: enough for a standard error of a few per cent, in seconds."""

FITTED = 10_000
"""Training images that the features' logistic regression is fitted to while a page waits; the report fits all."""

SHOWN = 40
MOST_SAMPLES, MOST_STEPS = 100, 1000
BINS = 40


def example(settings: Settings, key: str, label: int | None, seed: int) -> dict[str, Any]:
    """A held-out image drawn evenly, of the class ``label`` if one is given: ``index``, ``label`` or None, ``image``
    (H, W) uint8."""
    machine = open_machine(settings, key)
    chosen = np.arange(len(machine.data.test))
    if label is not None:
        if machine.data.test_labels is None:
            raise StoreError("a class was asked for, but these data have no labels: ask for any image")
        chosen = chosen[machine.data.test_labels.numpy() == label]
    if not len(chosen):
        raise StoreError(f"no test image has the label {str(label)[:20]}: choose another class")
    index = int(np.random.default_rng(seed).choice(chosen))
    return {"index": index, "label": _label(machine, index), "image": machine.image(machine.data.test[index])[0]}


def completed(settings: Settings, key: str, source: Any, mask: Any, seed: int) -> dict[str, Any]:
    """An image with some of its pixels unknown, filled in by the machine and by two simpler ways.

    Args:
        settings, key: The machine.
        source: The index of a held-out image, or the strokes of a drawn one.
        mask: One of :func:`masks_for`, or the strokes that paint what is unknown.
        seed: Of the chains.

    Returns:
        ``images`` (uint8 (H, W)) and squared ``errors`` per unknown pixel, by "machine", "mean_image" and
        "nearest_neighbour"; ``original``, ``mask`` (bool (H, W)), ``chains`` (uint8 (8, H, W)).
    """
    from boltzmann.evaluation.rbm_completion import complete, nearest

    machine = open_machine(settings, key)
    train = machine.data.train
    row, unknown = _row(machine, source), _mask(machine, mask)
    chains = complete(machine.rbm, row.repeat(CHAINS, 1), unknown, chains=1, steps=STEPS, seed=seed)
    fills = {
        "machine": chains.mean(0, keepdim=True),
        "mean_image": row.where(~unknown, train.mean(0)),
        "nearest_neighbour": row.where(~unknown, train[nearest(train, row, ~unknown)]),
    }
    return {
        "original": machine.image(row)[0],
        "mask": unknown.numpy().reshape(machine.shape),
        "images": {name: machine.image(fill)[0] for name, fill in fills.items()},
        "errors": {name: float((fill - row)[:, unknown].square().mean()) for name, fill in fills.items()},
        "chains": machine.image(chains),
    }


def completion_score(settings: Settings, key: str, mask: Any) -> dict[str, Any]:
    """The completion of :data:`SCORED` test images: :func:`boltzmann.evaluation.rbm_completion.completion_report`."""
    from boltzmann.evaluation.rbm_completion import completion_report
    from boltzmann.evaluation.rbm_likelihood import some_rows

    machine = open_machine(settings, key)
    unknown = _mask(machine, mask)
    test = machine.seen(some_rows(machine.data.test, SCORED))
    return completion_report(machine.rbm, machine.seen(machine.data.train), test, unknown)


def classified(settings: Settings, key: str) -> dict[str, Any]:
    """How the held-out images are read: :func:`boltzmann.evaluation.rbm_classification.scores`, and ``method``: "free
    energy", or "features" without label units, fitted to ``fitted`` training images (None by free energy)."""
    from boltzmann.evaluation.rbm_classification import scores

    machine = open_machine(settings, key)
    found, method = _classes(machine)
    fitted = min(len(machine.data.train), FITTED) if method == "features" else None
    return {
        **scores(machine.data.test_labels, found, machine.data.classes),  # type: ignore[arg-type]
        "method": method,
        "fitted": fitted,
    }


def behind(settings: Settings, key: str, truth: Any, found: Any) -> dict[str, Any]:
    """Held-out images of the class ``truth`` that were read as ``found``: at most 40 ``images``, and their ``count``."""
    machine = open_machine(settings, key)
    for label in (truth, found):
        if not isinstance(label, int) or isinstance(label, bool) or not 0 <= label < max(machine.data.classes, 1):
            raise StoreError(f"there is no class {str(label)[:20]}: click on a cell of the table")
    read, _ = _classes(machine)
    chosen = (machine.data.test_labels == truth) & (read == found)
    return {"images": machine.image(machine.data.test[chosen][:SHOWN]), "count": int(chosen.sum())}


def recognised(settings: Settings, key: str, source: Any) -> dict[str, Any]:
    """What the machine makes of an image: its class by free energy, its reconstruction, how typical it is.

    Args:
        settings, key: The machine.
        source: The index of a held-out image, or the strokes of a drawn one.

    Returns:
        ``seen``, ``reconstruction``, ``completed`` (the lower or right half filled in) uint8 (H, W); ``probabilities`` of
        the classes, or None without label units; ``free_energy`` F(pixels) in nats beside the mean ``typical`` and the
        standard deviation ``spread`` of held-out images; ``neighbours`` uint8 (5, H, W) with their ``labels`` or None.
    """
    import torch

    machine = open_machine(settings, key)
    rbm, data = machine.rbm, machine.data
    row = _row(machine, source)
    law = (-rbm.class_free_energies(row)).softmax(1) if rbm.labels else row[:, :0]
    v = torch.cat([row, law], 1)
    reconstruction = rbm.visible_probability(rbm.hidden_probability(v))[:, : rbm.pixels]
    typical = _free_energies(machine, machine.seen(data.test[:TYPICAL_ROWS]))
    nearest = (data.train - row).square().sum(1).topk(min(NEIGHBOURS, len(data.train)), largest=False).indices
    return {
        "seen": machine.image(row)[0],
        "reconstruction": machine.image(reconstruction)[0],
        "completed": completed(settings, key, source, masks_for(machine.shape)[-1], 0)["images"]["machine"],
        "probabilities": law[0].tolist() if rbm.labels else None,
        "free_energy": float(_free_energies(machine, row)[0]),
        "typical": float(typical.mean()),
        "spread": float(typical.std()) if len(typical) > 1 else 0.0,
        "neighbours": machine.image(data.train[nearest]),
        "labels": None if data.train_labels is None else data.train_labels[nearest].tolist(),
    }


def generated(settings: Settings, key: str, label: Any, steps: Any, count: Any, seed: int) -> dict[str, Any]:
    """Free samples of the machine, or samples of a class, its label's unit held at 1.

    Args:
        settings, key: The machine.
        label: "free"; or with label units "all", every class in turn, or one class.
        steps: Updates of both layers, from random hidden units.
        count: Images.
        seed: Of the chains.

    Returns:
        ``images`` uint8 (count, H, W), the chances that the last visible units are drawn with; ``read``, the class that
        each is read as, or None; ``edges``, ``data`` and ``model``: histograms of free energies.
    """
    import torch

    from boltzmann.evaluation.rbm_chains import draw_visible, visible_law

    for name, value, most in (("steps", steps, MOST_STEPS), ("count", count, MOST_SAMPLES)):
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise StoreError(f"{name} is {str(value)[:20]}; allowed: 1 to {most:,}")
    machine = open_machine(settings, key)
    rbm = machine.rbm
    held = _held_labels(machine, label, count)
    generator = torch.Generator().manual_seed(seed)
    h = torch.rand(count, rbm.hidden, generator=generator).round_()
    law = v = torch.empty(0)
    for _ in range(steps):
        law = visible_law(torch.addmm(rbm.visible_bias, h, rbm.weights.T), rbm.labels)
        v = draw_visible(law, rbm.labels, generator)
        if held is not None:
            v[:, rbm.pixels :] = held
        h = torch.bernoulli(rbm.hidden_probability(v), generator=generator)
    pixels = v[:, : rbm.pixels]
    model = _free_energies(machine, pixels)
    data = _free_energies(machine, machine.seen(machine.data.test[:TYPICAL_ROWS]))
    edges = np.histogram_bin_edges(np.concatenate([model, data]), BINS)
    shares = [(np.histogram(values, edges)[0] / len(values)).tolist() for values in (data, model)]
    return {
        "images": machine.image(law[:, : rbm.pixels]),
        "read": (-rbm.class_free_energies(pixels)).argmax(1).tolist() if rbm.labels else None,
        "edges": edges.tolist(),
        "data": shares[0],
        "model": shares[1],
    }


def masks_for(shape: tuple[int, int]) -> tuple[str, ...]:
    """The halves that an image of that shape has; a single line has no upper and no lower one."""
    return ("left", "right", "upper", "lower") if shape[0] > 1 else ("left", "right")


def _mask(machine: Opened, mask: Any) -> Tensor:
    """Which pixels are unknown: bool (pixels,), at least one of them known and one unknown.

    Raises:
        StoreError: no such mask, or nothing is left to go by, or to fill in.
    """
    import torch

    from boltzmann.evaluation.rbm_completion import mask_of

    offered = masks_for(machine.shape)
    if isinstance(mask, str) and mask in offered:
        return mask_of(mask, machine.shape)  # type: ignore[arg-type]
    if not isinstance(mask, list):
        raise StoreError(f"there is no mask {str(mask)[:20]}: choose one of {', '.join(offered)}, or paint one")
    unknown = painted(check_strokes(mask), machine.shape)
    if not unknown.any():
        raise StoreError("no pixel is masked: paint over a part of the image")
    if unknown.all():
        raise StoreError("every pixel is masked: leave a part of the image to go by")
    return torch.from_numpy(unknown.ravel())


def _row(machine: Opened, source: Any) -> Tensor:
    """A held-out or drawn image as the machine sees it: float32 (1, pixels)."""
    import torch

    if not isinstance(source, list):
        return machine.test_row(source)
    strokes = check_strokes(source)
    if not strokes:
        raise StoreError("nothing is drawn yet: draw on the pad, or choose a test image")
    height, width = machine.shape
    framed = machine.config.data.dataset == "mnist" and height == 28
    pixels = torch.from_numpy(digit(strokes, (height, width), 20 if framed else min(height, width)).ravel().copy())
    row = pixels.float()[None] / 255
    return row if machine.config.data.pixels == "grey" else row.gt(0.5).float()


@lru_cache(maxsize=2)
def _classes(machine: Opened) -> tuple[Tensor, str]:
    """The class that each held-out image is read as, int64 (N,), and the method."""
    from boltzmann.evaluation.rbm_classification import feature_classes, features_can_be_judged, free_energy_classes
    from boltzmann.evaluation.rbm_likelihood import some_rows

    rbm, data = machine.rbm, machine.data
    if data.train_labels is None:
        raise StoreError("these data have no labels, so there is nothing to classify: choose a machine of digits")
    test = machine.seen(data.test)
    if rbm.labels:
        return free_energy_classes(rbm, test), "free energy"
    train, labels = (some_rows(rows, FITTED) for rows in (data.train, data.train_labels))  # the same ones of both
    if not features_can_be_judged(labels):
        raise StoreError("a class has fewer than ten training images, too few to learn to read: choose another machine")
    return feature_classes(rbm, machine.seen(train), labels, test), "features"


def _free_energies(machine: Opened, pixels: Tensor) -> np.ndarray:
    """F(pixels), label units summed out: float64 (N,)."""
    rbm = machine.rbm
    if not rbm.labels:
        return rbm.free_energy(pixels).double().numpy()
    return -(-rbm.class_free_energies(pixels)).logsumexp(1).double().numpy()


def _held_labels(machine: Opened, label: Any, count: int) -> Tensor | None:
    import torch

    classes = machine.rbm.labels
    if label == "free":
        return None
    if not classes:
        raise StoreError("a class was asked for, but this machine has no label units: ask for free samples")
    if label == "all":
        chosen = torch.arange(count) % classes
    elif isinstance(label, int) and not isinstance(label, bool) and 0 <= label < classes:
        chosen = torch.full((count,), label)
    else:
        raise StoreError(f"there is no class {str(label)[:20]}: choose one of 0 to {classes - 1}")
    return torch.nn.functional.one_hot(chosen, classes).float()


def _label(machine: Opened, index: int) -> int | None:
    return None if machine.data.test_labels is None else int(machine.data.test_labels[index])
