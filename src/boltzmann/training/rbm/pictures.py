"""What a machine in training looks like: weights as images, reconstructions, free samples, energies."""

from __future__ import annotations

import numpy as np
import torch

from boltzmann.evaluation.rbm_chains import free_chains, visible_law
from boltzmann.models.rbm import RBM
from boltzmann.training.errors import Diverged
from boltzmann.training.events import Energies
from boltzmann.training.rbm.negative_phases import bernoulli

FILTERS, GENERATED, RECONSTRUCTED = 100, 64, 32
FREE_CHAINS, FREE_STEPS = 100, 200
BINS = 40


def filters(rbm: RBM, shape: tuple[int, int]) -> np.ndarray:
    """The pixels' weights of the first hidden units, uint8 (count, H, W): 128 is 0, white the strongest of all."""
    weights = rbm.weights[: rbm.pixels, :FILTERS].T.cpu()
    strongest = float(weights.abs().max()) or 1.0
    return weights.div(strongest).mul_(127).add_(128).round_().to(torch.uint8).numpy().reshape(-1, *shape)


def free_samples(rbm: RBM, generator: torch.Generator) -> torch.Tensor:
    """Rows (100, n) at the end of Gibbs chains that start at random."""
    half = torch.full((FREE_CHAINS, rbm.visible), 0.5, device=rbm.weights.device)
    return free_chains(rbm, bernoulli(half, generator), FREE_STEPS, generator)


def generated(rbm: RBM, rows: torch.Tensor, shape: tuple[int, int], generator: torch.Generator) -> np.ndarray:
    """Probabilities of the pixels after half a Gibbs step more from rows of the model: uint8 (count, H, W)."""
    hidden = bernoulli(rbm.hidden_probability(rows[:GENERATED]), generator)
    return _pixels(rbm, _law(rbm, hidden), shape)


def reconstructed(rbm: RBM, rows: torch.Tensor, shape: tuple[int, int]) -> np.ndarray:
    """Originals and their reconstructions v -> p(h | v) -> p(v | h) in turn: uint8 (2 count, H, W)."""
    rows = rows[:RECONSTRUCTED]
    both = torch.stack([rows, _law(rbm, rbm.hidden_probability(rows))], dim=1).flatten(0, 1)
    return _pixels(rbm, both, shape)


def energies(step: int, rbm: RBM, data: torch.Tensor, model: torch.Tensor) -> Energies:
    """Histograms of the free energy of held-out rows and of rows of the model, both (rows, n).

    Raises:
        Diverged: one of them is no finite number.
    """
    values = [rbm.free_energy(rows).double().cpu().numpy() for rows in (data, model)]
    if not all(np.isfinite(part).all() for part in values):
        raise Diverged(
            f"free energies are no longer finite numbers at step {step}: train again with a smaller learning rate, or with "
            "weight decay"
        )
    low, high = min(part.min() for part in values), max(part.max() for part in values)
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    shares = [np.histogram(part, edges)[0] / len(part) for part in values]
    return Energies(step, edges.tolist(), shares[0].tolist(), shares[1].tolist())


def _law(rbm: RBM, hidden: torch.Tensor) -> torch.Tensor:
    return visible_law(torch.addmm(rbm.visible_bias, hidden, rbm.weights.T), rbm.labels)


def _pixels(rbm: RBM, rows: torch.Tensor, shape: tuple[int, int]) -> np.ndarray:
    return rows[:, : rbm.pixels].mul(255).round_().to(torch.uint8).cpu().numpy().reshape(-1, *shape)
