"""The decays of a study: fitted from its runs' curves, by the engine's worker, kept beside it, and said in words."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from boltzmann.config import RBMConfig, StudyConfig, Variant, changed
from boltzmann.config.studies import READY_MADE
from boltzmann.runs.analyses import AnalysisRequest, AnalysisStore, analyse_study
from boltzmann.runs.decay_groups import UNQUOTED, places
from boltzmann.runs.decay_ratios import compared, final_ratios, ratios
from boltzmann.runs.decay_words import decay_words
from boltzmann.runs.files import StoreError
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_decay import FILE, Cancelled, analyse, decay_of, is_current, wants_decay, without_curves
from boltzmann.runs.study_export import export_study
from boltzmann.runs.study_results import table

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
    assert {group["place"] for group in found["groups"]} == {"Pause 0.2"}
    assert [(ratio["panel"], ratio["panels"], ratio["of"], ratio["arm"]) for ratio in ratios] == [
        ("Pause 0.2", ["Pause 0.2"], "Linear", "MinSE"), ("Pause 0.5", ["Pause 0.5"], "Linear", "MinSE"),
        (None, ["Pause 0.2", "Pause 0.5"], "Linear", "MinSE")]  # fmt: skip
    for ratio in ratios:
        for interval in (ratio["interval"], ratio["over_runs"]):
            assert 1.8 < interval[0] < ratio["median"] < interval[1] < 2.2
    narrow, single = (item["interval"][1] - item["interval"][0] for item in (ratios[2], ratios[0]))
    assert narrow < single  # two panels know more than one
    finals = found["final_ratios"]
    both = (("Linear", "MinSE"), ("MinSE", "Linear"))
    assert [(item["panel"], item["arm"], item["over"]) for item in finals] == [
        (panel, *pair) for panel in ("Pause 0.2", "Pause 0.5", None) for pair in both
    ]
    for item in finals:
        assert item["seeds"] == 4
        low, high = item["interval"] if item["arm"] == "Linear" else (1 / end for end in reversed(item["interval"]))
        assert 1.2 < low < 40.7 / 20.7 < high < 3  # noise of 2, of 4 runs
    assert "below it, [" in found["words"][0]
    assert "paired by 4 seeds" in found["words"][0]
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
    assert "1 run without" in group["reasons"][0]
    assert any("only one finished run" in words for words in decay_of(studies, study_id)["words"])


def test_an_analysis_ends_in_its_status_and_can_be_cancelled_before(studies, settings, make):
    study_id, store = make(studies, seeds=2), AnalysisStore.beside(settings.runs)
    first = store.create(AnalysisRequest(study_id=study_id))
    assert store.under_way(study_id) == store.last(study_id) == first
    assert analyse_study(first, settings) == store.status(first).state == "finished"
    assert store.progress(first) == {"words": "2 of 2 fits", "done": 2, "total": 2}
    assert store.under_way(study_id) is None
    for member in studies.members(study_id):
        (studies.runs.folder(member.run) / "events.jsonl").unlink()
    lost = store.create(AnalysisRequest(study_id=study_id))
    assert analyse_study(lost, settings) == "failed"
    error = store.status(lost).error
    assert error["title"] == "The decays cannot be fitted"
    assert "nothing that was measured in a finished run" in error["cause"]
    store.forget(study_id)
    assert store.last(study_id) is None


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


def group(arm, scheme, error, c=None, direction=None, panel="P", hidden=2.0, place=None, **more):
    fit = {"verdict": "refused"} if c is None else {
        "verdict": "quoted", "mode": {"c": c}, "interval": {"c": [0.9 * c, 1.1 * c]}, "over_runs": {"c": None},
        "quoted": {"c": [0.9 * c, 1.1 * c], "value": c, "by": "posterior"}}  # fmt: skip
    ends = {"median": error, "low": 0.9 * error, "high": 1.1 * error}
    return {
        "panel": panel, "place": place or panel, "arm": arm, "scheme": scheme, "direction": direction, "hidden_beta": hidden,
        "pause": 0.5, "runs": 4, "diverged": 0, "reasons": [], "notes": [], "final": {"sum_squares": ends}, **fit,
        "planned": 4, "led": {"start": 1.5, "end": 3.0, "rate": None}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("errors", "asymptotes", "said"),
    [
        ((100, 200, 400), (10, 20, 40), "came out in the final errors: MaxLL 100, MinSE 200, Linear 400. In c it came out:"),
        ((100, 200, 400), (10, 40, 20), "In c it did not come out: MaxLL 10, Linear 20, MinSE 40."),
        ((100, 200, 400), (10, 11, 40), "In c it came out: MaxLL 10, MinSE 11, Linear 40; it may be chance."),
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
    groups.append(group("Known", "known", 90.0, 5.0))
    words = decay_words(groups, paired(groups))[0]
    assert words.startswith("Hidden beta 2: Known ends with the least error, 90, before ")
    assert said in words
    assert ", 100: 10% below it, [8.3%, 12%], paired by 4 seeds." in words


def paired(groups, spread=0.01):
    """Of 4 seeds whose ratios are those of the medians, each to about ``spread``."""
    arms = list(dict.fromkeys(one["arm"] for one in groups))
    signs = ((1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1), (0, 0, 0, 0))
    finals = {
        (one["panel"], one["arm"]): {
            seed: one["final"]["sum_squares"]["median"] * math.exp(0.1 * seed + spread * sign)
            for seed, sign in enumerate(signs[arms.index(one["arm"])])
        }
        for one in groups
    }
    return final_ratios(groups, finals, arms)


ORDER = (("MaxLL", "max_likelihood", "printed"), ("MinSE", "min_entropy", None), ("Linear", "linear", None))


@pytest.mark.parametrize(("errors", "came"), [((199, 200, 202), "came out"), ((201, 200, 202), "did not come out")])
def test_an_order_by_chance_is_called_so_whether_it_came_out_or_not(errors, came):
    groups = [
        group(arm, scheme, error, c, direction)
        for (arm, scheme, direction), error, c in zip(ORDER, errors, (10, 20, 40), strict=True)
    ]
    (words,) = decay_words(groups, paired(groups, 0.05))
    assert f"{came} in the final errors: " in words
    assert "; it may be chance. In c it came out: MaxLL 10, MinSE 20, Linear 40." in words
    assert " (paired by 4 seeds, −" in words
    (sure,) = decay_words(groups, paired(groups, 1e-5))
    assert "chance" not in sure
    alone = [{**item, "interval": None, "seeds": 1} for item in paired(groups)]
    assert "(without two common seeds: it may be chance)." in decay_words(groups, alone)[0]


def test_a_group_without_a_fit_beside_the_published_arms_stops_nothing(studies, make):
    """Of an arm with a single finished run."""
    groups = [group(arm, scheme, 100.0, 10.0, direction) for arm, scheme, direction in ORDER]
    (words, refused) = decay_words([*groups, group("Fixed", "fixed", 300.0)], [])
    assert "In c it did not come out" in words
    assert refused == "The asymptotic error c is refused in 1 of 4 fits; each says why."
    assert decay_words([group("Fixed", "fixed", 300.0)], []) == [
        "The asymptotic error c is refused in the only fit; each says why."
    ]
    study_id = make(studies, seeds=2)
    last = studies.members(study_id)[-1]
    studies.runs.write_status(last.run, state="failed")
    found = analyse(studies, study_id)
    assert [(one["runs"], one["planned"], one["verdict"]) for one in found["groups"]] == [
        (2, 2, "quoted"), (1, 2, "refused")]  # fmt: skip
    assert "Not all runs ended with a final error: MinSE 1 of 2." in found["words"][0]


def test_arms_are_compared_over_the_panels_that_all_of_them_have():
    groups = [
        group("A", "fixed", 100.0, panel="easy", place="easy"),
        group("B", "fixed", 90.0, panel="easy", place="easy"),
        group("B", "fixed", 9000.0, panel="hard", place="easy"),
        group("C", "fixed", 95.0, panel="easy", place="easy"),
        group("C", "fixed", 9900.0, panel="hard", place="easy"),
    ]
    words = decay_words(groups, paired(groups))[0]
    assert words.startswith(
        "Hidden beta 2 (over 2 pauses): B ends with the least error, 900, before C, 970: 7.2% below it"
    )
    assert "Without a final error in each pause, and not compared: A." in words


def test_no_error_at_all_is_the_least():
    groups = [group("A", "fixed", 0.0), group("B", "fixed", 50.0), group("C", "fixed", 60.0)]
    assert "A ends with the least error, 0, before B, 50" in decay_words(groups, paired(groups))[0]


@pytest.mark.parametrize("led", [{"rate": 0.001}, {"start": 2.0}])
def test_the_published_order_is_that_of_the_published_settings(led):
    ours = group(
        "MaxLL, slow", "max_likelihood", 5.0, 1.0, "printed", led={"start": 1.5, "end": 3.0, "rate": None} | led
    )
    errors = zip(ORDER, (5000.0, 200.0, 400.0), strict=True)
    groups = [group(arm, scheme, error, error, direction) for (arm, scheme, direction), error in errors]
    words = decay_words([ours, *groups], paired([ours, *groups]))[0]
    assert "did not come out in the final errors: MinSE 200, Linear 400, MaxLL 5,000." in words
    assert "published order" not in decay_words([ours, *groups[1:]], [])[0]


def test_final_errors_are_paired_by_seed_over_the_pauses():
    """Of seeds that finished in both panels, the geometric mean over them."""
    groups = [group(arm, "fixed", 1.0, panel=panel, place="P1") for panel in ("P1", "P2") for arm in "AB"]
    finals = {("P1", "A"): {1: 2.0, 2: 20.0, 3: 7.0}, ("P2", "A"): {1: 8.0, 2: 5.0},
              ("P1", "B"): {1: 4.0, 2: 40.0, 3: 7.0}, ("P2", "B"): {1: 16.0, 2: 10.0, 3: 1.0}}  # fmt: skip
    found = {(item["panel"], item["arm"]): item for item in final_ratios(groups, finals, "AB")}
    over = found[None, "A"]
    assert (over["panels"], over["seeds"]) == (["P1", "P2"], 2)
    assert over["ratio"] == pytest.approx(0.5)
    assert over["interval"] == pytest.approx((0.5, 0.5))
    assert found["P1", "A"]["seeds"] == 3


def test_only_panels_that_differ_in_the_pause_alone_are_told_as_one():
    """The chip's graphs are not pauses; nor is a pause beside another length of it, or beside none."""
    strength = READY_MADE["chain-strength"]
    assert places(strength) == {title: title for title in ("Chimera", "Pegasus", "Zephyr")}
    joined = places(READY_MADE["adaptive-beta"])
    assert {place: list(joined.values()).count(place) for place in joined.values()} == {
        f"Hidden beta {beta}, pause at 0.2": 3 for beta in (1, 2, 4)}  # fmt: skip
    study = StudyConfig(title="x", base=LED, arms=ARMS, panels=PANELS)
    assert places(study) == {"Pause 0.2": "Pause 0.2", "Pause 0.5": "Pause 0.2"}
    for name, value in (("pause_time", 3.0), ("pause_time", 0.0), ("pause_at", 0.2)):
        other = Variant(title="Pause 0.5", changes={**PANELS[1].changes, f"sampler.{name}": value})
        study = study.model_copy(update={"panels": (PANELS[0], other)})
        assert places(study) == {"Pause 0.2": "Pause 0.2", "Pause 0.5": "Pause 0.5"}

    arms = [arm.title for arm in strength.arms]
    groups = [
        group(arm, "fixed", error, panel=panel.title, hidden=6.0)
        for panel in strength.panels
        for arm, error in zip(arms, (40.0, 30.0, 20.0, 10.0), strict=True)
    ]
    words = decay_words(groups, paired(groups))
    assert [sentence.split(":")[0] for sentence in words[:3]] == ["Chimera", "Pegasus", "Zephyr"]
    assert "pauses" not in " ".join(words)
    found = ratios(groups, {}, arms)
    assert len(found) == 3 * 6  # each pair of four arms once, none over the panels
    assert {item["panel"] for item in found} == {"Chimera", "Pegasus", "Zephyr"}
    assert found[0]["reason"] == "Strength 0.25 has no fit."


