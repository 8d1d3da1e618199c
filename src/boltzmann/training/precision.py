"""The arithmetic of the networks: bfloat16 where the hardware has it, else single precision."""

from __future__ import annotations

import torch
from llvmlite.binding import get_host_cpu_features

NATIVE = ("avx512bf16", "amx-bf16", "bf16")
"""Processor features, as LLVM names them, that multiply bfloat16 by themselves; elsewhere it is emulated and slower."""


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """A context in which networks on ``device`` compute as ``precision`` of the training's settings says."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "auto" and native_bfloat16(device))


def native_bfloat16(device: torch.device) -> bool:
    """Whether ``device`` multiplies bfloat16 by itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = get_host_cpu_features()
    return any(features.get(name, False) for name in NATIVE)
