"""The picture of a machine on its simulated chip: true to the embedding, and never in the way of the page."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from boltzmann.config import RBM_PRESETS, RBMConfig, changed
from boltzmann.runs.chip_layouts import chip_layout
from boltzmann.runs.files import StoreError
from boltzmann.samplers import embeddings
from boltzmann.ui.components.lab_chip import PATIENCE, embedded
from boltzmann.ui.embedding_figure import embedding_figure

SMALL = changed(RBM_PRESETS["stripes"], {"data.side": 2, "model.hidden": 3, "sampler.embedding": "chimera"})


@pytest.fixture(scope="module")
def layout():
    return chip_layout(4, 3, "chimera")


def test_every_chain_is_joined_and_every_pair_of_layers_coupled(layout):
    edges, units = layout["edges"], layout["units"]
    ends = units[edges]
    assert ((ends[:, 0] == ends[:, 1]) == layout["inside"]).all()
    assert {tuple(sorted(pair)) for pair in ends[~layout["inside"]].tolist()} == {
        (i, j) for i in range(4) for j in (4, 5, 6)
    }
    for unit in range(7):
        left = set(np.flatnonzero(units == unit).tolist())
        reached, fresh = set(), {left.pop()}
        while fresh:
            reached |= fresh
            near = edges[layout["inside"] & np.isin(edges, list(fresh)).any(1)]
            fresh = set(near.ravel().tolist()) - reached
        assert left <= reached


def test_the_figure_draws_each_qubit_once_and_tells_each_chain(layout):
    figure = embedding_figure(layout, "dark").to_dict()
    visible, hidden = figure["data"][3], figure["data"][4]
    drawn = dict(zip(zip(visible["x"] + hidden["x"], visible["y"] + hidden["y"], strict=True),
                     visible["customdata"] + hidden["customdata"], strict=True))  # fmt: skip
    assert len(drawn) == len(layout["nodes"])
    assert max(visible["customdata"]) == 3 < min(hidden["customdata"]) == 4
    lines = [sum(x is None for x in trace["x"]) for trace in figure["data"][:3]]
    assert lines[0] == (~layout["inside"]).sum() == 12
    assert sum(lines) == len(layout["edges"])
    meta = figure["layout"]["meta"]
    for unit, chain in enumerate(meta):
        points = list(zip(*chain["points"], strict=True))
        assert [drawn[point] for point in points] == [unit] * (layout["units"] == unit).sum()
    assert meta[0]["words"].startswith("Visible 1: ")
    assert meta[6]["words"].startswith("Hidden 3: ")


def test_only_a_machine_that_is_embedded_has_a_chip():
    assert embedded(SMALL) == "chimera"
    assert [embedded(config) for config in (None, RBMConfig(), RBM_PRESETS["stripes"])] == ["", "", ""]
    assert embedded(changed(SMALL, {"training.negative_phase": "cd"})) == ""


def ask(page, run_id, listed=None, stream=None):
    inputs = {"lab-chip-tick-asked.data": 1, "colour-scheme.data": "light"}
    return page.call(
        "lab-chip.figure", inputs, {"lab-run-id.data": run_id, "lab-chip-unit.data": listed, "lab-stream.data": stream}
    )


def until(answer, part):
    """The first answer with that part: the worker is asked behind the page's back."""
    for _ in range(500):
        if part in (found := answer()):
            return found
        time.sleep(0.01)
    raise AssertionError(f"no {part} came")


def test_the_page_waits_for_the_worker_then_draws_what_is_placed(page, layout, monkeypatch):
    run_id = page.store.create(SMALL)
    right = str(page.call("lab-right.children", {"url.search": f"?run={run_id}"}, {"url.pathname": "/lab"}))
    assert "Placing the machine on Chimera(16)" in right
    waiting = until(lambda: ask(page, run_id), "lab-chip-waiting")
    assert "still starting" in waiting["lab-chip-waiting"]["children"]
    assert waiting["lab-chip-tick"]["disabled"] is False
    assert "lab-chip" not in waiting
    # The worker's place is taken by this process: what it is asked is the same.
    asked = []
    monkeypatch.setattr(
        page.engine, "ask", lambda function, *values, timeout: asked.append(values) or function(*values)
    )
    page.store.write_status(run_id, state="finished")
    shown = until(lambda: ask(page, run_id, stream={"latest": {"chain_breaks": 0.125}}), "lab-chip")
    assert len(shown["lab-chip"]["figure"]["data"]) == 7
    assert [unit["label"] for unit in shown["lab-chip-unit"]["data"]][3:5] == ["Visible 4", "Hidden 1"]
    assert shown["lab-chip-tick"]["disabled"] is True
    facts = json.dumps(shown["lab-chip-facts"])
    assert all(text in facts for text in ("Chimera(16)", "4 visible, 3 hidden", str(len(layout["nodes"])), "12.5%"))
    for stream in ([1], {"latest": "<b>"}, {"latest": {"chain_breaks": "<b>"}}):
        again = ask(page, run_id, shown["lab-chip-unit"]["data"], stream)
        assert "lab-chip" not in again
        assert "Broken" not in str(again)
    assert asked == [(4, 3, "chimera")]


@pytest.mark.parametrize("bad", ["../../x", None, 7, {"a": 1}])
def test_a_posted_run_that_is_no_embedded_one_is_a_message(page, lab_run, bad):
    assert "no picture" in ask(page, bad)["lab-chip-waiting"]["children"]
    assert "on no chip" in ask(page, lab_run)["lab-chip-waiting"]["children"]


def test_a_search_without_an_answer_is_not_begun_again_at_once(page, monkeypatch):
    # One that is given up costs the worker that all viewers share.
    assert PATIENCE > embeddings.PATIENCE
    run_id, asked = page.store.create(changed(SMALL, {"model.hidden": 4})), []

    def silent(function, *values, timeout):
        asked.append(values)
        raise StoreError(f"there was no answer within {timeout:g} s")

    monkeypatch.setattr(page.engine, "ask", silent)
    monkeypatch.setattr(page.engine, "ready", True)
    ended = until(lambda: ask(page, run_id), "lab-chip-waiting")
    assert "no answer within 180 s" in ended["lab-chip-waiting"]["children"]
    assert ended["lab-chip-tick"]["disabled"] is True
    for _ in range(3):
        assert "no answer" in ask(page, run_id)["lab-chip-waiting"]["children"]
    assert len(asked) == 1
