"""A handful of spins, all of whose states are listed: exact laws for figures."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=8)
def bits(n: int) -> np.ndarray:
    """All states of n units as 0 and 1, (2^n, n), the first unit changing slowest. Not to be written to."""
    states = (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
    states.flags.writeable = False
    return states


def spins(n: int) -> np.ndarray:
    """All states of n spins as -1 and +1, (2^n, n), in the order of :func:`bits`."""
    return 2 * bits(n) - 1


def energies(states: np.ndarray, linear: np.ndarray, quadratic: np.ndarray) -> np.ndarray:
    """E(s) = sum_i h_i s_i + sum_(i<j) J_ij s_i s_j of states (N, n), with h (n,) and J (n, n) above its diagonal: (N,)."""
    return states @ linear + ((states @ quadratic) * states).sum(1)


def boltzmann(energy: np.ndarray, beta: float = 1.0) -> tuple[np.ndarray, float]:
    """The law p = exp(-beta E) / Z of states with these energies (N,), and log Z.

    Source: Ackley, Hinton and Sejnowski, Cognitive Science 9 (1985) 147, DOI 10.1207/s15516709cog0901_7.
    """
    weights = -beta * energy
    top = weights.max()
    log_partition = float(top + np.log(np.exp(weights - top).sum()))
    return np.exp(weights - log_partition), log_partition


def entropy(law: np.ndarray) -> float:
    """-sum p log p in nats; a state of probability 0 adds nothing."""
    held = law[law > 0]
    return float(-(held * np.log(held)).sum())


def divergence(law: np.ndarray, other: np.ndarray) -> float:
    """KL(law || other) in nats, at least 0; infinite where ``other`` leaves out a state of ``law``."""
    held = law > 0
    with np.errstate(divide="ignore"):
        return float((law[held] * (np.log(law[held]) - np.log(other[held]))).sum())


def arrows(states: np.ndarray) -> list[str]:
    """Each state as a row of arrows, up for +1."""
    return ["".join("↑" if spin > 0 else "↓" for spin in state) for state in states]
