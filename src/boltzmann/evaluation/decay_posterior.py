"""The posterior of an exponential decay, ``e_r(i) = K exp(-alpha i) + c + noise``, and draws of it.

After Xu & Oates, Scientific Reports 11:2727 (2021), "Bayesian statistical analysis": noise N(0, sigma^2), independent over
epochs and repeats; flat priors on alpha, on the height of the decay and on c. Theirs is flat on K, the height at epoch 0;
here it is flat on A = K exp(-alpha i_1), that at the first fitted epoch. Flat on K it would be exp(alpha i_1) in alpha given
A: the later the fit begins, the more it would say of a rate that no measurement has to do with. For the posterior to be
proper alpha is bounded, widely (``LEAST_ALPHA``, ``MOST_ALPHA``, ``MOST_GROWTH``); A and c, which the errors determine given
alpha, are not. They give no prior of sigma: here it is flat on log sigma, which leaves

    p(alpha, A, c | e)  ~  S(alpha, A, c)^(-n / 2),    sigma^2 | alpha, A, c, e  ~  S / chi^2_n,

S the sum of squares about the curve and n the number of measurements (Gelman et al., "Bayesian Data Analysis", 3rd ed.,
sec. 14.2). So three parameters are sampled, and sigma is drawn exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import emcee
import numpy as np

LEAST_ALPHA = 0.01
"""Over the span of the epochs: the curve is then straight to a thousandth of its drop."""
MOST_ALPHA = 1.0
"""Over the spacing of the epochs: the curve is then a spike at the first of them."""
MOST_GROWTH = math.log(1e60)
"""alpha times the first epoch: K = A exp(alpha i_1) and its square are numbers still."""
ENSEMBLES = 4
WALKERS = 128
"""In each ensemble: a step of many walkers costs hardly more than one of few."""
GRID = 200
FINER = (21,) * 5
"""Points of the grids of alpha: each finer one lies about the best point of the one before."""


@dataclass(frozen=True)
class Errors:
    """What the posterior needs to know of R repeats: sufficient statistics, in ranges of the errors.

    Args:
        epochs: i, float64 (N,), ascending.
        mean: Over the repeats, minus ``offset``, over ``scale``, (N,).
        within: Sum of squares of the repeats about ``mean``, in ``scale`` squared.
        repeats: R.
        offset: What was subtracted.
        scale: What was divided by.
    """

    epochs: np.ndarray
    mean: np.ndarray
    within: float
    repeats: int
    offset: float
    scale: float

    @classmethod
    def of(cls, epochs: np.ndarray, errors: np.ndarray) -> Errors:
        """Of ``errors`` (R, N) that are not all equal."""
        offset, scale = float(errors.mean()), float(np.ptp(errors))
        scaled = (errors - offset) / scale
        mean = scaled.mean(0)
        return cls(epochs, mean, float(((scaled - mean) ** 2).sum()), len(errors), offset, scale)

    @property
    def alphas(self) -> tuple[float, float]:
        """Between what alpha lies."""
        span = float(self.epochs[-1] - self.epochs[0])
        most = MOST_ALPHA * (len(self.epochs) - 1) / span
        return LEAST_ALPHA / span, min(most, MOST_GROWTH / max(float(self.epochs[0]), 1e-9))

    def log_posterior(self, theta: np.ndarray) -> np.ndarray:
        """Of ``theta`` (W, 3): log alpha and the curve at the first and at the last epoch, which the errors determine
        nearly independently of each other. Up to a constant, shape (W,), with the priors flat in alpha, A and c.

        With T the span, A = (first - last) / (1 - exp(-alpha T)) and c = first - A, so that
        ``dalpha dA dc = alpha / (1 - exp(-alpha T)) dtheta``.
        """
        alpha, height, c = self._unpacked(theta)
        past = self.epochs - self.epochs[0]
        curve = height[:, None] * np.exp(-alpha[:, None] * past) + c[:, None]
        squares = self.repeats * ((curve - self.mean) ** 2).sum(1) + self.within
        fall = -np.expm1(-alpha * past[-1])
        log_prior = theta[:, 0] - np.log(fall)
        low, high = self.alphas
        posterior = log_prior - len(past) * self.repeats / 2 * np.log(squares)
        return np.where((alpha > low) & (alpha < high), posterior, -np.inf)

    def parameters(self, theta: np.ndarray) -> np.ndarray:
        """alpha, K and c in the units of the errors, (W, 3), of ``theta``."""
        alpha, height, c = self._unpacked(theta)
        return np.stack([alpha, self.scale * height * np.exp(alpha * self.epochs[0]), self.offset + self.scale * c], 1)

    def _unpacked(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        log_alpha, first, last = theta.T
        alpha = np.exp(log_alpha.clip(-50, 50))
        height = (first - last) / -np.expm1(-alpha * (self.epochs[-1] - self.epochs[0]))
        return alpha, height, first - height

    def fitted(self) -> tuple[float, float, float]:
        """By least squares: alpha, the height at the first epoch and c, the latter two in ranges of the errors."""
        alpha, height, c = least_squares(self.epochs, self.mean[None], self.alphas)
        return float(alpha[0]), float(height[0]), float(c[0])

    def laplace(self) -> tuple[np.ndarray, np.ndarray]:
        """The least squares ``theta``, (3,), and the (3, 3) covariance there, no wider than a deviation of 1/2."""
        alpha, height, c = self.fitted()
        past = self.epochs - self.epochs[0]
        decay, left = np.exp(-alpha * past), np.exp(-alpha * past[-1])
        share = (decay - left) / (1 - left)
        slope = alpha * height * (past[-1] * left * (1 - share) - past * decay)
        jacobian = np.stack([slope, share, 1 - share], 1)
        squares = self.repeats * ((height * decay + c - self.mean) ** 2).sum() + self.within
        variance = squares / (self.repeats * len(past))
        # A ridge keeps the start near where the errors say nothing of alpha.
        precision = self.repeats * jacobian.T @ jacobian / max(variance, 1e-28) + 4 * np.eye(3)
        return np.array([np.log(alpha), height + c, height * left + c]), np.linalg.inv(precision)


def least_squares(
    epochs: np.ndarray, errors: np.ndarray, alphas: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best exponential of each row of ``errors`` (R, N): alpha, the height A at the first epoch, and c, each (R,).

    Variable projection (Golub & Pereyra, SIAM J. Numer. Anal. 10, 1973): for each alpha a straight line is solved for A
    and c, so that only alpha is searched, on ever finer grids between the two ``alphas``.
    """
    past, rows = epochs - epochs[0], np.arange(len(errors))
    low, high = (np.full(len(errors), math.log(alpha)) for alpha in alphas)
    middle = low
    for points in (GRID, *FINER):
        grid = np.linspace(low, high, points, axis=1)
        middle = grid[rows, _projected(np.exp(grid), past, errors)[2].argmax(1)]
        step = (high - low) / (points - 1)
        low, high = np.maximum(low, middle - step), np.minimum(high, middle + step)
    alpha = np.exp(middle)
    height, c, _ = _projected(alpha[:, None], past, errors)
    return alpha, height[:, 0], c[:, 0]