def test_any_two_arms_can_be_compared():
    item = {"of": "A", "arm": "B", "panel": "P", "panels": ["P"], "hidden_beta": 2.0, "median": 4.0, "interval": [2.0, 5.0],
            "over_runs": None, "quoted": [2.0, 5.0], "by": "posterior", "reason": ""}  # fmt: skip
    none = {**item, "of": "B", "arm": "C", "median": None, "interval": None, "reason": "C has no fit."}
    assert compared([item, none], "A") == [item]
    turned, same = compared([item, none], "B")
    assert (turned["of"], turned["arm"], turned["median"], turned["interval"]) == ("B", "A", 0.25, [0.2, 0.5])
    assert turned["quoted"] == [0.2, 0.5]
    assert same == none
    (other,) = compared([item, none], "C")
    assert (other["of"], other["arm"], other["median"], other["reason"]) == ("C", "B", None, "C has no fit.")


def test_a_run_that_went_on_makes_the_fits_old(studies, make, tmp_path):
    """Though as many runs have finished as before."""
    study_id = make(studies, seeds=2)
    found, run = analyse(studies, study_id), studies.members(study_id)[0].run
    assert is_current(found, studies.statuses(study_id))
    studies.runs.extend(run, 1)
    studies.runs.write_status(run, state="running")
    assert not wants_decay(studies, study_id)
    last = {**decaying(40.0, 0)[-1], "step": 121, "epoch": 121.0}
    studies.runs.append(run, [last])
    studies.runs.write_status(run, state="finished", step=121)
    assert studies.status(study_id).finished == found["ended"]
    assert wants_decay(studies, study_id)
    with pytest.raises(StoreError, match="not of its runs as they are"):
        export_study(studies, study_id, tmp_path / "out", "x")
    assert is_current(analyse(studies, study_id), studies.statuses(study_id))


