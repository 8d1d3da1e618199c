"""log Z of a restricted Boltzmann machine too large to enumerate: annealed importance sampling, forwards and back.

The path between a machine without couplings, whose units follow the base rates of the data (b = 0), and the machine
itself (b = 1) has the unnormalised laws, hidden units summed out,

    log p*_b(v) = ((1 - b) a_A + b a) . v + sum_j log(1 + exp(b (b_j + v W_j))),

of which ``Z_0 = 2^m prod_i (1 + exp(a_A,i))`` is known (Salakhutdinov & Murray, ICML 2008, DOI 10.1145/1390156.1390266).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch

from boltzmann.evaluation.likelihood import log_mean
from boltzmann.evaluation.rbm_chains import draw_visible, visible_law
from boltzmann.models.rbm import RBM

SMOOTHING = 0.05
"""Weight of an even rate in the base rates: no unit of the base machine may be frozen that moves in the machine itself."""


@dataclass(frozen=True)
class LogPartition:
    """An estimate of log Z.

    Args:
        log_z: In nats.
        error: Its standard error by the delta method; too small where few chains carry the weight.
        spread: Standard deviation of the chains' log weights, nats. Above 1 or so the mean is carried by few chains.
        effective_chains: (sum w)^2 / sum w^2.
        chains, rungs: What was run.
    """

    log_z: float
    error: float
    spread: float
    effective_chains: float
    chains: int
    rungs: int


def annealed_log_partition(
    rbm: RBM,
    rows: torch.Tensor,
    chains: int = 100,
    rungs: int = 1500,
    schedule: Literal["uniform", "split"] = "uniform",
    seed: int = 0,
) -> LogPartition:
    """log Z by annealed importance sampling from the base rates to the machine.

    The estimate of Z is unbiased (Neal, Statistics and Computing 11, 2001, 125, DOI 10.1023/A:1008923215028), so that of
    log Z is low on average, and a likelihood that uses it is optimistic.

    Args:
        rbm: The machine.
        rows: Training rows in [0, 1] of shape (N, n), label units among them: their means are the base rates.
        chains: Independent weights.
        rungs: Steps of the inverse temperature from 0 to 1, one update of both layers at each.
        schedule: See :func:`ladder`.
        seed: Of the draws.
    """
    generator = torch.Generator(rbm.weights.device).manual_seed(seed)
    base = base_bias(rows, rbm.labels)
    law = visible_law(base.expand(chains, -1).clone(), rbm.labels)
    weights = _anneal(rbm, base, draw_visible(law, rbm.labels, generator), ladder(rungs, schedule), generator)
    return _estimate(_base_log_partition(rbm, base), weights, rungs, sign=1)


def reverse_annealed_log_partition(
    rbm: RBM,
    rows: torch.Tensor,
    starts: torch.Tensor,
    rungs: int = 1500,
    schedule: Literal["uniform", "split"] = "uniform",
    seed: int = 0,
) -> LogPartition:
    """log Z by annealing the machine's own samples back to the base rates.

    Of exact samples, the mean weight is an unbiased estimate of Z_0 / Z, so that of log Z is high on average, and a
    likelihood that uses it is pessimistic: the upper half of bidirectional Monte Carlo (Grosse, Ghahramani & Adams 2015,
    arXiv 1511.02543), with the reversed path of RAISE (Burda, Grosse & Salakhutdinov, AISTATS 2015, PMLR 38, 102). It is
    not RAISE itself, which bounds the likelihood of each test row under the annealed model. Samples of long Gibbs chains
    are approximate, and then so is the bound.

    Args:
        rbm: The machine.
        rows: As for :func:`annealed_log_partition`.
        starts: Samples of the machine, 0 or 1, of shape (chains, n).
        rungs, schedule, seed: As for :func:`annealed_log_partition`; the ladder is walked down.
    """
    generator = torch.Generator(rbm.weights.device).manual_seed(seed)
    base = base_bias(rows, rbm.labels)
    weights = _anneal(rbm, base, starts, ladder(rungs, schedule)[::-1], generator)
    return _estimate(_base_log_partition(rbm, base), weights, rungs, sign=-1)


def base_bias(rows: torch.Tensor, labels: int = 0) -> torch.Tensor:
    """Biases a_A (n,) of the machine without couplings that has the rows' smoothed means; log rates of the label units."""
    means = (rows.mean(0) + SMOOTHING) / (1 + 2 * SMOOTHING)
    pixels = len(means) - labels
    return torch.cat([means[:pixels].logit(), means[pixels:].log()])


def ladder(rungs: int, schedule: Literal["uniform", "split"] = "uniform") -> list[float]:
    """Inverse temperatures 0 = b_0 < ... < b_rungs = 1.

    "uniform" spaces them evenly. "split" takes Salakhutdinov and Murray's shares of a ladder of 14,500: 500 up to 0.5,
    4,000 up to 0.9, 10,000 up to 1.
    """
    if schedule == "uniform":
        return torch.linspace(0, 1, rungs + 1, dtype=torch.float64).tolist()
    coarse, middle = max(1, round(rungs * 500 / 14500)), max(1, round(rungs * 4000 / 14500))
    parts = [(0.0, 0.5, coarse), (0.5, 0.9, middle), (0.9, 1.0, rungs - coarse - middle)]
    return [0.0] + [low + (high - low) * (i + 1) / count for low, high, count in parts for i in range(count)]


@torch.no_grad()
def _anneal(
    rbm: RBM, base: torch.Tensor, v: torch.Tensor, betas: list[float], generator: torch.Generator
) -> torch.Tensor:
    """Log weights, float64 (chains,): sum_k log p*_(b_k)(v) - log p*_(b_(k-1))(v), an update at b_k after each term.

    The update draws h, then v: it is reversible, so the same walk serves both directions.
    """
    softplus = torch.nn.functional.softplus
    weights = torch.zeros(len(v), dtype=torch.float64, device=v.device)
    for here, there in pairwise(betas):
        fields = torch.addmm(rbm.hidden_bias, v, rbm.weights)
        # Differences before sums: the sums are hundreds of nats, a step's change a fraction of one.
        weights += (softplus(there * fields) - softplus(here * fields)).sum(1)
        weights += (there - here) * (v @ (rbm.visible_bias - base))
        h = fields.mul_(there).sigmoid_()
        h = torch.rand(h.shape, generator=generator, device=h.device).lt(h).to(h)
        bias = torch.lerp(base, rbm.visible_bias, there)
        law = visible_law(torch.addmm(bias, h, rbm.weights.T, alpha=there), rbm.labels)
        v = draw_visible(law, rbm.labels, generator)
    return weights


def _base_log_partition(rbm: RBM, base: torch.Tensor) -> float:
    """log Z_0: the base machine's pixels, one of its labels, and m hidden units without fields."""
    base = base.double()
    pixels = float(torch.nn.functional.softplus(base[: rbm.pixels]).sum())
    labels = float(base[rbm.pixels :].logsumexp(0)) if rbm.labels else 0.0
    return pixels + labels + rbm.hidden * math.log(2)


def _estimate(base: float, log_weights: torch.Tensor, rungs: int, sign: int) -> LogPartition:
    mean, error = log_mean(log_weights)
    weights = torch.exp(log_weights - log_weights.max())
    return LogPartition(
        log_z=base + sign * mean,
        error=error,
        spread=float(log_weights.std()),
        effective_chains=float(weights.sum() ** 2 / weights.square().sum()),
        chains=len(log_weights),
        rungs=rungs,
    )
