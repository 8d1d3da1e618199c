import pytest
import torch

from boltzmann.data import bars


def rows(lines):
    return [[int(pixel) for pixel in line] for line in lines.split()]


def test_bars_shift_around_the_ring():
    assert bars.shifting_bars(5).tolist() == rows("11000 01100 00110 00011 10001")
    assert bars.inverted_bars(5).tolist() == rows("00111 10011 11001 11100 01110")


@pytest.mark.parametrize(("side", "count"), [(2, 6), (3, 14), (4, 30), (7, 254)])
def test_bars_and_stripes_are_all_distinct_images_of_full_lines(side, count):
    images = bars.bars_and_stripes(side)
    assert images.shape == (count, side**2)
    assert len(images.unique(dim=0)) == count
    square = images.reshape(-1, side, side)
    upright, lying = ((square == square.select(axis, 0).unsqueeze(axis)).all((1, 2)) for axis in (1, 2))
    assert (upright | lying).all()
    assert upright.sum() == lying.sum() == 2**side


def test_drawn_images_are_bars_or_stripes_with_equal_chance():
    drawn = bars.repeated_bars_and_stripes(2, 8000, torch.Generator().manual_seed(0))
    images, counts = drawn.unique(dim=0, return_counts=True)
    assert len(images) == 6
    chances = dict(zip((tuple(image) for image in images.int().tolist()), (counts / 8000).tolist(), strict=True))
    # 1/8 each, and all black or all white, which are both bars and stripes, 1/4. Four standard deviations.
    for image, chance in chances.items():
        expected = 1 / 4 if len(set(image)) == 1 else 1 / 8
        assert chance == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 8000) ** 0.5)
