"""How the D-Wave adapter fails: every fault of the simulated service, what is left behind, what is told."""

import json
import os
import time
from pathlib import Path

import pytest

from boltzmann.graphs import subgraph
from boltzmann.loopback.faults import Fault
from boltzmann.samplers.cloud.answers import AnswerBook
from boltzmann.samplers.cloud.client import Failure
from boltzmann.samplers.cloud.failures import CloudError
from boltzmann.samplers.errors import SamplerError

KINDS = {
    "slow": "deadline",
    "hung": "deadline",
    "half": "half",
    "garbage": "garbage",
    "unauthorised": "bad_key",
    "forbidden": "forbidden",
    "server_error": "server",
    "offline": "offline",
    "cancelled": "cancelled",
    "broken": "refused",
    "refused": "refused",
}
AT_ONCE = ("hung", "unauthorised", "forbidden", "server_error", "offline", "refused")
"""Faults that meet a client before its first problem."""


@pytest.mark.parametrize("mode", KINDS)
def test_faults_in_mid_run(dwave_service, dwave_sampler, mode, gaussian, soon) -> None:
    """After a good call; the next one after the fault is good again. Twice the deadline, for a busy machine."""
    service = dwave_service(size=2)
    sampler, model = dwave_sampler(deadline=3), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    service.fault = Fault(mode, seconds=30)
    with soon(), pytest.raises(CloudError) as failure:
        sampler.sample(model, 8)
    assert failure.value.kind == KINDS[mode]
    assert failure.value.title
    assert "simulated QPU" in failure.value.mend
    service.fault = None
    assert sampler.sample(model, 8).info["total_calls"] == 2


@pytest.mark.parametrize("mode", AT_ONCE)
def test_faults_before_the_first_call(dwave_service, dwave_sampler, mode, gaussian, soon) -> None:
    service = dwave_service(size=2)
    service.fault = Fault(mode)
    with soon(), pytest.raises(CloudError) as failure:
        dwave_sampler(deadline=5).sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert failure.value.kind == KINDS[mode]


def test_no_key_no_solver_and_another_key(dwave_service, dwave_sampler, monkeypatch, gaussian) -> None:
    dwave_service(size=2)
    model = gaussian(subgraph("zephyr", 4, 2))
    with pytest.raises(CloudError, match="loopback_pegasus") as failure:
        dwave_sampler(solver="loopback_pegasus").sample(model, 8)
    assert failure.value.kind == "no_solver"
    assert dwave_sampler(solver="loopback_zephyr").sample(model, 8).info["solver"] == "loopback_zephyr"
    monkeypatch.delenv("DWAVE_API_SOLVER")
    assert dwave_sampler().sample(model, 8).info["solver"] == "loopback_zephyr"
    monkeypatch.setenv("DWAVE_API_TOKEN", "another-key")
    with pytest.raises(CloudError) as failure:
        dwave_sampler().sample(model, 8)
    assert failure.value.kind == "bad_key"
    monkeypatch.delenv("DWAVE_API_TOKEN")
    with pytest.raises(CloudError, match="token not defined") as failure:
        dwave_sampler().sample(model, 8)
    assert failure.value.kind == "no_key"


def test_a_key_goes_nowhere_unencrypted(dwave_service, dwave_sampler, monkeypatch, gaussian) -> None:
    dwave_service(size=2)
    monkeypatch.setenv("DWAVE_API_ENDPOINT", "http://someone:secret@192.0.2.1/sapi/v2/")
    with pytest.raises(CloudError, match=r"http://192\.0\.2\.1/sapi/v2/ is not encrypted") as failure:
        dwave_sampler().sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert failure.value.kind == "refused"
    assert "secret" not in str(failure.value)


def test_a_problem_given_up_is_cancelled_on_the_service(dwave_service, dwave_sampler, gaussian) -> None:
    service = dwave_service(size=2)
    service.fault = Fault("slow", seconds=30)
    with pytest.raises(CloudError, match="cancelled shortly before the deadline"):
        dwave_sampler(deadline=3).sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert [problem.status for problem in service._submitted.values()] == ["CANCELLED"]


def test_a_caller_that_no_longer_waits(dwave_service, dwave_sampler, gaussian, soon) -> None:
    service = dwave_service(size=2)
    sampler, model = dwave_sampler(), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    service.fault = Fault("hung")
    began = time.monotonic()
    sampler.cancelled = lambda: time.monotonic() > began + 0.5
    with soon(), pytest.raises(SamplerError, match="cancelled"):
        sampler.sample(model, 8)
    assert not sampler._client.running


