import os
import signal
import subprocess
import sys
import time

import pytest

from boltzmann.runs import event_log
from boltzmann.runs.event_log import append, read, without_rewound

EVENTS = [{"kind": "metrics", "step": step, "mse": step / 7, "note": "µ ∑ ☃"} for step in range(5)]


def test_a_file_torn_at_any_byte_loses_only_the_torn_line(tmp_path):
    whole = tmp_path / "whole"
    append(whole, EVENTS)
    content = whole.read_bytes()
    for size in range(len(content) + 1):
        torn = tmp_path / "torn"
        torn.write_bytes(content[:size])
        complete = content[:size].count(b"\n")
        events, cursor = read(torn)
        assert events == EVENTS[:complete]
        append(torn, [{"kind": "next"}])
        assert read(torn, cursor)[0] == [{"kind": "next"}]
        assert read(torn)[0] == [*EVENTS[:complete], {"kind": "next"}]


def test_a_torn_line_longer_than_a_chunk_is_cut_off(tmp_path):
    path = tmp_path / "log"
    append(path, EVENTS)
    with path.open("ab") as file:
        file.write(b"x" * (3 * event_log.CHUNK))
    append(path, EVENTS)
    assert read(path)[0] == EVENTS * 2


def test_a_killed_writer_leaves_only_whole_events_in_order(tmp_path):
    path = tmp_path / "log"
    code = f"""
from pathlib import Path
from boltzmann.runs.event_log import append
step = 0
while True:
    append(Path({str(path)!r}), [{{"step": step + i, "text": "x" * 3000}} for i in range(20)])
    step += 20
"""
    for _ in range(3):
        path.unlink(missing_ok=True)
        writer = subprocess.Popen([sys.executable, "-c", code])
        try:
            while not path.exists() or path.stat().st_size < 1_000_000:
                assert writer.poll() is None
                time.sleep(0.005)
        finally:
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()
        events, _ = read(path)
        assert [event["step"] for event in events] == list(range(len(events)))
        append(path, [{"step": len(events)}])
        assert len(read(path)[0]) == len(events) + 1


def test_reading_in_pieces_gives_every_event_once(tmp_path):
    path = tmp_path / "log"
    append(path, EVENTS)
    found, cursor = [], 0
    while True:
        events, cursor = read(path, cursor, limit=2)
        if not events:
            break
        found += events
    assert found == EVENTS


@pytest.mark.parametrize("cursor", [-5, 3, 10**9])
def test_a_wrong_cursor_gives_whole_events_or_none(tmp_path, cursor):
    path = tmp_path / "log"
    append(path, EVENTS)
    events, after = read(path, cursor)
    assert all(event in EVENTS for event in events)
    assert after == path.stat().st_size


def test_a_missing_file_has_no_events(tmp_path):
    assert read(tmp_path / "none") == ([], 0)


def test_a_line_that_is_no_event_is_passed_over(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"\x00\x00\xff\n[1]\n")
    append(path, EVENTS)
    assert read(path)[0] == EVENTS


def test_numbers_that_are_not_finite_become_null(tmp_path):
    path = tmp_path / "log"
    append(path, [{"mse": float("nan"), "info": {"x": [float("inf"), 1.5]}}])
    assert read(path)[0] == [{"mse": None, "info": {"x": [None, 1.5]}}]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "log"
    append(path, EVENTS)
    before = path.read_bytes()
    real = os.pwrite

    def half(handle, content, offset):
        if offset > len(before):
            raise OSError(28, "No space left on device")
        return real(handle, content[:10], offset)

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(OSError, match="No space"):
        append(path, EVENTS)
    assert path.read_bytes() == before


def test_rewound_events_take_back_later_steps():
    events = [{"kind": "metrics", "step": step} for step in (1, 2, 3, 4)]
    again = [{"kind": "metrics", "step": step, "again": True} for step in (3, 4, 5)]
    kept = without_rewound([*events, {"kind": "rewound", "step": 2}, *again])
    assert [event["step"] for event in kept] == [1, 2, 3, 4, 5]
    assert [event.get("again", False) for event in kept] == [False, False, True, True, True]
