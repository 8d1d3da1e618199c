import pytest
import torch
from safetensors.torch import save_file

from boltzmann.config import BinaryDataConfig
from boltzmann.data import digits, mnist
from boltzmann.data.binary import load
from boltzmann.data.frames import frame
from boltzmann.tables import parse


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose MNIST is the embedded digits, some off the centre."""
    train, train_labels, test, test_labels = digits.read()
    monkeypatch.setattr(mnist, "exists", lambda place: place == tmp_path)
    monkeypatch.setattr(mnist, "read", lambda _: (train.roll((3, -2), (1, 2)), train_labels, test, test_labels))
    return tmp_path


@pytest.mark.parametrize("dataset", ["shifting_bars", "inverted_bars", "bars_and_stripes"])
def test_a_listed_data_set_is_its_own_test(dataset, tmp_path):
    data = load(BinaryDataConfig(dataset=dataset, length=6, side=3), tmp_path)
    assert data.train is data.test
    assert data.source == dataset
    assert data.shape == ((3, 3) if dataset == "bars_and_stripes" else (1, 6))
    assert (data.train_labels, data.classes, data.stochastic, data.rule) == (None, 0, False, "")


def test_bars_and_stripes_are_split_or_drawn_by_the_seed(tmp_path):
    split = load(BinaryDataConfig(dataset="bars_and_stripes", side=7, drawing="split"), tmp_path, seed=1)
    assert (len(split.train), len(split.test)) == (127, 127)
    assert len(torch.cat([split.train, split.test]).unique(dim=0)) == 254
    config = BinaryDataConfig(dataset="bars_and_stripes", side=7, drawing="repeated")
    first, again, other = (load(config, tmp_path, seed=seed) for seed in (1, 1, 2))
    assert first.train.shape == first.test.shape == (1000, 49)
    assert torch.equal(first.test, again.test)
    assert not torch.equal(first.train, other.train)
    assert not torch.equal(first.train, first.test)


def test_the_embedded_digits_keep_their_size_and_grey(tmp_path):
    grey = load(BinaryDataConfig(dataset="digits", pixels="grey"), tmp_path)
    assert (grey.train.shape, grey.test.shape, grey.shape, grey.classes) == ((1500, 64), (297, 64), (8, 8), 10)
    assert (grey.train * 16).frac().abs().max() == 0
    assert (grey.stochastic, grey.rule) == (False, "")
    black = load(BinaryDataConfig(dataset="digits"), tmp_path)
    assert torch.equal(black.train, (grey.train > 0.5).float())
    assert black.rule == "white above 8 of 16"
    drawn = load(BinaryDataConfig(dataset="digits", pixels="stochastic"), tmp_path)
    assert torch.equal(drawn.train, grey.train)
    assert drawn.stochastic
    assert "drawn anew" in drawn.rule


def test_mnist_is_chosen_and_thresholded(folder):
    config = BinaryDataConfig(dataset="mnist", train_size=200)
    data = load(config, folder, seed=3)
    assert (data.source, data.notice, data.shape, data.rule) == ("mnist", None, (28, 28), "white above 127")
    assert (data.train.shape, data.test.shape) == ((200, 784), (297, 784))
    assert torch.equal(data.test, (digits.read()[2] > 127).float().flatten(1))
    grey = load(config.model_copy(update={"pixels": "grey"}), folder, seed=3)
    assert torch.equal((grey.train > 127.5 / 255).float(), data.train)
    assert torch.equal(data.train_labels, grey.train_labels)


def test_smaller_frames_lose_no_ink_wherever_the_digit_lies():
    images = digits.read()[0][:50]
    moved = images.roll((-4, 4), (1, 2))
    assert torch.equal(frame(images, 28), images / 255)
    ink = images.float().sum((1, 2)) / 255
    for size in (20, 16):
        small = frame(moved, size)
        assert torch.equal(small, frame(images, size))
        # The mean over an area: 16 x 16 pixels hold (16 / 20)^2 of the ink.
        assert torch.allclose(small.sum((1, 2)), ink * (size / 20) ** 2, rtol=1e-5)
    white = torch.full((1, 28, 28), 255, dtype=torch.uint8)
    assert torch.allclose(frame(white, 16), torch.ones(1, 16, 16))


@pytest.mark.parametrize("size", [20, 16])
def test_smaller_mnist_has_its_shape(folder, size):
    data = load(BinaryDataConfig(dataset="mnist", image_size=size, train_size=100), folder)
    assert (data.train.shape, data.shape) == ((100, size**2), (size, size))
    assert set(data.train.unique().tolist()) == {0.0, 1.0}


def test_without_mnist_the_digits_stand_in_in_its_frame(folder, monkeypatch):
    def damaged(_):
        raise mnist.MnistUnavailable("damaged")

    monkeypatch.setattr(mnist, "read", damaged)
    data = load(BinaryDataConfig(dataset="mnist", image_size=20), folder)
    assert (data.source, data.train.shape) == ("digits", (1500, 400))
    assert "stand in" in (data.notice or "")


def test_a_table_holds_back_every_fifth_row(tmp_path):
    lines = [f"{row >> 4 & 1},{row >> 3 & 1},{row >> 2 & 1},{row >> 1 & 1},{row & 1},{row % 3}" for row in range(30)]
    path = tmp_path / "table.safetensors"
    path.write_bytes(parse("\n".join(["a,b,c,d,e,label", *lines]).encode()).to_bytes())
    config = BinaryDataConfig(dataset="table", table="20261121-120000-000000")
    data = load(config, tmp_path, seed=1, table=path)
    assert (data.train.shape, data.test.shape, data.shape, data.classes) == ((24, 5), (6, 5), None, 3)
    code = torch.tensor([16.0, 8.0, 4.0, 2.0, 1.0])
    numbers = torch.cat([data.train, data.test]) @ code
    assert numbers.sort().values.tolist() == list(range(30))
    labels = torch.cat([data.train_labels, data.test_labels])
    assert torch.equal(numbers.long() % 3, labels)
    assert torch.equal(data.test, load(config, tmp_path, seed=1, table=path).test)
    assert not torch.equal(data.test, load(config, tmp_path, seed=2, table=path).test)
    with pytest.raises(ValueError, match="no table was given"):
        load(config, tmp_path)


def test_a_tables_image_shape_and_a_held_out_class_count(tmp_path):
    path = tmp_path / "table.safetensors"
    rows = torch.zeros(4, 6, dtype=torch.uint8)
    held_out = torch.randperm(4, generator=torch.Generator().manual_seed(0))[0]
    labels = torch.zeros(4, dtype=torch.int64)
    labels[held_out] = 7
    save_file({"rows": rows, "labels": labels, "shape": torch.tensor([2, 3])}, path)
    data = load(BinaryDataConfig(dataset="table", table="20261121-120000-000000"), tmp_path, seed=0, table=path)
    assert (data.shape, len(data.test), data.classes) == ((2, 3), 1, 8)