def _projected(alpha: np.ndarray, past: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each ``alpha``, (R, G): the best height, the best c, and the sum of squares that they explain."""
    basis = np.exp(-alpha[:, :, None] * past)
    level = basis.mean(2)
    centred = basis - level[:, :, None]
    products, norms = np.einsum("rgn,rn->rg", centred, errors), (centred**2).sum(2)
    height = products / norms
    return height, errors.mean(1)[:, None] - height * level, products * height


@dataclass(frozen=True)
class Draws:
    """Draws of the posterior.

    Args:
        chains: alpha, K and c in the units of the errors, (ensembles, steps, walkers, 3).
        acceptance: Share of the proposals that were accepted.
    """

    chains: np.ndarray
    acceptance: float


def draw(errors: Errors, steps: int, burn_in: int, seed: int) -> Draws:
    """Independent ensembles of emcee (Foreman-Mackey et al., PASP 125, 2013), each ``steps`` long after ``burn_in``.

    The moves are differential evolution (ter Braak, Statistics and Computing 16, 2006), a tenth of them of full length; the
    ensembles start about the least squares fit, twice as wide as the posterior is there.
    """
    centre, covariance = errors.laplace()
    low, high = np.log(errors.alphas)
    moves = [(emcee.moves.DEMove(), 0.9), (emcee.moves.DEMove(gamma0=1.0), 0.1)]
    chains, acceptance = [], []
    for child in np.random.SeedSequence(seed).spawn(ENSEMBLES):
        start = np.random.default_rng(child).multivariate_normal(centre, 4 * covariance, WALKERS)
        start[:, 0] = start[:, 0].clip(low + 0.01, high - 0.01)
        sampler = emcee.EnsembleSampler(WALKERS, 3, errors.log_posterior, moves=moves, vectorize=True)
        sampler.random_state = np.random.RandomState(child.generate_state(1)[0]).get_state()
        state = sampler.run_mcmc(start, burn_in, skip_initial_state_check=True)
        sampler.reset()
        sampler.run_mcmc(state, steps, skip_initial_state_check=True)
        kept = np.asarray(sampler.get_chain())
        chains.append(errors.parameters(kept.reshape(-1, 3)).reshape(kept.shape))
        acceptance.append(sampler.acceptance_fraction.mean())
    return Draws(np.stack(chains), float(np.mean(acceptance)))
