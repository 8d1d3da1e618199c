"""Studies as folders: their runs, how they are doing, deletion and return."""

import time

import pytest

from boltzmann.config import RBM_PRESETS, StudyConfig, Variant
from boltzmann.config.studies import READY_MADE, narrowed
from boltzmann.runs.files import StoreError, UnknownIdentifier
from boltzmann.runs.status import SILENCE
from boltzmann.runs.studies import StudyStore

ARMS = (Variant(title="CD-1"), Variant(title="PCD-1", changes={"training.negative_phase": "pcd"}))


@pytest.fixture
def studies(settings):
    return StudyStore.beside(settings.runs)


@pytest.fixture
def study_id(studies):
    return studies.create(StudyConfig(title="Two arms", arms=ARMS, seeds=2))


def write(studies, study_id, *states):
    for member, state in zip(studies.members(study_id), states, strict=False):
        studies.runs.write_status(member.run, state=state, step=50, total_steps=100)


def test_a_study_is_made_with_all_its_runs(studies, study_id):
    assert studies.ids() == [study_id]
    assert studies.config(study_id).title == studies.name(study_id) == "Two arms"
    members = studies.members(study_id)
    assert [(m.panel, m.arm, m.seed) for m in members] == [
        ("All", "CD-1", 0), ("All", "PCD-1", 0), ("All", "CD-1", 1), ("All", "PCD-1", 1)]  # fmt: skip
    assert sorted((m.run for m in members), reverse=True) == studies.runs.ids()
    for member in members:
        config = studies.runs.rbm_config(member.run)
        assert (config.seed, config.training.negative_phase) == (member.seed, member.arm.split("-")[0].lower())
        assert studies.runs.status(member.run).study == study_id
    assert studies.status(study_id).as_dict() | {"seconds": 0.0} == {
        "state": "running", "total": 4, "finished": 0, "failed": 0, "working": 0, "waiting": 4, "progress": 0.0,
        "seconds": 0.0}  # fmt: skip


def test_a_study_is_as_its_runs_are(studies, study_id):
    write(studies, study_id, "finished", "running")
    status = studies.status(study_id)
    assert (status.state, status.finished, status.working, status.waiting) == ("running", 1, 1, 2)
    assert status.progress == pytest.approx(1.5 / 4)
    write(studies, study_id, "finished", "failed", "stopped", "stopped")
    assert studies.status(study_id).state == "stopped"
    first, *others = (member.run for member in studies.members(study_id))
    assert studies.unfinished(study_id) == others
    write(studies, study_id, "finished", "failed", "finished", "finished")
    assert (studies.status(study_id).state, studies.status(study_id).failed) == ("finished", 1)
    studies.runs.write_status(first, state="running", heartbeat=time.time() - SILENCE - 1)
    assert studies.status(study_id).state == "interrupted"  # as after the app was killed


def test_a_study_goes_to_the_trash_and_comes_back_with_its_runs(studies, study_id):
    with pytest.raises(StoreError, match="stop it first"):
        studies.delete(study_id)
    write(studies, study_id, *["stopped"] * 4)
    runs = studies.runs.ids()
    studies.runs.delete(runs[0])  # on its own, before
    studies.delete(study_id)
    assert studies.ids() == studies.runs.ids() == []
    with pytest.raises(UnknownIdentifier, match="no study"):
        studies.config(study_id)
    studies.restore(study_id)
    assert studies.ids() == [study_id]
    assert studies.runs.ids() == runs
    studies.runs.delete(runs[0])
    assert studies.status(study_id).total == 4
    studies.delete(study_id)
    studies.empty_trash()
    assert not list(studies.trash.iterdir())
    for hostile in ("../..", "", None, "x" * 1000):
        assert not studies.exists(hostile)


def test_a_study_is_seen_by_nobody_before_all_its_runs_are_made(studies, monkeypatch):
    seen, create = [], studies.runs.create

    def made(*arguments, **more):
        seen.append(studies.ids())
        if len(seen) == 4:
            raise OSError("the disk is full")
        return create(*arguments, **more)

    monkeypatch.setattr(studies.runs, "create", made)
    with pytest.raises(OSError, match="full"):
        studies.create(StudyConfig(title="Two arms", arms=ARMS, seeds=2))
    assert (seen, studies.ids()) == ([[]] * 4, [])
    assert len(studies.runs.ids()) == 3  # runs like any other, to be seen and deleted


def test_the_ready_made_studies_are_as_the_literature_has_them():
    assert list(READY_MADE) == [
        "mode-assisted", "cd-pcd", "quantum", "hidden-units", "adaptive-beta", "adaptive-beta-long", "fixed-beta",
        "chain-strength"]  # fmt: skip
    study = READY_MADE["mode-assisted"]
    sizes = {(m.config.data.dataset, m.config.data.length, m.config.model.hidden) for m in study.members()}
    assert {("shifting_bars", 14, 10), ("inverted_bars", 9, 9)} < sizes
    for member in study.members():
        training = member.config.training
        assert (training.epochs, training.learning_rate, training.batch_size) == (20_000, 0.2, None)
        assert training.mode_assisted == (member.arm == "Mode-assisted")
        assert training.learning_rate_schedule == ("linear" if "rate to 0" in member.panel else "constant")
    assert RBM_PRESETS["stripes"].asks_sampler
    one = narrowed(study, ["9 + 9"], seeds=2)
    assert [panel.title for panel in one.panels] == ["9 + 9"]
    assert len(list(one.members())) == 4
    with pytest.raises(ValueError, match="no panel '9 x 9'"):
        narrowed(study, ["9 x 9"])
