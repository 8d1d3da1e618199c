"""The decays of a study: fitted from its runs' curves, by the engine's worker, kept beside it, and said in words."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from boltzmann.config import RBMConfig, StudyConfig, Variant, changed
from boltzmann.runs.analyses import AnalysisRequest, AnalysisStore, analyse_study
from boltzmann.runs.decay_words import decay_words
from boltzmann.runs.files import StoreError
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_decay import Cancelled, analyse, decay_of, wants_decay, without_curves

LED = changed(
    RBMConfig(),
    {
        "training.negative_phase": "sampler",
        "sampler.name": "simulated_qpu",
        "training.epochs": 120,
        "training.measurements": 120,
    },
)
ARMS = (
    Variant(title="Linear", changes={"inverse_temperature.scheme": "linear"}),
    Variant(title="MinSE", changes={"inverse_temperature.scheme": "min_entropy"}),
)
PANELS = tuple(
    Variant(title=f"Pause {pause:g}", changes={"sampler.pause_at": pause, "sampler.pause_time": 2.0})
    for pause in (0.2, 0.5)
)
ASYMPTOTES = {"Linear": 40.0, "MinSE": 20.0}


def decaying(c, seed):
    """A log of 120 epochs: 1,000 exp(-0.06 i) + c with noise of 2."""
    rng = np.random.default_rng(seed)
    return [
        {
            "kind": "metrics", "step": epoch, "epoch": float(epoch), "seconds": 0.1 * epoch, "beta": 1.0 + epoch / 100,
            "sum_squares": 1000 * math.exp(-0.06 * epoch) + c + rng.normal(0, 2), "test_log_likelihood": -c,
        }
        for epoch in range(1, 121)
    ]  # fmt: skip


@pytest.fixture
def make():
    """``make(studies, panels, seeds)``: a study whose runs have finished with decays of known asymptotes."""

    def made(studies, panels=1, seeds=4):
        study = StudyConfig(
            title="Decays",
            base=LED,
            arms=ARMS,
            panels=PANELS[:panels],
            seeds=seeds,
            figure="sum_squares",
            analysis="decay",
        )
        study_id = studies.create(study)
        for place, member in enumerate(studies.members(study_id)):
            studies.runs.append(member.run, decaying(ASYMPTOTES[member.arm], place))
            studies.runs.write_status(member.run, durable=False, state="finished", step=120, total_steps=120)
        return study_id

    return made


@pytest.fixture
def studies(settings):
    return StudyStore.beside(settings.runs)


def test_the_asymptotes_are_found_with_their_ratio_for_each_panel_and_for_both(studies, make):
    study_id, seen = make(studies, panels=2), []
    assert wants_decay(studies, study_id)
    found = analyse(studies, study_id, notify=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 4) for done in range(5)]
    assert not wants_decay(studies, study_id)
    assert json.loads(json.dumps(found)) == decay_of(studies, study_id)
    assert (found["runs"], found["ended"], found["first_epoch"]) == (16, 16, 20)
    for group in found["groups"]:
        assert (group["verdict"], group["runs"], group["hidden_beta"]) == ("quoted", 4, 6.0), group["reasons"]
        low, high = group["interval"]["c"]
        # Noise of 2 on 400 measurements: c is known to about 0.2, far from the other arm's.
        assert low - 0.5 < ASYMPTOTES[group["arm"]] < high + 0.5
        assert high - low < 3
        assert group["beta"]["median"][-1] == group["beta"]["high"][-1] == pytest.approx(2.2)
        assert len(group["at"]) == len(group["sum_squares"]["low"]) == 120
        assert group["final"]["test_log_likelihood"]["median"] == -ASYMPTOTES[group["arm"]]
        assert "c_draws" not in group
    assert [(group["scheme"], group["pause"]) for group in found["groups"]] == [
        ("linear", 0.2), ("min_entropy", 0.2), ("linear", 0.5), ("min_entropy", 0.5)]  # fmt: skip
    ratios = found["ratios"]
    assert [(ratio["panel"], ratio["panels"], ratio["of"], ratio["arm"]) for ratio in ratios] == [
        ("Pause 0.2", ["Pause 0.2"], "Linear", "MinSE"), ("Pause 0.5", ["Pause 0.5"], "Linear", "MinSE"),
        (None, ["Pause 0.2", "Pause 0.5"], "Linear", "MinSE")]  # fmt: skip
    for ratio in ratios:
        for interval in (ratio["interval"], ratio["over_runs"]):
            assert 1.8 < interval[0] < ratio["median"] < interval[1] < 2.2
    narrow, single = (item["interval"][1] - item["interval"][0] for item in (ratios[2], ratios[0]))
    assert narrow < single  # two panels know more than one
    short = without_curves(found)["groups"][0]
    assert "curve" not in short
    assert set(short["over_runs"]) == {"c"}
    assert len(json.dumps(short)) < 2000


def test_one_run_says_nothing_of_chance_and_a_cancelled_analysis_leaves_nothing(studies, make):
    study_id = make(studies, seeds=1)
    with pytest.raises(Cancelled):
        analyse(studies, study_id, cancelled=lambda: True)
    assert decay_of(studies, study_id) is None
    group = analyse(studies, study_id)["groups"][0]
    assert (group["verdict"], group["runs"]) == ("refused", 1)
    assert "1 repeat" in group["reasons"][0]
    assert any("only one finished run" in words for words in decay_of(studies, study_id)["words"])


def test_an_analysis_ends_in_its_status_and_can_be_cancelled_before(studies, settings, make):
    study_id, store = make(studies, seeds=2), AnalysisStore.beside(settings.runs)
    first = store.create(AnalysisRequest(study_id=study_id))
    assert store.under_way(study_id) == store.last(study_id) == first
    assert analyse_study(first, settings) == store.status(first).state == "finished"
    assert store.progress(first) == {"words": "2 of 2 fits", "done": 2, "total": 2}
    assert store.under_way(study_id) is None
    gone = store.create(AnalysisRequest(study_id="20260101-000000-abcdef"))
    assert analyse_study(gone, settings) == "failed"
    assert "there is no study" in store.status(gone).error["cause"]


def test_the_engine_fits_on_a_worker_of_the_lab(engine, make, wait):
    study_id = make(engine.studies, seeds=2)
    asked = engine.analyse(study_id)
    assert engine.analyse(study_id) == asked  # a second viewer's click
    wait(lambda: not engine.analyses.status(asked).active)
    assert engine.analyses.status(asked).state == "finished", engine.analyses.status(asked).error
    assert decay_of(engine.studies, study_id)["ended"] == 4
    plain = engine.studies.create(StudyConfig(title="No decay", arms=ARMS[:1], base=LED, seeds=1))
    with pytest.raises(StoreError, match="no decays to fit"):
        engine.analyse(plain)


def group(arm, scheme, error, c=None, direction=None, panel="P", hidden=2.0):
    fit = {"verdict": "refused"} if c is None else {
        "verdict": "quoted", "mode": {"c": c}, "interval": {"c": [0.9 * c, 1.1 * c]}, "over_runs": {"c": None}}  # fmt: skip
    ends = {"median": error, "low": 0.9 * error, "high": 1.1 * error}
    return {
        "panel": panel, "arm": arm, "scheme": scheme, "direction": direction, "hidden_beta": hidden, "pause": 0.5,
        "runs": 4, "reasons": [], "final": {"sum_squares": ends}, **fit,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("errors", "asymptotes", "said"),
    [
        ((100, 200, 400), (10, 20, 40), "came out in the final errors: MaxLL 100, MinSE 200, Linear 400. In c it came out:"),
        ((100, 200, 400), (10, 40, 20), "In c it did not come out: MaxLL 10, Linear 20, MinSE 40."),
        ((100, 200, 400), (10, 11, 40), "In c it came out: MaxLL 10, MinSE 11, Linear 40; their ranges overlap: it may"),
        ((200, 100, 400), (10, None, 40), "did not come out in the final errors: MinSE 100, MaxLL 200, Linear 400. Of c it "
         "cannot be told: 1 of the 3 fits are refused."),
    ],
)  # fmt: skip
def test_whether_the_published_order_came_out_is_told_from_the_numbers(errors, asymptotes, said):
    arms = (("MaxLL", "max_likelihood", "printed"), ("MinSE", "min_entropy", None), ("Linear", "linear", None))
    groups = [
        group(arm, scheme, error, c, direction)
        for (arm, scheme, direction), error, c in zip(arms, errors, asymptotes, strict=True)
    ]
    words = decay_words([*groups, group("Known", "known", 90.0, 5.0)])[0]
    assert words.startswith("Hidden beta 2: Known ends with the least error, 90, before ")
    assert said in words
    assert "(their ranges overlap)" in words  # 90 against 100
