"""What a training step minimises, and the figures that it shows: see docs/model.md for both objectives."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from boltzmann.config import TrainingConfig
from boltzmann.models.dvae import Dvae
from boltzmann.training.losses import cross_entropy, entropy, mean_squared_error, squared_mmd
from boltzmann.training.nll import NegativeLogLikelihood, class_shares, mean_statistics, parameters

SHOWN = 128
"""Strings of either kind in an MMD that is only shown."""


@dataclass(frozen=True)
class Strings:
    """What one step works on: b images, r strings of each, k samples, of n spins, l of them latent.

    Args:
        images: (b, H, H) in [0, 1].
        labels: int64 (b,), their digits.
        logits: (b, l) of their latent spins.
        spins: (b, r, l) drawn from them.
        reconstructions: (b, r, H, H).
        sampled: (k, n), drawn from the prior.
        seen: (k, l), their latent spins.
        drawn: int64 (k,), the digit of each sample; None where the prior has no classes.
    """

    images: torch.Tensor
    labels: torch.Tensor
    logits: torch.Tensor
    spins: torch.Tensor
    reconstructions: torch.Tensor
    sampled: torch.Tensor
    seen: torch.Tensor
    drawn: torch.Tensor | None

    def mmd(self, kernels: int, most: int | None = None) -> torch.Tensor:
        """Squared MMD of encoded and sampled strings, of each digit where there are classes; of ``most`` images at most."""
        spins, seen = self.spins[:most, : None if most is None else 1], self.seen[:most]
        labels = self.labels[:most].repeat_interleave(spins.shape[1])
        kinds = None if self.drawn is None else (labels, self.drawn[:most])
        return squared_mmd(spins.flatten(0, 1), seen, kernels, kinds)


def objective(
    training: TrainingConfig, model: Dvae, nll: NegativeLogLikelihood, strings: Strings, progress: float
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss to differentiate, and the figures "mse", "mmd", "kl", "nll" and "total".

    Args:
        training: The objective and its weights.
        model: Encoder, decoder, prior.
        nll: Follows the prior's log Z.
        strings: Of this step.
        progress: Share of the run, but for the critic's, that is done after it.
    """
    # Given its image a spin is independent of the others: statistics of the means are those of all draws.
    logits = model.posterior(strings.logits, None if strings.drawn is None else strings.labels)
    encoded = mean_statistics(model, torch.tanh(logits / 2), strings.labels)
    randomness = entropy(strings.logits)
    hidden = 0.0 if model.hidden is None else entropy(logits).item() - randomness.item()
    nll_loss, nll_value = nll(encoded, class_shares(model, strings.labels), strings.sampled, strings.drawn, hidden)
    mse = mean_squared_error(strings.images, strings.reconstructions)
    error = mse if training.likelihood == "mse" else cross_entropy(strings.images, strings.reconstructions)
    values = {"mse": mse.item(), "kl": nll_value * model.n_latents - randomness.item(), "nll": nll_value}
    if training.objective == "elbo":
        pixels = strings.images[0].numel()
        weight = training.kl_weight * min(1.0, progress / max(training.kl_warm_up, 1e-9))
        loss = training.mse_weight * pixels * error + training.nll_weight * nll_loss
        loss = loss + weight * (encoded @ parameters(model).detach() - randomness)
        total = training.mse_weight * pixels * error.item() + weight * values["kl"]
        with torch.no_grad():  # shown beside the bound, no part of it
            mmd = strings.mmd(training.mmd_kernels, SHOWN)
    else:
        mmd = strings.mmd(training.mmd_kernels)
        loss = training.mse_weight * error + training.mmd_weight * mmd + training.nll_weight * nll_loss
        total = training.mse_weight * error.item() + training.mmd_weight * mmd.item() + training.nll_weight * nll_value
    if training.label_weight and model.readout is not None:
        read = model.readout(strings.spins.flatten(0, 1))
        label_loss = torch.nn.functional.cross_entropy(read, strings.labels.repeat_interleave(strings.spins.shape[1]))
        loss = loss + training.label_weight * label_loss
        total += training.label_weight * label_loss.item()
    return loss, {**values, "mmd": mmd.item(), "total": total}
