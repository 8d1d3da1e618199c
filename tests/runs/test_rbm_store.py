"""Runs of the lab in the one run store."""

import pytest

from boltzmann.config import RBM_PRESETS, RBMConfig, RBMTrainingConfig, RunConfig, TrainingConfig, changed
from boltzmann.runs.files import StoreError
from boltzmann.runs.store import LAB_CURVES


def test_a_lab_run_is_queued_and_complete(store):
    run_id = store.create(RBM_PRESETS["bars"], study="20260101-000000-abcdef")
    assert store.kind(run_id) == "rbm"
    assert store.rbm_config(run_id).model_copy(update={"versions": {}}) == RBM_PRESETS["bars"]
    assert store.rbm_config(run_id).versions["numpy"]
    assert store.name(run_id).startswith("9 + 9 units, CD-1, mode-assisted, ")
    status = store.status(run_id)
    assert (status.kind, status.study, status.state) == ("rbm", "20260101-000000-abcdef", "queued")
    assert (status.epochs, status.sampler) == (20_000, "")
    assert store.status(store.create(RBM_PRESETS["stripes"])).sampler == "simulated_qpu"


def test_each_room_says_where_the_others_run_is(store, small):
    lab, studio = store.create(RBMConfig()), store.create(small())
    with pytest.raises(StoreError, match=rf"/lab\?run={lab}"):
        store.config(lab)
    with pytest.raises(StoreError, match=rf"/\?run={studio}"):
        store.rbm_config(studio)
    assert (store.kind(studio), store.status(studio).kind, store.status(studio).study) == ("dvae", "dvae", "")


def test_a_lab_run_has_its_curves_and_is_extended(store):
    run_id = store.create(RBMConfig(training=RBMTrainingConfig(epochs=10)))
    store.append(run_id, [{"kind": "metrics", "step": step, "kl": 1 / step} for step in (1, 2)])
    history = store.history(run_id)
    assert set(history) == set(LAB_CURVES) >= {"step", "kl", "test_log_likelihood", "mode_probability", "error_rate"}
    assert (history["step"], history["kl"], history["error_rate"]) == ([1, 2], [1.0, 0.5], [None, None])
    store.write_status(run_id, state="finished", step=10, total_steps=10, steps_per_epoch=1)
    assert store.extend(run_id, 5) == store.rbm_config(run_id)
    assert store.rbm_config(run_id).training.epochs == store.status(run_id).epochs == 15
    with pytest.raises(StoreError, match=r"training\.epochs is"):
        store.extend(run_id, 10_000_000)


@pytest.mark.parametrize(
    "config",
    [
        RBMConfig(training=RBMTrainingConfig(epochs=3000, patience=5)),
        RunConfig(training=TrainingConfig(epochs=200, critic_share=0.5)),
    ],
)
def test_a_run_that_ended_early_is_extended_from_where_it_ended(store, config):
    run_id = store.create(config)
    store.write_status(run_id, state="finished", step=299, total_steps=299, steps_per_epoch=2)
    assert store.extend(run_id, 50).training.epochs == 200
    assert store.status(run_id).total_steps == 400


def test_a_lab_run_goes_on_with_another_sampler(store):
    run_id = store.create(changed(RBM_PRESETS["stripes"], {"training.epochs": 5}))
    store.write_status(run_id, state="stopped")
    gibbs = RBMConfig().sampler
    assert store.change_sampler(run_id, gibbs).sampler == store.rbm_config(run_id).sampler == gibbs
    store.delete(run_id)
    assert not store.exists(run_id)
    store.restore(run_id)
    assert store.status(run_id).sampler == "gibbs"
