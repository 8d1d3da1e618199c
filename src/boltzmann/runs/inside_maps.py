"""What the layers of encoder and decoder hold, as small pictures. Only the functions import torch, not this module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, nn

FIELDS = 16
"""Receptive fields shown: those of the most active units."""

BRIGHT = 0.99
"""Share of a dense layer's units that are darker than 255 in its picture."""

ENCODER_WORDS = {
    "fields": "What the sixteen most active units of the first layer look for: ink where a weight is positive speaks for "
    "the unit, ink where it is negative against it.",
    "first": "How active each unit of the first layer is, one small square a unit.",
    "second": "How active each unit of the second layer is: combinations of the first layer's.",
}
DECODER_WORDS = {
    "hidden": "How active each unit of the first layer is: combinations of the spins.",
    "quarter": "The combinations laid out in space: the channels at a quarter of the image's sides.",
    "half": "Edges and strokes appear: the channels at half of the image's sides, from which the digit is drawn.",
}


def watched(network: nn.Module, inputs: Tensor) -> tuple[Tensor, list[Tensor]]:
    """What ``network`` makes of ``inputs``, without gradients, and what each of its rectifiers lets through on the way."""
    import torch

    layers: list[Tensor] = []

    def see(_part: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        layers.append(output)

    rectifiers = [part for part in network.modules() if isinstance(part, torch.nn.ReLU)]
    hooks = [part.register_forward_hook(see) for part in rectifiers]
    try:
        with torch.no_grad():
            return network(inputs), layers
    finally:
        for hook in hooks:
            hook.remove()


def encoder_maps(encoder: Any, layers: list[Tensor]) -> dict[str, Any]:
    """The two dense layers of an encoder.

    Args:
        encoder: Of :class:`boltzmann.models.networks.Encoder`.
        layers: What :func:`watched` saw for one image: two of (1, h).

    Returns:
        ``fields`` int8 (16, H, H): weights of the first layer's most active units, batch normalisation folded in, each
        scaled to 127 by its largest; their numbers ``field_units`` and activations ``field_activations`` (16,); ``first``
        and ``second`` uint8 (r, c), r c = h, the activations, the largest hundredth of them 255; ``words`` for each.
    """
    dense, norm = encoder.layers[1], encoder.layers[2]
    most = layers[0][0].topk(min(FIELDS, layers[0].shape[1]))
    scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach()
    weights = dense.weight.detach()[most.indices] * scale[most.indices, None]
    weights = weights / weights.abs().amax(1, keepdim=True).clamp(min=1e-12)
    side = round(weights.shape[1] ** 0.5)
    return {
        "fields": weights.mul(127).round().numpy().astype(np.int8).reshape(-1, side, side),
        "field_units": most.indices.tolist(),
        "field_activations": most.values.tolist(),
        **{name: _picture(layer[0]) for name, layer in zip(("first", "second"), layers, strict=True)},
        "words": ENCODER_WORDS,
    }


def decoder_maps(layers: list[Tensor]) -> dict[str, Any]:
    """The layers of a decoder, what :func:`watched` saw for one string.

    Returns:
        ``hidden`` uint8 (r, c), r c = h, the activations, the largest hundredth of them 255; ``quarter`` uint8
        (C, H/4, H/4) and ``half`` uint8 (C/2, H/2, H/2), each scaled to 255 by its largest, so that channels compare;
        ``words`` for each.
    """
    hidden, quarter, half = (layer[0] for layer in layers)
    return {"hidden": _picture(hidden), "quarter": _bytes(quarter), "half": _bytes(half), "words": DECODER_WORDS}


def _picture(activations: Tensor) -> np.ndarray:
    """Activations (h,) as a picture nearly square, no unit left over."""
    units = len(activations)
    rows = next(rows for rows in range(int(units**0.5), 0, -1) if units % rows == 0)
    # A single unit may be many times as active as all others, which would leave these in the dark.
    return _bytes(activations, activations.quantile(BRIGHT)).reshape(rows, -1)


def _bytes(activations: Tensor, brightest: Tensor | None = None) -> np.ndarray:
    brightest = activations.max() if brightest is None else brightest
    return activations.div(brightest.clamp(min=1e-12)).clamp(max=1).mul(255).round().byte().numpy()
