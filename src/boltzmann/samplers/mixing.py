"""Whether a sampler's chains mix, asked of spins and edges: in a glass the energy looks settled long before they are.

The trace of each chain is cut into four quarters. Halves give the split R-hat (Gelman et al., "Bayesian Data Analysis",
3rd ed., sec. 11.4; Vehtari et al., Bayesian Analysis 16, 2021); first and last quarter give what is left of the start.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

from boltzmann.samplers.autocorrelation import autocorrelation, integrated_time
from boltzmann.samplers.base import IsingModel

Verdict = Literal["mixing", "slow", "stuck"]

STUCK_OVERLAP = 0.3
"""So much of the variance that never moves keeps R-hat at 1.2 however long the chains run: R^2 = 1 / (1 - 0.3)."""
SLOW_R_HAT = 1.05
"""In the same way, a tenth of the variance between chains."""
SLOW_RESIDUAL = 0.1
"""A fresh sample still owes a tenth of its variance to where it began."""
STUCK_VARIABLE = 0.5
"""For a single spin or edge; the noise of slow but moving ones stays below."""
CLUSTER = 4
"""So many stuck spins or edges are a cluster; fewer may be chance among thousands."""
NEGLIGIBLE_VARIANCE = 0.05
"""Of at most 1. A variable below (mean beyond 0.975) shows a handful of events, too few to judge it by."""
OVERLAP_NOISE = 8.0
"""Standard errors of independent snapshots that a single overlap must exceed: correlated ones spread wider."""
R_HAT_NOISE = 4.0
"""Standard errors allowed to a single variable's variances: the most extreme of thousands reach four."""

_CHUNK = 2**19


@dataclass(frozen=True)
class Mixing:
    """What a trace says of a sampler.

    Args:
        verdict: "mixing": the sampler's sweeps suffice; "slow": it moves, but they do not; "stuck": it hardly moves.
        sentence: The same in plain words.
        spin_r_hat: Split R-hat of the spins, pooled; 1 is ideal, infinite when nothing moves within a chain.
        edge_r_hat: The same of the products s_i s_j along edges.
        energy_r_hat: The same of the energy: shown because it deceives, no part of the verdict.
        start_overlap: Correlation of the spins in the last quarter with the first: 1 frozen, 0 (give or take noise)
            forgotten.
        autocorrelation_sweeps: Integrated autocorrelation time of the spins, in sweeps, not below the interval;
            infinite where the trace is too short to tell.
        effective_samples: Independent samples that the trace is worth; the number of chains when stuck or unknown.
        effective_samples_per_second: None when no time was given.
        chains: Number of chains.
        sweeps: What the trace spans, from the first snapshot to the last.
    """

    verdict: Verdict
    sentence: str
    spin_r_hat: float
    edge_r_hat: float
    energy_r_hat: float
    start_overlap: float
    autocorrelation_sweeps: float
    effective_samples: float
    effective_samples_per_second: float | None
    chains: int
    sweeps: int

    def report(self) -> dict[str, Any]:
        """All fields as JSON values; None stands for infinity."""
        fields = asdict(self).items()
        return {name: None if isinstance(value, float) and math.isinf(value) else value for name, value in fields}


class _Moments(NamedTuple):
    """Of spins or edges, each array with one entry a variable."""

    within: np.ndarray
    total: np.ndarray  # var^+ of Gelman et al., eq. 11.3
    variance: np.ndarray  # about the mean of all chains and times
    memory: np.ndarray  # covariance of first and last quarter

    def r_hat(self) -> float:
        """Pooled by variance: nearly frozen variables add no noise, yet those frozen apart count in full."""
        return _root_ratio(float(self.total.sum()), float(self.within.sum()))

    def overlap(self) -> float:
        """Pooled in the same way; 0 where nothing varies."""
        variance = float(self.variance.sum())
        return float(self.memory.sum()) / variance if variance > 0 else 0.0

    def stuck(self, limit: float) -> int:
        """How many variables overlap with their start by more than ``limit``."""
        return int(((self.memory > limit * self.variance) & (self.variance > NEGLIGIBLE_VARIANCE)).sum())

    def slow(self, limit: float) -> int:
        """How many variables have an R-hat above ``limit``."""
        return int(((self.total / limit**2 > self.within) & (self.variance > NEGLIGIBLE_VARIANCE)).sum())


