"""The claim of docs/sampling.md on 48 spins, where exact marginals are known: the benchmark's own quick run."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "tempering.py"
PASSES = 1.1
"""The R-hat that passes by convention (Gelman et al., "Bayesian Data Analysis", 3rd ed., sec. 11.5)."""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    run = subprocess.run([sys.executable, str(SCRIPT), "--quick", "--json"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def root_mean_square(values: list[float]) -> float:
    return math.sqrt(sum(value**2 for value in values) / len(values))


def test_the_floor_is_that_of_exact_samples(found) -> None:
    # 32 batches, whose errors scatter by a fifth: their root mean square by 4%. This is four of that.
    assert found["truth"]["draws_mean"] == pytest.approx(1, abs=0.16)


def test_plain_chains_are_stuck_far_above_the_floor(found) -> None:
    for course in found["plain"]:
        at = min(i for i, updates in enumerate(course["updates"]) if updates >= 256 * 48 * 4000)
        assert course["errors"][at] >= 3
        assert course["mixing"][0]["verdict"] == "stuck"


def test_tempering_reaches_the_floor_and_mixes(found) -> None:
    # A single run at the floor scatters about 1 by a fifth, the root mean square of five by 0.09: 1.2 leaves two of it.
    assert len(found["tempering"]) == 5
    assert root_mean_square([course["errors"][-1] for course in found["tempering"]]) <= 1.2
    assert {course["mixing"][0]["verdict"] for course in found["tempering"]} == {"mixing"}


def test_the_energy_alone_would_have_passed_both(found) -> None:
    for course in found["plain"] + found["tempering"]:
        assert course["mixing"][0]["energy_r_hat"] < PASSES


def test_the_sampler_finds_out_by_itself(found) -> None:
    assert {call["plain"] for call in found["by_itself"]} == {"stuck"}
    assert {call["verdict"] for call in found["by_itself"]} == {"mixing"}
    assert root_mean_square([call["error"] for call in found["by_itself"]]) <= 1.2
