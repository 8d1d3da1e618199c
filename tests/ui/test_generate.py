"""What can be asked for on the page of drawings: a digit, black and white, similar ones side by side."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from boltzmann.config import GibbsConfig, RunConfig, TrainingConfig
from boltzmann.runs.drawings import DrawingStatus
from boltzmann.runs.models import list_models
from boltzmann.runs.pictures import GAP, PAPER
from boltzmann.ui.components.draw_panel import choices, result
from boltzmann.ui.components.settings_form import run_form
from demo_configs import DEMO


def hidden(node, name):
    found = next(one for one in node if getattr(one, "id", None) == name)
    return found.style.get("display") == "none"


def shown(page):
    models = list_models(page.settings, page.store)
    return [part for top in choices("draw", models, models[0].key, GibbsConfig(), 1024) for part in top._traverse()]


def ask(page, key, digit="all", similar=False):
    pattern = '{"form":"draw","name":["ALL"],"type":"field"}.value'
    state = {
        "draw-model.value": key,
        "draw-count.value": 9,
        "random-seed.checked": True,
        "draw-digit.value": digit,
        "draw-similar.checked": similar,
        pattern: [[{"form": "draw", "name": "sampler.name", "type": "field"}, "gibbs"]],
    }
    return page.call("draw-count.error", {"draw.n_clicks": 1}, state)


def test_a_model_without_classes_is_not_asked_for_a_digit(page, run_id):
    parts = shown(page)
    assert hidden(parts, "digit-choice")
    assert not hidden(parts, "similar-choice")
    response = ask(page, f"run:{run_id}", digit="7")
    assert "A 7 was asked of a model without class fields" in json.dumps(response["draw-error"])
    assert page.drawings.ids() == []


@pytest.mark.parametrize(
    ("sampler", "count", "digit", "said"),
    [
        ("dwave", 64, "all", "About 10 calls of the service and up to 15 to find the temperature, up to about "),
        ("dwave", 64, "7", "About 1 call of the service and up to 15 "),
        ("gibbs", 64, "all", ""),
        ("dwave", None, "all", ""),
        ("nonsense", 64, "all", ""),
    ],
)
def test_the_calls_of_a_service_are_said_before_they_are_made(page, class_model, sampler, count, digit, said):
    inputs = {
        "draw-model.value": class_model,
        "draw-count.value": count,
        "draw-digit.value": digit,
        '{"form":"draw","name":["ALL"],"type":"field"}.value': [
            [{"form": "draw", "name": "sampler.name", "type": "field"}, sampler]
        ],
        '{"form":"draw","name":["ALL"],"type":"flag"}.checked': [],
    }
    words = page.call("draw-need.children", inputs)["draw-need"]["children"]
    assert words.startswith(said)
    assert bool(words) == bool(said)


def test_similar_digits_are_asked_for(page, run_id):
    drawing = ask(page, f"run:{run_id}", similar=True)["drawing"]["data"]["id"]
    assert page.drawings.request(drawing).similar is True


@pytest.mark.parametrize(("digit", "asked"), [("all", None), ("0", 0), ("7", 7)])
def test_a_model_with_classes_is_asked_for_a_digit(page, class_model, digit, asked):
    parts = shown(page)
    assert not hidden(parts, "digit-choice")
    assert hidden(parts, "similar-choice")
    response = ask(page, class_model, digit)
    assert page.drawings.request(response["drawing"]["data"]["id"]).digit == asked


def test_another_model_offers_what_it_can_do_and_keeps_what_was_typed(page, class_model):
    def offer(count, digit="7"):
        state = {"draw-digit.value": digit, "draw-count.value": count}
        return page.call("digit-choice.style", {"draw-model.value": class_model}, state)

    response = offer(64)
    assert response["digit-choice"]["style"] == {}
    assert response["similar-choice"]["style"] == {"display": "none"}
    assert response["draw-digit"]["value"] == "7"
    assert response["draw-count"]["value"] == 100
    assert "draw-count" not in offer(65)


def test_a_digit_is_not_kept_for_a_model_without_classes(page, run_id):
    state = {"draw-digit.value": "7", "draw-count.value": 100}
    response = page.call("digit-choice.style", {"draw-model.value": f"run:{run_id}"}, state)
    assert response["digit-choice"]["style"] == {"display": "none"}
    assert response["draw-digit"]["value"] == "all"
    assert response["draw-count"]["value"] == 64


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "9 digits"),
        ({"digit": None, "in_turn": True}, "9 digits, 0 to 9 in turn"),
        ({"digit": 0, "in_turn": False}, "9 digits, all asked to be 0"),
        ({"digit": None, "in_turn": False, "similar": True}, "9 digits, similar ones side by side"),
    ],
)
def test_the_caption_says_what_was_asked(facts, words):
    parts = result("x", {"count": 9, "sampler": "gibbs", **facts})._traverse()
    heading = next(node for node in parts if type(node).__name__ == "H2")
    assert heading.children == words


def test_digits_in_turn_have_ten_columns(page, drawing_id):
    status = page.drawings.status(drawing_id)
    page.drawings.write_status(drawing_id, DrawingStatus("finished", {**status.facts, "in_turn": True}))
    drawing = {"id": drawing_id, "asked": 0, "count": 9}
    response = page.call("drawn.data", {"draw-tick-asked.data": 1}, {"drawing.data": drawing})
    assert response["drawn"]["data"]["grid"]["columns"] == 10


def test_black_and_white_changes_the_grid_and_its_file_but_no_array(page, drawing_id):
    drawn = {"id": drawing_id, "grid": {"count": 9}}
    grey, binary = (
        page.call("grid.src", {"drawn.data": drawn, "sharpness.value": value}) for value in ("grey", "binary")
    )
    for response in (grey, binary):
        assert response["grid"]["src"] == response["grid-file"]["href"]
    sheets = [
        np.asarray(Image.open(io.BytesIO(page.get(response["grid"]["src"]).data))).astype(int)
        for response in (grey, binary)
    ]
    cells = (slice(GAP, GAP + 28),) * 2
    images = page.drawings.arrays(drawing_id)["images"]
    assert (sheets[0][cells] == images[0]).all()
    assert (sheets[1][cells] == 255 * (images[0] > 127.5)).all()
    assert sheets[0].shape == sheets[1].shape
    assert sheets[1][0, 0] == PAPER
    arrays = np.load(io.BytesIO(page.get(f"/files/drawings/{drawing_id}/digits.npz").data))
    assert (np.round(arrays["images"] * 255) == images).all()


def test_black_and_white_of_a_drawing_that_is_not_there_is_a_message(page):
    response = page.get("/files/drawings/20200101-000000-000000/grid.png?pixels=binary")
    assert response.status_code == 404
    assert "there is no drawing" in response.text


@pytest.mark.parametrize("objective", ["mmd", "elbo"])
def test_the_form_shows_the_settings_of_its_objective_alone(objective):
    config = RunConfig(training=TrainingConfig(objective=objective))
    found = {
        node.id["name"]: node.style == {}
        for node in run_form("train", config, DEMO)._traverse()
        if isinstance(getattr(node, "id", None), dict) and node.id.get("when", "").startswith("training/objective")
    }
    only_for = {"mmd_weight": "mmd", "mmd_kernels": "mmd", "kl_weight": "elbo", "kl_warm_up": "elbo"}
    assert found == {f"training/{name}": wanted == objective for name, wanted in only_for.items()}
