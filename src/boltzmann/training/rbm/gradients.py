"""A step up the gradient, in place: weight decay, centring and momentum at one spot, whatever the phases come from."""

from __future__ import annotations

import torch

from boltzmann.models.rbm import RBM

SLIDING = 0.01
"""Share of a batch's means in the new offsets."""


class Ascent:
    """Adds up a step's contributions and moves the machine's parameters by them.

    With centring, gradients are those of ``E = -(v - mu)'a' - (h - lambda)'b' - (v - mu)'W(h - lambda)``, mu and lambda
    being running means of the data phase, mapped back to the plain parameters (Montavon and Mueller 2012,
    DOI 10.1007/978-3-642-35289-8_33; Melchior, Fischer and Wiskott, JMLR 17(99), 2016).

    Args:
        rbm: The machine that moves.
        momentum: Share of the last step that is added to the next.
        decay: L2 penalty on W, times the learning rate.
        mean: Where centring is wanted: the data's means, float32 (n,), at which the visible offsets start; the hidden ones
            start at one half.
    """

    def __init__(self, rbm: RBM, momentum: float, decay: float, mean: torch.Tensor | None = None) -> None:
        self._rbm, self._momentum, self._decay = rbm, momentum, decay
        self._offsets = None if mean is None else (mean.clone(), torch.full_like(rbm.hidden_bias, 0.5))
        parameters = (rbm.weights, rbm.visible_bias, rbm.hidden_bias)
        self._velocity = tuple(map(torch.zeros_like, parameters)) if momentum else None
        # Where no contribution depends on another, all go straight into the parameters: half the memory traffic.
        self._direct = not momentum and mean is None and not rbm.labels
        self._gradient = parameters if self._direct else tuple(map(torch.zeros_like, parameters))

    @property
    def pieces(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What contributions are added to, times the learning rate: (n, m), (n,) and (m,)."""
        weights, visible, hidden = self._gradient
        return weights, visible, hidden

    def begin(self, rate: float) -> None:
        """Start a step; everything added until :meth:`finish` belongs to it."""
        if not self._direct:
            for piece in self._gradient:
                piece.zero_()
        if self._decay:
            self._gradient[0].add_(self._rbm.weights, alpha=-rate * self._decay)

    def add(self, v: torch.Tensor, h: torch.Tensor, weight: float) -> None:
        """Add ``weight`` times the sum over rows of v h', v and h; v (rows, n) and h (rows, m)."""
        weights, visible, hidden = self._gradient
        weights.addmm_(v.T, h, alpha=weight)
        visible.add_(v.sum(0), alpha=weight)
        hidden.add_(h.sum(0), alpha=weight)

    def follow(self, v0: torch.Tensor, h0: torch.Tensor) -> None:
        """Let the offsets follow a batch of the data phase; without centring, nothing."""
        if self._offsets:
            for offset, rows in zip(self._offsets, (v0, h0), strict=True):
                offset.lerp_(rows.mean(0), SLIDING)

    def finish(self) -> None:
        """Move the parameters."""
        if self._direct:
            return
        weights, visible, hidden = self._gradient
        if self._offsets:
            mu, nu = self._offsets
            weights.addr_(mu, hidden, alpha=-1).addr_(visible, nu, alpha=-1)
            visible.addmv_(weights, nu, alpha=-1)
            hidden.addmv_(weights.T, mu, alpha=-1)
        step = self._gradient
        if self._velocity:
            step = self._velocity
            for velocity, piece in zip(step, self._gradient, strict=True):
                velocity.mul_(self._momentum).add_(piece)
        self._rbm.weights.add_(step[0])
        self._rbm.visible_bias.add_(step[1])
        self._rbm.hidden_bias.add_(step[2])

    def state(self) -> dict[str, torch.Tensor]:
        """Offsets and velocities by name."""
        named = {"offset": self._offsets or (), "velocity": self._velocity or ()}
        return {f"{name}.{i}": value for name, values in named.items() for i, value in enumerate(values)}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from :meth:`state`."""
        for name, value in self.state().items():
            value.copy_(state[name])