def diagnose(
    model: IsingModel, trace: torch.Tensor, interval: int, sweeps: int, seconds: float | None = None
) -> Mixing:
    """Judge a sampler by a trace of independent chains.

    Args:
        model: What was sampled.
        trace: int8 of shape (T, chains, n) on the CPU, -1 and +1: T >= 4 snapshots of at least 2 chains that started
            independently at random and have run a burn-in. All but the autocorrelation leaves out the first T mod 4.
        interval: Sweeps between snapshots; above ``sweeps`` the verdict is about an interval.
        sweeps: What the sampler spends on a fresh sample. The trace should span more.
        seconds: Time that the trace took.

    Raises:
        ValueError: for arguments that do not fit.
    """
    _check(model, trace, interval, sweeps, seconds)
    length, chains, _ = trace.shape
    quarter = length // 4
    bits = _packed(trace, quarter)
    spins, edges = _moments(bits, quarter, None), _moments(bits, quarter, model.graph.edges)
    correlation = autocorrelation(trace)
    tau = integrated_time(correlation)
    verdict, sentence = _judge(spins, edges, correlation, chains, interval, sweeps)
    effective = float(chains) if verdict == "stuck" or math.isinf(tau) else chains * length / tau
    return Mixing(
        verdict=verdict,
        sentence=sentence,
        spin_r_hat=spins.r_hat(),
        edge_r_hat=edges.r_hat(),
        energy_r_hat=_energy_r_hat(model, trace[-4 * quarter :]),
        start_overlap=spins.overlap(),
        autocorrelation_sweeps=tau * interval,
        effective_samples=effective,
        effective_samples_per_second=None if seconds is None else effective / seconds,
        chains=chains,
        sweeps=(length - 1) * interval,
    )


