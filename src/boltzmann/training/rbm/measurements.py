"""The figures of a machine in the middle of its training: all that can be had quickly."""

from __future__ import annotations

import torch

from boltzmann.config import ENUMERABLE, OFTEN, enumeration_terms
from boltzmann.data.binary import BinaryData
from boltzmann.evaluation import rbm_likelihood
from boltzmann.evaluation.rbm_likelihood import some_rows
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_enumeration import log_partition

SELDOM = 2**31
"""Terms of an enumeration that is made at ten measurements (4 s); one of :data:`OFTEN` terms is made at each."""
EXACT_ROWS = 10_000
TIMES = 10
"""Long enumerations in a run."""


class Measurements:
    """Figures on the same held-out rows each time, and on as many training rows.

    Grey pixels count as white above one half: likelihoods are of rows of 0 and 1.

    Args:
        rbm: The machine, whose parameters may move.
        data: Its rows.
        listed: Whether the training rows' law is known: their divergence is then measured.
        validation: Data whose test rows early stopping watches; None: it watches the training rows.
        sampled: Whether a sampler draws the negative phase: the sum of squared errors is then measured, as in the literature.

    Attributes:
        train: The training rows of 0 and 1, at most 10,000 of them, (N, n).
        rows: The held-out rows of most figures, (N, n).
        few: Those of the pseudo-likelihood.
        shown: The same with their grey, to look at.
        watched: What early stopping watches, in words.
    """

    def __init__(
        self, rbm: RBM, data: BinaryData, listed: bool, validation: BinaryData | None = None, sampled: bool = False
    ) -> None:
        self._rbm, self._listed = rbm, listed
        self.train, _ = self._on_device(data.train, data.train_labels)
        self._test, grey = self._on_device(data.test, data.test_labels)
        count = min(len(self.train), len(self._test), rbm_likelihood.MEASURED_ROWS)
        self.rows, self._as_many = some_rows(self._test, count), some_rows(self.train, count)
        self.shown = some_rows(grey, count)
        self.few = some_rows(self._test, rbm_likelihood.PSEUDO_ROWS)
        self._watched = self.train
        self.watched = "the training rows, which are all rows that there are,"
        if validation is not None:
            self._watched, _ = self._on_device(validation.test, validation.test_labels)
            self.watched = f"{len(validation.test):,} validation rows, held back from training,"
        self._sampled = sampled
        self._log_z = 0.0
        terms = enumeration_terms(rbm.pixels, rbm.hidden, rbm.labels)
        possible = min(rbm.pixels, rbm.hidden) <= ENUMERABLE
        self.always_exact, self.sometimes_exact = possible and terms <= OFTEN, possible and terms <= SELDOM

    def _on_device(self, pixels: torch.Tensor, labels: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of 0 and 1, and the same ones with their grey."""
        labels = None if labels is None else some_rows(labels, EXACT_ROWS)  # the same places as the rows'
        rows = self._rbm.with_labels(some_rows(pixels, EXACT_ROWS), labels).to(self._rbm.weights.device)
        return rows.round(), rows

    def figures(self, seldom: bool) -> dict[str, float]:
        """The figures by their names in :class:`boltzmann.training.events.Measured`. ``seldom``: one of ten measurements."""
        rbm = self._rbm
        found = {
            "pseudo_likelihood": rbm_likelihood.pseudo_likelihood(rbm, self.few),
            "reconstruction_error": rbm_likelihood.reconstruction_error(rbm, self.rows),
            "free_energy_gap": rbm_likelihood.free_energy_gap(rbm, self._as_many, self.rows),
        }
        if self.always_exact or (self.sometimes_exact and seldom):
            self._log_z = log_z = log_partition(rbm)
            found["log_likelihood"] = rbm_likelihood.log_likelihood(rbm, self.train, log_z)
            found["test_log_likelihood"] = rbm_likelihood.log_likelihood(rbm, self._test, log_z)
            if self._listed:
                found["kl"] = rbm_likelihood.kl_divergence(rbm, self.train, log_z)
        if self._sampled:
            found["sum_squares"] = rbm_likelihood.sum_squares(rbm, self._test)
        if rbm.labels:
            found["error_rate"] = _error_rate(rbm, self.rows)
        return found

    def score(self, discriminative: bool) -> float:
        """What early stopping watches, the higher the better: the label where it is the aim, else the likelihood, exact where
        it is cheap. Asked right after :meth:`figures`."""
        rbm, rows = self._rbm, self._watched
        if discriminative:
            return -_error_rate(rbm, rows)
        if self.always_exact:
            return rbm_likelihood.log_likelihood(rbm, rows, self._log_z)
        return rbm_likelihood.pseudo_likelihood(rbm, some_rows(rows, rbm_likelihood.PSEUDO_ROWS))


def _error_rate(rbm: RBM, rows: torch.Tensor) -> float:
    """Share of rows (N, n) whose most probable label is not theirs."""
    wrong = sum(
        int((rbm.class_free_energies(part[:, : rbm.pixels]).argmin(1) != part[:, rbm.pixels :].argmax(1)).sum())
        for part in rows.split(rbm_likelihood.MEASURED_ROWS)
    )
    return wrong / len(rows)


def seldom_steps(total: int, times: int) -> frozenset[int]:
    """Steps spread evenly over a run of ``total``: the first, the last and ``times`` - 1 between."""
    return frozenset({1, *(max(1, round(total * i / times)) for i in range(1, times + 1))})


def measured_steps(total: int, times: int, per_epoch: int) -> frozenset[int]:
    """Steps at which the figures are measured: those of :func:`seldom_steps`; with one an epoch, each epoch's last step and
    no other, so that a curve over the epochs has one value for each."""
    if total == times * per_epoch:
        return frozenset(range(per_epoch, total + 1, per_epoch))
    return seldom_steps(total, times)


def exact_steps(measured: frozenset[int]) -> frozenset[int]:
    """Of the ``measured`` steps the first, the last and eight between: those of long enumerations."""
    steps = sorted(measured)
    return frozenset(steps[round(i * (len(steps) - 1) / (TIMES - 1))] for i in range(TIMES))


def finite(rbm: RBM) -> bool:
    """Whether all weights and biases are finite numbers."""
    return bool(torch.isfinite(rbm.weights.sum() + rbm.visible_bias.sum() + rbm.hidden_bias.sum()))
