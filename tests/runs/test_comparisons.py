"""Comparisons in the store, by the job and on the command line, of a model with sixteen spins."""

import json
import os
import signal
import time

import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from safetensors.torch import save_file

from boltzmann.cli import main
from boltzmann.config import ExactConfig, GibbsConfig
from boltzmann.graphs import subgraph
from boltzmann.models.dvae import build
from boltzmann.runs.comparison_job import COLUMNS, SHOWN, compare_samplers
from boltzmann.runs.comparison_table import COLUMNS as FIGURES
from boltzmann.runs.comparison_table import best, caption, cells, notes
from boltzmann.runs.comparisons import ComparisonRequest, ComparisonStore, request_of
from boltzmann.runs.drawings import DrawingRequest, DrawingStatus
from boltzmann.runs.files import StoreError, UnknownIdentifier
from boltzmann.runs.pictures import GAP


def put_model(settings, config) -> str:
    """An untrained model among the shipped ones. Returns its key."""
    folder = settings.models / "small"
    if not folder.exists():
        folder.mkdir(parents=True)
        graph = subgraph("zephyr", 16, size=2)
        torch.manual_seed(0)
        (folder / "config.json").write_text(config.model_dump_json())
        graph.save(folder / "graph.safetensors")
        save_file(build(config, graph).state_dict(), folder / "weights.safetensors")
    return "shipped:small"


@pytest.fixture
def model(settings, small):
    return put_model(settings, small())


@pytest.fixture
def comparisons(settings):
    return ComparisonStore.beside(settings.runs)


def test_the_models_own_sampler_keeps_its_settings(settings, model):
    request = request_of(settings, model, ["gibbs", "exact", "gibbs"], 100, 3)
    assert request.samplers == (GibbsConfig(sweeps=2), ExactConfig())
    assert (request.model_key, request.reads, request.seed) == (model, 100, 3)
    changed = request_of(settings, model, ["gibbs"], 100, changes={"gibbs": {"tempering": "never"}})
    assert changed.samplers == (GibbsConfig(sweeps=2, tempering="never"),)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"names": []}, "No sampler is chosen: choose one or more of gibbs, "),
        ({"names": ["gibbs", "x" * 99]}, "There is no sampler 'xxx"),
        ({"names": [{"a": 1}]}, "There is no sampler {'a': 1}"),
        ({"model_key": "shipped:none"}, "There is no model 'shipped:none'"),
        ({"model_key": None}, "There is no model None"),
        ({"reads": 63}, "The number of reads is 63; allowed are 64 to 10,000"),
        ({"reads": 10_001}, "The number of reads is 10001; allowed are 64 to 10,000"),
        ({"reads": None}, "The number of reads is empty"),
        ({"reads": True}, "The number of reads is True"),
        ({"reads": 100.5}, "The number of reads is 100.5"),
        ({"seed": -1}, "The seed is -1; allowed are 0 to 2,147,483,647"),
        ({"changes": {"annealing": {"sweeps": 1}}}, "'annealing' was changed, which is not among"),
        ({"changes": {"gibbs": {"sweeps": 0}}}, "sampler.sweeps is 0: it must be a whole number from 1 to 10,000"),
    ],
)
def test_a_bad_request_gets_a_clear_error(settings, model, wrong, words):
    with pytest.raises(ValueError, match=r".") as error:
        request_of(**({"settings": settings, "model_key": model, "names": ["gibbs"], "reads": 100} | wrong))
    assert words in str(error.value)
    assert len(str(error.value)) < 300


def test_all_that_is_wrong_is_named_at_once(settings):
    with pytest.raises(StoreError) as error:
        request_of(settings, "shipped:none", [], 1)
    assert all(words in str(error.value) for words in ("no model", "No sampler", "reads is 1"))


@pytest.mark.parametrize("wrong", [{"reads": 63}, {"reads": 10_001}, {"samplers": ()}, {"seed": -1}, {"a": 1}])
def test_an_absurd_request_is_refused(wrong):
    with pytest.raises(ValidationError):
        ComparisonRequest.model_validate({"model_key": "x", "samplers": [GibbsConfig()], **wrong})


def test_a_comparison_keeps_its_request_apart_from_drawings(comparisons, settings, model, monkeypatch):
    request = request_of(settings, model, ["gibbs", "exact"], 100)
    comparison_id = comparisons.create(request)
    assert comparisons.request(comparison_id) == request
    assert comparisons.progress(comparison_id) == {}
    assert comparisons.exists(comparison_id)
    assert not any(comparisons.exists(name) for name in ("../x", "", None, 7, "20200101-000000-000000"))
    with pytest.raises(UnknownIdentifier, match="no comparison"):
        comparisons.folder("20200101-000000-000000")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    status = comparisons.status(comparison_id)
    assert status.state == "failed"
    assert "comparison was interrupted" in status.error["title"]


