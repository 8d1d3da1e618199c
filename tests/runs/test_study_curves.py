"""A study's curves as arrays: logs are read once, ended runs are kept in a file, shipped studies have nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from boltzmann.config import StudyConfig, Variant
from boltzmann.runs.engine import Engine
from boltzmann.runs.files import StoreError
from boltzmann.runs.store import RunStore
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_curves import FILE, RunCurves, read_curves, thinned, write_curves
from boltzmann.runs.study_export import POINTS, export_study
from boltzmann.runs.study_results import bands, table

ARMS = (Variant(title="CD-1"), Variant(title="PCD-1", changes={"training.negative_phase": "pcd"}))
MEASURED = 400


def log(seed, points=MEASURED):
    """A log whose figures tell the run and the step; an exact figure at every hundredth step only."""
    return [
        {
            "kind": "metrics", "step": step, "epoch": float(step), "seconds": step / 10, "updates": 10_000_000_000 + step,
            "samples": step, "calls": 0, "sum_squares": 100.0 * seed + step, "beta": 1.0 + step / 1000,
            "test_log_likelihood": -float(step) if step % 100 == 0 else None, "reconstruction_error": 0.5,
        }
        for step in range(1, points + 1)
    ]  # fmt: skip


@pytest.fixture
def studies(settings):
    return StudyStore.beside(settings.runs)


@pytest.fixture
def finished(studies):
    study = StudyConfig(title="Two arms", arms=ARMS, seeds=2, figure="sum_squares")
    study_id = studies.create(study)
    for member in studies.members(study_id):
        studies.runs.append(member.run, log(member.seed))
        studies.runs.write_status(member.run, state="finished", step=MEASURED, total_steps=MEASURED, seconds=40.0)
    return study_id


def test_a_log_is_parsed_once_and_the_file_serves_another_process(studies, finished, monkeypatch):
    before = bands(studies, finished), table(studies, finished)
    kept, _ = read_curves(studies.folder(finished) / FILE)
    assert sorted(kept) == sorted(member.run for member in studies.members(finished))
    monkeypatch.setattr("boltzmann.runs.study_curves._kept", type(kept)())  # as in a process that begins
    monkeypatch.setattr(RunStore, "history", lambda *_: pytest.fail("a log was parsed again"))
    assert (bands(studies, finished), table(studies, finished)) == before
    assert before[1]["All"][0]["updates"] == 10_000_000_400  # more digits than 32 bits of a float have


def test_a_run_that_goes_on_is_read_anew_and_one_that_is_deleted_is_gone(studies, finished):
    assert table(studies, finished)["All"][0]["high"] == 500.0
    first, *_ = (member.run for member in studies.members(finished))
    studies.runs.append(first, [{**log(0)[-1], "step": 401, "epoch": 401.0, "sum_squares": 7.0}])
    assert table(studies, finished)["All"][0]["low"] == 7.0
    assert read_curves(studies.folder(finished) / FILE)[0][first].last["sum_squares"] == 7.0
    studies.runs.delete(first)
    assert bands(studies, finished)["All"]["CD-1"]["count"] == [1] * MEASURED


def test_a_file_that_has_not_all_columns_of_today_is_not_trusted(studies, finished, monkeypatch):
    """Sizes of logs fit, but a release that measured less wrote it."""
    table(studies, finished)
    path = studies.folder(finished) / FILE
    kept, facts = read_curves(path)
    without = {
        run: RunCurves.of({name: values for name, values in one.columns.items() if name != "beta"}, one.size)
        for run, one in kept.items()
    }
    write_curves(path, without, {"columns": facts["columns"].replace(" beta ", " ")})
    monkeypatch.setattr("boltzmann.runs.study_curves._kept", type(kept)())  # as in a process that begins
    assert bands(studies, finished, "beta")["All"]["CD-1"]["median"][-1] == pytest.approx(1.4)
    kept, again = read_curves(path)
    assert again == facts
    assert all("beta" in one.columns for one in kept.values())


def test_curves_come_back_from_their_file(tmp_path):
    strided = np.arange(20.0)[::-2]
    runs = {
        "a": RunCurves.of({"step": np.arange(10.0), "beta": strided, "kl": np.full(10, np.nan)}, 5),
        "b": RunCurves.of({"step": np.arange(10.0), "beta": strided + 1}, 6),
    }
    write_curves(tmp_path / FILE, runs, {"made": "2026-01-01"}, coarse=["beta"])
    found, facts = read_curves(tmp_path / FILE)
    assert facts == {"made": "2026-01-01"}
    assert [(run, curves.size, list(curves.columns)) for run, curves in found.items()] == [
        ("a", 5, ["beta", "step"]), ("b", 6, ["beta", "step"])]  # fmt: skip
    for run, curves in found.items():
        np.testing.assert_array_equal(curves.columns["step"], np.arange(10.0))
        np.testing.assert_allclose(curves.columns["beta"], runs[run].columns["beta"], rtol=1 / 2048)
    (tmp_path / FILE).write_bytes(b"torn")
    assert read_curves(tmp_path / FILE) == ({}, {})


def test_thinning_keeps_the_last_measurement_and_all_rare_ones():
    rare = np.where(np.isin(np.arange(300), (0, 34, 299)), 1.0, np.nan)
    shown = thinned([np.arange(300.0), rare], 150)
    assert len(shown) == 152
    assert {0, 34, 299} <= set(shown)
    assert thinned([np.arange(7.0)], 150).tolist() == list(range(7))


def test_a_shipped_study_is_read_without_a_run_and_cannot_be_changed(studies, finished, settings, tmp_path):
    folder = tmp_path / "studies" / "two-arms"
    size = export_study(studies, finished, folder, "boltzmann lab compare two-arms")
    assert size < 100_000
    card = (folder / "README.md").read_text()
    assert card.startswith("# Two arms")
    assert "Made on 20" in card
    assert "by `boltzmann lab compare two-arms`, with boltzmann-studio" in card

    empty = dataclasses.replace(settings, runs=tmp_path / "others", studies=folder.parent)
    shipped = StudyStore.of(empty)
    key = "shipped:two-arms"
    assert (shipped.ids(), shipped.shipped_ids()) == ([], [key])
    assert (shipped.name(key), shipped.config(key)) == ("Two arms", studies.config(finished))
    status = shipped.status(key)
    assert (status.state, status.finished, status.total, status.seconds) == ("finished", 4, 4, pytest.approx(160, 0.01))
    ours, theirs = (table(*where)["All"] for where in ((studies, finished), (shipped, key)))
    for own, other in zip(ours, theirs, strict=True):
        for name in ("median", "low", "high", "updates", "samples", "finished", "failed"):
            assert own[name] == other[name]
        assert other["figures"]["test_log_likelihood"] == own["figures"]["test_log_likelihood"]
    curve, whole = (bands(*where)["All"]["CD-1"] for where in ((shipped, key), (studies, finished)))
    assert len(curve["step"]) <= POINTS
    places = [whole["step"].index(step) for step in curve["step"]]
    assert curve["median"] == [whole["median"][place] for place in places]
    assert bands(shipped, key, "test_log_likelihood")["All"]["CD-1"]["step"] == [100, 200, 300, 400]

    # Another export takes the place of the first, while this process has it in memory.
    other = studies.create(studies.config(finished).model_copy(update={"seeds": 1}))
    for member in studies.members(other):
        studies.runs.append(member.run, log(7))
        studies.runs.write_status(member.run, state="finished", step=MEASURED, total_steps=MEASURED)
    export_study(studies, other, folder, "boltzmann lab compare two-arms")
    assert [row["median"] for row in table(shipped, key)["All"]] == [1100.0, 1100.0]
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[:1000])
    with pytest.raises(StoreError, match=r"curves of shipped:two-arms cannot be read: install the app again"):
        table(shipped, key)
    assert (shipped.made(key), shipped.shipped_ids(), len(shipped.members(key))) == ("", [key], 2)
    (folder / FILE).write_bytes(whole)

    engine = Engine(empty)
    for deed in (
        lambda: shipped.delete(key), lambda: shipped.rename(key, "Mine"), lambda: engine.stop_study(key),
        lambda: engine.resume_study(key), lambda: engine.analyse(key),
    ):  # fmt: skip
        with pytest.raises(StoreError, match=r"shipped with the app: .*run it again"):
            deed()
    again = engine.start_study(shipped.config(key))
    assert engine.studies.status(again).waiting == 2
    for hostile in ("shipped:", "shipped:..", "shipped:../../others", "shipped:two-arms/..", "shipped:nothing"):
        assert not shipped.exists(hostile)


def test_an_unfinished_study_is_not_exported(studies, finished, tmp_path):
    studies.runs.write_status(studies.members(finished)[0].run, state="stopped")
    with pytest.raises(StoreError, match="is stopped: resume it"):
        export_study(studies, finished, tmp_path / "out", "x")
