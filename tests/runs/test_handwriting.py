"""Strokes become images as MNIST's digits did: in a box, centred by their mass."""

import numpy as np
import pytest

from boltzmann.runs.handwriting import check_strokes, digit

HOOK = [[0.3, 0.2], [0.7, 0.25], [0.5, 0.8]]


def drawn(points, shape=(28, 28), box=20.0):
    return digit(check_strokes([points]), shape, box)


def test_a_digit_is_centred_by_its_mass_and_fills_the_box():
    image = drawn(HOOK)
    rows, columns = np.indices(image.shape) + 0.5
    assert (image * rows).sum() / image.sum() == pytest.approx(14, abs=0.1)
    assert (image * columns).sum() / image.sum() == pytest.approx(14, abs=0.1)
    inked = np.flatnonzero((image > 0).any(1))
    assert 19 <= inked[-1] - inked[0] + 1 <= 21
    assert image.max() == 255


def test_where_and_how_large_it_was_drawn_does_not_matter():
    small = [[0.05 + 0.4 * x, 0.5 + 0.4 * y] for x, y in HOOK]
    assert np.abs(drawn(HOOK).astype(int) - drawn(small)).mean() < 1


def test_a_small_frame_is_filled_and_a_dot_stays_a_dot():
    image = drawn(HOOK, (8, 8), 8.0)
    assert image[0].any()
    assert image[-1].any()
    assert (drawn([[0.2, 0.9]]) > 127).sum() in range(1, 10)


def test_a_line_has_the_width_of_a_pen():
    column = drawn([[0.5, 0.1], [0.5, 0.9]])[14]
    assert column.sum() / 255 == pytest.approx(2.2, abs=0.4)
