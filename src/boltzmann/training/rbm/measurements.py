"""The figures of a machine in the middle of its training: all that can be had quickly."""

from __future__ import annotations

import torch

from boltzmann.config import ENUMERABLE, PATTERNS, BinaryDataConfig
from boltzmann.data.binary import BinaryData
from boltzmann.evaluation import rbm_likelihood
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import log_partition

OFTEN, SELDOM = 2**26, 2**31
"""Terms of an enumeration that is made at every measurement (0.1 s), and at ten of them (4 s)."""
EXACT_ROWS = 10_000


def listed_in_full(config: BinaryDataConfig) -> bool:
    """Whether the training rows are all rows that there are, so that their law is known."""
    return config.dataset in PATTERNS and (config.dataset != "bars_and_stripes" or config.drawing == "all")


class Measurements:
    """Figures on the same held-out rows each time, and on as many training rows.

    Grey pixels count as white above one half: likelihoods are of rows of 0 and 1.

    Args:
        rbm: The machine, whose parameters may move.
        data: Its rows.
        listed: Whether the training rows' law is known: their divergence is then measured.
    """

    def __init__(self, rbm: RBM, data: BinaryData, listed: bool) -> None:
        self._rbm, self._listed = rbm, listed
        some = rbm_likelihood.some_rows  # the same places for rows and labels
        self._train, self._test = (
            rbm.with_labels(some(pixels, EXACT_ROWS).round(), None if labels is None else some(labels, EXACT_ROWS)).to(
                rbm.weights.device
            )
            for pixels, labels in ((data.train, data.train_labels), (data.test, data.test_labels))
        )
        count = min(len(self._train), len(self._test), rbm_likelihood.MEASURED_ROWS)
        self.rows, self._as_many = some(self._test, count), some(self._train, count)
        self.few = some(self._test, rbm_likelihood.PSEUDO_ROWS)
        smaller, larger = sorted((rbm.visible, rbm.hidden))
        terms = 2 ** min(smaller, ENUMERABLE) * larger * max(1, rbm.labels)
        possible = smaller <= ENUMERABLE
        self.always_exact, self.sometimes_exact = possible and terms <= OFTEN, possible and terms <= SELDOM

    def figures(self, seldom: bool) -> dict[str, float]:
        """The figures by their names in :class:`boltzmann.training.events.Measured`. ``seldom``: one of ten measurements."""
        rbm = self._rbm
        found = {
            "pseudo_likelihood": rbm_likelihood.pseudo_likelihood(rbm, self.few),
            "reconstruction_error": rbm_likelihood.reconstruction_error(rbm, self.rows),
            "free_energy_gap": rbm_likelihood.free_energy_gap(rbm, self._as_many, self.rows),
        }
        if self.always_exact or (self.sometimes_exact and seldom):
            log_z = log_partition(rbm)
            found["log_likelihood"] = rbm_likelihood.log_likelihood(rbm, self._train, log_z)
            found["test_log_likelihood"] = rbm_likelihood.log_likelihood(rbm, self._test, log_z)
            if self._listed:
                found["kl"] = rbm_likelihood.kl_divergence(rbm, self._train, log_z)
        if rbm.labels:
            read = rbm.class_free_energies(self.rows[:, : rbm.pixels]).argmin(1)
            found["error_rate"] = float((read != self.rows[:, rbm.pixels :].argmax(1)).float().mean())
        return found

    def score(self, figures: dict[str, float], discriminative: bool) -> float:
        """What early stopping watches, the higher the better: the label where it is the aim, else held-out likelihood,
        exact where it is cheap."""
        if discriminative:
            return -figures["error_rate"]
        return figures["test_log_likelihood" if self.always_exact else "pseudo_likelihood"]


def seldom_steps(total: int, times: int) -> frozenset[int]:
    """Steps spread evenly over a run of ``total``: the first, the last and ``times`` - 1 between."""
    return frozenset({1, *(max(1, round(total * i / times)) for i in range(1, times + 1))})


def finite(rbm: RBM) -> bool:
    """Whether all weights are finite numbers."""
    return bool(torch.isfinite(rbm.weights.sum()))
