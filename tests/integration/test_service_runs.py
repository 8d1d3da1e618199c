"""Whole runs on a service: trained to the end, spoilt on the way, gone on with, stopped by a budget, replayed."""

import threading
import time

import pytest

from boltzmann.config import SimulatedQPUConfig, validate
from boltzmann.loopback.faults import Fault
from boltzmann.runs.files import StoreError
from boltzmann.runs.jobs import train_run
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings

SERVICES = ("dwave", "dynex")
FAULTS = {
    "hung": "did not answer in time",
    "half": "fewer samples",
    "garbage": "cannot be read",
    "unauthorised": "refuses the key",
    "forbidden": "no access",
    "server_error": "trouble of its own",
    "offline": "offline",
    "cancelled": "cancelled the problem",
    "broken": "",
    "refused": "cannot be reached",
}
"""The mode, and words that the title of its card holds for both services; empty: theirs differ."""

SLOW_TO_TRY = ("hung", "half", "cancelled", "refused")
"""Those that are tried in whole runs on Dynex, too, whose calls take a second."""


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data", runs=tmp_path / "runs", models=tmp_path / "models")


@pytest.fixture
def store(settings):
    return RunStore(settings.runs)


@pytest.fixture(params=SERVICES)
def service(request, dwave_service, dynex_service):
    """A service of each kind, at a hidden temperature, with the settings of its sampler as ``sampler``."""
    if request.param == "dwave":
        made = dwave_service(size=2, inverse_temperature=3.0)
    else:
        made = dynex_service(inverse_temperature=3.0)
    made.sampler = {"name": request.param, "deadline": 20.0}
    return made


def configure(service, **changes):
    training = {"epochs": 2, "batch_size": 64, "num_reads": 32, "picture_every": 100, "sample_reuse": 2}
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16, "channels": 8, "hidden": 32, "topology_size": 2},
            "sampler": service.sampler | changes,
            "training": training,
        }
    )


def reports(store, run_id):
    return [event["info"] for event in store.read_events(run_id)[0] if event.get("kind") == "sampler"]


def steps(store, run_id):
    return store.history(run_id)["step"]


def test_a_run_to_its_end_and_its_replay(service, settings, store):
    run_id = store.create(configure(service))
    assert train_run(run_id, settings) == "finished"
    last = reports(store, run_id)[-1]
    assert last["total_calls"] == service.problems == 4
    assert last["total_reads"] == 4 * 32
    assert last["simulated_service"] is True
    assert last["replay"] is False
    assert store.recorded(run_id) == service.sampler["name"]

    service.close()
    again = store.create_replay(run_id)
    assert train_run(again, settings) == "finished"
    assert reports(store, again)[-1]["replay"] is True
    assert store.history(again)["nll"] == store.history(run_id)["nll"]
    assert store.history(again)["total"] == store.history(run_id)["total"]


@pytest.mark.parametrize("mode", FAULTS)
def test_a_fault_in_mid_training_costs_nothing(service, settings, store, mode):
    if service.sampler["name"] == "dynex" and mode not in SLOW_TO_TRY:
        pytest.skip("seconds each, and the adapter's own tests try them all")
    run_id = store.create(configure(service, deadline=3.0 if mode == "hung" else 20.0))
    service.fault = Fault(mode, after=2)
    assert train_run(run_id, settings) == "failed"
    error = store.status(run_id).error
    assert error is not None
    assert FAULTS[mode] in error["title"]
    assert "simulated QPU" in error["mend"]
    assert steps(store, run_id) == [1, 2, 3, 4]
    assert store.resume_point(run_id) is not None

    if mode in ("half", "refused"):
        store.change_sampler(run_id, SimulatedQPUConfig())
    else:
        service.fault = None
    assert train_run(run_id, settings) == "finished"
    assert steps(store, run_id) == list(range(1, 9))
    notices = [event["message"] for event in store.read_events(run_id)[0] if event.get("kind") == "notice"]
    assert any("From step 5 on: Simulated QPU, instead of" in words for words in notices) == (
        mode in ("half", "refused")
    )


def test_a_spent_budget_stops_at_a_checkpoint(service, settings, store):
    run_id = store.create(configure(service, max_calls=3))
    assert train_run(run_id, settings) == "stopped"
    status = store.status(run_id)
    assert status.step == 6
    assert status.error is not None
    assert status.error["kind"] == "budget"
    assert "3 times" in status.error["cause"]
    store.allow_as_much_again(run_id)
    assert train_run(run_id, settings) == "finished"
    assert steps(store, run_id) == list(range(1, 9))
    assert reports(store, run_id)[-1]["total_calls"] == service.problems == 4
    again = store.create_replay(run_id)
    assert train_run(again, settings) == "finished"
    assert store.history(again)["total"] == store.history(run_id)["total"]


