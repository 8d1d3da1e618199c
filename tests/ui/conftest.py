"""A real app on a real store: the engine is real too, only not started, so that nothing trains meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from boltzmann import graphs
from boltzmann.config import RBM_PRESETS, RunConfig, validate
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus, DrawingStore
from boltzmann.runs.engine import Engine
from boltzmann.runs.pictures import generated_grid
from boltzmann.runs.store import RunStore
from boltzmann.settings import Settings
from boltzmann.ui.app import create_app
from boltzmann.ui.curves import PANELS
from boltzmann.ui.report_figures import REPORT_CURVES, report_extension, report_figure
from boltzmann.ui.stream import extend, redraw
from demo_configs import DEMO

VIEW = {"smoothing": 0.5, "log": False, "x": "step", "scheme": "light"}


@dataclass
class Page:
    """The app as a browser's requests see it."""

    client: FlaskClient
    settings: Settings
    store: RunStore
    drawings: DrawingStore
    engine: Engine

    def get(self, path: str, **options: Any) -> Any:
        """A response read to its end, so that no file stays open."""
        return self.client.get(path, buffered=True, **options)

    def call(self, output: str, inputs: dict[str, Any], state: dict[str, Any] | None = None, trigger: str = "") -> Any:
        """Post to the callback whose outputs contain ``output``, with values by "id.property"; a list of
        (id, value) pairs fills a pattern. Returns the response's JSON."""
        spec = self.spec(output, inputs)
        values = {**inputs, **(state or {})}
        body = {
            "output": spec["output"],
            "outputs": _outputs(spec["output"], values),
            "inputs": [_filled(item, values) for item in spec["inputs"]],
            "state": [_filled(item, values) for item in spec["state"]],
            "changedPropIds": [trigger or next(iter(inputs))],
        }
        response = self.client.post("/_dash-update-component", json=body)
        assert response.status_code in (200, 204), response.text
        body = response.get_json() if response.status_code == 200 else {}
        return {**body.get("response", {}), **body.get("sideUpdate", {})}

    def spec(self, output: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """The callback with that output and those inputs."""
        specs = self.client.get("/_dash-dependencies").get_json()
        wanted = set(inputs)
        for spec in specs:
            have = {f"{item['id']}.{item['property']}" for item in spec["inputs"]}
            if output in spec["output"] and wanted <= have:
                return spec
        raise LookupError(f"no callback has output {output} and inputs {sorted(wanted)}")


def _filled(item: dict[str, Any], values: dict[str, Any]) -> Any:
    name = f"{item['id']}.{item['property']}"
    if '["' in item["id"]:
        pairs = values.get(name, [[one, one] for one in _shown(item["id"])] if item["property"] == "id" else [])
        return [{"id": one, "property": item["property"], "value": value} for one, value in pairs]
    key = json.loads(item["id"]) if item["id"].startswith("{") else item["id"]
    return {"id": key, "property": item["property"], "value": values.get(name)}


def _shown(pattern: str) -> list[dict[str, str]]:
    """What the page of a Gibbs run has of a pattern."""
    names = dict.fromkeys(("latest", "loss"), PANELS["mmd"])
    names |= dict.fromkeys(("report-value", "report-curve"), ("frechet", "temperature", "r_hat"))
    found = json.loads(pattern)
    return [{**found, "name": name} for name in names.get(found["type"], ())]


def _outputs(output: str, values: dict[str, Any]) -> Any:
    def one(text: str) -> Any:
        name, prop = text.rsplit(".", 1)
        prop = prop.split("@")[0]
        if not name.startswith("{"):
            return {"id": name, "property": prop}
        for key, pairs in values.items():
            if key.startswith(name):
                return [{"id": pair[0], "property": prop} for pair in pairs]
        return [{"id": one, "property": prop} for one in _shown(name)]

    if output.startswith(".."):
        return [one(text) for text in output.strip(".").split("...")]
    return one(output)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("data", "runs", "models"):
        (tmp_path / name).mkdir()
    return Settings(tmp_path / "data", tmp_path / "runs", tmp_path / "models")


@pytest.fixture
def page(settings: Settings) -> Page:
    engine = Engine(settings)
    app = create_app(settings, engine, DEMO)
    store, drawings = RunStore(settings.runs), DrawingStore.beside(settings.runs)
    return Page(app.server.test_client(), settings, store, drawings, engine)


@pytest.fixture
def config() -> RunConfig:
    return validate(
        {
            "data": {"dataset": "digits", "train_size": 256},
            "model": {"n_latents": 16},
            "training": {"epochs": 2, "batch_size": 64},
        }
    )


def metrics(step: int, mse: float | None = None) -> dict[str, Any]:
    """A metrics event as the trainer's recorder writes it."""
    values = {
        "mse": mse if mse is not None else 1 / step,
        "mmd": 0.01 / step,
        "kl": 5.0 + step,
        "nll": 1.0 - 0.01 * step,
        "total": 2.0 / step,
    }
    return {"kind": "metrics", "step": step, "epoch": step / 4, "seconds": step / 10, "learning_rate": 0.001,
            "prior_learning_rate": 0.005, **values}  # fmt: skip


def check_extension(name: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """A curve of three events, extended by the others, equals that of all. Returns the stream's last state."""
    source, last = REPORT_CURVES[name].source, events[-1]["step"]
    curves, state = redraw(events[:3], events[2]["step"], VIEW)
    added, state = extend(events[3:], last, state)
    first = report_figure(name, curves[source], scheme="light", revision="")["data"]
    whole = report_figure(name, redraw(events, last, VIEW)[0][source], scheme="light", revision="")["data"]
    values, traces = report_extension(name, added[source], "light")
    assert traces == list(range(len(whole)))
    for key, new in values.items():
        assert [[*old[key], *more] for old, more in zip(first, new, strict=True)] == [list(one[key]) for one in whole]
    return state


@pytest.fixture
def run_id(page: Page, config: RunConfig) -> str:
    """A finished run of eight steps with two pictures of each kind and a model."""
    store = page.store
    run_id = store.create(config, "Eight steps")
    folder = store.folder(run_id)
    (folder / "images").mkdir()
    images = np.zeros((4, 28, 28), np.uint8)
    events = [metrics(step) for step in range(1, 9)]
    for step in (1, 8):
        for name in ("generated", "reconstructed"):
            file = f"{name}-{step:08d}.png"
            (folder / "images" / file).write_bytes(generated_grid(images))
            events.append({"kind": "picture", "step": step, "name": name, "file": f"images/{file}"})
    events.append({"kind": "sampler", "step": 8, "seconds": 0.012, "info": {"effective_inverse_temperature": 5.9}})
    store.append(run_id, events)
    checkpoint = folder / "checkpoints" / "step-00000008"
    checkpoint.mkdir(parents=True)
    (checkpoint / "config.json").write_text(config.model_dump_json())
    graphs.subgraph("zephyr", 16).save(checkpoint / "graph.safetensors")
    (checkpoint / "weights.safetensors").write_bytes(b"")
    store.write_status(run_id, state="finished", step=8, total_steps=8, steps_per_epoch=4, epoch=2.0, seconds=0.8,
                       metrics={"mse": 0.125, "mmd": 0.00125, "nll": 0.92, "total": 0.25})  # fmt: skip
    return run_id


@pytest.fixture
def class_model(page: Page, run_id: str) -> str:
    """The run's model with class fields, as far as the page looks at it. Returns its key."""
    path = page.store.latest_checkpoint(run_id) / "config.json"
    path.write_text(path.read_text().replace('"class_conditional":false', '"class_conditional":true'))
    return f"run:{run_id}"


@pytest.fixture
def drawing_id(page: Page, run_id: str) -> str:
    """A finished drawing of nine digits from the run."""
    from safetensors.numpy import save_file

    drawings = page.drawings
    drawing_id = drawings.create(DrawingRequest(model_key=f"run:{run_id}", count=9))
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (9, 28, 28), dtype=np.uint8)
    spins = rng.choice(np.array([-1, 1], np.int8), (9, 16))
    folder = drawings.folder(drawing_id)
    save_file({"images": images, "spins": spins, "energies": np.arange(9.0)}, folder / "drawing.safetensors")
    (folder / "grid.png").write_bytes(generated_grid(images))
    facts = {"sampler": "gibbs", "count": 9, "sampling_seconds": 0.1, "decoding_seconds": 0.1, "mean_energy": 4.0}
    drawings.write_status(drawing_id, DrawingStatus("finished", facts))
    return drawing_id


def measured(step: int, **figures: Any) -> dict[str, Any]:
    """A metrics event of the lab as its recorder writes it."""
    values = {"kl": 1 / step, "mode_probability": 0.1, "mode_steps": step // 2, "learning_rate": 0.2, **figures}
    return {
        "kind": "metrics",
        "step": step,
        "epoch": float(step),
        "seconds": step / 10,
        "updates": 100 * step,
        **values,
    }


@pytest.fixture
def lab_run(page: Page) -> str:
    """A finished run of the lab, of four measurements."""
    run_id = page.store.create(RBM_PRESETS["bars"], "Bars")
    energies = {"kind": "energies", "step": 4, "edges": [0.0, 1.0, 2.0], "data": [0.5, 0.5], "model": [1.0, 0.0]}
    picture = {"kind": "picture", "step": 4, "name": "filters", "file": "images/filters-00000004.png"}
    page.store.append(run_id, [*(measured(step) for step in range(1, 5)), energies, picture])
    page.store.write_status(run_id, state="finished", step=4, total_steps=4, steps_per_epoch=1, metrics={"kl": 0.25})
    return run_id
