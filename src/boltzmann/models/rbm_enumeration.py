"""Exact sums over all states of a restricted Boltzmann machine's smaller layer; the larger one is summed out in closed form.

State number s of a layer holds unit i at 1 where bit i of s is set. Of label units exactly one is 1 (Larochelle and Bengio,
ICML 2008, DOI 10.1145/1390156.1390224): class by class, the rest is a machine of pixels with hidden biases b + W_y.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import torch

from boltzmann.config import ENUMERABLE
from boltzmann.models.rbm import RBM

BLOCK = 2**19
"""Fields held at a time: they fit a cache."""
SUMMED = 10
"""Units of the smaller layer above which Z is summed in compiled loops, on the CPU; below torch is as quick."""


class Mode(NamedTuple):
    """A joint state of lowest energy.

    Args:
        v: float32 of shape (n,), 0 or 1.
        h: float32 of shape (m,), 0 or 1.
        energy: E(v, h).
    """

    v: torch.Tensor
    h: torch.Tensor
    energy: float


class _Block(NamedTuple):
    """Successive states: the first one's number, their own layer's share of -E (rows,), the other's fields (rows, other)."""

    first: int
    own: torch.Tensor
    fields: torch.Tensor


@lru_cache(maxsize=8)
def layer_states(units: int, device: torch.device) -> torch.Tensor:
    """All states of a layer by number: float32 of shape (2**units, units), 0 or 1. Shared: not to be written to."""
    numbers = torch.arange(2**units, device=device)
    return (numbers[:, None] >> torch.arange(units, device=device) & 1).float()


@torch.no_grad()
def log_partition(rbm: RBM) -> float:
    """log Z, Z the sum of exp(-E(v, h)) over all states, in nats.

    Raises:
        ValueError: more than 25 units on the smaller side.
    """
    if rbm.labels:
        return float(torch.logsumexp(_class_log_weights(rbm), 0))
    bias, weights, other_bias = _layers(rbm)
    if len(bias) > SUMMED and weights.device.type == "cpu":
        # numba is imported by those who need it.
        from boltzmann.models.rbm_partition import summed_log_partition

        if (log_z := summed_log_partition(bias, weights, other_bias)) is not None:
            return log_z
    parts = [torch.logsumexp(block.double(), 0) for _, block in _log_weights(rbm)]
    return float(torch.logsumexp(torch.stack(parts), 0))


@torch.no_grad()
def mode(rbm: RBM) -> Mode:
    """The joint state of lowest energy: given one layer, each unit of the other is best at the sign of its field.

    Raises:
        ValueError: more than 25 units on the smaller side.
    """
    if rbm.labels:
        return min(
            (_with_class(rbm, y, mode(_of_class(rbm, y))) for y in range(rbm.labels)), key=lambda found: found.energy
        )
    best, number, fields = -math.inf, 0, torch.empty(0)
    for block in _blocks(rbm):
        gains = torch.relu(block.fields).sum(1).add_(block.own)
        value, row = gains.max(0)
        if float(value) > best:
            best, number, fields = float(value), block.first + int(row), block.fields[row].clone()
    enumerated, other = _bits(number, min(rbm.visible, rbm.hidden), fields.device), (fields > 0).float()
    v, h = (other, enumerated) if _hidden_is_smaller(rbm) else (enumerated, other)
    return Mode(v, h, -best)


