"""The engine with real worker processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dask.config
import pytest

from boltzmann.runs.drawings import DrawingRequest
from boltzmann.runs.files import StoreError, UnknownIdentifier
from boltzmann.runs.status import SILENCE
from boltzmann.runs.store import RunStore

LONG = {"epochs": 1000, "picture_every": 1000, "checkpoint_every": 20}


def _processes(pid: int) -> set[int]:
    """``pid`` and all that descend from it."""
    found = {pid}
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        found |= {p for line in child.read_text().split() for p in _processes(int(line))}
    return found


def _listening(pids: set[int]) -> set[str]:
    """Hexadecimal IPv4 addresses, and all IPv6 ones, on which the processes listen."""
    sockets = set()
    for pid in pids:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            try:
                sockets.add(os.readlink(handle).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        rows = [line.split() for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]]
        found |= {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in sockets}
    return found


def test_everything_listens_on_this_machine_only(engine):
    pids = _processes(os.getpid())
    assert len(pids) >= 3
    assert _listening(pids) == {"0100007F"}


def test_a_run_trains_while_another_waits_and_leaves_the_queue(engine, small, wait):
    store = engine.store
    first, second, third = (store.create(small(**LONG)), store.create(small()), store.create(small()))
    for run_id in (first, second, third):
        engine.train(run_id)
    with pytest.raises(StoreError, match="already queued or training"):
        engine.train(second)
    wait(lambda: store.status(first).step > 3)
    assert store.status(second).state == "queued"
    engine.stop(second)
    assert store.status(second).state == "stopped"
    engine.stop(first)
    wait(lambda: store.status(third).state == "finished")
    assert store.status(first).state == "stopped"
    assert store.status(second).step == 0
    with pytest.raises(UnknownIdentifier):
        engine.train("../x")


def test_a_killed_worker_interrupts_its_run_only_and_the_run_goes_on(engine, small, wait):
    store = engine.store
    run_id, waiting = store.create(small(**LONG)), store.create(small())
    engine.train(run_id)
    engine.train(waiting)
    wait(lambda: store.status(run_id).step > 30)
    os.kill(engine._workers.cluster.workers["training"].process.pid, signal.SIGKILL)
    assert wait(lambda: store.status(run_id).state == "interrupted") < 5
    assert "Resume" in store.status(run_id).error["mend"]
    lost = store.history(run_id)["step"][-1]
    wait(lambda: store.status(waiting).state == "finished")
    engine.train(run_id)
    wait(lambda: store.status(run_id).step > lost)
    engine.stop(run_id)
    wait(lambda: store.status(run_id).state == "stopped")
    steps = store.history(run_id)["step"]
    assert steps == list(range(1, steps[-1] + 1))
    rewound = [event["step"] for event in store.read_events(run_id)[0] if event["kind"] == "rewound"]
    assert len(rewound) == 1
    assert lost - 25 <= rewound[0] <= lost


def test_a_worker_that_dask_gave_up_comes_back(engine, wait):
    wait(lambda: engine.ready)
    # Sooner than any process can begin: as on a machine that is too busy for one.
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "0.01s"}):
        nanny = engine._workers.cluster.workers["interactive"]
        os.kill(nanny.pid, signal.SIGKILL)
        wait(lambda: engine._workers.cluster.workers.get("interactive") is not nanny)
        wait(lambda: not engine.ready)
    wait(lambda: engine.ready)
    assert engine.ask(int, "1") == 1


def test_digits_are_drawn_while_a_run_trains(engine, small, wait):
    store = engine.store
    run_id = store.create(small())
    engine.train(run_id)
    wait(lambda: store.status(run_id).state == "finished")
    drawing_id = engine.draw(DrawingRequest(model_key=f"run:{run_id}", count=256))
    wait(lambda: not engine.drawings.status(drawing_id).active)
    assert engine.drawings.status(drawing_id).state == "finished"
    assert len(engine.drawings.arrays(drawing_id)["images"]) == 256
    # Far too many sweeps: cancelled, its worker is restarted, and the next drawing is made.
    slow = DrawingRequest.model_validate(
        {"model_key": f"run:{run_id}", "count": 1024, "sampler": {"name": "annealing", "sweeps": 10_000}}
    )
    first, second = engine.draw(slow), engine.draw(slow)
    wait(lambda: engine.drawings.status(first).state == "running")
    engine.cancel(second)
    engine.cancel(first)
    assert {engine.drawings.status(name).state for name in (first, second)} == {"cancelled"}
    third = engine.draw(DrawingRequest(model_key=f"run:{run_id}", count=4))
    wait(lambda: engine.drawings.status(third).state == "finished")
    assert engine.drawings.status(first).state == "cancelled"


APP = """
import sys, time
from pathlib import Path
from boltzmann.runs.engine import Engine
from boltzmann.settings import Settings

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    engine = Engine(Settings(folder / "data", folder / "runs", folder / "models"))
    engine.start()
    try:
        engine.train(sys.argv[2])
        while engine.store.status(sys.argv[2]).step < 3:
            time.sleep(0.05)
        assert "torch" not in sys.modules
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        engine.close()
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_workers_end_with_the_app(settings, small, wait, tmp_path, ending):
    store = RunStore(settings.runs)
    run_id = store.create(small(**LONG))
    script = tmp_path / "app_script.py"
    script.write_text(APP)
    app = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path), run_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever starts the tests in the background has them ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert app.stdout is not None
    assert app.stdout.readline() == "ready\n"
    pids = _processes(app.pid)
    assert len(pids) >= 3
    if ending == signal.SIGINT:
        os.killpg(app.pid, ending)  # as a terminal does on Ctrl-C
    else:
        app.send_signal(ending)
    _, noise = app.communicate(timeout=15)
    wait(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), seconds=5)
    if ending == signal.SIGINT:
        assert noise == ""
        assert store.status(run_id).state == "interrupted"
    assert store.status(run_id).seen_at(time.time() + SILENCE).state == "interrupted"


