"""What the page "Look inside" asks of the interactive worker: from a digit to spins, from spins to a digit.

Every function takes the settings and a model's key first, checks what a browser sent, and answers with plain values and
numpy arrays. Strings of spins travel as text (:mod:`boltzmann.runs.inside_strings`). Only the functions import torch, not
this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.runs.files import StoreError
from boltzmann.runs.handwriting import check_strokes
from boltzmann.runs.handwriting import digit as handwritten
from boltzmann.runs.inside_chip import holes
from boltzmann.runs.inside_maps import decoder_maps, encoder_maps, watched
from boltzmann.runs.inside_model import MOST_SEED, Opened, check_digit, check_whole, open_model, pixels, version_of
from boltzmann.runs.inside_strings import as_text
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

BOX = 20
"""Side of the box that a digit fills, of MNIST and of the embedded digits alike."""


def facts(settings: Settings, key: str) -> dict[str, Any]:
    """The model's graph, its coefficients, and what is known of its training.

    Returns:
        ``title``, ``version``, ``step`` or None, ``trained`` (``metrics``, ``seconds``, ...), ``objective`` ("mmd" or
        "elbo"); ``topology``, ``size``, ``nodes`` int64 (n,), ``positions`` float32 (n, 2), ``edges`` int64 (m, 2); the
        law that all digits share, ``linear`` (n,) and ``quadratic`` (m,) float32; ``classes``, and what each digit adds to
        that law, ``class_linear`` (10, n) and ``class_quadratic`` (10, m), or None; ``hidden_spins`` int64 (k,), the indices
        of those that the decoder does not read; what of the chip did not work at the
        graph, ``broken_qubits`` int64 (b,), or None where that was not stored, their places ``broken`` float32 (b, 2), and
        ``broken_couplers`` int64 (c, 2), pairs of indices into the nodes; ``image_size``, ``pixels``, ``hidden``,
        ``channels`` of the configuration; of the held-out digits ``data`` ("mnist" or "digits"), ``notice`` or None, and how
        many, ``test_images``.

    Raises:
        StoreError: there is no such model.
    """
    opened = open_model(settings, key)
    model, graph, config = opened.model.dvae, opened.model.graph, opened.model.config
    images, lost = opened.held_out(), holes(graph)
    linear, quadratic = (part.detach().numpy() for part in model.coefficients()[:2])
    of_classes = {"class_linear": model.class_fields, "class_quadratic": model.class_couplings}
    return {
        "title": opened.entry.title,
        "version": version_of(opened.entry),
        "step": opened.entry.trained.get("step"),
        "trained": opened.entry.trained,
        "objective": config.training.objective,
        "topology": graph.topology,
        "size": graph.size,
        "nodes": graph.nodes,
        "positions": graph.positions,
        "edges": graph.edges,
        "linear": linear,
        "quadratic": quadratic,
        "classes": opened.classes,
        **{name: None if part is None else part.detach().numpy() for name, part in of_classes.items()},
        "hidden_spins": np.zeros(0, np.int64) if model.hidden is None else model.hidden.nodes.numpy(),
        "broken_qubits": lost.qubits,
        "broken": lost.positions,
        "broken_couplers": lost.couplers,
        "image_size": config.data.image_size,
        "pixels": config.data.pixels,
        "hidden": config.model.hidden,
        "channels": config.model.channels,
        "data": images.source,
        "notice": images.notice,
        "test_images": len(images.test),
    }


def example(settings: Settings, key: str, label: int | None, seed: int) -> dict[str, Any]:
    """A held-out digit drawn evenly, a ``label`` if one is given: ``index``, ``label``, ``image`` uint8 (H, H)."""
    images = open_model(settings, key).held_out()
    check_digit(label)
    chosen = np.arange(len(images.test))
    if label is not None:
        chosen = chosen[images.test_labels.numpy() == label]
    index = int(np.random.default_rng(check_whole("seed", seed, 0, MOST_SEED)).choice(chosen))
    return {"index": index, "label": int(images.test_labels[index]), "image": images.test[index].numpy()}


def encoded(settings: Settings, key: str, source: Any, seed: int) -> dict[str, Any]:
    """From a digit through the encoder to spins, and through the decoder back to a digit.

    Args:
        settings, key: The model.
        source: The index of a held-out digit, or the strokes of a drawn one.
        seed: Of the string.

    Returns:
        ``image`` and ``output`` uint8 (H, H), and ``error``, their mean squared difference per pixel, in [0, 1];
        ``label`` or None; ``encoder``, see :func:`boltzmann.runs.inside_maps.encoder_maps`; ``probabilities`` float32 (n,)
        of s_i = +1; the string drawn from them, ``spins`` int8 (n,) and ``text``; then as :func:`decoded`, under the law of
        the digit's label.
    """
    import torch

    check_whole("seed", seed, 0, MOST_SEED)
    opened = open_model(settings, key)
    image, label = _seen(opened, source)
    model = opened.model.dvae
    encoder = model.autoencoder.encoder
    logits, layers = watched(encoder, image)
    asked = label if opened.classes else None
    law = torch.sigmoid(model.posterior(logits, None if asked is None else model.labels(1, asked)))
    drawn = torch.bernoulli(law, generator=torch.Generator().manual_seed(seed))
    spins = (drawn * 2 - 1).to(torch.int8)
    answer, output = _decoded(opened, spins, asked)
    return {
        **answer,
        "image": pixels(image[0]),
        "label": label,
        "encoder": encoder_maps(encoder, layers),
        "probabilities": law[0].numpy(),
        "spins": spins[0].numpy(),
        "text": as_text(spins[0].numpy()),
        "error": float((output - image[0]).square().mean()),
    }


def decoded(settings: Settings, key: str, text: Any, digit: Any = None) -> dict[str, Any]:
    """From a string through the decoder to a digit.

    Args:
        settings, key: The model.
        text: The string.
        digit: Whose law gives the energy; None: that of the digit that the model reads from the string.

    Returns:
        ``decoder``, see :func:`boltzmann.runs.inside_maps.decoder_maps`; ``output`` uint8 (H, H); ``energy``; ``digit``, or
        None where the prior has no classes.
    """
    opened = open_model(settings, key)
    return _decoded(opened, opened.spins(text), digit)[0]


def flip_effects(
    settings: Settings, key: str, text: Any, digit: Any = None, first: int = 0, count: int | None = None
) -> dict[str, Any]:
    """What becomes of the digit and of the energy when a spin is flipped alone, for ``count`` spins from ``first`` on.

    Flipping spin i changes E(s) = sum_i h_i s_i + sum_ij J_ij s_i s_j by -2 s_i f_i, f_i = h_i + sum_j J_ij s_j.

    Args:
        settings, key, text, digit: As of :func:`decoded`.
        first, count: Which spins; a large graph is asked in pieces, so that the worker answers others meanwhile. None: all
            that follow.

    Returns:
        ``first``; ``pixels`` float32 (count,), the mean absolute change of a pixel in [0, 1]; ``energies`` float64
        (count,), after the flip minus before; ``digit`` as of :func:`decoded`.
    """
    import torch

    opened = open_model(settings, key)
    spins = opened.spins(text)
    first = check_whole("first", first, 0, opened.n - 1)
    count = opened.n - first if count is None else check_whole("count", count, 1, opened.n - first)
    chosen = torch.arange(first, first + count)
    strings = spins.repeat(count + 1, 1)
    strings[torch.arange(count), chosen] *= -1
    images = opened.model.decode(strings)
    law = opened.digit_of(digit, spins)
    changes = -2 * spins.double() * opened.law(law).local_fields(spins)
    return {
        "first": first,
        "pixels": (images[:-1] - images[-1]).abs().mean((1, 2)).numpy(),
        "energies": changes[0, chosen].numpy(),
        "digit": law,
    }


def _decoded(opened: Opened, spins: Tensor, digit: Any) -> tuple[dict[str, Any], Tensor]:
    """The answer of :func:`decoded`, and its output (H, H) in [0, 1], for ``spins`` (1, n)."""
    law = opened.digit_of(digit, spins)
    model = opened.model.dvae
    images, layers = watched(model.autoencoder.decoder, model.latent(spins).float()[None])
    answer = {
        "decoder": decoder_maps(layers),
        "output": pixels(images[0, 0]),
        "energy": float(opened.law(law).energy(spins)),
        "digit": law,
    }
    return answer, images[0, 0]


def _seen(opened: Opened, source: Any) -> tuple[Tensor, int | None]:
    """A held-out or drawn digit as the model sees it, (1, H, H) in [0, 1], and its label if there is one."""
    import torch

    config = opened.model.config.data
    if not isinstance(source, list):
        images = opened.held_out()
        index = check_whole("the number of the test digit", source, 0, len(images.test) - 1)
        return images.test[index : index + 1].float() / 255, int(images.test_labels[index])
    strokes = check_strokes(source)
    if not strokes:
        raise StoreError("nothing is drawn yet: draw on the pad, or choose a test digit")
    drawn = torch.from_numpy(handwritten(strokes, (config.image_size, config.image_size), BOX).copy())[None]
    return (drawn >= 128).float() if config.pixels == "binary" else drawn.float() / 255, None
