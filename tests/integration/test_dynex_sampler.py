"""The Dynex adapter with the real client library, in its process, against the simulated service.

That its samples follow the law is tested with all other samplers' (tests/samplers/test_contract.py).
"""

import os
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from boltzmann import samplers
from boltzmann.config import DynexConfig
from boltzmann.graphs import subgraph
from boltzmann.loopback.dynex import DynexService
from boltzmann.loopback.faults import Fault
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.cloud.answers import AnswerBook
from boltzmann.samplers.cloud.dynex_service import _binary
from boltzmann.samplers.cloud.failures import BudgetSpent, Cancelled, CloudError
from boltzmann.samplers.dynex import LARGEST_ON_QPU, DynexSampler

BETA = 4.0


@pytest.fixture(scope="module")
def service():
    """One for all tests, and the environment that leads there."""
    with pytest.MonkeyPatch.context() as patch, DynexService(inverse_temperature=BETA, seed=5) as service:
        for name, value in service.environment.items():
            patch.setenv(name, value)
        yield service


@pytest.fixture(scope="module")
def client(service, model):
    """The client's process takes seconds to start: one, at work, for all tests that do not end it."""
    sampler = DynexSampler(DynexConfig(), 0)
    sampler.sample(model, 1)
    yield sampler._client
    sampler.close()


@pytest.fixture
def make(service, client):
    """Samplers with the prefactor at which the service's hidden temperature is the model's own."""
    service.fault = None
    own = []

    def make(*, fresh: bool = False, **settings) -> DynexSampler:
        sampler = samplers.create(DynexConfig(**{"prefactor": 1 / BETA, "deadline": 30, **settings}), seed=7)
        assert isinstance(sampler, DynexSampler)
        if fresh:
            own.append(sampler)
        else:
            sampler._client = client
        return sampler

    yield make
    service.fault = None
    for sampler in own:
        sampler.close()


@pytest.fixture(scope="module")
def model() -> IsingModel:
    graph, generator = subgraph("zephyr", 12), torch.Generator().manual_seed(0)
    draw = [0.5 * torch.randn(count, generator=generator) for count in (graph.n, len(graph.edges))]
    return IsingModel(graph, *draw)


def test_rows_do_not_come_in_the_order_of_their_energies(make, model) -> None:
    energies = make().sample(model, 2048).energies
    halves = energies.reshape(2, -1)
    assert float((halves[0].mean() - halves[1].mean()).abs()) < 4 * float(energies.std()) * (2 / 1024) ** 0.5


def test_prefactor_is_found(make, model) -> None:
    sampler = make(prefactor=None)
    sampler.calibrate(model)
    assert sampler._prefactor.value == pytest.approx(1 / BETA, rel=0.1)


def test_report(make, model, service) -> None:
    info = make(backend="gpu", price=6.0).sample(model, 16).info
    assert info["endpoint"] == service.endpoint
    assert info["simulated_service"] is True
    assert info["backend"] == "gpu"
    assert info["seconds_are"] == "wall"
    assert info["qpu_seconds"] > 0.4
    assert info["total_cost"] == pytest.approx(info["qpu_seconds"] / 10)
    assert info["clipped"] == 0


def test_spins_without_coefficients_are_in_the_problem(make, model) -> None:
    linear = torch.zeros(12)
    linear[4] = -1.0
    answer = make().sample(IsingModel(model.graph, linear, torch.zeros(len(model.graph.edges))), 1000)
    means = answer.spins.double().mean(0).numpy()
    # Four standard errors.
    np.testing.assert_allclose(means, np.where(np.arange(12) == 4, np.tanh(1), 0), atol=4 / 1000**0.5)


def test_a_problem_of_zeros_costs_nothing(make, model, service) -> None:
    asked, sampler = service.problems, make()
    zero = IsingModel(model.graph, torch.zeros(12), torch.zeros(len(model.graph.edges)))
    state = sampler.state()
    answer = sampler.sample(zero, 4000)
    assert service.problems == asked
    assert answer.info["answered_here"]
    assert answer.info["qpu_seconds"] == 0
    assert float(answer.spins.double().mean(0).abs().max()) < 4 / 4000**0.5
    again = make()
    again.restore(state)
    assert torch.equal(again.sample(zero, 4000).spins, answer.spins)