def test_a_run_that_diverged_is_in_no_final_error_and_is_said(studies, make):
    study_id = make(studies, seeds=3)
    run = studies.members(study_id)[1].run
    assert studies.members(study_id)[1].arm == "MinSE"
    studies.runs.append(run, [{**decaying(900.0, 1)[-1], "sum_squares": value} for value in (5000.0, None)])
    found = analyse(studies, study_id)
    linear, min_entropy = found["groups"]
    assert [(group["diverged"], group["runs"], group["verdict"]) for group in (linear, min_entropy)] == [
        (0, 3, "quoted"), (1, 2, "quoted")]  # fmt: skip
    assert min_entropy["notes"][0] == "1 run diverged and is left out."
    row = table(studies, study_id)["Pause 0.2"][1]
    assert min_entropy["final"]["sum_squares"] == {name: row[name] for name in ("median", "low", "high")}
    assert max(min_entropy["sum_squares"]["high"][-20:]) < 100
    assert "1 finished run diverged: it is in no fit and in no final error." in found["words"]
    for member in studies.members(study_id):
        studies.runs.append(member.run, [{**decaying(1.0, 1)[-1], "sum_squares": None}])
    lost = analyse(studies, study_id)["groups"][0]
    assert (lost["verdict"], lost["runs"], lost["diverged"], lost["at"]) == ("refused", 0, 3, [])
    assert lost["final"]["sum_squares"]["median"] is None


