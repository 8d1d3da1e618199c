"""Rows held back from training, by which early stopping chooses: the held-out rows stay unseen until they are reported."""

from __future__ import annotations

from dataclasses import replace

import torch

from boltzmann.config import VALIDATION_SHARE, RBMConfig
from boltzmann.data.binary import BinaryData
from boltzmann.training.rbm.batches import stream


def hold_back(config: RBMConfig, data: BinaryData) -> tuple[BinaryData, BinaryData | None]:
    """The rows that a run learns from, and those that early stopping watches: a tenth of the training rows, at least one.

    Args:
        config: The run; its seed chooses the rows.
        data: All its rows.

    Returns:
        ``data`` with the training rows that are left, and with the validation rows in place of the test rows. Without early
        stopping, and where the training rows are all rows that there are, ``data`` as it is and None.
    """
    if config.training.patience is None or config.data.listed_in_full:
        return data, None
    rows, labels = data.train, data.train_labels
    order = torch.randperm(len(rows), generator=stream(config.seed, "validation"))
    back = torch.zeros(len(rows), dtype=torch.bool)
    back[order[: max(1, len(rows) // VALIDATION_SHARE)]] = True
    kept, held = ((rows[which], None if labels is None else labels[which]) for which in (~back, back))
    return replace(data, train=kept[0], train_labels=kept[1]), replace(data, test=held[0], test_labels=held[1])
