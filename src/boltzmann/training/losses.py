"""The losses: reconstruction error, maximum mean discrepancy, negative log-likelihood of the prior, and their parts."""

from __future__ import annotations

import math

import torch

from boltzmann.models.dvae import CLASSES, Dvae, hamiltonian


def mean_squared_error(images: torch.Tensor, reconstructions: torch.Tensor) -> torch.Tensor:
    """Mean squared error per pixel of ``images`` (batch, H, W) and ``reconstructions`` (batch, replicas, H, W)."""
    return (reconstructions - images.unsqueeze(1)).square().mean()


def squared_mmd(
    x: torch.Tensor,
    y: torch.Tensor,
    kernels: int = 3,
    labels: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> torch.Tensor:
    """Unbiased estimate of the squared maximum mean discrepancy of two sets of spin strings.

    Source: Gretton et al., JMLR 13 (2012), lemma 6. The kernel is a mixture of radial basis functions,
    ``k(a, b) = mean_w exp(-|a - b|^2 / (2^w s)) / c_w``, where s is the mean squared distance of the strings at hand and
    c_w the mean of its kernel over their pairs. With labels it is the mean over digits of the discrepancy within each:
    strings of different digits are not compared.

    Two choices matter for spins, whose squared distances lie close to their mean 2 n. A kernel wider than that mean is
    nearly linear there and sees little but the magnetisations, so the widths go down from it: w = -1, -2, ... -K. And
    dividing by c_w keeps the narrow kernels, tiny at that distance, from being drowned.

    Args:
        x: (a, n) spins, with a gradient.
        y: (b, n) spins.
        kernels: Number K of widths.
        labels: Digits of x (a,) and of y (b,); None: all strings are of one kind.

    Returns:
        A scalar. Being unbiased, it is negative now and then when the laws agree.
    """
    a = len(x)
    both = torch.cat([x, y])
    # Column c of the members is 1 for the strings of kind c.
    members = both.new_ones(len(both), 1) if labels is None else _one_hot(torch.cat(labels), both.dtype)
    alike = (members @ members.T).fill_diagonal_(0)
    pairs = alike.sum().clamp(min=1)
    norms = both.square().sum(1)
    distances = norms[:, None] + norms[None, :] - 2 * both @ both.T
    # The scale and the kernels' means are constants of the estimate: they carry no gradient.
    distances = distances / ((distances.detach() * alike).sum() / pairs).clamp(min=1e-6)
    similarity = torch.zeros_like(distances)
    for w in range(-kernels, 0):
        kernel = torch.exp(-distances * 2.0**-w) * alike
        similarity = similarity + kernel / (kernel.detach().sum() / pairs).clamp(min=1e-12) / kernels
    of_x, of_y = members[:a], members[a:]
    found = _mean_of_kinds(similarity[:a, :a], of_x, of_x) + _mean_of_kinds(similarity[a:, a:], of_y, of_y)
    return (found - 2 * _mean_of_kinds(similarity[:a, a:], of_x, of_y)).mean()


def _mean_of_kinds(values: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Mean of ``values`` over the pairs of each kind, (kinds,); of a set with itself, without its diagonal, which is 0."""
    pairs = rows.sum(0) * (columns.sum(0) - (1 if rows is columns else 0))
    return ((values @ columns) * rows).sum(0) / pairs.clamp(min=1)


def cross_entropy(images: torch.Tensor, reconstructions: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy per pixel in nats, pixels taken as chances of being white; shapes as above.

    For black and white images it is -log of their Bernoulli likelihood.
    """
    targets = images.unsqueeze(1).expand_as(reconstructions)
    return torch.nn.functional.binary_cross_entropy(reconstructions, targets)


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
    members = _one_hot(labels, spins.dtype)
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


def _one_hot(labels: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return torch.nn.functional.one_hot(labels, CLASSES).to(dtype)


def parameters(model: Dvae) -> torch.Tensor:
    """The prior's :meth:`Dvae.coefficients` as one vector."""
    return torch.cat([part.flatten() for part in model.coefficients()])


def entropy(logits: torch.Tensor) -> torch.Tensor:
    """Mean entropy in nats of strings of independent spins with ``logits`` (batch, n): a scalar."""
    return (torch.nn.functional.softplus(logits) - logits * torch.sigmoid(logits)).sum(1).mean()


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
    ) -> tuple[torch.Tensor, float]:
        """The loss to differentiate and the value to show.

        Args:
            data: Mean statistics of the encoded images.
            shares: Of the digits among them, see :func:`class_shares`.
            sampled: (b, n) spins drawn from the prior at its present parameters.
            labels: (b,), the digit of each; None where the prior has no classes.

        Returns:
            A scalar whose gradient is the NLL's (its value is the energy difference), and the NLL, both in nats per spin.
        """
        theta, data, n = parameters(self._model), data.detach(), self._model.prior.n_nodes
        self._follow(theta.detach(), sampled, labels)
        loss = (data - mean_statistics(self._model, sampled, labels, shares)) @ theta / n
        weights = torch.ones(1) if shares is None else shares.cpu()
        value = (float(data @ theta.detach()) + float(weights.double() @ self.log_partition)) / n
        return loss, value

    def _follow(self, theta: torch.Tensor, sampled: torch.Tensor, labels: torch.Tensor | None) -> None:
        shapes = [part.shape for part in self._model.coefficients()]
        moves = (theta - self._theta).split([shape.numel() for shape in shapes])
        moved = [move.view(shape) for move, shape in zip(moves, shapes, strict=True)]
        rise = hamiltonian(self._model.graph, moved, labels).energy(sampled)
        for kind in range(len(self.log_partition)):
            mine = rise if labels is None else rise[labels == kind]
            if len(mine):
                self.log_partition[kind] -= (torch.logsumexp(mine, 0) - math.log(len(mine))).cpu()
        self._theta = theta.clone()

    def state(self) -> dict[str, torch.Tensor]:
        """All that the next value depends on, as tensors by name."""
        return {"log_partition": self.log_partition.clone(), "theta": self._theta}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a :meth:`state`."""
        self.log_partition, self._theta = state["log_partition"].clone(), state["theta"]
