"""The partition function of a Boltzmann machine too large to enumerate."""

from __future__ import annotations

import math

import numpy as np
import torch

from boltzmann.samplers import engines
from boltzmann.samplers.base import IsingModel


@torch.no_grad()
def annealed_importance_log_partition(
    model: IsingModel,
    generator: torch.Generator,
    chains: int = 128,
    temperatures: int = 300,
) -> tuple[torch.Tensor, torch.Tensor]:
    """log Z by annealed importance sampling from infinite temperature, in nats.

    Each chain climbs the ladder 0 = b_0 < ... < b_K = 1 with one Gibbs sweep at each rung; with
    ``log w = - sum_k (b_k - b_(k-1)) E(s_(k-1))``, ``Z = 2^n E[w]`` (Neal, Statistics and Computing 11, 2001, 125;
    Salakhutdinov & Murray, ICML 2008). The estimate of Z is unbiased, so that of log Z is low on average, the more so the
    more the weights spread.

    Args:
        model: n spins, of one law; or of several, for as many reads as there are to be chains.
        generator: Random numbers, on the model's device.
        chains: Independent weights, of a model of one law.
        temperatures: Rungs K of the ladder, evenly spaced.

    Returns:
        log Z of each law, float64 (laws,), and its standard error by the delta method.
    """
    chains = model.reads or chains
    running = engines.chains(engines.Layout(model.graph), chains, model.linear.device)
    running.load(model.linear, model.quadratic, model.kinds)
    seeds = torch.randint(2**62, (temperatures + 1,), generator=generator, device=generator.device).tolist()
    ladder = np.linspace(0.0, 1.0, temperatures + 1)
    running.run(seeds[0], [0.0])
    log_weights = torch.zeros(chains, dtype=torch.float64, device=model.linear.device)
    for below, beta, seed in zip(ladder, ladder[1:], seeds[1:], strict=False):
        log_weights -= (beta - below) * running.energies()
        running.run(seed, [float(beta)])
    kinds = torch.zeros_like(log_weights) if model.kinds is None else model.kinds
    groups = [log_weights[kinds == kind] for kind in kinds.unique()]
    means, errors = torch.tensor([log_mean(group) for group in groups], dtype=torch.float64).T
    return model.n * math.log(2) + means, errors


def log_mean(log_weights: torch.Tensor) -> tuple[float, float]:
    """log of the mean weight, and the standard error of that by the delta method."""
    weights = torch.exp(log_weights - log_weights.max())
    mean = float(weights.mean())
    return float(log_weights.max()) + math.log(mean), math.sqrt(float(weights.var()) / len(weights)) / mean
