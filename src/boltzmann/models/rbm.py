"""The binary restricted Boltzmann machine, dense and without autograd.

``E(v, h) = -a.v - b.h - v'Wh`` with v in {0, 1}^n, h in {0, 1}^m (Smolensky 1986; Hinton 2002). Label units, where there
are any, are the last visible units.
"""

from __future__ import annotations

import torch


class RBM:
    """A restricted Boltzmann machine's parameters and conditional laws.

    Args:
        visible: n, label units among them.
        hidden: m.
        labels: How many of the visible units, the last ones, stand for classes; 0: none.
        scale: Standard deviation of W at the start; the biases start at 0.
        generator: Random numbers of W, on the CPU; None leaves W at 0.
        device: Where the parameters live.

    Attributes:
        weights: W, float32 of shape (n, m).
        visible_bias: a, float32 of shape (n,).
        hidden_bias: b, float32 of shape (m,).
    """

    def __init__(
        self,
        visible: int,
        hidden: int,
        labels: int = 0,
        scale: float = 0.01,
        generator: torch.Generator | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        weights = torch.zeros(visible, hidden)
        if generator is not None:
            # Unit by unit: with the same random numbers a machine of fewer hidden units is a part of a larger one.
            weights = scale * torch.stack([torch.randn(visible, generator=generator) for _ in range(hidden)], 1)
        self.weights = weights.to(device)
        self.visible_bias = torch.zeros(visible, device=device)
        self.hidden_bias = torch.zeros(hidden, device=device)
        self.labels = labels

    @property
    def visible(self) -> int:
        """n, the number of visible units."""
        return self.weights.shape[0]

    @property
    def hidden(self) -> int:
        """m, the number of hidden units."""
        return self.weights.shape[1]

    @property
    def pixels(self) -> int:
        """Visible units that are no label units."""
        return self.visible - self.labels

    def hidden_probability(self, v: torch.Tensor, beta: float = 1.0) -> torch.Tensor:
        """p(h_j = 1 | v) = sigmoid(beta (b + v W)): (N, n) to (N, m)."""
        return torch.addmm(self.hidden_bias, v, self.weights).mul_(beta).sigmoid_()

    def visible_probability(self, h: torch.Tensor, beta: float = 1.0) -> torch.Tensor:
        """p(v_i = 1 | h) = sigmoid(beta (a + h W')): (N, m) to (N, n)."""
        return torch.addmm(self.visible_bias, h, self.weights.T).mul_(beta).sigmoid_()

    def energy(self, v: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """E(v, h): float32 of shape (N,)."""
        return -(v @ self.visible_bias + h @ self.hidden_bias + ((v @ self.weights) * h).sum(1))

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """F(v) = -a.v - sum_j log(1 + exp(b_j + v W_j)), so that p(v) = exp(-F(v)) / Z: float32 of shape (N,)."""
        fields = torch.addmm(self.hidden_bias, v, self.weights)
        return -(v @ self.visible_bias) - torch.nn.functional.softplus(fields).sum(1)

    def class_free_energies(self, pixels: torch.Tensor) -> torch.Tensor:
        """F(pixels, y) of each class y, so that p(y | pixels) = softmax(-F): (N, n - labels) to (N, labels).

        Larochelle and Bengio, ICML 2008, equation 2.
        """
        split = self.pixels
        common = torch.addmm(self.hidden_bias, pixels, self.weights[:split])
        fields = common[:, None, :] + self.weights[split:][None]
        own = pixels @ self.visible_bias[:split]
        return -own[:, None] - self.visible_bias[split:] - torch.nn.functional.softplus(fields).sum(2)

    def with_labels(self, pixels: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        """Rows of visible units: ``pixels`` (N, n - labels) with each label's unit at 1; without label units, as they are."""
        if not self.labels:
            return pixels
        if labels is None:
            raise ValueError("the machine has label units, but the rows have no labels")
        return torch.cat([pixels, torch.nn.functional.one_hot(labels, self.labels).to(pixels)], dim=1)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The parameters by name, as a file holds them."""
        names = ("weights", "visible_bias", "hidden_bias")
        return {name: getattr(self, name) for name in names} | {"labels": torch.tensor(self.labels)}

    @classmethod
    def from_state(cls, state: dict[str, torch.Tensor], device: torch.device | str = "cpu") -> RBM:
        """The machine whose :meth:`state_dict` is given.

        Raises:
            ValueError: names or shapes do not fit each other.
        """
        try:
            weights, a, b = (state[name].float().to(device) for name in ("weights", "visible_bias", "hidden_bias"))
            labels = int(state["labels"])
        except KeyError as missing:
            raise ValueError(f"the weights of a restricted Boltzmann machine need {missing}") from missing
        if (
            weights.ndim != 2
            or a.shape != weights.shape[:1]
            or b.shape != weights.shape[1:]
            or not 0 <= labels < len(a)
        ):
            raise ValueError(
                f"weights {tuple(weights.shape)}, visible_bias {tuple(a.shape)}, hidden_bias {tuple(b.shape)} and "
                f"{labels} label units are no restricted Boltzmann machine's"
            )
        machine = cls(*weights.shape, labels=labels, device=device)
        machine.weights, machine.visible_bias, machine.hidden_bias = weights, a, b
        return machine
