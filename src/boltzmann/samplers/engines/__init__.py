"""What runs the Markov chains: compiled loops on the processor, torch on an accelerator, behind one contract."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from boltzmann.samplers.engines.base import Chains, Swaps
from boltzmann.samplers.engines.layout import Layout

__all__ = ["Chains", "Layout", "Swaps", "chains", "description"]


def chains(layout: Layout, systems: int, device: torch.device, ladder: Sequence[float] = (1.0,)) -> Chains:
    """Chains where the model lives: see :class:`Chains` for the arguments."""
    return _kind(device)(layout, systems, device, ladder)


def description(device: torch.device) -> str:
    """In plain words, what runs the chains of a model on ``device``."""
    return _kind(device).description(device)


def _kind(device: torch.device) -> type[Chains]:
    if device.type == "cpu":
        from boltzmann.samplers.engines.cpu import CpuChains

        return CpuChains
    from boltzmann.samplers.engines.accelerator import AcceleratorChains

    return AcceleratorChains
