"""Imports torchvision beside any build of torch.

The registry's torchvision is compiled against CUDA torch. Beside a CPU torch its compiled operators cannot load, and its
import fails while it registers shapes for operators that do not exist. Declaring the two operators first cures that;
``datasets`` needs none of them.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
# A declaration lasts as long as its library object.
_library: torch.library.Library | None = None


def datasets() -> ModuleType:
    """``torchvision.datasets``, with the missing operators declared when this build needs it."""
    try:
        return importlib.import_module("torchvision.datasets")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    _declare_operators()
    return importlib.import_module("torchvision.datasets")


def _declare_operators() -> None:
    global _library
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    _library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in _OPERATORS:
        _library.define(operator)
