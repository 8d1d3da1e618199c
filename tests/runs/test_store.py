import threading
import time
from itertools import pairwise

import pytest

from boltzmann.runs.checkpoint_folder import save_checkpoint, thin_out
from boltzmann.runs.files import IDENTIFIER, StoreError, UnknownIdentifier
from boltzmann.runs.status import SILENCE
from boltzmann.runs.store import CURVES, checkpoint_step

ABSENT = "20260101-000000-abcdef"
HOSTILE = ["../../x", "..", ".", "", "/etc", ".trash", ABSENT + "\n", ABSENT, "x" * 10_000, 7, None]


def test_a_new_run_is_queued_and_complete(store, small):
    run_id = store.create(small(), "First")
    assert IDENTIFIER.fullmatch(run_id)
    assert store.ids() == [run_id]
    config = store.config(run_id)
    assert config.model_copy(update={"versions": {}}) == small()
    assert config.versions["torch"].startswith("2.13")
    assert store.name(run_id) == "First"
    status = store.status(run_id)
    assert (status.state, status.epochs, status.sampler, status.active) == ("queued", 1, "gibbs", True)
    assert "Gibbs sampling" in store.name(store.create(small()))


def test_runs_are_listed_newest_first(store, small):
    made = [store.create(small()) for _ in range(20)]
    assert store.ids() == made[::-1]


@pytest.mark.parametrize("run_id", HOSTILE)
def test_an_identifier_that_is_not_ours_is_refused(store, small, run_id):
    store.create(small())
    assert not store.exists(run_id)
    for deed in (store.status, store.delete, store.restore, store.request_stop, store.read_events):
        with pytest.raises(UnknownIdentifier, match="there is no"):
            deed(run_id)


def test_a_link_out_of_the_store_is_refused(store, small, tmp_path):
    store.create(small())
    outside = tmp_path / "outside"
    outside.mkdir()
    (store.root / ABSENT).symlink_to(outside)
    with pytest.raises(UnknownIdentifier):
        store.append(ABSENT, [{}])


def test_names_are_text_only(store, small):
    run_id = store.create(small())
    for name, kept in {
        "../../x": "../../x",
        "<img onerror=alert(1)>": "<img onerror=alert(1)>",
        " a\x00b\n\tc\u202e ": "ab c",
        "é☃" * 40: "é☃" * 40,
    }.items():
        assert store.rename(run_id, name) == kept == store.name(run_id)
    for name in ("", " \n", "\x00\x1b"):
        with pytest.raises(StoreError, match="name is empty"):
            store.rename(run_id, name)
    with pytest.raises(StoreError, match="10,000 characters: give 1 to 80"):
        store.rename(run_id, "x" * 10_000)
    assert store.name(run_id) == "é☃" * 40
    assert [path.name for path in store.root.iterdir()] == [run_id]


def test_a_silent_run_is_interrupted(store, small):
    run_id = store.create(small())
    for state in ("queued", "starting", "running", "stopping"):
        store.write_status(run_id, state=state, heartbeat=time.time() - SILENCE - 1)
        status = store.status(run_id)
        assert status.state == "interrupted"
        assert "Resume" in status.error["mend"]
    store.write_status(run_id, state="finished", heartbeat=0.0)
    assert store.status(run_id).state == "finished"


def test_a_queued_run_is_kept_alive_by_whoever_keeps_the_queue(store, small):
    run_id = store.create(small())
    store.write_status(run_id, heartbeat=0.0)
    store.beat(run_id)
    assert store.status(run_id).state == "queued"
    store.write_status(run_id, state="running", heartbeat=0.0)
    assert store.status(run_id).state == "interrupted"


def test_readers_never_see_half_a_status(store, small):
    run_id = store.create(small())
    done = threading.Event()

    def write():
        for step in range(100):
            store.write_status(run_id, state="running", step=step, message="x" * (step * 50))
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    last = 0
    while not done.is_set():
        status = store.status(run_id)
        assert len(status.message) == status.step * 50
        assert status.step >= last
        last = status.step
    thread.join()


