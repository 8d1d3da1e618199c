import numpy as np

from boltzmann.runs.similarity import by_similarity


def test_images_of_a_kind_stand_side_by_side():
    """Three patterns with little noise, shuffled: the walk leaves each pattern once."""
    rng = np.random.default_rng(0)
    patterns = np.kron(rng.integers(0, 2, (3, 14, 14)), np.ones((1, 2, 2))) * 200
    kinds = rng.permutation(np.repeat(np.arange(3), 10))
    images = (patterns[kinds] + rng.integers(0, 20, (30, 28, 28))).astype(np.uint8)
    order = by_similarity(images)
    assert sorted(order) == list(range(30))
    assert (np.diff(kinds[order]) != 0).sum() == 2
    assert images[order[0]].sum() == images.reshape(30, -1).sum(1).min()


def test_one_image_and_equal_images_are_no_error():
    assert by_similarity(np.zeros((1, 32, 32), np.uint8)).tolist() == [0]
    assert sorted(by_similarity(np.zeros((5, 28, 28), np.uint8))) == list(range(5))