def _judge(
    spins: _Moments, edges: _Moments, correlation: np.ndarray, chains: int, interval: int, sweeps: int
) -> tuple[Verdict, str]:
    quarter = len(correlation) // 4
    half, far = 2 * quarter, 3 * quarter
    r_hats = f"R-hat of the spins {_shown(spins.r_hat())}, of the edges {_shown(edges.r_hat())}"

    # Stuck: asked of the overlap alone, because R-hat also rises where chains move but the trace is short.
    after = f"after {_sweeps(far * interval)}"
    for part, name in ((spins, "chains"), (edges, "edges")):
        if part.overlap() > STUCK_OVERLAP:
            return "stuck", f"Stuck: {after} the {name} still overlap {part.overlap():.2f} with their start ({r_hats})."
    limit = max(STUCK_VARIABLE, OVERLAP_NOISE / (quarter * math.sqrt(chains)))
    if max(counts := (spins.stuck(limit), edges.stuck(limit))) >= CLUSTER:
        return "stuck", f"Stuck in places: {after} {_places(counts, spins, edges)} still hold what they began with."

    lag = min(max(sweeps // interval, 1), far)
    after = f"after {_sweeps(lag * interval)}"
    # The autocorrelation of a reversible chain falls (Geyer, Statistical Science 7, 1992): a later rise is noise.
    residual = max(0.0, float(correlation[1 : lag + 1].min()))
    # Chains that forget all but the residual within the lag, exponentially, have tau = 2 lag / log(1 / residual), and
    # R^2 = 1 + tau / N from that alone.
    excess = SLOW_R_HAT**2 - 1 + 2 * lag / math.log(1 / SLOW_RESIDUAL) / half
    if residual > SLOW_RESIDUAL or max(spins.r_hat(), edges.r_hat()) ** 2 > 1 + excess:
        return "slow", f"Slow: {after} the autocorrelation of the spins is {residual:.2f} ({r_hats})."
    limit = _noisy_limit(excess, half, 2 * chains)
    if max(counts := (spins.slow(limit), edges.slow(limit))) >= CLUSTER:
        return "slow", f"Slow in places: {_places(counts, spins, edges)} need far more than {_sweeps(lag * interval)}."
    if not spins.variance.any():
        return "mixing", "Nothing moves, and nothing differs: all chains hold one and the same state."
    return "mixing", f"Mixing: {after} the autocorrelation of the spins is {residual:.2f} ({r_hats})."


def _noisy_limit(excess: float, half: int, parts: int) -> float:
    """The R-hat of a single variable that exceeds ``sqrt(1 + excess)`` beyond noise; infinite for too short a trace.

    ``N (R^2 - 1) + 1`` is the ratio of the mean squares between and within the parts of N = ``half`` snapshots.
    """
    between = 1 + R_HAT_NOISE * math.sqrt(2 / (parts - 1))
    within = 1 - R_HAT_NOISE * math.sqrt(2 / (parts * (half - 1)))
    if within <= 0:
        return math.inf
    return math.sqrt(1 + ((half * excess + 1) * between / within - 1) / half)


def _places(counts: tuple[int, int], spins: _Moments, edges: _Moments) -> str:
    parts = zip(counts, (spins, edges), ("spins", "edges"), strict=True)
    return " and ".join(f"{count:,} of {len(part.within):,} {name}" for count, part, name in parts if count)


def _sweeps(count: int) -> str:
    return f"{count:,} sweep{'s' * (count != 1)}"


def _shown(r_hat: float) -> str:
    return f"{r_hat:.2f}" if math.isfinite(r_hat) else "infinite"


def _root_ratio(total: float, within: float) -> float:
    if within > 0:
        return math.sqrt(total / within)
    return math.inf if total > 0 else 1.0


def _packed(trace: torch.Tensor, quarter: int) -> np.ndarray:
    """uint8 (4, bytes, n, chains): eight snapshots a byte, so that one exclusive-or multiplies eight pairs of spins."""
    _, chains, n = trace.shape
    quarters = (trace[-4 * quarter :].numpy() > 0).reshape(4, quarter, chains, n)
    return np.ascontiguousarray(np.packbits(quarters, axis=1).transpose(0, 1, 3, 2))


def _moments(bits: np.ndarray, quarter: int, edges: np.ndarray | None) -> _Moments:
    """Of the products along ``edges`` (m, 2), or of the spins themselves."""
    count, chains = bits.shape[2:] if edges is None else (len(edges), bits.shape[3])
    result = np.zeros((4, count))
    step = max(1, _CHUNK // chains)
    for first in range(0, count, step):
        part = slice(first, min(first + step, count))
        unequal = np.zeros((4, part.stop - first, chains), np.float32)
        for total, quarter_bits in zip(unequal, bits, strict=True):
            for byte in quarter_bits:
                # A spin is compared with an imaginary one at -1.
                total += np.bitwise_count(byte[part] if edges is None else byte[edges[part, 0]] ^ byte[edges[part, 1]])
        result[:, part] = _of_quarters((quarter - 2 * unequal) / quarter, 2 * quarter)
    return _Moments(*result)


def _of_quarters(means: np.ndarray, half: int) -> np.ndarray:
    """The fields of :class:`_Moments`, (4, v), from each chain's means over quarters, (4, v, chains)."""
    halves = (means[0::2] + means[1::2]) / 2
    # s^2 = 1: the variance within a half follows from its mean.
    within = (1 - halves**2).mean((0, 2)) * (half / (half - 1))
    total = (half - 1) / half * within + halves.var((0, 2), ddof=1)
    mean = means.mean((0, 2))
    memory = ((means[0] - mean[:, None]) * (means[3] - mean[:, None])).mean(1)
    return np.stack([within, total, 1 - mean**2, memory])


def _energy_r_hat(model: IsingModel, trace: torch.Tensor) -> float:
    model = IsingModel(model.graph, model.linear.detach().cpu(), model.quadratic.detach().cpu())
    # One snapshot at a time stays in the cache: a fifth of the time.
    energies = torch.stack([model.energy(snapshot) for snapshot in trace]).numpy()
    # Round-off is no variance: equal states are to differ by 0, and frozen chains to vary by 0.
    half, energies = len(energies) // 2, np.round(energies - energies[0, 0], 9)
    halves = energies.reshape(2, half, -1)
    within = (halves - halves[:, :1]).var(1, ddof=1).mean()
    return _root_ratio(float((half - 1) / half * within + halves.mean(1).var(ddof=1)), float(within))


def _check(model: IsingModel, trace: torch.Tensor, interval: int, sweeps: int, seconds: float | None) -> None:
    if trace.dtype != torch.int8 or trace.device.type != "cpu" or trace.dim() != 3 or trace.shape[2] != model.n:
        got = f"{trace.dtype} of shape {tuple(trace.shape)} on {trace.device}"
        raise ValueError(f"the trace is {got}; it must be int8 of shape (snapshots, chains, {model.n}) on the CPU")
    if trace.shape[0] < 4 or trace.shape[1] < 2:
        got = f"{trace.shape[0]} snapshots of {trace.shape[1]} chains"
        raise ValueError(f"the trace holds {got}; R-hat needs at least 4 of 2: run more chains, or longer")
    if bool((trace.abs() != 1).any()):
        raise ValueError("the trace holds values other than -1 and +1")
    if interval < 1 or sweeps < 1:
        raise ValueError(f"interval is {interval} and sweeps {sweeps}; both must be at least 1")
    if seconds is not None and seconds <= 0:
        raise ValueError(f"seconds is {seconds}; give the time that the trace took, or None")
