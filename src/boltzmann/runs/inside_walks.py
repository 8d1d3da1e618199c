"""Strings drawn for the page "Look inside", some of their spins held, and the way from one string to another.

Asked of the interactive worker, as :mod:`boltzmann.runs.look_inside` is. Only the functions import torch, not this module.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from boltzmann.config import GibbsConfig
from boltzmann.runs.files import StoreError
from boltzmann.runs.inside_maps import decoder_maps, watched
from boltzmann.runs.inside_model import MOST_SEED, Opened, check_whole, open_model, pixels
from boltzmann.runs.inside_strings import as_held, as_text
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from boltzmann.samplers.base import IsingModel

MOST_STRINGS, MOST_FRAMES = 64, 100
COLDEST = 10.0
"""Largest inverse temperature: beyond it chains only freeze."""

GIBBS = GibbsConfig(sweeps=200, schedule="annealed", tempering="never")
"""Fresh chains that are cooled over half of their sweeps: soon done, and the same however the model was trained."""


def sampled(
    settings: Settings, key: str, digit: Any, inverse_temperature: Any, count: Any, seed: Any
) -> dict[str, Any]:
    """Strings drawn from the prior by block Gibbs, and what they decode to.

    Args:
        settings, key: The model.
        digit: Which digit; None: each in turn where the prior has classes, else any.
        inverse_temperature: At which its law is sampled, 0 to 10: all coefficients are multiplied by it. 1 is the prior.
        count: Strings, at most 64.
        seed: Of the chains.

    Returns:
        ``spins`` int8 (count, n), ``texts``; ``images`` uint8 (count, H, H); ``energies`` float64 (count,), under the prior
        as it is, whatever the inverse temperature; ``labels``, the digit of each, or None; ``decoder``, the maps of the
        first, see :func:`boltzmann.runs.inside_maps.decoder_maps`.

    Raises:
        StoreError: for values out of range, or a digit that the prior has no law for.
    """
    return _drawn(open_model(settings, key), digit, inverse_temperature, count, seed, None)


def resampled(
    settings: Settings, key: str, text: Any, held: Any, digit: Any, inverse_temperature: Any, count: Any, seed: Any
) -> dict[str, Any]:
    """As :func:`sampled`, with some spins held.

    Args:
        settings, key, digit, inverse_temperature, count, seed: As there.
        text: The string whose spins are held.
        held: Which ones: text of "1" (held) and "0" (free).
    """
    import torch

    opened = open_model(settings, key)
    clamp = opened.spins(text)[0] * torch.from_numpy(as_held(held, opened.n))
    return _drawn(opened, digit, inverse_temperature, count, seed, clamp)


def walk(
    settings: Settings, key: str, text_a: Any, text_b: Any, steps: Any, digit_a: Any = None, digit_b: Any = None
) -> dict[str, Any]:
    """From one string to another by flipping the spins in which they differ, one after the other.

    Both ends walk towards each other. Each time the end moves that gets to the lower energy, by the flip that is best for
    it, so that the way keeps to valleys as far as single greedy flips find them; it is the same way in either direction.

    Args:
        settings, key: The model.
        text_a, text_b: The strings.
        steps: Frames, 2 to 100, evenly spaced over the flips; the first shows a, the last b.
        digit_a, digit_b: Whose laws they follow; None: those of the digits that the model reads from them. Where they differ,
            energies are the mean of those under both.

    Returns:
        ``images`` uint8 (steps, H, H), ``texts``, ``energies`` float64 (steps,) and ``flips`` int64 (steps,), the flips made
        until each; ``order`` int64 (d,), the spins in the order of their flips; ``path`` float64 (d + 1,), all energies.
    """
    check_whole("the number of frames", steps, 2, MOST_FRAMES)
    opened = open_model(settings, key)
    ends = [opened.spins(text) for text in (text_a, text_b)]
    laws = [opened.law(opened.digit_of(digit, end)) for digit, end in zip((digit_a, digit_b), ends, strict=True)]
    model = replace(
        laws[0],
        linear=(laws[0].linear + laws[1].linear) / 2,
        quadratic=(laws[0].quadratic + laws[1].quadratic) / 2,
    )
    order, changes = _way(model, *(end[0].numpy() for end in ends))
    path = float(model.energy(ends[0])) + np.concatenate([[0.0], changes.cumsum()])
    flips = np.linspace(0, len(order), steps).round().astype(np.int64)
    strings = ends[0].repeat(steps, 1)
    for row, flipped in zip(strings, flips, strict=True):
        row[order[:flipped]] *= -1
    return {
        "images": pixels(opened.model.decode(strings)),
        "texts": [as_text(row) for row in strings.numpy()],
        "energies": path[flips],
        "flips": flips,
        "order": order,
        "path": path,
    }


def _drawn(
    opened: Opened, digit: Any, inverse_temperature: Any, count: Any, seed: Any, clamp: Tensor | None
) -> dict[str, Any]:
    from boltzmann.samplers.base import check_model
    from boltzmann.samplers.engines import Layout
    from boltzmann.samplers.gibbs import block_gibbs, schedule

    check_whole("count", count, 1, MOST_STRINGS)
    check_whole("seed", seed, 0, MOST_SEED)
    beta = _check_inverse_temperature(inverse_temperature)
    model = opened.model
    labels = model.dvae.labels(count, opened.digit(digit))
    prior = model.prior(labels)
    scaled = replace(prior, linear=beta * prior.linear, quadratic=beta * prior.quadratic)
    check_model(scaled, count)
    held = None if clamp is None else clamp.expand(count, -1)
    # The sampler itself would first look at the mixing, which takes ten times as long.
    spins = block_gibbs(Layout(prior.graph), scaled, schedule(GIBBS), count, seed, clamp=held)
    _, layers = watched(model.dvae.autoencoder.decoder, model.dvae.latent(spins[:1]).float()[None])
    return {
        "spins": spins.numpy(),
        "texts": [as_text(string) for string in spins.numpy()],
        "images": pixels(model.decode(spins)),
        "energies": prior.energy(spins).numpy(),
        "labels": None if labels is None else labels.tolist(),
        "decoder": decoder_maps(layers),
    }


def _check_inverse_temperature(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= COLDEST:
        raise StoreError(f"the inverse temperature is {str(value)[:20]}; it takes a number from 0 to {COLDEST:g}")
    return float(value)


def _way(model: IsingModel, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The spins in which ``a`` and ``b`` (n,) differ, in the order of :func:`walk`, and the energy's changes, each (d,)."""
    ends = [_End(model, string) for string in (a, b)]
    left = a != b
    while left.any():
        flips = [end.best(left) for end in ends]
        nearer = int(ends[1].energy + flips[1][1] < ends[0].energy + flips[0][1])
        ends[nearer].flip(*flips[nearer])
        left[flips[nearer][0]] = False
    order = [*ends[0].order, *reversed(ends[1].order)]
    changes = [*ends[0].changes, *(-change for change in reversed(ends[1].changes))]
    return np.array(order, dtype=np.int64), np.array(changes, dtype=np.float64)