def test_a_problem_that_nobody_waits_for_is_cancelled_on_the_service(dwave_service, dwave_sampler, gaussian) -> None:
    service = dwave_service(size=2)
    service.fault = Fault("slow", seconds=30)
    sampler = dwave_sampler()
    sampler.cancelled = lambda: bool(service._submitted)
    with pytest.raises(SamplerError, match="cancelled"):
        sampler.sample(gaussian(subgraph("zephyr", 4, 2)), 8)
    assert [problem.status for problem in service._submitted.values()] == ["CANCELLED"]


def belongings(pid: int) -> dict[str, int]:
    """Numbers of open files and sockets, threads and child processes."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    children = sum(len((task / "children").read_text().split()) for task in tasks)
    return {"files": len(list(Path(f"/proc/{pid}/fd").iterdir())), "threads": len(tasks), "children": children}


def more_than(before: dict[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in belongings(os.getpid()).items() if count > before[kind]}


def test_nothing_is_left_of_200_calls(dwave_service, dwave_sampler, gaussian) -> None:
    """Neither here, where ten of them failed, nor in the client's process, which answered the last hundred."""
    service = dwave_service(size=2)
    sampler, model = dwave_sampler(), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    sampler.close()
    # The service's threads end a moment after their connections.
    time.sleep(1)
    before, counts = belongings(os.getpid()), []
    for call in range(200):
        if call in range(0, 100, 10):
            service.fault = Fault("garbage", times=1)
            with pytest.raises(CloudError):
                sampler.sample(model, 8)
        else:
            sampler.sample(model, 8)
        if call in (140, 199):
            assert sampler._client._process is not None
            counts.append(belongings(sampler._client._process.pid))
    # Fifteen of the library's threads each keep a connection once they have had something to do.
    assert all(counts[1][kind] <= counts[0][kind] + 5 for kind in counts[0])
    sampler.close()
    limit = time.monotonic() + 5
    while more_than(before) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not more_than(before)


def test_close_ends_the_client_and_a_later_call_opens_anew(dwave_service, dwave_sampler, gaussian) -> None:
    dwave_service(size=2)
    sampler, model = dwave_sampler(), gaussian(subgraph("zephyr", 4, 2))
    sampler.sample(model, 8)
    process, folder = sampler._client._process, sampler._client._folder
    assert process is not None
    assert folder is not None
    sampler.close()
    assert process.poll() is not None
    assert not Path(folder.name).exists()
    sampler.sample(model, 8)
    process = sampler._client._process
    assert process is not None
    process.kill()
    process.wait()
    assert sampler.sample(model, 8).info["total_calls"] == 3


def test_no_secret_in_messages_answers_and_files(dwave_service, dwave_sampler, monkeypatch, tmp_path, gaussian) -> None:
    """The key lies in a file, where only the library reads it; and its log, which tells such a key, is asked for."""
    service = dwave_service(size=2, token="a key of another form")
    monkeypatch.delenv("DWAVE_API_TOKEN")
    monkeypatch.setenv("DWAVE_LOG_LEVEL", "TRACE")
    configuration = tmp_path / "mine.conf"
    configuration.write_text(f"[defaults]\ntoken = {service.token}\nendpoint = {service.endpoint}\n")
    monkeypatch.setenv("DWAVE_CONFIG_FILE", str(configuration))
    sampler, model, book = dwave_sampler(deadline=3), gaussian(subgraph("zephyr", 4, 2)), tmp_path / "answers"
    sampler.record(AnswerBook(book))
    told = [json.dumps(sampler.sample(model, 8).info)]
    folder = sampler._client._folder
    assert folder is not None
    # What nobody foresaw: the library's error tells the key, and the process prints the traceback.
    with pytest.raises(CloudError) as failure:
        sampler._call("open", solver={"name": service.token})
    told.append(f"{failure.value} {failure.value.mend}")
    sampler.sample(model, 8)
    folder = sampler._client._folder
    assert folder is not None
    with pytest.raises(Failure) as surprise:
        sampler._client.call(f"no_such_{service.token}", 5, lambda: False)
    told += [str(surprise.value), *(file.read_text() for file in Path(folder.name).rglob("*") if file.is_file())]
    assert "Traceback" in told[-1]
    assert "[DWAVE_API_TOKEN]" in told[-1]
    for mode in KINDS:
        service.fault = Fault(mode, seconds=30)
        with pytest.raises(CloudError) as failure:
            sampler.sample(model, 8)
        told.append(f"{failure.value} {failure.value.title} {failure.value.mend}")
    told += [file.read_bytes().decode("latin-1") for file in book.rglob("*")]
    assert len(told) > len(KINDS) + 5
    assert not [words for words in told if service.token in words]