def test_a_qpu_s_problem_stays_within_its_range(make, model, service) -> None:
    large = IsingModel(model.graph, 10 * model.linear, 10 * model.quadratic)
    jobs, submit = [], service.submit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "submit", lambda job: (jobs.append(job), submit(job)))
        qpu = make(backend="qpu", prefactor=None)
        held = torch.zeros(12, dtype=torch.int8)
        held[:3] = 1
        free = qpu.sample(large, 32)
        qpu.sample(large, 32, clamp=held)
        make(backend="cpu", prefactor=1.0).sample(large, 32)
    largest = [max(np.abs(job.linear).max(), np.abs(job.quadratic).max()) for job in jobs]
    assert free.info["qpu_model"] == "apollo_rc1"
    assert free.info["prefactor"] < 0.2
    assert len(free.spins) == 32
    assert max(largest[:2]) <= LARGEST_ON_QPU < largest[2]


def test_the_problem_over_bits_has_the_same_energies(model) -> None:
    linear, quadratic = model.linear.double().numpy(), model.quadratic.double().numpy()
    bqm = _binary(linear, model.graph.edges, quadratic)
    bits = np.arange(2**12)[:, None] >> np.arange(12) & 1
    energies = bqm.energies((bits, list(range(12))))
    differences = energies - model.energy(torch.from_numpy(2 * bits - 1)).numpy()
    np.testing.assert_allclose(differences, differences[0], atol=1e-9)
    # The library submits minus the constant as the energy, itself without the constant, at which a job may end early.
    assert energies.min() > 0


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("half", "half"),
        ("garbage", "garbage"),
        ("unauthorised", "bad_key"),
        ("forbidden", "forbidden"),
        ("server_error", "server"),
        ("offline", "offline"),
        ("cancelled", "cancelled"),
        ("broken", "refused"),
        ("refused", "refused"),
    ],
)
def test_what_goes_wrong_is_named_and_passes(make, model, service, soon, mode, kind) -> None:
    sampler = make()
    service.fault, asked = Fault(mode), service.problems
    with soon(), pytest.raises(CloudError) as caught:
        sampler.sample(model, 16)
    assert caught.value.kind == kind
    assert service.problems <= asked + 1, "a problem was submitted twice"
    assert service.key not in f"{caught.value} {caught.value.title} {caught.value.mend}"
    service.fault = None
    assert sampler.sample(model, 16).spins.shape == (16, 12)


def test_slow_answers_are_waited_for(make, model, service) -> None:
    service.fault = Fault("slow", seconds=2.0, times=1)
    assert make().sample(model, 16).info["qpu_seconds"] > 2


def test_a_hung_call_ends_at_the_deadline_and_the_next_one_works(make, model, service, soon) -> None:
    sampler = make(fresh=True, deadline=20)
    sampler.sample(model, 16)
    service.fault = Fault("hung")
    sampler.config = replace_deadline(sampler.config, 2.0)
    with soon(), pytest.raises(CloudError) as caught:
        sampler.sample(model, 16)
    assert caught.value.kind == "deadline"
    service.fault = None
    sampler.config = replace_deadline(sampler.config, 20.0)
    assert sampler.sample(model, 16).spins.shape == (16, 12)


def replace_deadline(config: DynexConfig, seconds: float) -> DynexConfig:
    return config.model_copy(update={"deadline": seconds})


@pytest.mark.parametrize("silent", [True, False])
def test_a_job_that_takes_too_long_is_cancelled_on_the_service(make, model, service, monkeypatch, silent) -> None:
    sampler, finished, finish = make(deadline=3), [], service.finish
    monkeypatch.setattr(service, "finish", lambda name: (finished.append(name), finish(name)))
    if silent:
        monkeypatch.setattr(service, "solve", lambda job: None)
    # It tells of progress twice a second, from which the library takes new patience each time.
    service.fault = Fault("slow", seconds=30.0)
    with pytest.raises(CloudError, match="the job was cancelled") as caught:
        sampler.sample(model, 16)
    assert caught.value.kind == "deadline"
    assert len(finished) == 1


def test_a_call_that_nobody_waits_for_is_given_up(make, model, service, soon) -> None:
    sampler = make(fresh=True)
    sampler.sample(model, 16)
    service.fault, began = Fault("hung"), time.monotonic()
    sampler.cancelled = lambda: time.monotonic() > began + 0.5
    with soon(), pytest.raises(Cancelled):
        sampler.sample(model, 16)


