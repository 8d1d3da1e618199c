"""What a study found and what it will cost, in words; and beside which runs a reference stands."""

from __future__ import annotations

import pytest

from boltzmann.config import RBM_PRESETS, RBMConfig, StudyConfig, Variant, changed, estimate_lab, training_rows
from boltzmann.config.studies import READY_MADE
from boltzmann.runs.study_costs import cost_words, run_seconds, steps_of
from boltzmann.runs.study_references import reference, references
from boltzmann.runs.study_words import headline, verdict

MODE = READY_MADE["mode-assisted"]


@pytest.mark.parametrize(
    ("figure", "values", "said", "won"),
    [
        ("kl", ((0.1, 0.1, 0.1), (0.3, 0.3, 0.3)), "No other arm beats A: the nearest, B ends 3 times above A", False),
        ("kl", ((0.3, 0.1, 0.9), (0.1, 0.05, 0.2)), "B ends 3 times below A", True),
        ("test_log_likelihood", ((-90.0, -91.0, -89.0), (-85.0, -86.0, -84.0)), "B ends 5 nats a row above A", True),
        ("error_rate", ((0.02, 0.02, 0.02), (0.02, 0.02, 0.02)), "B and A are level", False),
        ("error_rate", ((0.02, 0.02, 0.02), (0.0, 0.0, 0.0)), "B ends 0.02 below A: 0 against 0.02", True),
        ("error_rate", ((0.0, 0.0, 0.0), (0.02, 0.02, 0.02)), "the nearest, B ends 0.02 above A", False),
    ],
)
def test_the_verdict_knows_which_way_is_better(figure, values, said, won):
    rows = [
        {"arm": arm, "median": m, "low": low, "high": high, "finished": 3, "failed": 0}
        for arm, (m, low, high) in zip("AB", values, strict=True)
    ]
    found = verdict("P", rows, figure, 3, {})
    assert said in found.words
    assert found.won is won
    assert ("overlap" in found.doubt) == (values[0][1] <= values[1][2] and values[1][1] <= values[0][2])


def test_arms_that_were_not_reached_leave_the_others_comparable():
    """As in a study that is stopped before its last arm begins."""
    rows = [
        {"arm": arm, "median": m, "low": m, "high": m, "finished": 0, "failed": 0}
        for arm, m in (("A", 0.2), ("B", 0.1), ("C", None))
    ]
    curves = {
        arm: {"step": steps, **{name: [value] * len(steps) for name in ("median", "low", "high")}}
        for arm, steps, value in (("A", [0, 100], 0.3), ("B", [0, 100, 200], 0.1), ("C", [], 0.0))
    }
    found = verdict("P", rows, "kl", 2, curves)
    assert headline([found], "A", "kl") == "So far: B is 3 times below A: 0.1 against 0.3."
    assert "At step 100, which all measured arms have reached" in found.doubt
    assert "C has no figure yet" in found.doubt
    alone = verdict("P", [rows[0], rows[2]], "kl", 2, curves)
    assert headline([alone], "A", "kl") == "Nothing to compare yet: C has no figure."


def test_references_stand_beside_runs_of_exactly_their_setting():
    known = references(MODE)
    assert known["9 + 9", "Mode-assisted"] == (0.0264, 0.016, 0.058)
    assert ("9 + 9, rate to 0", "CD-1") not in known
    assert reference(changed(MODE.base, {"training.learning_rate": 0.1})) is None
    assert reference(changed(MODE.base, {"training.epochs": 19_999})) is None


def test_costs_are_said_for_steps_that_will_be_taken():
    assert steps_of(RBM_PRESETS["mnist"]) == 5 * 600
    assert steps_of(RBMConfig()) == 20_000
    table = changed(RBMConfig(), {"data.dataset": "table", "data.table": "20260101-000000-abcdef"})
    assert run_seconds(table, 20_000) > 5 * run_seconds(table, 100)
    study = StudyConfig(title="x", arms=(Variant(title="a"),), seeds=1)
    assert cost_words(study, 1).startswith("1 arm × 1 seed = 1 run of 20,000 steps, about")
    asked = {"training.negative_phase": "sampler", "training.epochs": 50, "sampler.name": "dwave"}
    study = StudyConfig(title="x", base=changed(RBMConfig(), asked), arms=(Variant(title="a"),), seeds=2)
    assert cost_words(study, 1).endswith(", and 100 calls of D-Wave QPU")
    priced = study.model_copy(update={"base": changed(study.base, {"sampler.price": 60.0})})
    seconds = sum(estimate_lab(member.config, training_rows(member.config)).seconds for member in priced.members())
    assert cost_words(priced, 1).endswith(f", and 100 calls of D-Wave QPU ({seconds:.2f} at your price)")


def test_an_annealer_that_is_asked_less_often_costs_less_and_longer_anneals_cost_more():
    base = READY_MADE["adaptive-beta"].base

    def seconds(**changes):
        return run_seconds(changed(base, {name.replace("__", "."): value for name, value in changes.items()}))

    assert 2 < seconds() < 8  # 4 s of one core
    assert seconds(training__sample_reuse=1) > 1.5 * seconds()
    assert seconds(sampler__annealing_time=60.0) > 3 * seconds()
    assert seconds(sampler__embedding="chimera") > seconds(sampler__embedding="zephyr") > 1.5 * seconds()
    assert seconds(sampler__spin_reversals=16) > 1.1 * seconds()
    asked = changed(base, {"sampler.name": "dwave"})
    rows = training_rows(asked)
    calls = [estimate_lab(changed(asked, {"training.sample_reuse": reuse}), rows).calls for reuse in (1, 2, 600)]
    assert calls == [600, 300, 1]
    assert cost_words(READY_MADE["adaptive-beta"], 2).startswith(
        "7 arms × 9 panels × 16 seeds = 1,008 runs of 600 steps"
    )
