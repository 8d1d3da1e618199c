"""What the interactive worker answers about a machine, asked here without a worker in between."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boltzmann.runs import play
from boltzmann.runs.files import StoreError
from boltzmann.runs.play_machine import open_machine
from boltzmann.settings import Settings

SEVEN = [[[0.3, 0.2], [0.7, 0.2], [0.45, 0.8]]]


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("play")
    return Settings(folder / "data", folder / "runs", folder / "models")


@pytest.fixture(scope="module")
def digits(here, train_machine) -> str:
    """64 pixels and 10 labels + 64 hidden units, trained for half a second: it reads four of five digits rightly."""
    return train_machine(here.runs, "digits", "Digits", model__label_units=True)


@pytest.fixture(scope="module")
def bars(here, train_machine) -> str:
    return train_machine(here.runs, "bars", "Bars", data__length=6, model__hidden=6, training__epochs=500)


def test_an_example_has_the_class_that_was_asked_for(here, digits, bars):
    assert {play.example(here, digits, 3, seed)["label"] for seed in range(20)} == {3}
    assert len({play.example(here, digits, None, seed)["index"] for seed in range(20)}) > 10
    with pytest.raises(StoreError, match="no labels"):
        play.example(here, bars, 3, 0)


def test_a_completion_keeps_what_is_given_and_is_scored_on_the_rest(here, digits):
    found = play.completed(here, digits, 5, "upper", seed=1)
    given = ~found["mask"]
    assert given[4:].all()
    assert not given[:4].any()
    for image in (*found["images"].values(), *found["chains"]):
        assert (image[given] == found["original"][given]).all()
    for way, image in found["images"].items():
        off = (image.astype(float) - found["original"])[found["mask"]] / 255
        assert found["errors"][way] == pytest.approx(np.square(off).mean(), abs=0.005)
    mean = np.stack(list(found["chains"])).astype(float).mean(0)
    assert np.abs(mean - found["images"]["machine"]).max() <= 1


def test_a_painted_mask_hides_what_the_brush_has_covered(here, digits):
    mask = play.completed(here, digits, 5, [[[0.06, 0.0], [0.06, 1.0]]], 0)["mask"]
    assert mask[:, 0].all()
    assert not mask[:, 2:].any()


@pytest.mark.parametrize(
    ("source", "mask", "said"),
    [
        (5, "nonsense", "no mask"),
        (5, None, "no mask"),
        (5, [], "no pixel is masked"),
        (5, [[[0.0, y / 20], [1.0, y / 20]] for y in range(21)], "every pixel"),
        (10**9, "left", "no test image"),
        ("5", "left", "no test image"),
        (True, "left", "no test image"),
        ([], "left", "nothing is drawn"),
        ([[[0.5, math.nan]]], "left", "no drawing"),
        ([[[0.5, 1.5]]], "left", "no drawing"),
        ([[["x", {}]]], "left", "no drawing"),
        ([[[0.5, 0.5]] * 5000], "left", "more than 4,000 points"),
    ],
)
def test_what_cannot_be_completed_is_refused_with_a_reason(here, digits, source, mask, said):
    with pytest.raises(StoreError, match=said):
        play.completed(here, digits, source, mask, 0)


def test_a_line_of_pixels_has_a_left_and_a_right_half_only(here, bars):
    assert play.completed(here, bars, 2, "right", 0)["mask"].tolist() == [[False] * 3 + [True] * 3]
    with pytest.raises(StoreError, match="choose one of left, right"):
        play.completed(here, bars, 2, "lower", 0)


def test_the_score_tells_the_machine_from_the_mean_image(here, digits):
    report = play.completion_score(here, digits, "lower")
    assert report["images"] == 297
    # 0.109 ± 0.002 and 0.135 ± 0.002 when this was written.
    assert report["machine"]["error"] + 3 * report["machine"]["standard_error"] < report["mean_image"]["error"]


def test_digits_are_read_by_free_energy_and_the_cells_hold_their_images(here, digits):
    report = play.classified(here, digits)
    confusion = np.array(report["confusion"])
    assert report["method"] == "free energy"
    assert confusion.sum() == report["images"] == 297
    assert report["accuracy"] == pytest.approx(confusion.trace() / 297, abs=1e-5)
    assert report["accuracy"] > 0.65  # 0.81 when this was written; chance: 0.1
    read = [np.argmax(play.recognised(here, digits, index)["probabilities"]) for index in range(20)]
    truth = open_machine(here, digits).data.test_labels[:20].numpy()
    for row, column in {(3, 3), *zip(truth.tolist(), map(int, read), strict=True)}:
        found = play.behind(here, digits, row, column)
        assert found["count"] == confusion[row, column]
        assert len(found["images"]) == min(found["count"], play.SHOWN)
    with pytest.raises(StoreError, match="no class"):
        play.behind(here, digits, 3, 10)


def test_without_label_units_the_hidden_features_are_read_and_no_class_is_told(here, train_machine):
    plain = train_machine(here.runs, "digits", "Plain", training__epochs=10)
    report = play.classified(here, plain)
    assert report["method"] == "features"
    assert report["fitted"] == len(open_machine(here, plain).data.train)
    assert report["accuracy"] > 0.8  # 0.92 when this was written; chance: 0.1
    answer = play.recognised(here, plain, SEVEN)
    assert answer["probabilities"] is None
    assert answer["reconstruction"].shape == (8, 8)


def test_a_drawn_seven_is_read_and_a_scribble_is_rarer_than_a_digit(here, digits):
    answer = play.recognised(here, digits, SEVEN)
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert np.argmax(answer["probabilities"]) == 7
    assert answer["labels"].count(7) >= 3
    scribble = [[[x / 10, (x * 7 % 10) / 10] for x in range(11)]]
    assert play.recognised(here, digits, scribble)["free_energy"] > answer["typical"] + 2 * answer["spread"]


def test_how_typical_an_image_is_goes_by_rows_drawn_as_it_is(here, train_machine):
    drawn = train_machine(here.runs, "digits", "Drawn", data__pixels="stochastic", training__epochs=2)
    machine = open_machine(here, drawn)
    rows = machine.seen(machine.data.test)
    assert 0 < rows.mean() < 1
    assert rows.unique().tolist() == [0.0, 1.0]
    wanted = play._free_energies(machine, rows[: play.TYPICAL_ROWS]).mean()
    assert play.recognised(here, drawn, 0)["typical"] == pytest.approx(wanted)


def test_features_are_fitted_to_few_rows_while_a_page_waits(here, train_machine, monkeypatch):
    monkeypatch.setattr(play, "FITTED", 500)
    plain = train_machine(here.runs, "digits", "Few", training__epochs=2)
    report = play.classified(here, plain)
    assert (report["fitted"], report["images"]) == (500, 297)


def test_samples_of_a_class_look_like_it(here, digits, bars):
    found = play.generated(here, digits, "all", 100, 100, seed=0)
    wanted = np.arange(100) % 10
    assert found["images"].shape == (100, 8, 8)
    assert (np.array(found["read"]) == wanted).mean() > 0.5  # 0.72 when this was written; chance: 0.1
    assert sum(found["model"]) == pytest.approx(1)
    assert sum(found["data"]) == pytest.approx(1)
    free = play.generated(here, bars, "free", 200, 100, seed=0)
    assert free["read"] is None
    # A bar covers three pixels of six; noise would do so in a third of the rows.
    assert ((free["images"] > 127).sum((1, 2)) == 3).mean() > 0.6


@pytest.mark.parametrize(
    ("label", "steps", "count", "said"),
    [
        ("free", 0, 10, "steps is 0"),
        ("free", 10**9, 10, "steps is"),
        ("free", True, 10, "steps is"),
        ("free", 1, 101, "count is 101"),
        (10, 1, 10, "no class"),
        ([], 1, 10, "no class"),
    ],
)
def test_samples_that_cannot_be_drawn_are_refused(here, digits, label, steps, count, said):
    with pytest.raises(StoreError, match=said):
        play.generated(here, digits, label, steps, count, 0)


def test_a_machine_without_labels_is_asked_for_no_class_and_there_is_no_machine_of_any_name(here, bars):
    with pytest.raises(StoreError, match="no label units"):
        play.generated(here, bars, 3, 1, 10, 0)
    with pytest.raises(StoreError, match="nothing to classify"):
        play.classified(here, bars)
    for key in ("run:../../etc", "shipped:..", None, 7):
        with pytest.raises(StoreError, match="no machine"):
            play.example(here, key, None, 0)