@torch.no_grad()
def exact_samples(rbm: RBM, count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Independent rows of the machine's law: v (count, n) and h (count, m), float32, 0 or 1.

    ``generator`` lives on the machine's device. 25 units on the smaller side take 256 MB.

    Raises:
        ValueError: more than 25 units on the smaller side.
    """
    if rbm.labels:
        return _samples_by_class(rbm, count, generator)
    units = min(rbm.visible, rbm.hidden)
    weights = torch.empty(2 ** min(units, ENUMERABLE), dtype=torch.float64, device=rbm.weights.device)
    for first, block in _log_weights(rbm):
        weights[first : first + len(block)] = block
    cumulative = weights.sub_(weights.max()).exp_().cumsum_(0)
    uniform = torch.rand(count, dtype=torch.float64, generator=generator, device=cumulative.device)
    numbers = torch.searchsorted(cumulative, uniform.mul_(cumulative[-1].clone()), right=True)
    states = _bits(numbers.clamp_(max=len(cumulative) - 1)[:, None], units, cumulative.device)
    if _hidden_is_smaller(rbm):
        return torch.bernoulli(rbm.visible_probability(states), generator=generator), states
    return states, torch.bernoulli(rbm.hidden_probability(states), generator=generator)


def _of_class(rbm: RBM, y: int) -> RBM:
    """The machine of pixels that is left when class y's label unit is at 1."""
    pixels = RBM(rbm.pixels, rbm.hidden, device=rbm.weights.device)
    pixels.weights, pixels.visible_bias = rbm.weights[: rbm.pixels], rbm.visible_bias[: rbm.pixels]
    pixels.hidden_bias = rbm.hidden_bias + rbm.weights[rbm.pixels + y]
    return pixels


def _class_log_weights(rbm: RBM) -> torch.Tensor:
    """log of each class's share of Z: float64 (labels,)."""
    parts = [log_partition(_of_class(rbm, y)) for y in range(rbm.labels)]
    return rbm.visible_bias[rbm.pixels :].double().cpu() + torch.tensor(parts, dtype=torch.float64)


def _with_class(rbm: RBM, y: int, found: Mode) -> Mode:
    label = torch.zeros_like(rbm.visible_bias[rbm.pixels :])
    label[y] = 1.0
    return Mode(torch.cat([found.v, label]), found.h, found.energy - float(rbm.visible_bias[rbm.pixels + y]))


def _samples_by_class(rbm: RBM, count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    shares = torch.softmax(_class_log_weights(rbm), 0).to(rbm.weights.device)
    chosen = torch.multinomial(shares, count, replacement=True, generator=generator)
    v = torch.nn.functional.one_hot(chosen, rbm.labels).float()
    v = torch.cat([v.new_zeros(count, rbm.pixels), v], dim=1)
    h = v.new_empty(count, rbm.hidden)
    for y in chosen.unique().tolist():
        rows = torch.nonzero(chosen == y).flatten()
        v[rows, : rbm.pixels], h[rows] = exact_samples(_of_class(rbm, y), len(rows), generator)
    return v, h


def _hidden_is_smaller(rbm: RBM) -> bool:
    return rbm.hidden <= rbm.visible


def _bits(numbers: torch.Tensor | int, units: int, device: torch.device) -> torch.Tensor:
    return (torch.as_tensor(numbers, device=device) >> torch.arange(units, device=device) & 1).float()


def _log_weights(rbm: RBM) -> Iterator[tuple[int, torch.Tensor]]:
    """The first number and log sum over the other layer of exp(-E) of the states of each block: float32 (rows,)."""
    for block in _blocks(rbm):
        yield block.first, torch.nn.functional.softplus(block.fields).sum(1).add_(block.own)


def _layers(rbm: RBM) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The smaller layer's bias, the weights from it to the other layer, and that one's bias."""
    if _hidden_is_smaller(rbm):
        bias, weights, other_bias = rbm.hidden_bias, rbm.weights.T, rbm.visible_bias
    else:
        bias, weights, other_bias = rbm.visible_bias, rbm.weights, rbm.hidden_bias
    units = len(bias)
    if units > ENUMERABLE:
        raise ValueError(
            f"the smaller layer has {units} units, enumeration takes at most {ENUMERABLE}: choose fewer units, or an "
            "estimate by annealed importance sampling"
        )
    return bias, weights, other_bias


def _blocks(rbm: RBM) -> Iterator[_Block]:
    """All states: the low units' share of the fields is one table, and a block adds to it that of one high state."""
    bias, weights, other_bias = _layers(rbm)
    units, other = weights.shape
    low = min(units, max(1, (BLOCK // other).bit_length() - 1))
    states = layer_states(low, weights.device)
    own, fields = states @ bias[:low], torch.addmm(other_bias, states, weights[:low])
    if low == units:
        yield _Block(0, own, fields)
        return
    for high in range(2 ** (units - low)):
        bits = _bits(high, units - low, weights.device)
        yield _Block(high << low, own + bits @ bias[low:], fields + bits @ weights[low:])