def test_the_job_draws_judges_and_shows(comparisons, settings, model):
    comparison_id = comparisons.create(request_of(settings, model, ["exact", "gibbs"], 100))
    assert compare_samplers(comparison_id, settings) == "finished"
    assert comparisons.status(comparison_id).state == "finished"
    progress = comparisons.progress(comparison_id)
    assert progress["done"] == progress["total"]
    report = progress["report"]
    assert [row["sampler"] for row in report["samplers"]] == ["exact", "gibbs"]
    assert (report["model"], report["title"]) == (model, "small")
    assert "others" in report["not_judged"]
    rows = -(-SHOWN // COLUMNS)
    for name in ("reference", "exact", "gibbs"):
        with Image.open(comparisons.folder(comparison_id) / f"{name}.png") as picture:
            assert picture.size == (COLUMNS * (28 + GAP) + GAP, rows * (28 + GAP) + GAP)


def test_a_job_that_fails_says_why(comparisons, settings, model):
    comparison_id = comparisons.create(request_of(settings, model, ["gibbs"], 100))
    (settings.models / "small" / "weights.safetensors").write_bytes(b"no weights")
    assert compare_samplers(comparison_id, settings) == "failed"
    status = comparisons.status(comparison_id)
    assert status.error["title"] == "A file is missing or damaged"
    assert "Traceback" in (comparisons.folder(comparison_id) / "error.log").read_text()


def test_a_cancelled_comparison_is_not_begun_and_not_finished(comparisons, settings, model, monkeypatch):
    comparison_id = comparisons.create(request_of(settings, model, ["exact"], 100))
    comparisons.write_status(comparison_id, DrawingStatus("cancelled"))
    assert compare_samplers(comparison_id, settings) == "cancelled"
    assert comparisons.progress(comparison_id) == {}
    comparisons.write_status(comparison_id, DrawingStatus("queued"))
    write = ComparisonStore.write_progress

    def cancel(self, comparison_id, progress):
        write(self, comparison_id, progress)
        self.write_status(comparison_id, DrawingStatus("cancelled"))

    monkeypatch.setattr(ComparisonStore, "write_progress", cancel)
    compare_samplers(comparison_id, settings)
    assert comparisons.status(comparison_id).state == "cancelled"


def test_a_service_hears_when_a_comparison_is_cancelled(comparisons, settings, model, monkeypatch):
    from boltzmann.evaluation import comparison
    from boltzmann.samplers.cloud.failures import Cancelled

    comparison_id = comparisons.create(request_of(settings, model, ["dwave"], 100))

    class Asking:
        cancelled = staticmethod(lambda: False)

        def calibrate(self, model):
            assert not self.cancelled()
            comparisons.write_status(comparison_id, DrawingStatus("cancelled"))
            assert self.cancelled()
            raise Cancelled("the call was cancelled")

        def close(self):
            pass

    create = comparison.create
    monkeypatch.setattr(
        comparison, "create", lambda config, seed: Asking() if config.name == "dwave" else create(config, seed)
    )
    assert compare_samplers(comparison_id, settings) == "cancelled"
    assert comparisons.status(comparison_id).state == "cancelled"
    assert not (comparisons.folder(comparison_id) / "error.log").exists()


def test_no_secret_and_no_odd_number_is_written(comparisons, settings, model, monkeypatch):
    monkeypatch.setenv("DWAVE_API_TOKEN", "very-secret-token")
    comparison_id = comparisons.create(request_of(settings, model, ["exact"], 100))
    comparisons.write_progress(comparison_id, {"report": {"error": "bad very-secret-token", "x": float("nan")}})
    text = (comparisons.folder(comparison_id) / "progress.json").read_text()
    assert "very-secret-token" not in text
    assert json.loads(text)["report"]["x"] is None


def test_the_engine_compares_between_drawings_and_cancels(engine, small, wait):
    model = put_model(engine.settings, small())
    done = engine.compare(request_of(engine.settings, model, ["exact"], 64))
    drawn = engine.draw(DrawingRequest(model_key=model, count=4))
    wait(lambda: not engine.drawings.status(drawn).active)
    assert engine.comparisons.status(done).state == engine.drawings.status(drawn).state == "finished"
    # Far too many sweeps: cancelled, its worker is restarted, and the next drawing is made.
    slow = request_of(engine.settings, model, ["annealing"], 10_000, changes={"annealing": {"sweeps": 10_000}})
    first, second = engine.compare(slow), engine.compare(slow)
    wait(lambda: engine.comparisons.progress(first).get("words", "").startswith("Simulated annealing"))
    assert engine.comparisons.status(first).state == "running"
    engine.cancel(second)
    engine.cancel(first)
    third = engine.draw(DrawingRequest(model_key=model, count=4))
    wait(lambda: engine.drawings.status(third).state == "finished")
    assert {engine.comparisons.status(name).state for name in (first, second)} == {"cancelled"}
    assert engine.comparisons.progress(second) == {}


def test_a_killed_worker_interrupts_its_comparison(engine, small, wait):
    model = put_model(engine.settings, small())
    slow = request_of(engine.settings, model, ["annealing"], 10_000, changes={"annealing": {"sweeps": 10_000}})
    comparison_id = engine.compare(slow)
    wait(lambda: engine.comparisons.progress(comparison_id).get("words", "").startswith("Simulated annealing"))
    os.kill(engine._workers.cluster.workers["interactive"].process.pid, signal.SIGKILL)
    wait(lambda: not engine.comparisons.status(comparison_id).active)
    assert engine.comparisons.status(comparison_id).error["title"] == "The comparison was interrupted"
    wait(lambda: engine.ready)


@pytest.fixture
def boltzmann(settings, capsys, monkeypatch):
    for name in ("runs", "data", "models"):
        monkeypatch.setenv(f"BOLTZMANN_{name.upper()}", str(getattr(settings, name)))

    def run(*arguments):
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_the_command_line_compares(boltzmann, model):
    status, out, err = boltzmann("compare", "small", "--samplers", "exact, gibbs", "--reads", "100", "--json")
    assert status == 0, err
    report = json.loads(out)
    assert [row["sampler"] for row in report["samplers"]] == ["exact", "gibbs"]
    assert report["reads"] == 100
    assert "Block Gibbs: 100 reads" in err
    again = json.loads(boltzmann("compare", "small", "--samplers", "exact,gibbs", "--reads", "100", "--json")[1])
    assert again["samplers"][0]["edge_error"] == report["samplers"][0]["edge_error"]


def test_the_command_line_prints_a_table(boltzmann, model):
    status, out, err = boltzmann("compare", "small", "--samplers", "gibbs", "--reads", "64", "--set", "gibbs.sweeps=9")
    assert status == 0, err
    for heading, _ in FIGURES:
        assert heading in out
    assert "best possible" in out
    assert "64 reads of each sampler" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "no model"),
        (["small", "--samplers", ","], "No sampler is chosen"),
        (["small", "--samplers", "gibbs,quantum"], "no sampler 'quantum'"),
        (["small", "--reads", "10"], "64 to 10,000"),
        (["small", "--set", "sweeps=3"], "SAMPLER.NAME=VALUE"),
        (["small", "--set", "gibbs.sweeps=0"], "1 to 10,000"),
    ],
)
def test_bad_commands_get_a_clear_error(boltzmann, model, arguments, words):
    status, out, err = boltzmann("compare", *arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_cells_of_a_row_without_figures_are_dashes():
    assert set(cells({})) == {"–"}
    assert len(cells({})) == len(best({})) == len(FIGURES)
    row = {"frechet_distance": 11.83, "frechet_error": 1.2, "edge_error": 0.07824, "inverse_temperature": 1.5,
           "inverse_temperature_note": "Frozen", "energy_above": -0.21, "energy_above_error": 0.3, "distinct": 1999,
           "distinct_share": 0.9995, "seconds": 0.0605, "qpu_seconds": 1.25, "cost": 3}  # fmt: skip
    assert cells(row) == ["11.8 ± 1.2", "0.0782", "–", "−0.2 ± 0.3", "1,999 (99.9%)", "0.0605 s", "1.25 s", "3.00"]


def test_wall_time_is_not_passed_off_as_time_on_a_qpu():
    assert "9.58 s (wall)" in cells({"qpu_seconds": 9.581, "info": {"seconds_are": "wall"}})


def test_notes_say_what_the_figures_do_not():
    assert (
        notes({"sampler": "gibbs", "info": {"mixing": {"verdict": "mixing", "sentence": "Fine."}, "clipped": 0}})
        is None
    )
    assert notes({"sampler": "gibbs", "info": None}) is None
    info = {"replay": True, "simulated_service": True, "placement": {"summary": "Moved by 3."}, "clipped": 1200,
            "chain_break_fraction": 0.02, "effective_inverse_temperature_note": "Frozen."}  # fmt: skip
    said = notes({"sampler": "dwave", "info": info})
    for words in ("replay", "simulated service", "Moved by 3.", "1,200 coefficients", "Broken chains: 2.0%", "Frozen."):
        assert words in said
    assert notes({"sampler": "gibbs", "info": {"mixing": {"verdict": "stuck", "sentence": "Stuck: x."}}}) == "Stuck: x."


def test_the_caption_says_when_the_reference_is_in_doubt():
    report = {
        "reads": 2000,
        "reference": {"reads": 5000, "edge_error": 0.041, "mixing": "slow"},
        "not_judged": "No MNIST.",
    }
    for words in ("2,000 reads", "5,000 reads by parallel tempering", "0.041", '"slow"', "No MNIST."):
        assert words in caption(report)
    assert "grain of salt" not in caption({**report, "reference": {**report["reference"], "mixing": "mixing"}})
