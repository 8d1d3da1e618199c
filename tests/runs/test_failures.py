import errno

import pytest

from boltzmann.config import ConfigError
from boltzmann.redaction import presentable, redact
from boltzmann.runs.failures import explain, full_report


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/runs/x"), "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/runs/x"), "A file may not be written or read"),
        (MemoryError(), "There is not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "There is not enough memory"),
        (FileNotFoundError(errno.ENOENT, "No such file", "weights.safetensors"), "A file is missing or damaged"),
        (ConfigError("seed is -1"), "These settings cannot be used"),
        (ZeroDivisionError("division by zero"), "Training failed"),
    ],
)
def test_every_error_has_a_title_a_cause_and_a_way_out(error, title):
    words = explain(error, "Training")
    assert words["title"] == title
    assert set(words) == {"title", "cause", "mend"}
    assert all(words.values())


def test_a_sampler_error_names_the_sampler_as_the_cause():
    from boltzmann.samplers.base import SamplerError

    assert explain(SamplerError("no solver online"), "Drawing")["title"] == "The sampler could not answer"


def test_secrets_never_get_out(monkeypatch, store, small):
    monkeypatch.setenv("DWAVE_API_TOKEN", 'DEV-abc"123\\x')
    monkeypatch.setenv("my_secret_part", "DEV-abc")
    assert "DEV" not in explain(RuntimeError("." * 580 + "DEV-abc"), "Training")["cause"]
    monkeypatch.setenv("A_PASSWORD", "1")
    error = RuntimeError('refused DEV-abc"123\\x and DEV-abc at step 1')
    assert redact(str(error)) == "refused [DWAVE_API_TOKEN] and [my_secret_part] at step 1"
    assert "DEV-abc" not in full_report(error)
    assert presentable({"DEV-abc": ["a DEV-abc"]}) == {"[my_secret_part]": ["a [my_secret_part]"]}
    run_id = store.create(small())
    store.append(run_id, [{"kind": "sampler", "info": {"endpoint": 'x DEV-abc"123\\x'}}])
    store.write_status(run_id, message="DEV-abc", error=explain(error, "Training"))
    for path in store.folder(run_id).iterdir():
        assert "DEV-abc" not in path.read_text()
    assert store.read_events(run_id)[0][0]["info"]["endpoint"] == "x [DWAVE_API_TOKEN]"
