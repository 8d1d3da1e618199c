"""How likely rows are under a restricted Boltzmann machine: exact where Z is known, and what needs no Z.

All of it is cheap enough for a measurement in the middle of training, on rows chosen by :func:`some_rows`. A machine with
label units is the law of states in which exactly one of them is 1 (Larochelle & Bengio, ICML 2008,
DOI 10.1145/1390156.1390224).
"""

from __future__ import annotations

import torch

from boltzmann.evaluation.rbm_chains import visible_law
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import log_partition

MEASURED_ROWS = 1000
"""Rows of one measurement of free energy or reconstruction error during training."""
PSEUDO_ROWS = 200
"""Rows of one measurement of pseudo-likelihood during training: each costs n x m evaluations of a softplus."""
CACHED = 2**16
"""Numbers in an intermediate tensor that is gone through several times: 256 kB."""
CHUNK = 2**22
"""Numbers in one intermediate tensor: 16 MB, which stay in or near the cache."""


def some_rows(rows: torch.Tensor, count: int, seed: int = 0) -> torch.Tensor:
    """At most ``count`` of the rows (N, n), drawn evenly without repetition; the same ones for the same seed."""
    if len(rows) <= count:
        return rows
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    return rows[order[:count].sort().values.to(rows.device)]


@torch.no_grad()
def mean_free_energy(rbm: RBM, rows: torch.Tensor) -> float:
    """Mean of F(v) over rows (N, n), nats, summed in float64."""
    size = max(1, CHUNK // (rbm.hidden + rbm.visible))
    return sum(float(rbm.free_energy(part).double().sum()) for part in rows.split(size)) / len(rows)


def log_likelihood(rbm: RBM, rows: torch.Tensor, log_z: float | None = None) -> float:
    """Mean of log p(v) = -F(v) - log Z over the rows, in nats a row.

    Args:
        rbm: The machine.
        rows: 0 or 1, of shape (N, n), label units among them.
        log_z: log Z, where it is known already or estimated; None enumerates the smaller layer.

    Raises:
        ValueError: ``log_z`` is None and the smaller layer is too large to enumerate.
    """
    return -mean_free_energy(rbm, rows) - (log_partition(rbm) if log_z is None else log_z)


def kl_divergence(rbm: RBM, rows: torch.Tensor, log_z: float | None = None) -> float:
    """KL(data || model) = sum_v q(v) (log q(v) - log p(v)) in nats; q(v) is the share of the rows that are v.

    Right for data that are listed in full. Of a sample, it is the divergence from the sample.

    Args:
        rbm: The machine.
        rows: 0 or 1, of shape (N, n); a row may occur several times.
        log_z: As for :func:`log_likelihood`.
    """
    counts = torch.unique(rows, dim=0, return_counts=True)[1].double()
    entropy = -float((counts / len(rows) * (counts / len(rows)).log()).sum())
    return -entropy - log_likelihood(rbm, rows, log_z)


@torch.no_grad()
def pseudo_likelihood(rbm: RBM, rows: torch.Tensor) -> float:
    """Mean over the rows of sum_i log p(v_i | all other units), in nats a row (Besag, The Statistician 24, 1975, 179,
    DOI 10.2307/2987782).

    Exact: over all n units, not the estimate from one unit drawn for each row. Turning v_i adds (1 - 2 v_i) W_i to the
    hidden fields, so a row costs n m evaluations of a softplus: 784 x 500 units take half a millisecond to a millisecond.
    The label units count as one unit with as many values: they add log p(y | pixels).

    Args:
        rbm: The machine.
        rows: 0 or 1, of shape (N, n).
    """
    total = 0.0
    units = max(1, CHUNK // rbm.hidden)
    # Many rows of a small machine at once, or one row of a large one, some units at a time.
    for part in rows.split(max(1, CACHED // rbm.weights.numel())):
        fields = torch.addmm(rbm.hidden_bias, part, rbm.weights)[:, None]
        before = torch.nn.functional.softplus(fields).sum(2)
        for start in range(0, rbm.pixels, units):
            some = slice(start, min(start + units, rbm.pixels))
            turn = 1 - 2 * part[:, some]
            turned = torch.addcmul(fields, turn[:, :, None], rbm.weights[some])
            gain = turn * rbm.visible_bias[some] + torch.nn.functional.softplus(turned).sum(2) - before
            # p(v_i | rest) = sigmoid(F(turned) - F(v)), and F(turned) - F(v) = -gain.
            total += float(torch.nn.functional.logsigmoid(-gain).double().sum())
        if rbm.labels:
            classes = -rbm.class_free_energies(part[:, : rbm.pixels])
            total += float((part[:, rbm.pixels :] * classes.double().log_softmax(1)).sum())
    return total / len(rows)


def free_energy_gap(rbm: RBM, train: torch.Tensor, test: torch.Tensor) -> float:
    """Mean free energy of held-out rows minus that of training rows, nats; Z drops out.

    It grows while a machine overfits (Hinton, A practical guide to training RBMs, 2012, section 6,
    DOI 10.1007/978-3-642-35289-8_32).

    Args:
        rbm: The machine.
        train, test: Rows of shape (N, n) and (M, n); take as many of both for an even error.
    """
    return mean_free_energy(rbm, test) - mean_free_energy(rbm, train)


def reconstruction_error(rbm: RBM, rows: torch.Tensor) -> float:
    """Mean squared error a unit of v -> p(h | v) -> p(v | h), without draws; rows (N, n).

    It says how well a row passes through the hidden layer, not how likely it is.
    """
    return sum_squares(rbm, rows) / rows.numel()


@torch.no_grad()
def sum_squares(rbm: RBM, rows: torch.Tensor) -> float:
    """Sum over rows and units of (v - v')^2, v' = p(v | p(h | v)), that is sigmoid(a + W sigmoid(b + W'v)); rows (N, n).

    The error of Xu and Oates, Scientific Reports 11:2727, 2021, DOI 10.1038/s41598-021-82197-1.
    """
    size = max(1, CHUNK // (rbm.hidden + rbm.visible))
    total = 0.0
    for part in rows.split(size):
        fields = torch.addmm(rbm.visible_bias, rbm.hidden_probability(part), rbm.weights.T)
        total += float((part - visible_law(fields, rbm.labels)).square().double().sum())
    return total
