"""A restricted Boltzmann machine small enough to be enumerated, in numpy: its law, its chains, its steps, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltzmann.ui.learn.spins import bits, boltzmann

Direction = tuple[np.ndarray, np.ndarray, np.ndarray]
"""What moves W (n, m), a (n,) and b (m,)."""


@dataclass(frozen=True)
class Machine:
    """E(v, h) = -a.v - b.h - v'Wh with v and h in {0, 1}.

    Args:
        weights: W (n, m).
        visible: a (n,).
        hidden: b (m,).
    """

    weights: np.ndarray
    visible: np.ndarray
    hidden: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """All visible states, (2^n, n)."""
        return bits(len(self.visible))

    def fields(self, rows: np.ndarray) -> np.ndarray:
        """b + v W of visible rows (N, n): (N, m)."""
        return self.hidden + rows @ self.weights

    def free_energies(self, rows: np.ndarray) -> np.ndarray:
        """F(v) = -a.v - sum_j softplus(b_j + (v W)_j), so that p(v) = exp(-F(v)) / Z: (N,).

        Source: Hinton, "A practical guide to training restricted Boltzmann machines", DOI 10.1007/978-3-642-35289-8_32.
        """
        return -rows @ self.visible - np.logaddexp(0.0, self.fields(rows)).sum(1)

    def law(self) -> np.ndarray:
        """p(v) of all visible states, (2^n,)."""
        return boltzmann(self.free_energies(self.rows))[0]

    def transitions(self) -> np.ndarray:
        """One Gibbs step: T[v, v'] = sum_h p(h | v) p(v' | h) over all visible states, (2^n, 2^n), rows adding up to 1."""
        codes = bits(len(self.hidden))
        given_rows = _products(sigmoid(self.fields(self.rows)), codes)
        given_codes = _products(sigmoid(self.visible + codes @ self.weights.T), self.rows)
        return given_rows @ given_codes

    def statistics(self, law: np.ndarray) -> Direction:
        """<v h'>, <v> and <h> of visible states drawn by ``law`` (2^n,), hidden ones given them."""
        rows, hidden = self.rows, sigmoid(self.fields(self.rows))
        weighed = law[:, None] * rows
        return weighed.T @ hidden, weighed.sum(0), law @ hidden

    def mode(self) -> tuple[np.ndarray, np.ndarray, float]:
        """The state (v (n,), h (m,)) of lowest energy, and that energy. Given v, every h follows its own field."""
        fields = self.fields(self.rows)
        lowest = -self.rows @ self.visible - np.maximum(fields, 0.0).sum(1)
        best = int(lowest.argmin())
        return self.rows[best], (fields[best] > 0).astype(int), float(lowest[best])

    def moved(self, up: Direction, down: Direction, rate: float) -> Machine:
        """The machine after a step of ``rate`` times the difference of two sets of statistics."""
        parameters = (self.weights, self.visible, self.hidden)
        return Machine(*(old + rate * (more - less) for old, more, less in zip(parameters, up, down, strict=True)))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), for large |x| as well."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def ferromagnet(coupling: float, units: int = 4) -> Machine:
    """``units`` + ``units`` units of equal couplings W, with biases that favour no side: its modes are all 0 and all 1.

    In the +-1 basis it has no fields, so that turning every unit leaves the energy as it is.
    """
    bias = np.full(units, -coupling * units / 2)
    return Machine(np.full((units, units), coupling), bias, bias.copy())


def near_zero(units: int = 4, share: float = 0.6) -> np.ndarray:
    """Data for it: all units 0 with probability ``share``, else exactly one of them 1: (2^units,)."""
    ones = bits(units).sum(1)
    law = np.where(ones == 0, share, np.where(ones == 1, (1 - share) / units, 0.0))
    return law


def _products(chances: np.ndarray, states: np.ndarray) -> np.ndarray:
    """prod_j p_j^x_j (1 - p_j)^(1 - x_j) of every row of chances (N, m) with every state (M, m): (N, M)."""
    factors = np.where(states[None, :, :] > 0, chances[:, None, :], 1.0 - chances[:, None, :])
    return factors.prod(2)