def test_a_requested_stop_shows_at_once(store, small):
    run_id = store.create(small())
    store.write_status(run_id, state="running")
    store.request_stop(run_id)
    assert store.stop_requested(run_id)
    assert store.status(run_id).state == "stopping"
    store.clear_stop(run_id)
    store.clear_stop(run_id)
    assert store.status(run_id).state == "running"


def test_history_has_each_step_once(store, small):
    run_id = store.create(small())
    store.append(run_id, [{"kind": "started", "step": 0}])
    store.append(run_id, [{"kind": "metrics", "step": step, "mse": 1.0} for step in (1, 2, 3)])
    store.append(run_id, [{"kind": "rewound", "step": 2}, {"kind": "metrics", "step": 3, "mse": 2.0}], durable=True)
    history = store.history(run_id)
    assert set(history) == set(CURVES)
    assert history["step"] == [1, 2, 3]
    assert history["mse"] == [1.0, 1.0, 2.0]


def test_only_an_idle_run_can_be_extended_or_deleted(store, small):
    run_id = store.create(small(epochs=3))
    for deed in (lambda: store.extend(run_id, 2), lambda: store.delete(run_id)):
        with pytest.raises(StoreError, match="stop it first"):
            deed()
    store.write_status(run_id, state="finished", steps_per_epoch=4)
    assert store.extend(run_id, 2).training.epochs == 5
    assert store.config(run_id).training.epochs == 5
    assert (store.status(run_id).epochs, store.status(run_id).total_steps) == (5, 20)
    for wrong in (0, -1, 1.5, True, "2", 10**6):
        with pytest.raises(StoreError, match="epochs"):
            store.extend(run_id, wrong)


def test_a_deleted_run_comes_back_until_the_trash_is_emptied(store, small):
    run_id = store.create(small())
    store.write_status(run_id, state="finished")
    store.delete(run_id)
    assert store.ids() == []
    assert not store.exists(run_id)
    store.empty_trash(older_than=60)
    store.restore(run_id)
    assert store.ids() == [run_id]
    store.delete(run_id)
    store.empty_trash()
    with pytest.raises(UnknownIdentifier):
        store.restore(run_id)


def test_a_damaged_configuration_is_named(store, small):
    run_id = store.create(small())
    (store.folder(run_id) / "config.json").write_text('{"seed": -1}')
    with pytest.raises(StoreError, match=r"seed is -1.*0 to"):
        store.config(run_id)


def _fill(folder):
    for name in ("config.json", "graph.safetensors", "weights.safetensors", "training.safetensors", "training.json"):
        (folder / name).write_bytes(b"{}")


def test_checkpoints_are_complete_or_absent_and_thinned_out(store, small):
    run_id = store.create(small())
    assert store.latest_checkpoint(run_id) is None

    def fail(folder):
        _fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="space"):
        save_checkpoint(store, run_id, 1, fail)
    assert store.checkpoints(run_id) == []
    assert list((store.folder(run_id) / "checkpoints").iterdir()) == []
    for step in range(1, 61):
        save_checkpoint(store, run_id, step, _fill)
    kept = store.checkpoints(run_id)
    assert len(kept) == 50
    assert [folder.name for folder in (kept[0], kept[-1])] == ["step-00000001", "step-00000060"]
    assert [(folder / "training.json").exists() for folder in kept] == [False] * 48 + [True] * 2
    assert store.latest_checkpoint(run_id) == store.resume_point(run_id) == kept[-1]
    (kept[-1] / "training.json").unlink()
    assert store.resume_point(run_id) == kept[-2]
    thin_out(kept, kept=10)
    steps = [checkpoint_step(folder) for folder in store.checkpoints(run_id)]
    gaps = [later - earlier for earlier, later in pairwise(steps)]
    assert len(steps) == 10
    assert max(gaps) <= 12