def test_a_job_that_nobody_waits_for_is_cancelled_on_the_service(make, model, service, monkeypatch) -> None:
    sampler, finished, finish = make(fresh=True), [], service.finish
    monkeypatch.setattr(service, "finish", lambda name: (finished.append(name), finish(name)))
    sampler.sample(model, 16)
    finished.clear()
    service.fault, asked = Fault("slow", seconds=30.0), service.problems
    # A moment after the job came in: then the client knows its name.
    seen = []
    sampler.cancelled = lambda: service.problems > asked and (seen.append(1) or len(seen) > 10)
    with pytest.raises(Cancelled):
        sampler.sample(model, 16)
    assert len(finished) == 1


def test_nothing_is_left_of_many_calls(make, model) -> None:
    def opened() -> tuple[int, int]:
        return threading.active_count(), len(os.listdir("/proc/self/fd"))

    before, sampler = opened(), make(fresh=True)
    sampler.sample(model, 16)
    process, folder = sampler._client._process, Path(sampler._client._folder.name)
    descriptors = [len(os.listdir(f"/proc/{process.pid}/fd"))]
    for _ in range(29):
        sampler.sample(model, 16)
    descriptors.append(len(os.listdir(f"/proc/{process.pid}/fd")))
    assert sampler._client._process is process
    assert descriptors[1] <= descriptors[0] + 6, "the client keeps something of every call"
    sampler.close()
    assert process.poll() is not None
    assert not folder.exists()
    # The service's own threads and sockets come and go.
    for _ in range(50):
        if opened() <= before:
            break
        time.sleep(0.1)
    assert opened() <= before


def test_recorded_answers_are_replayed_without_the_service(make, model, service, tmp_path) -> None:
    book, sampler = AnswerBook(tmp_path / "answers"), make(prefactor=None)
    sampler.record(book)
    expected = [sampler.sample(model, 64).spins for _ in range(2)]
    asked, again = service.problems, make(prefactor=None)
    again.replay(book)
    for spins in expected:
        answer = again.sample(model, 64)
        assert torch.equal(answer.spins, spins)
        assert answer.info["replay"] is True
    assert service.problems == asked


def test_the_budget_is_kept(make, model, service) -> None:
    sampler = make(max_calls=1)
    sampler.sample(model, 16)
    asked = service.problems
    with pytest.raises(BudgetSpent):
        sampler.sample(model, 16)
    assert service.problems == asked


def test_files_and_secrets_stay_where_they_belong(make, model, service, monkeypatch, tmp_path) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("DYNEX_TMP_DIR", str(project / "tmp"))
    # A proxy would see the key, which is not encrypted on its way to this machine.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    book, sampler = AnswerBook(tmp_path / "answers"), make(fresh=True)
    sampler.record(book)
    sampler.sample(model, 16)
    service.fault = Fault("server_error", times=1)
    with pytest.raises(CloudError):
        sampler.sample(model, 16)
    assert not list(project.iterdir())
    folder = Path(sampler._client._folder.name)
    assert (folder / "tmp").is_dir()
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {folder / "output", book.folder / "00000001.safetensors"} <= set(written)
    assert not [file for file in written if service.key.encode() in file.read_bytes()]


def test_no_key(make, model, monkeypatch) -> None:
    monkeypatch.delenv("DYNEX_SDK_KEY")
    with pytest.raises(CloudError, match="DYNEX_SDK_KEY is not set") as caught:
        make(fresh=True).sample(model, 16)
    assert caught.value.kind == "no_key"


def test_an_endpoint_that_nobody_chose(make, model, monkeypatch, tmp_path) -> None:
    with socket.socket() as probe:
        if not probe.connect_ex(("127.0.0.1", 9090)):
            pytest.skip("something else listens where the library looks by default")
    monkeypatch.delenv("DYNEX_GRPC_ENDPOINT")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    # The library looks in three folders above its own, where others may write: the key would go there from then on.
    (tmp_path / ".env").write_text("DYNEX_GRPC_ENDPOINT=example.invalid:1")
    sampler = make(fresh=True)
    for _ in range(2):
        with pytest.raises(CloudError, match=r"DYNEX_GRPC_ENDPOINT is not set.* 127\.0\.0\.1:9090") as caught:
            sampler.sample(model, 16)
        assert caught.value.kind == "refused"
