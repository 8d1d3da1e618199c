"""Training a machine as a job, and the engine's workers of the lab."""

import threading
import time

import numpy as np
import pytest
from PIL import Image

from boltzmann.config import RBMConfig, StudyConfig, Variant, changed
from boltzmann.runs import rbm_jobs
from boltzmann.runs.files import StoreError, UnknownIdentifier
from boltzmann.runs.machines import list_machines, resolve_machine
from boltzmann.runs.models import list_models, resolve
from boltzmann.runs.rbm_jobs import train_rbm
from boltzmann.runs.run_folders import checkpoint_step
from boltzmann.runs.tables import TableStore
from boltzmann.runs.threads import lab_workers

ARMS = (Variant(title="CD-1"), Variant(title="PCD-1", changes={"training.negative_phase": "pcd"}))


def tiny(steps=50, **changes):
    return changed(RBMConfig(), {"training.epochs": steps, "training.measurements": 5, **changes})


def test_a_machine_is_trained_recorded_and_found(store, settings):
    run_id = store.create(tiny(**{"data.dataset": "bars_and_stripes", "data.side": 3}))
    assert train_rbm(run_id, settings) == "finished"
    status, history = store.status(run_id), store.history(run_id)
    assert (status.state, status.step, status.total_steps, status.kind) == ("finished", 50, 50, "rbm")
    assert history["step"][-1] == 50
    assert status.metrics["kl"] == history["kl"][-1] != history["kl"][0]
    assert set(status.metrics) >= {"log_likelihood", "pseudo_likelihood", "reconstruction_error", "free_energy_gap"}
    kinds = {event["kind"] for event in store.read_events(run_id)[0]}
    assert {"started", "metrics", "energies", "picture", "checkpoint", "finished"} <= kinds
    filters = next(picture for picture in store.pictures(run_id) if picture["name"] == "filters")
    with Image.open(store.folder(run_id) / filters["file"]) as image:
        assert image.size == (3 * (39 + 2) + 2, 3 * (39 + 2) + 2)  # nine of 3 x 3 pixels, seen large
    found = resolve_machine(f"run:{run_id}", settings, store)
    assert (found.trained["step"], found.config.model.hidden) == (50, 9)
    assert [entry.key for entry in list_machines(settings, store)] == [f"run:{run_id}"]
    assert list_models(settings, store) == []
    with pytest.raises(UnknownIdentifier, match="QRBM lab"):
        resolve(f"run:{run_id}", settings, store)
    with pytest.raises(UnknownIdentifier, match="no machine"):
        resolve_machine("shipped:../runs", settings, store)


def test_checkpoints_that_follow_at_once_are_left_out_but_never_the_first_and_the_last(store, settings, monkeypatch):
    def saved(apart):
        monkeypatch.setattr(rbm_jobs, "CHECKPOINTS_APART", apart)
        run_id = store.create(tiny(50))
        assert train_rbm(run_id, settings) == "finished"
        steps = [event["step"] for event in store.read_events(run_id)[0] if event["kind"] == "checkpoint"]
        assert steps == [checkpoint_step(folder) for folder in store.checkpoints(run_id)]
        assert store.resume_point(run_id) == store.checkpoints(run_id)[-1]
        return steps

    assert saved(0.0) == [1, *range(5, 51, 5)]
    assert saved(3600.0) == [1, 50]


def test_a_run_that_ends_early_has_no_steps_left(store, settings):
    stopping = {"data.dataset": "digits", "training.learning_rate": 1.0, "training.patience": 1}
    run_id = store.create(tiny(200, **stopping, **{"training.batch_size": 100, "training.measurements": 50}))
    assert train_rbm(run_id, settings) == "finished"
    status = store.status(run_id)
    assert status.step == status.total_steps < 200 * status.steps_per_epoch
    steps = store.history(run_id)["step"]
    assert steps == sorted(set(steps))  # the last one was measured twice


def test_a_stopped_machine_goes_on_as_if_it_had_not_been_stopped(store, settings, wait):
    whole, run_id = store.create(tiny(4000)), store.create(tiny(4000))
    assert train_rbm(whole, settings) == "finished"
    job = threading.Thread(target=train_rbm, args=(run_id, settings))
    job.start()
    wait(lambda: store.status(run_id).state == "running")
    store.request_stop(run_id)
    job.join()
    assert store.status(run_id).state == "stopped"
    assert train_rbm(run_id, settings) == "finished"
    assert store.history(run_id)["kl"] == store.history(whole)["kl"]


def test_a_table_is_learned_and_a_lost_one_is_explained(store, settings):
    tables = TableStore.beside(settings.runs)
    table = tables.create("rows.csv", b"\n".join([b"0,1,1,0", b"1,0,0,1"] * 8))
    config = tiny(**{"data.dataset": "table", "data.table": table, "model.hidden": 3})
    assert train_rbm(store.create(config), settings) == "finished"
    lost = store.create(changed(config, {"data.table": "20260101-000000-abcdef"}))
    assert train_rbm(lost, settings) == "failed"
    assert "Drop its file" in store.status(lost).error["cause"]


def test_a_machine_that_diverges_fails_and_says_so(store, settings):
    run_id = store.create(tiny(1000, **{"training.learning_rate": 10.0, "training.weight_decay": 1.0}))
    assert train_rbm(run_id, settings) == "failed"
    assert "smaller learning rate" in store.status(run_id).error["cause"]


def double(values):
    return 2 * np.asarray(values)


def test_a_study_is_trained_side_by_side_stopped_and_resumed(engine, wait):
    base = tiny(1_000_000, **{"training.measurements": 1000})
    study_id = engine.start_study(StudyConfig(title="Two arms", base=base, arms=ARMS, seeds=2))
    single, (first, second, *_) = engine.store.create(tiny()), engine.studies.members(study_id)
    wait(lambda: engine.studies.status(study_id).working == lab_workers())
    engine.train(single)
    with pytest.raises(StoreError, match="already queued or training"):
        engine.train(first.run)
    # A killed worker takes its own run only, and who waits for one run does not wait for the study.
    wait(lambda: engine.store.status(first.run).state == "running")
    engine.stop(first.run, force=True)
    wait(lambda: engine.store.status(first.run).state == "interrupted")
    wait(lambda: engine.store.status(single).state == "finished")
    if lab_workers() > 1:
        assert engine.store.status(second.run).active
    engine.stop_study(study_id)
    wait(lambda: not engine.studies.status(study_id).active)
    assert engine.studies.status(study_id).state == "interrupted"
    engine.resume_study(study_id)
    assert engine.studies.status(study_id).active
    engine.stop_study(study_id)
    wait(lambda: not engine.studies.status(study_id).active)
    engine.studies.delete(study_id)
    assert not engine.store.exists(first.run)


def test_questions_are_answered_at_once_or_refused(engine, wait, soon):
    np.testing.assert_array_equal(engine.ask(double, [1, 2]), [2, 4])
    with pytest.raises(StoreError, match="invalid literal"):
        engine.ask(int, "x")
    with soon(), pytest.raises(StoreError, match=r"no answer within 0\.3 s"):
        engine.ask(time.sleep, 60, timeout=0.3)
    # Its worker is restarted, so that the next question does not wait for a minute.
    wait(lambda: engine.ready and _answers(engine))


def _answers(engine):
    try:
        return engine.ask(int, "1") == 1
    except StoreError:
        return False
