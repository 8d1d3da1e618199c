import time

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from boltzmann.runs.drawings import KEPT, DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.files import StoreError, UnknownIdentifier
from boltzmann.runs.models import list_models, resolve
from boltzmann.runs.pictures import GAP, LINES, enlarged, generated_grid, grid, reconstruction_grid


@pytest.fixture
def drawings(settings):
    return DrawingStore.beside(settings.runs)


def test_a_drawing_keeps_its_request_and_only_the_last_are_kept(drawings, store):
    request = DrawingRequest(model_key="shipped:x", count=7, seed=3)
    made = [drawings.create(request) for _ in range(KEPT + 3)]
    assert drawings.ids() == made[: -KEPT - 1 : -1]
    assert drawings.request(made[-1]) == request
    assert drawings.status(made[-1]).state == "queued"
    assert store.ids() == []
    with pytest.raises(StoreError, match="no digits"):
        drawings.arrays(made[-1])


def test_a_silent_drawing_has_failed(drawings, monkeypatch):
    drawing_id = drawings.create(DrawingRequest(model_key="shipped:x"))
    drawings.write_status(drawing_id, DrawingStatus("running"))
    assert drawings.status(drawing_id).active
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    assert drawings.status(drawing_id).state == "failed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"count": 1025},
        {"seed": -1},
        {"model_key": "x" * 999},
        {"sampler": {"name": "x"}},
        {"digit": 10},
        {"digit": -1},
        {"a": 1},
    ],
)
def test_an_absurd_request_is_refused(wrong):
    with pytest.raises(ValidationError):
        DrawingRequest.model_validate({"model_key": "shipped:x", **wrong})


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        "shipped:",
        "shipped:..",
        "shipped:../m",
        "shipped:none",
        "run:../x",
        "run:",
        "run:7",
        "x:y",
        None,
        "z" * 9999,
    ],
)
def test_a_model_key_that_names_nothing_is_refused(settings, store, key):
    (settings.models / "m").mkdir(parents=True)
    with pytest.raises(UnknownIdentifier, match="there is no model"):
        resolve(key, settings, store)


def test_models_are_shipped_ones_and_runs_with_a_checkpoint(settings, store, small):
    def model(folder):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(small().model_dump_json())
        (folder / "graph.safetensors").write_bytes(b"")
        header = b'{"__metadata__":{"step":"12","command":"make model"}}'
        (folder / "weights.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)

    model(settings.models / "digits")
    (settings.models / "digits" / "README.md").write_text("---\nx: y\n---\n# Handwritten digits\n")
    (settings.models / "half").mkdir()
    with_checkpoint, without = store.create(small(), "Mine"), store.create(small())
    model(store.folder(with_checkpoint) / "checkpoints" / "step-00000004")
    found = list_models(settings, store)
    assert [(entry.key, entry.title) for entry in found] == [
        ("shipped:digits", "Handwritten digits"),
        (f"run:{with_checkpoint}", "Mine"),
    ]
    assert found[0].trained == {"step": 12, "command": "make model"}
    assert found[1].trained["step"] == 4
    assert found[1].config == small()
    with pytest.raises(UnknownIdentifier, match="no checkpoint yet"):
        resolve(f"run:{without}", settings, store)


def _read(png, tmp_path):
    path = tmp_path / "grid.png"
    path.write_bytes(png)
    with Image.open(path) as image:
        return np.asarray(image)


def test_a_grid_holds_every_image(tmp_path):
    images = np.arange(6, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 5), np.uint8) * 40
    sheet = _read(grid(images, columns=3), tmp_path)
    assert sheet.shape == (2 * (4 + GAP) + GAP, 3 * (5 + GAP) + GAP)
    assert sheet[GAP + 4 + GAP, GAP + 5 + GAP] == 4 * 40
    assert _read(grid(images, 3, scale=2), tmp_path).shape == (sheet.shape[0] * 2, sheet.shape[1] * 2)
    assert _read(generated_grid(images), tmp_path).shape == sheet.shape
    with pytest.raises(ValueError, match="uint8 of shape"):
        grid(images.astype(float), 3)


@pytest.mark.parametrize("width", [9, 64, 500])
def test_images_of_one_line_stand_under_one_another(width, tmp_path):
    weights = enlarged(np.full((9, 1, width), 255, np.uint8))
    sheet = _read(generated_grid(weights), tmp_path)
    assert weights.shape[1] >= 10
    assert sheet.shape == (9 * (weights.shape[1] + GAP) + GAP, weights.shape[2] + 2 * GAP)
    assert (np.diff(sheet[:, sheet.shape[1] // 2].astype(int)) > 0).sum() == 9
    many = enlarged(np.full((100, 1, width), 255, np.uint8))
    assert _read(generated_grid(many), tmp_path).shape[0] == LINES // 2 * (many.shape[1] + GAP) + GAP
    pairs = _read(reconstruction_grid(weights[:8]), tmp_path)
    assert (np.diff(pairs[:, pairs.shape[1] // 2].astype(int)) > 0).sum() == 8


def test_originals_stand_above_their_reconstructions(tmp_path):
    images = np.repeat(np.arange(10, dtype=np.uint8), 9).reshape(10, 3, 3) * 20  # even: originals
    sheet = _read(reconstruction_grid(images), tmp_path)
    cells = sheet[GAP :: 3 + GAP, GAP :: 3 + GAP] // 20
    assert cells[0].tolist() == [0, 2, 4, 6]
    assert cells[1].tolist() == [1, 3, 5, 7]
    assert cells[2, 0] == 8
    assert cells[3, 0] == 9
