"""The training and drawing jobs, called directly, on the real trainer."""

import json
import subprocess
import sys
import threading

import pytest
from PIL import Image

from boltzmann.config import validate
from boltzmann.runs import jobs, recorder, training_job
from boltzmann.runs.drawings import DrawingRequest, DrawingStore
from boltzmann.runs.similarity import by_similarity
from boltzmann.training.events import Metrics, Started


@pytest.fixture
def trained(settings, store, small):
    run_id = store.create(small(epochs=2))
    assert jobs.train_run(run_id, settings) == "finished"
    return run_id


def test_a_run_is_trained_to_its_end(store, trained):
    status = store.status(trained)
    assert (status.state, status.step, status.total_steps, status.epoch, status.error) == ("finished", 8, 8, 2.0, None)
    history = store.history(trained)
    assert history["step"] == list(range(1, 9))
    assert {name: history[name][-1] for name in ("mse", "mmd", "kl", "nll", "total")} == status.metrics
    events = store.read_events(trained)[0]
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "started"
    assert kinds[-1] == "finished"
    assert kinds.count("checkpoint") == 2
    assert [path.name for path in store.checkpoints(trained)] == ["step-00000004", "step-00000008"]
    for picture in store.pictures(trained):
        assert (store.folder(trained) / picture["file"]).read_bytes().startswith(b"\x89PNG")
    assert not (store.folder(trained) / "reserve").exists()


def test_a_longer_run_goes_on_where_it_ended(settings, store, trained):
    store.extend(trained, 1)
    assert jobs.train_run(trained, settings) == "finished"
    assert store.history(trained)["step"] == list(range(1, 13))
    assert store.status(trained).total_steps == 12


def test_what_was_lost_by_a_crash_is_trained_again_without_a_gap(settings, store, small):
    run_id = store.create(small(epochs=2))
    jobs.train_run(run_id, settings)
    whole = store.history(run_id)
    # As a process leaves it that is killed at step 8 before its checkpoint was complete.
    (store.latest_checkpoint(run_id) / "training.json").unlink()
    with (store.folder(run_id) / "events.jsonl").open("ab") as file:
        file.write(b'{"kind": "metr')
    assert store.resume_point(run_id).name == "step-00000004"
    jobs.train_run(run_id, settings)
    assert {"kind": "rewound", "step": 4} in store.read_events(run_id)[0]
    again = store.history(run_id)
    assert again["step"] == whole["step"]
    assert again["mse"] == pytest.approx(whole["mse"], rel=0.05)


def test_a_stop_is_obeyed_at_once_and_saves_that_very_step(settings, store, small, wait):
    run_id = store.create(small(epochs=1000, picture_every=1000))
    thread = threading.Thread(target=jobs.train_run, args=(run_id, settings))
    thread.start()
    wait(lambda: store.status(run_id).step > 5)
    store.request_stop(run_id)
    assert wait(lambda: not thread.is_alive()) < 2
    status = store.status(run_id)
    assert status.state == "stopped"
    assert not store.stop_requested(run_id)
    assert store.history(run_id)["step"] == list(range(1, status.step + 1))
    checkpoint = store.resume_point(run_id)
    assert json.loads((checkpoint / "training.json").read_text())["step"] == status.step


@pytest.mark.parametrize("spent", [False, True])
def test_a_run_that_ends_while_it_begins_is_stopped(settings, store, small, monkeypatch, spent):
    """As when it is stopped while a service is asked for its chip's graph."""
    from boltzmann.samplers.cloud.failures import BudgetSpent, Cancelled

    closed = []

    class Asking:
        def subgraph(self, n, seed):
            store.request_stop(run_id)
            raise BudgetSpent("called 3 times") if spent else Cancelled("the call was cancelled")

        def close(self):
            closed.append(True)

    run_id = store.create(small())
    with monkeypatch.context() as patch:
        patch.setattr(training_job, "run_sampler", lambda *_: Asking())
        assert jobs.train_run(run_id, settings) == "stopped"
    status = store.status(run_id)
    assert (status.state, status.step, closed) == ("stopped", 0, [True])
    assert (status.error or {}).get("kind") == ("budget" if spent else None)
    assert not store.stop_requested(run_id)
    assert jobs.train_run(run_id, settings) == "finished"


