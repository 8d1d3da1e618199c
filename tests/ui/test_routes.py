"""Downloads, and what must not be reachable."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest


def test_configuration(page, run_id, config):
    response = page.get(f"/files/runs/{run_id}/config.json")
    assert response.get_json() == page.store.config(run_id).model_dump(mode="json")
    assert response.get_json()["training"] == config.training.model_dump(mode="json")
    assert "Eight-steps.json" in response.headers["Content-Disposition"]


def test_metrics(page, run_id):
    response = page.get(f"/files/runs/{run_id}/metrics.csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [float(row["mse"]) for row in rows] == page.store.history(run_id)["mse"]


def test_pictures(page, run_id):
    response = page.get(f"/files/runs/{run_id}/images/generated-00000008.png")
    assert response.data.startswith(b"\x89PNG")


def test_drawings(page, drawing_id):
    assert page.get(f"/files/drawings/{drawing_id}/grid.png").data.startswith(b"\x89PNG")
    arrays = np.load(io.BytesIO(page.get(f"/files/drawings/{drawing_id}/digits.npz").data))
    assert arrays["images"].shape == (9, 28, 28)
    assert arrays["images"].dtype == np.float32
    assert arrays["images"].max() <= 1
    assert arrays["spins"].dtype == np.int8
    assert set(np.unique(arrays["spins"])) == {-1, 1}


@pytest.mark.parametrize("name", ["../../x", '"><img onerror=alert(1)>', "a\r\nSet-Cookie: x", "ü" * 80])
def test_hostile_names_are_cleaned_in_headers(page, run_id, name):
    page.store.rename(run_id, name)
    disposition = page.get(f"/files/runs/{run_id}/config.json").headers["Content-Disposition"]
    assert not set("<>/\r\n") & set(disposition)
    assert ".." not in disposition


@pytest.mark.parametrize(
    "path",
    [
        "runs/20200101-000000-000000/config.json",
        "runs/..%2f..%2fetc/config.json",
        "runs/%2e%2e/config.json",
        "runs/{run}/images/..%2fconfig.json",
        "runs/{run}/images/status.json",
        "runs/{run}/events.jsonl",
        "runs/{run}/status.json",
        "models/shipped:..%2f..%2f/samples.png",
        "models/shipped:none/samples.png",
        "models/run:{run}/samples.png",
        "drawings/x/grid.png",
        "drawings/20200101-000000-000000/digits.npz",
        "runs/" + "a" * 5000 + "/config.json",
    ],
)
def test_nothing_else_is_reachable(page, run_id, path):
    response = page.get("/files/" + path.format(run=run_id))
    assert response.status_code == 404
    assert "Traceback" not in response.text


def test_assets_hold_no_secrets(page):
    assert page.get("/assets/..%2fpyproject.toml").status_code == 404
