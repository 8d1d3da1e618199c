import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from boltzmann import data
from boltzmann.config import DataConfig
from boltzmann.data import mnist


def write_idx(path: Path, array: torch.Tensor) -> None:
    path.write_bytes(struct.pack(f">I{array.dim()}I", 0x800 + array.dim(), *array.shape) + array.numpy().tobytes())


@pytest.fixture
def folder(tmp_path):
    """A folder with a small set in MNIST's own format."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    for part, count in (("train", 300), ("t10k", 50)):
        images = torch.randint(256, (count, 28, 28), generator=generator, dtype=torch.uint8)
        write_idx(raw / f"{part}-images-idx3-ubyte", images)
        write_idx(raw / f"{part}-labels-idx1-ubyte", torch.arange(count).remainder(10).to(torch.uint8))
    return tmp_path


def test_mnist_is_read_from_its_folder(folder):
    images = data.load(DataConfig(), folder)
    assert (images.source, images.notice) == ("mnist", None)
    assert images.train.shape == (300, 28, 28)
    assert images.test.shape == (50, 28, 28)
    assert images.train.dtype == torch.uint8
    assert images.train_labels[:3].tolist() == [0, 1, 2]


def test_size_pixels_and_count_are_as_configured(folder):
    config = DataConfig(image_size=32, pixels="binary", train_size=256)
    images = data.load(config, folder, seed=3)
    assert images.train.shape == (256, 32, 32)
    assert set(images.train.unique().tolist()) == {0, 255}
    assert not images.train[:, :2].any()
    assert torch.equal(images.train, data.load(config, folder, seed=3).train)
    assert not torch.equal(images.train, data.load(config, folder, seed=4).train)


def test_embedded_digits_hold_some_back(tmp_path):
    images = data.load(DataConfig(dataset="digits"), tmp_path)
    assert images.source == "digits"
    assert images.train.shape == (1500, 28, 28)
    assert images.test.shape == (297, 28, 28)
    assert sorted(images.test_labels.unique().tolist()) == list(range(10))


def test_without_mnist_and_network_the_embedded_digits_stand_in(tmp_path, monkeypatch):
    # A closed port on this machine as proxy: the real download runs and is refused.
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(data, "ROOT", tmp_path / "project")
    said = []
    images = data.load(DataConfig(), tmp_path / "data", notify=said.append)
    assert images.source == "digits"
    assert images.notice is not None
    assert "BOLTZMANN_DATA" in images.notice
    assert said[0] == "Downloading MNIST"


def test_a_damaged_file_is_told_from_a_missing_one(folder):
    (folder / "MNIST" / "raw" / "t10k-images-idx3-ubyte").write_bytes(b"short")
    images = data.load(DataConfig(), folder)
    assert images.source == "digits"
    assert "no readable MNIST" in (images.notice or "")


def test_torchvision_imports_in_a_fresh_process():
    code = "from boltzmann.data.torchvision_ops import datasets; print(datasets().MNIST.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "MNIST", done.stderr


@pytest.mark.skipif("BOLTZMANN_DATA" not in os.environ, reason="BOLTZMANN_DATA names no folder with MNIST")
def test_the_real_mnist():
    train, labels, test, _ = mnist.read(Path(os.environ["BOLTZMANN_DATA"]).resolve())
    assert train.shape == (60_000, 28, 28)
    assert test.shape == (10_000, 28, 28)
    assert labels[:5].tolist() == [5, 0, 4, 1, 9]