def test_a_full_disk_reads_well_and_keeps_what_there_is(settings, store, small):
    run_id = store.create(small(epochs=400))
    (store.folder(run_id) / "images").mkdir()
    (store.folder(run_id) / "images" / "generated-00000004.png").symlink_to("/dev/full")
    assert jobs.train_run(run_id, settings) == "failed"
    status = store.status(run_id)
    assert status.error["title"] == "The disk is full"
    assert "No space left" in status.error["cause"]
    assert "Resume" in status.error["mend"]
    assert "Traceback" in (store.folder(run_id) / "error.log").read_text()
    assert store.latest_checkpoint(run_id) is not None
    (store.folder(run_id) / "images" / "generated-00000004.png").unlink()
    store.request_stop(run_id)
    assert jobs.train_run(run_id, settings) == "stopped"
    assert store.status(run_id).error is None


def test_a_damaged_configuration_fails_with_its_reason(settings, store, small):
    run_id = store.create(small())
    (store.folder(run_id) / "config.json").write_text('{"training": {"epochs": 0}}')
    assert jobs.train_run(run_id, settings) == "failed"
    assert "training.epochs is 0" in store.status(run_id).error["cause"]


def test_a_failing_job_shows_no_secret(settings, store, small, monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "latents-9999")
    run_id = store.create(small())
    (store.folder(run_id) / "config.json").write_text('{"model": {"topology": "latents-9999"}}')
    assert jobs.train_run(run_id, settings) == "failed"
    assert "[SOME_TOKEN]" in store.status(run_id).error["cause"]
    for name in ("status.json", "events.jsonl", "error.log"):
        assert "latents-9999" not in (store.folder(run_id) / name).read_text()


def test_events_reach_the_disk_within_a_moment_and_in_batches(store, small, wait):
    run_id = store.create(small())
    with recorder.Recorder(store, run_id) as kept:
        for step in range(1000):
            kept.record({"kind": "metrics", "step": step})
        assert wait(lambda: len(store.read_events(run_id)[0]) == 1000) < 0.5


@pytest.mark.parametrize(("critic_from", "left"), [(None, 30.0), (20, 50.0), (40, 30.0)])
def test_the_time_left_counts_a_step_with_a_critic_twice(store, small, monkeypatch, critic_from, left):
    """A second a step, ten steps done of forty."""
    run_id = store.create(small())
    clock = iter([0.0, 10.0])
    monkeypatch.setattr(recorder.time, "monotonic", lambda: next(clock))
    kept = recorder.Recorder(store, run_id)
    kept.record(Started(0, 40, 4, {}, critic_from))
    kept.record(Metrics(10, 2.5, 10.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1))
    monkeypatch.undo()
    kept.flush()
    kept.set()
    assert store.status(run_id).eta_seconds == left


def test_digits_are_drawn_from_a_run(settings, store, trained):
    drawings = DrawingStore.beside(settings.runs)
    made = []
    for seed in (1, 1, 2):
        request = DrawingRequest(model_key=f"run:{trained}", count=10, seed=seed)
        drawing_id = drawings.create(request)
        assert jobs.draw_digits(drawing_id, settings) == "finished"
        made.append(drawings.arrays(drawing_id))
    assert made[0]["spins"].shape == (10, 16)
    assert made[0]["images"].shape == (10, 28, 28)
    assert made[0]["images"].dtype == "uint8"
    assert made[0]["energies"].shape == (10,)
    assert (made[0]["spins"] == made[1]["spins"]).all()
    assert (made[0]["spins"] != made[2]["spins"]).any()
    facts = drawings.status(drawing_id).facts
    assert facts["sampler"] == "gibbs"
    assert facts["mean_energy"] == pytest.approx(made[2]["energies"].mean())
    assert facts["sampling_seconds"] > 0
    assert (drawings.folder(drawing_id) / "grid.png").read_bytes().startswith(b"\x89PNG")