class _End:
    """A string that flips its way towards another: its energy, its local fields, what it has flipped."""

    def __init__(self, model: IsingModel, string: np.ndarray) -> None:
        import torch
        from scipy.sparse import coo_array

        (i, j), n = model.graph.edges.T, model.n
        values = np.tile(model.quadratic.double().numpy(), 2)
        self._couplings = coo_array((values, (np.append(i, j), np.append(j, i))), shape=(n, n)).tocsr()
        spins = torch.from_numpy(string)[None]
        self.spins = string.astype(np.float64)
        self.fields = model.local_fields(spins)[0].numpy()
        self.energy = float(model.energy(spins))
        self.order: list[int] = []
        self.changes: list[float] = []

    def best(self, among: np.ndarray) -> tuple[int, float]:
        """The flip that changes the energy by least or lowers it most, and by how much."""
        changes = np.where(among, -2 * self.spins * self.fields, np.inf)
        flip = int(changes.argmin())
        return flip, float(changes[flip])

    def flip(self, i: int, change: float) -> None:
        """Flip spin ``i``, which changes the energy by ``change``."""
        row = slice(self._couplings.indptr[i], self._couplings.indptr[i + 1])
        self.spins[i] *= -1
        self.fields[self._couplings.indices[row]] += 2 * self.spins[i] * self._couplings.data[row]
        self.energy += change
        self.order.append(i)
        self.changes.append(change)