SCHEDULER = """
import time
from boltzmann.runs.cluster import configure, start_cluster

if __name__ == "__main__":
    configure()
    print(start_cluster().scheduler_address, flush=True)
    time.sleep(60)
"""


def test_a_scheduler_of_ones_own(settings, small, wait, tmp_path):
    from boltzmann.runs.engine import Engine

    script = tmp_path / "scheduler_script.py"
    script.write_text(SCHEDULER)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        address = other.stdout.readline().strip()
        engine = Engine(type(settings)(settings.data, settings.runs, settings.models, address))
        engine.start()
        run_id = engine.store.create(small())
        engine.train(run_id)
        wait(lambda: engine.store.status(run_id).state == "finished")
        drawing_id = engine.draw(DrawingRequest(model_key=f"run:{run_id}", count=4))
        wait(lambda: engine.drawings.status(drawing_id).state == "finished")
        engine.close()
        other.kill()


def test_a_scheduler_that_does_not_answer_is_reported(settings, small, wait):
    from boltzmann.runs.engine import Engine

    engine = Engine(type(settings)(settings.data, settings.runs, settings.models, "tcp://127.0.0.1:1"))
    engine.start()
    run_id = engine.store.create(small())
    engine.train(run_id)
    wait(lambda: engine.store.status(run_id).state == "failed", seconds=20)
    assert engine.error is not None
    assert "127.0.0.1:1" in engine.store.status(run_id).error["cause"]
    engine.close()


def test_old_trash_is_emptied_at_the_start(settings, small, wait):
    from boltzmann.runs.engine import TRASH_SECONDS, Engine

    store = RunStore(settings.runs)
    old, fresh = store.create(small()), store.create(small())
    for run_id in (old, fresh):
        store.write_status(run_id, state="stopped")
        store.delete(run_id)
    long_ago = time.time() - TRASH_SECONDS - 1
    os.utime(store.trash / old, (long_ago, long_ago))
    engine = Engine(settings)
    engine.start()
    wait(lambda: not (store.trash / old).exists())
    engine.close()
    store.restore(fresh)
    assert store.ids() == [fresh]
