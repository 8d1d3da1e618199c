"""Questions stand in line with the interactive worker's other jobs."""

from __future__ import annotations

import threading
import time

import pytest

from boltzmann.runs.drawings import DrawingRequest
from boltzmann.runs.files import StoreError


def slept(seconds):
    time.sleep(seconds)
    return seconds


def test_a_question_and_what_is_drawn_after_it_do_not_end_each_other(engine, wait):
    found: list[object] = []
    asking = threading.Thread(target=lambda: found.append(engine.ask(slept, 3, timeout=30)))
    asking.start()
    wait(lambda: engine._working["interactive"])
    drawing = engine.draw(DrawingRequest(model_key="shipped:none"))
    time.sleep(1)
    assert engine.drawings.status(drawing).state == "queued"
    # Its worker answers the question: what waits is forgotten, nothing is killed.
    engine.cancel(drawing)
    # The engine's patience with what it has cancelled is 1 s.
    asking.join(30)
    assert found == [3]
    threading.Thread(target=lambda: found.append(engine.ask(slept, 2, timeout=30))).start()
    wait(lambda: engine._working["interactive"])
    with pytest.raises(StoreError, match="asked before it"):
        engine.ask(int, "7", timeout=0.2)
    assert engine.ask(int, "8", timeout=30) == 8
    wait(lambda: found == [3, 2])
