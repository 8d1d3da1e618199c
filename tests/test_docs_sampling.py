"""The code that docs/sampling.md shows, run as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from dwave.plugins.torch.samplers import TorchSampler

PAGE = Path(__file__).parents[1] / "docs" / "sampling.md"


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_ten_lines_sample_and_the_next_ones_hold_spins_and_train(blocks, capsys) -> None:
    first, second = blocks
    assert len(first.splitlines()) == 10
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    exec(compile(first, str(PAGE), "exec"), names)
    spins = names["spins"]
    assert isinstance(names["sampler"], TorchSampler)
    assert spins.shape == (256, 64)
    assert (spins.abs() == 1).all()
    assert capsys.readouterr().out.startswith("Mixing: ")

    exec(compile(second, str(PAGE), "exec"), names)
    completed = names["completed"]
    assert completed.shape == (8, 256, 64)
    assert (completed[:, :, :32] == spins[:8, None, :32]).all()
    assert completed[0, :, 32:].std(0).max() > 0
    assert names["machine"].quadratic.grad.abs().max() > 0


def test_its_pictures_and_pages_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