def test_similar_digits_stand_side_by_side_with_their_spins(settings, trained):
    drawings = DrawingStore.beside(settings.runs)
    found = []
    for similar in (False, True):
        drawing_id = drawings.create(DrawingRequest(model_key=f"run:{trained}", count=40, seed=1, similar=similar))
        assert jobs.draw_digits(drawing_id, settings) == "finished"
        assert drawings.status(drawing_id).facts["similar"] is similar
        found.append(drawings.arrays(drawing_id))
    order = by_similarity(found[0]["images"])
    for name in ("images", "spins", "energies"):
        assert (found[0][name][order] == found[1][name]).all()


def size(path):
    with Image.open(path) as picture:
        return picture.size


def test_a_digit_can_be_asked_of_a_model_with_classes(settings, store, small):
    config = small().model_dump()
    config["model"]["class_conditional"] = True
    run_id = store.create(validate(config))
    assert jobs.train_run(run_id, settings) == "finished"
    # 16 reads: the one whole row of ten is shown.
    assert size(store.folder(run_id) / store.pictures(run_id)[0]["file"]) == (10 * 30 + 2, 30 + 2)
    drawings = DrawingStore.beside(settings.runs)
    for digit, columns, labels in ((None, 10, [*range(10), 0, 1]), (7, 4, [7] * 12)):
        drawing_id = drawings.create(DrawingRequest(model_key=f"run:{run_id}", count=12, digit=digit, similar=True))
        assert jobs.draw_digits(drawing_id, settings) == "finished"
        assert drawings.arrays(drawing_id)["labels"].tolist() == labels
        facts = drawings.status(drawing_id).facts
        assert (facts["digit"], facts["in_turn"], facts["similar"]) == (digit, digit is None, False)
        assert size(drawings.folder(drawing_id) / "grid.png")[0] == columns * 30 + 2


def test_a_digit_asked_of_a_model_without_classes_is_explained(settings, trained):
    drawings = DrawingStore.beside(settings.runs)
    drawing_id = drawings.create(DrawingRequest(model_key=f"run:{trained}", digit=7))
    assert jobs.draw_digits(drawing_id, settings) == "failed"
    assert "no class fields" in drawings.status(drawing_id).error["cause"]


def test_a_drawing_that_fails_says_why(settings):
    drawings = DrawingStore.beside(settings.runs)
    drawing_id = drawings.create(DrawingRequest(model_key="shipped:none"))
    assert jobs.draw_digits(drawing_id, settings) == "failed"
    assert "no model 'shipped:none'" in drawings.status(drawing_id).error["cause"]


COMPILED = """
import sys
from pathlib import Path
from boltzmann.config import validate
from boltzmann.runs import jobs
from boltzmann.runs.store import RunStore
from boltzmann.samplers.engines import kernels
from boltzmann.settings import Settings

def known():
    names = ("sweep", "temper", "energies_of", "gather", "scatter")
    return {name: len(getattr(kernels, name).signatures) for name in names}

settings = Settings(*(Path(sys.argv[1]) / name for name in ("data", "runs", "models")))
jobs.warm_up(settings, "training")
warm, store = known(), RunStore(settings.runs)
assert all(warm.values()), warm
gibbs = {"name": "gibbs", "sweeps": 2, "persistent": True}
for sampler in ({**gibbs, "tempering": "always"}, {**gibbs, "tempering": "never"}, {"name": "simulated_qpu"}):
    training = {"epochs": 1, "batch_size": 64, "num_reads": 16}
    run = store.create(validate({"data": {"dataset": "digits", "train_size": 256}, "sampler": sampler,
                                 "model": {"n_latents": 16, "channels": 8, "hidden": 32}, "training": training}))
    assert jobs.train_run(run, settings) == "finished"
    store.extend(run, 1)
    assert jobs.train_run(run, settings) == "finished"
assert known() == warm, (warm, known())
"""


def test_nothing_that_samples_is_compiled_after_the_warm_up(tmp_path):
    done = subprocess.run([sys.executable, "-c", COMPILED, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