def test_seconds_of_access_are_limited_too(service, settings, store):
    run_id = store.create(configure(service, max_seconds=0.1))
    values = store.config(run_id).model_dump()
    values["training"]["num_reads"] = 4096
    run_id = store.create(validate(values))
    assert train_run(run_id, settings) == "stopped"
    error = store.status(run_id).error
    assert error is not None
    assert "access time" in error["cause"]


def test_stop_does_not_wait_for_a_hung_service(service, settings, store, soon):
    run_id = store.create(configure(service, deadline=60.0))
    service.fault = Fault("hung", after=1)
    job = threading.Thread(target=train_run, args=(run_id, settings))
    job.start()
    until = time.monotonic() + 60
    while store.status(run_id).step < 2 or service.problems < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    with soon():
        store.request_stop(run_id)
        job.join(30)
    assert not job.is_alive()
    assert store.status(run_id).state == "stopped"
    assert store.status(run_id).error is None
    service.fault = None
    assert train_run(run_id, settings) == "finished"
    assert steps(store, run_id) == list(range(1, 9))


def test_no_secret_is_written(service, settings, store):
    run_id = store.create(configure(service))
    service.fault = Fault("unauthorised", after=1)
    train_run(run_id, settings)
    secrets = [value.encode() for name, value in service.environment.items() if "TOKEN" in name or "KEY" in name]
    assert secrets
    for file in settings.runs.rglob("*"):
        assert not file.is_file() or not any(secret in file.read_bytes() for secret in secrets), file


def test_what_was_paid_for_is_neither_forgotten_nor_bought_again(service, settings, store):
    values = configure(service).model_dump()
    values["model"] |= {"class_conditional": True}
    values["training"] |= {"num_reads": 40, "sample_reuse": 4}
    run_id = store.create(validate(values))
    for _ in range(2):  # the second time at the very same step
        service.fault = Fault("server_error", after=6)
        assert train_run(run_id, settings) == "failed"
    service.fault = None
    assert train_run(run_id, settings) == "finished"
    last = reports(store, run_id)[-1]
    assert last["total_calls"] == 20
    # The service met each problem once, and the two that it spoilt.
    assert service.problems == 20 + 2
    again = store.create_replay(run_id)
    assert train_run(again, settings) == "finished"
    assert store.history(again)["total"] == store.history(run_id)["total"]


def test_a_replay_is_of_the_service_and_of_the_first_length(service, settings, store):
    run_id = store.create(configure(service))
    assert train_run(run_id, settings) == "finished"
    store.extend(run_id, 1)
    store.change_sampler(run_id, SimulatedQPUConfig())
    assert train_run(run_id, settings) == "finished"
    again = store.create_replay(run_id)
    assert store.config(again).sampler.name == service.sampler["name"]
    assert train_run(again, settings) == "finished"
    assert steps(store, again) == list(range(1, 9))
    assert store.history(again)["total"] == store.history(run_id)["total"][:8]
    # A replay stays one, whatever else of its sampler is changed.
    store.change_sampler(again, validate(configure(service, deadline=7.0).model_dump()).sampler)
    assert store.config(again).replay_of == run_id


def test_a_service_that_came_later_keeps_no_record_but_its_budget(service, settings, store):
    values = configure(service).model_dump()
    later = values["sampler"]
    values["training"]["epochs"] = 1
    run_id = store.create(validate(values | {"sampler": {"name": "gibbs", "sweeps": 2}}))
    assert train_run(run_id, settings) == "finished"
    store.extend(run_id, 2)
    store.change_sampler(run_id, validate(values | {"sampler": later}).sampler)
    service.fault = Fault("server_error", after=1)
    assert train_run(run_id, settings) == "failed"
    assert store.recorded(run_id) is None
    with pytest.raises(StoreError, match="no recorded answers"):
        store.create_replay(run_id)
    service.fault = None
    store.change_sampler(run_id, SimulatedQPUConfig())
    store.change_sampler(run_id, validate(values | {"sampler": later}).sampler)
    assert train_run(run_id, settings) == "finished"
    assert reports(store, run_id)[-1]["total_calls"] == service.problems - 1
