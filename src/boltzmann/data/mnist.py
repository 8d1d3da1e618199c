"""MNIST through torchvision: from a folder that has it, else downloaded."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.error import URLError

import torch

from boltzmann.data.torchvision_ops import datasets

DOWNLOAD_MEGABYTES = 11.6  # the four compressed files
CONNECT_SECONDS = 10


class MnistUnavailable(RuntimeError):
    """MNIST is on no known folder and could not be downloaded."""


@lru_cache(maxsize=2)
def read(folder: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Training images (60000, 28, 28) and labels, test images (10000, 28, 28) and labels: uint8 and int64.

    Raises:
        MnistUnavailable: when the folder does not hold readable MNIST files.
    """
    mnist = datasets().MNIST
    try:
        train, test = (mnist(root=str(folder), train=part, download=False) for part in (True, False))
    except (RuntimeError, OSError, ValueError, AssertionError) as error:
        raise MnistUnavailable(f"no readable MNIST in {folder}: {error}") from error
    return train.data, train.targets, test.data, test.targets


def exists(folder: Path) -> bool:
    """Whether ``folder`` holds MNIST's files (whole or not, :func:`read` tells)."""
    return (folder / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file()


def download(folder: Path, notify: Callable[[str], None]) -> None:
    """Download MNIST into ``folder``, saying how far it is.

    Raises:
        MnistUnavailable: offline, no server answers, or the folder cannot be written.
    """
    done = threading.Event()

    def watch() -> None:
        raw = folder / "MNIST" / "raw"
        while not done.wait(0.5):
            megabytes = sum(file.stat().st_size for file in raw.glob("*.gz")) / 1e6
            notify(f"Downloading MNIST: {megabytes:.1f} of about {DOWNLOAD_MEGABYTES} MB")

    notify("Downloading MNIST")
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(CONNECT_SECONDS)
    try:
        for part in (True, False):
            datasets().MNIST(root=str(folder), train=part, download=True)
    except (URLError, RuntimeError, OSError) as error:
        raise MnistUnavailable("none of its servers could be reached, or the download was cut off") from error
    finally:
        socket.setdefaulttimeout(timeout)
        done.set()
        watcher.join()
