"""Which latent spin lies on which node of the graph: pairs that tell most of each other become neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import quadratic_assignment
from torch import nn
from torch.nn.functional import one_hot

from boltzmann.models.dvae import CLASSES, Dvae

IMAGES = 10_000
"""Training images that the mutual information is taken from."""
LARGE = 1024
STEPS, FEW_STEPS = 30, 8
"""Of the search, up to so many spins and beyond: 1,024 spins take 6 seconds, 2,048 take 14."""


@dataclass(frozen=True)
class Placement:
    """Where the latent spins go.

    Args:
        order: int64 (l,): the l-th latent node takes the spin that lay on the ``order[l]``-th.
        before, after: Mutual information of the pairs that are coupled, summed, in nats.
        everything: That of all pairs.
    """

    order: torch.Tensor
    before: float
    after: float
    everything: float

    def words(self) -> str:
        """A sentence for the run's page."""
        return (
            f"The latent spins were placed anew on the graph: coupled pairs now share {self.after:.3g} nats of mutual "
            f"information, {self.before:.3g} before, of {self.everything:.3g} in all pairs."
        )


def mutual_information(means: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
    """Mutual information in nats of each pair of spins that are independent given their image; (l, l), 0 on the diagonal.

    With labels it is that given the digit, since each digit's law has fields of its own, which take what the digit tells.

    Args:
        means: (images, l), of each spin given its image.
        labels: (images,), the digits; None: the law has no classes.
    """
    means = means.double()
    kinds = means.new_ones(len(means), 1) if labels is None else one_hot(labels, CLASSES).to(means.dtype)
    total = means.new_zeros(means.shape[1], means.shape[1])
    for members in kinds.T:
        if not bool(members.any()):
            continue
        own = means[members > 0]
        single, both = own.mean(0), own.T @ own / len(own)
        for sign in (1, -1):
            for other in (1, -1):
                joint = (1 + sign * single[:, None] + other * single[None, :] + sign * other * both) / 4
                apart = (1 + sign * single[:, None]) * (1 + other * single[None, :]) / 4
                total += len(own) / len(means) * torch.xlogy(joint, joint / apart.clamp(min=1e-12))
    return total.fill_diagonal_(0).clamp(min=0)


def find_placement(model: Dvae, information: torch.Tensor, seed: int) -> Placement:
    """The placement that has most mutual information on the graph's couplings, as far as it is found.

    A quadratic assignment problem, by Frank-Wolfe steps (Vogelstein et al., PLoS ONE 10, 2015, e0121002).

    Args:
        model: Whose graph and latent spins.
        information: (l, l), of :func:`mutual_information`.
        seed: Settles what is left to chance.
    """
    coupled, values = _coupled(model), information.cpu().numpy()
    start = {"rng": np.random.default_rng(seed), "P0": np.eye(len(values))}
    options = {"maximize": True, "maxiter": STEPS if len(values) <= LARGE else FEW_STEPS, **start}
    order = quadratic_assignment(coupled, values, method="faq", options=options).col_ind
    before, after = ((coupled * part).sum() / 2 for part in (values, values[np.ix_(order, order)]))
    return Placement(torch.from_numpy(order), float(before), float(after), float(values.sum() / 2))


@torch.no_grad()
def place(model: Dvae, order: torch.Tensor, networks: torch.optim.Optimizer) -> None:
    """Lay the latent spins of ``model`` so, with all that the networks know of them, their optimiser's memory too.

    Fields go with their spins, and couplings where both ends are coupled again; new ones begin at 0.

    Args:
        model: Encoder, decoder, prior.
        order: Of a :class:`Placement`.
        networks: Adam of encoder, decoder and readout.
    """
    order = order.to(model.prior.linear.device)
    last, first = (
        [layer for layer in part.modules() if isinstance(layer, nn.Linear)][end]
        for part, end in ((model.autoencoder.encoder, -1), (model.autoencoder.decoder, 0))
    )
    columns = [first.weight] + ([] if model.readout is None else [model.readout.weight])
    for parameter, axis in [(last.weight, 0), (last.bias, 0), *((weight, 1) for weight in columns)]:
        for values in (parameter, *networks.state.get(parameter, {}).values()):
            if values.shape == parameter.shape:
                values.copy_(values.index_select(axis, order))
    nodes = torch.arange(model.graph.n, device=order.device)
    origin = nodes.clone()
    origin[model.latent(nodes)] = model.latent(nodes)[order]
    edges = torch.from_numpy(model.graph.edges).to(order.device)
    numbers = torch.full((model.graph.n, model.graph.n), -1, device=order.device)
    numbers[edges[:, 0], edges[:, 1]] = numbers[edges[:, 1], edges[:, 0]] = torch.arange(
        len(edges), device=order.device
    )
    came_from = numbers[origin[edges[:, 0]], origin[edges[:, 1]]]
    for fields in (model.prior.linear, model.class_fields):
        if fields is not None:
            fields.copy_(fields[..., origin])
    for couplings in (model.prior.quadratic, model.class_couplings):
        if couplings is not None:
            couplings.copy_(couplings[..., came_from.clamp(min=0)] * (came_from >= 0))


def _coupled(model: Dvae) -> np.ndarray:
    """1 where two latent spins share an edge, else 0: (l, l)."""
    whole = np.zeros((model.graph.n, model.graph.n))
    whole[tuple(model.graph.edges.T)] = 1
    latent = model.latent(torch.arange(model.graph.n, device=model.prior.linear.device)).cpu().numpy()
    return (whole + whole.T)[np.ix_(latent, latent)]
