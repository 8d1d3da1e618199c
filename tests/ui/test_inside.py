"""Look inside as requests see it, while no worker is there to answer; its figures and pictures."""

from __future__ import annotations

import numpy as np
import pytest

from boltzmann import graphs
from boltzmann.runs.files import StoreError
from boltzmann.ui.components.inside_picture import PICKS, between, class_words, decoder_pictures
from boltzmann.ui.components.inside_sampling import temperature
from boltzmann.ui.components.inside_spins import _again, digit_of, energy_words
from boltzmann.ui.inside_figures import PLACES, graph_data, histogram_figure, mosaic, path_figure, signed, strengths
from boltzmann.ui.pages import inside
from boltzmann.ui.services import Services
from demo_configs import DEMO


@pytest.fixture
def facts():
    """Of a graph of 16 spins whose couplings grow evenly from -1 to 1; digit 3 turns and triples them."""
    graph = graphs.subgraph("zephyr", 16)
    couplings = np.linspace(-1, 1, len(graph.edges), dtype="f4")
    more = np.zeros((10, len(couplings)), "f4")
    more[3] = -4 * couplings
    broken = {"broken": np.array([[0.5, 0.25]], "f4"), "broken_couplers": np.array([[0, 3]])}
    return {
        "nodes": graph.nodes,
        "positions": graph.positions,
        "edges": graph.edges,
        "quadratic": couplings,
        "class_quadratic": more,
        "hidden_spins": np.array([1, 3]),
        **broken,
    }


THUMBS = {
    '{"index":["ALL"],"type":"inside-thumb"}.src': [
        ({"index": index, "type": "inside-thumb"}, None) for index in range(PICKS)
    ]
}


def shown(page, search=""):
    services = Services(page.settings, page.engine, page.store, page.drawings, DEMO, None)  # type: ignore[arg-type]
    return [part for top in inside.layout(services, search) for part in (top, *top._traverse())]


def part(parts, name):
    return next(one for one in parts if getattr(one, "id", None) == name)


def test_the_graph_travels_in_whole_numbers(facts):
    data = graph_data(facts)
    assert np.abs(np.stack([data["x"], data["y"]], 1) / PLACES - facts["positions"]).max() <= 0.5 / PLACES + 1e-6
    assert np.array_equal(np.reshape(data["edges"], (-1, 2)), facts["edges"])
    assert (data["broken"], data["lost"]) == ([[5000], [2500]], [0, 3])
    assert (data["hidden"][:4], data["hidden"].count("1")) == ("0101", 2)


