"""The negative log-likelihood of the prior: its statistics, its gradient, and log Z followed along the training path."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import one_hot

from boltzmann.models.dvae import CLASSES, Dvae, hamiltonian


def mean_statistics(
    model: Dvae, spins: torch.Tensor, labels: torch.Tensor | None, shares: torch.Tensor | None = None
) -> torch.Tensor:
    """Means of s_i over the nodes, of s_i s_j over the edges and, of a prior with classes, of both times [label = c].

    They are the prior's sufficient statistics: the mean energy of ``spins`` is this vector times :func:`parameters`. Matrix
    products of a batch, or of each digit's part, replace a gather of both ends of every edge for every string.

    Args:
        model: Whose prior has n nodes and m edges.
        spins: (reads, n); or the means of independent spins, since then ``<s_i s_j> = <s_i> <s_j>``.
        labels: (reads,), the digit of each; None where the prior has no classes.
        shares: (10,), what each digit weighs in the mean; None: as much as there is of it.

    Returns:
        (p,), p the number of :func:`parameters`.
    """
    prior = model.prior
    spins = spins.to(prior.linear.dtype)
    edges = torch.as_tensor(prior.edge_idx_i) * prior.n_nodes + torch.as_tensor(prior.edge_idx_j)

    def on_edges(some: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return ((some * weights[:, None]).T @ some).flatten().index_select(0, edges)

    weights = spins.new_full((len(spins),), 1 / len(spins))
    if model.class_fields is None or labels is None:
        return torch.cat([weights @ spins, on_edges(spins, weights)])
    members = one_hot(labels, CLASSES).to(spins.dtype)
    if shares is not None:
        weights = (shares / members.sum(0).clamp(min=1))[labels]
    of_nodes = (members * weights[:, None]).T @ spins
    if model.class_couplings is None:
        return torch.cat([of_nodes.sum(0), on_edges(spins, weights), of_nodes.flatten()])
    digits = [labels == digit for digit in range(CLASSES)]
    of_edges = torch.stack([on_edges(spins[mine], weights[mine]) for mine in digits])
    return torch.cat([of_nodes.sum(0), of_edges.sum(0), of_nodes.flatten(), of_edges.flatten()])


def class_shares(model: Dvae, labels: torch.Tensor) -> torch.Tensor | None:
    """How much of ``labels`` (batch,) each digit is, (10,); None where the prior has no classes."""
    return None if model.class_fields is None else torch.bincount(labels, minlength=CLASSES) / len(labels)


def parameters(model: Dvae) -> torch.Tensor:
    """The prior's :meth:`Dvae.coefficients` as one vector."""
    return torch.cat([part.flatten() for part in model.coefficients()])


class NegativeLogLikelihood:
    """NLL of encoded spins under the prior, with log Z followed along the training path.

    ``-log p(s) = E(s) + log Z``. The gradient with respect to the prior's parameters theta is the difference of the mean
    statistics of data and model samples; no gradient reaches the encoder. log Z is anchored now and then by an estimate of
    its own, and followed from step to step by free energy perturbation (Zwanzig, J. Chem. Phys. 22, 1954, 1420):
    ``Z_old / Z_new = <exp(E_new - E_old)>`` over samples of the new parameters. Those are independent of the step taken;
    samples of the old ones are what it was made of, and would bend log Z a little at every step. Of a prior with
    classes, p is the law given the digit: each has its own log Z, and weighs in samples what it weighs in the data.
    Otherwise a digit commoner in the data than among the samples would drive its fields up for ever.

    Args:
        model: Whose prior it is. Its log Z is to be anchored before the first value.
    """

    def __init__(self, model: Dvae) -> None:
        self._model = model
        self.anchor(torch.zeros(1 if model.class_fields is None else CLASSES))

    def anchor(self, log_partition: torch.Tensor) -> None:
        """Take log Z, of each digit (10,) or of the one law (1,), at the model's present parameters from elsewhere."""
        self.log_partition = log_partition.double().cpu().clone()
        self._theta = parameters(self._model).detach().clone()

    def __call__(
        self,
        data: torch.Tensor,
        shares: torch.Tensor | None,
        sampled: torch.Tensor,
        labels: torch.Tensor | None,
        hidden: float = 0.0,
    ) -> tuple[torch.Tensor, float]:
        """The loss to differentiate and the value to show.

        Args:
            data: Mean statistics of the encoded images.
            shares: Of the digits among them, see :func:`class_shares`.
            sampled: (b, n) spins drawn from the prior.
            labels: (b,), the digit of each; None where the prior has no classes.
            hidden: Mean entropy of the hidden spins given an image, in nats.

        Returns:
            A scalar whose gradient is the NLL's (its value is the energy difference), and the NLL, both in nats per latent
            spin. With hidden spins it is a bound, ``E - entropy + log Z``: above it by how far their law is from the prior's.
        """
        theta, data, n = parameters(self._model), data.detach(), self._model.n_latents
        loss = (data - mean_statistics(self._model, sampled, labels, shares)) @ theta / n
        weights = torch.ones(1) if shares is None else shares.cpu()
        value = (float(data @ theta.detach()) - hidden + float(weights.double() @ self.log_partition)) / n
        return loss, value

    @torch.no_grad()
    def follow(self, sampled: torch.Tensor, labels: torch.Tensor | None) -> None:
        """Move log Z along with the parameters, since they were last looked at.

        Args:
            sampled: (b, n) spins drawn from the prior at its present parameters, and at no others.
            labels: (b,), the digit of each; None where the prior has no classes.
        """
        theta = parameters(self._model)
        shapes = [part.shape for part in self._model.coefficients()]
        moves = (theta - self._theta).split([shape.numel() for shape in shapes])
        moved = [move.view(shape) for move, shape in zip(moves, shapes, strict=True)]
        rise = hamiltonian(self._model.graph, moved, labels).energy(sampled)
        for kind in range(len(self.log_partition)):
            mine = rise if labels is None else rise[labels == kind]
            if len(mine):
                self.log_partition[kind] -= (torch.logsumexp(mine, 0) - math.log(len(mine))).cpu()
        self._theta = theta

    def state(self) -> dict[str, torch.Tensor]:
        """All that the next value depends on, as tensors by name."""
        return {"log_partition": self.log_partition.clone(), "theta": self._theta}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a :meth:`state`."""
        self.log_partition, self._theta = state["log_partition"].clone(), state["theta"]