def test_of_a_refused_fit_no_parameter_is_kept(studies, make):
    study_id = make(studies, seeds=2)
    for member in studies.members(study_id):
        if member.arm == "Linear":
            slow = [{**event, "sum_squares": 1000 * math.exp(-event["epoch"] / 400)} for event in decaying(0.0, 0)]
            (studies.runs.folder(member.run) / "events.jsonl").unlink()
            studies.runs.append(member.run, slow)
    found = analyse(studies, study_id)
    refused, fitted = decay_of(studies, study_id)["groups"]
    assert (refused["verdict"], fitted["verdict"]) == ("refused", "quoted"), found["groups"][0]["reasons"]
    assert not set(UNQUOTED) & set(refused)
    assert {*UNQUOTED, "curve"} < set(fitted)
    assert len(refused["curve"]) > 50  # which shows why
    assert "its fit is refused" in found["ratios"][0]["reason"]


@pytest.mark.parametrize("damage", [
    lambda found: {"version": found["version"]},
    lambda found: {**found, "groups": []},
    lambda found: {**found, "groups": [{**found["groups"][0], "place": 1, "interval": None}, {"arm": "Linear"}]},
    lambda found: {**found, "ratios": [{"of": "Linear"}]},
    lambda found: {**found, "version": 1},
    lambda found: "torn",
], ids=["bare", "empty", "group", "ratio", "version", "torn"])  # fmt: skip
def test_fits_that_are_damaged_or_of_another_form_are_made_anew(studies, make, whole, damage):
    study_id = make(studies, seeds=2)
    path = studies.folder(study_id) / FILE
    path.write_text(json.dumps({**whole, "seen": "of others"}))
    assert decay_of(studies, study_id) is not None
    path.write_text(json.dumps(damage(whole)))
    assert decay_of(studies, study_id) is None
    assert wants_decay(studies, study_id)


@pytest.fixture(scope="module")
def whole():
    quoted = {name: {} for name in UNQUOTED}
    return {
        "version": 3, "study": "x", "made": "2026-01-01T00:00:00Z", "first_epoch": 20, "runs": 4, "ended": 4, "seen": "",
        "words": [], "ratios": [], "final_ratios": [],
        "groups": [{**group("Linear", "linear", 1.0), **quoted, "verdict": "quoted", "at": []}],
    }  # fmt: skip


def test_an_analysis_whose_study_is_deleted_is_forgotten_and_begun_anew_when_it_comes_back(studies, settings, make):
    study_id, store = make(studies, seeds=2), AnalysisStore.beside(settings.runs)
    with pytest.raises(Cancelled):
        analyse(studies, study_id, notify=lambda done, _total: studies.delete(study_id) if done == 0 else None)
    queued = store.create(AnalysisRequest(study_id=study_id))
    assert analyse_study(queued, settings) == "cancelled"
    assert not store.exists(queued)
    studies.restore(study_id)
    assert store.last(study_id) is None
    assert wants_decay(studies, study_id)