def test_the_strength_of_a_coupling_is_that_in_the_digits_law(facts):
    levels, strong = strengths(facts, None)
    assert strong == pytest.approx(0.95, abs=0.02)
    assert (levels[0], levels[len(levels) // 2], levels[-1]) == ("0", "2", "4")
    turned, stronger = strengths(facts, 3)
    assert stronger == pytest.approx(3 * strong)
    assert turned == "".join("43210"[int(level)] for level in levels)


def test_maps_lie_side_by_side_between_seams():
    sheet = mosaic(np.full((3, 2, 2), 200), 2, ground=70)
    assert sheet.shape == (5, 5)
    assert sheet[:2, :2].min() == 200
    assert set(sheet[2]) == set(sheet[3:, 3:].ravel()) == {70}
    up, none, down = signed(np.array([[[127, 0, -127]]], np.int8))[0, 0]
    assert up[2] > up[0]
    assert none.sum() == 0
    assert down[0] > down[2]


def test_energies_and_the_strings_that_are_shown_are_seen():
    energies = np.random.default_rng(0).normal(-190, 5, 60).tolist()
    bars, *lines = histogram_figure(energies, energies[2], -180.0, "dark").to_dict()["data"]
    assert sum(bars["y"]) == 60
    assert [line["x"][0] for line in lines] == [energies[2], -180.0]
    assert len(histogram_figure(energies, energies[2], None, "light").to_dict()["data"]) == 2
    way, point = path_figure([0, 2, 4], [0.0, 1.5, -1.0], [0.0, 2.0, 1.5, 0.0, -1.0], True, "light").to_dict()["data"]
    assert (way["y"], point["x"]) == ([0.0, 2.0, 1.5, 0.0, -1.0], [0])


def test_the_arrows_tell_the_losses_and_glow_while_the_model_trains():
    down, up = between("elbo", {"nll": 0.25, "kl": 12.5, "mmd": 9.0}, True)
    assert all("is-lit" in arrow.className for arrow in (down, up))
    assert "12.5" in str(up)
    assert "0.25" in str(down)
    assert "9" not in str(between("mmd", {"mmd": None}, False)[1])


def test_where_a_digit_acts_is_said():
    assert "every coupling" in class_words(True, True)
    assert "share the couplings" in class_words(True, False)
    assert "One law for all digits" in class_words(False, False)


def test_few_channels_make_a_picture_too():
    maps = {
        "hidden": np.zeros((4, 8), "u1"),
        "quarter": np.zeros((3, 7, 7), "u1"),
        "half": np.full((1, 14, 14), 64, "u1"),
    }
    pictures = decoder_pictures({**maps, "words": dict.fromkeys(maps, "What it is.")})
    assert [figure.children[0].src[:22] for figure in pictures] == ["data:image/png;base64,"] * 3


def test_a_string_is_compared_with_the_encoded_one_under_the_same_law_only():
    begun = {"text": "++-", "digit": 3, "energy": -2.0, "error": 0.0125}
    assert "0.0125" in str(energy_words(-2.0, {"text": "++-", "digit": 3}, begun))
    assert "+0.5 by the flips" in str(energy_words(-1.5, {"text": "+--", "digit": 3}, begun))
    for odd in (None, [], {"text": "++-"}, {**begun, "energy": "x"}):
        assert len(energy_words(-1.5, {"text": "+--", "digit": None}, odd)) == 1


@pytest.mark.parametrize("value", [None, True, "1", 0, 0.1, 3.1, float("nan"), [1]])
def test_a_temperature_out_of_range_is_refused(value):
    with pytest.raises(StoreError, match="choose one of"):
        temperature(value)


def test_only_digits_are_digits():
    assert [digit_of(choice) for choice in ("any", "7", "77", "²", None, 7, ["7"])] == [None, 7, *[None] * 5]


def test_the_address_opens_what_it_names_and_nothing_else(page, run_id):
    parts = shown(page, f"?model=run:{run_id}&digit=4&seed=77&show=walk")
    assert part(parts, "inside-model").value == f"run:{run_id}"
    assert part(parts, "inside-source").data == {"digit": "4", "seed": 77}
    assert part(parts, "inside-show").value == "walk"
    odd = shown(page, "?model=../x&digit=44&seed=-1&show=<b>")
    assert part(odd, "inside-model").value == f"run:{run_id}"
    assert (part(odd, "inside-digit").value, part(odd, "inside-show").value) == ("any", "flip")
    assert 0 <= part(odd, "inside-source").data["seed"] < inside.MOST_SEED


def test_without_a_model_the_way_to_one_is_shown(page):
    assert "Nothing to look into yet" in str(shown(page)[0])


def test_a_question_without_a_worker_is_answered_with_the_reason(page, run_id):
    asked = {"key": f"run:{run_id}", "text": "+" * 16, "digit": None, "at": 5}
    answer = page.call("upper-output.src", {"decode-asked.data": asked})
    assert "still starting" in str(answer["inside-error"])
    assert answer["decode-answered"] == {"data": 5}
    answer = page.call("inside-drawn.data", {"sample-asked.data": {**asked, "temperature": 99}}, THUMBS)
    assert "Choose one of 0.2 to 3" in str(answer["inside-error"])
    assert answer["sample-answered"] == {"data": 5}


ODD = (None, 7, "x", [], {}, {"texts": 3}, {"texts": ["+"], "labels": [1, 2], "energies": ["x"]})


def test_what_no_page_sends_is_refused_quietly(page, run_id):
    for odd in ODD:
        for output, inputs in (
            ("inside-begun.data", {"inside-graph.data": odd, "inside-source.data": odd}),
            ("upper-output.src", {"decode-asked.data": odd}),
            ("effects-answered.data", {"effects-asked.data": odd}),
            ("effects-answered.data", {"effects-asked.data": {"text": "+-", "first": odd}}),
            ("inside-drawn.data", {"sample-asked.data": odd}),
            ("lower-output.src", {"inside-drawn.data": odd, "inside-pick.data": odd}),
            ("inside-energies.figure", {"inside-drawn.data": odd, "inside-pick.data": odd}),
            ("inside-way.data", {"inside-show.value": "walk", "inside-begun.data": odd}),
            ("inside-path.figure", {"inside-way.data": odd}),
            ("inside-levels.data", {"inside-couplings.checked": True, "inside-begun.data": odd}),
        ):
            assert "Something went wrong" not in str(page.call(output, inputs, THUMBS)), (output, odd)


def test_a_run_that_trains_is_followed(page, run_id):
    page.store.write_status(run_id, state="running", metrics={"nll": 0.875, "mmd": 0.0625})
    state = {"inside-model.value": f"run:{run_id}", "inside-version.data": "older"}
    seen = page.call("inside-version.data", {"inside-tick-asked.data": 3}, state)
    assert seen["inside-version"]["data"].startswith("step-00000008-")
    assert "is-lit" in str(seen["inside-between"])
    assert "0.875" in str(seen["inside-between"])
    assert (seen["inside-tick"], seen["inside-tick-answered"]) == ({"disabled": False}, {"data": 3})
    state["inside-version.data"] = seen["inside-version"]["data"]
    page.store.write_status(run_id, state="finished")
    after = page.call("inside-version.data", {"inside-tick-asked.data": 4}, state)
    assert "inside-version" not in after
    assert "is-lit" not in str(after)
    assert after["inside-tick"] == {"disabled": True}


def test_a_run_that_is_deleted_while_it_is_followed_stays_as_it_was_seen(page, run_id):
    state = {"inside-model.value": f"run:{run_id}", "inside-version.data": "older"}
    page.store.delete(run_id)
    after = page.call("inside-version.data", {"inside-tick-asked.data": 5}, state)
    assert after == {"inside-tick": {"disabled": True}, "inside-tick-answered": {"data": 5}}


def test_a_checkpoint_that_cannot_be_opened_leaves_the_one_before(page, run_id):
    key = f"run:{run_id}"
    asked = {"inside-model.value": key, "inside-ready.data": True, "inside-version.data": "newer"}
    for open_now, outputs in (
        ({"key": key}, {"inside-error"}),
        ({"key": "shipped:demo"}, {"inside-error", "inside-graph"}),
    ):
        answer = page.call("inside-graph.data", {**asked}, {"inside-graph.data": open_now})
        assert "still starting" in str(answer["inside-error"])
        assert outputs == {name for name in answer if name in ("inside-error", "inside-graph")}


def test_only_the_same_digit_at_another_checkpoint_is_seen_again():
    now = {"key": "run:1", "of": [5, 7], "version": "b"}
    assert _again(now, {**now, "version": "a"})
    others = (
        None,
        now,
        {**now, "version": "a", "of": [5, 8]},
        {**now, "version": "a", "key": "run:2"},
        {"key": "run:1"},
    )
    assert not any(_again(now, other) for other in others)
